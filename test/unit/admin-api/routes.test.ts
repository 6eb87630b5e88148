import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fill, testApi, type TestApi } from '../../support/admin-api.ts'
import { type Document, expectDescribed } from '../../support/described.ts'

let api: TestApi
let document: Document

beforeAll(async () => {
  document = (await testApi().app.inject('/api/v1/openapi.json')).json()
})
beforeEach(async () => {
  api = testApi()
  await fill(api.services)
})

const subnet = { prefix: '10.54.0.0/24', interface: 'lan0' }
const host = { addresses: ['10.53.0.21'], identifiers: [{ kind: 'client-id', value: '01:02:03' }] }

describe('every route answers as its description says', () => {
  test.each([
    // method   path                                    body                                          status  part of the answer
    ['GET', '/health', undefined, 200, { status: 'ok', version: '0.1.0' }],
    ['GET', '/statistics', undefined, 200, { dhcp: { received: 12 } }],
    ['GET', '/leases', undefined, 200, { next: null }],
    ['GET', '/leases/history', undefined, 200, { next: null }],
    ['POST', '/leases/import', { format: 'csv', text: 'address' }, 200, { dryRun: false, taken: 1, notes: [{ line: 1 }] }],
    ['GET', '/leases/10.53.0.100', undefined, 200, { address: '10.53.0.100', state: 'bound' }],
    ['POST', '/leases/10.53.0.100/force-renew', undefined, 200, { address: '10.53.0.100', state: 'bound' }],
    ['DELETE', '/leases/10.53.0.100', undefined, 200, { address: '10.53.0.100', state: 'released', name: null }],
    ['GET', '/subnets', undefined, 200, { items: [{ id: 1 }], next: null }],
    [
      'POST',
      '/subnets',
      subnet,
      201,
      { ...subnet, segmentId: 1, segment: 'lan0', leaseSeconds: null, domain: null, options: {}, warnings: [] },
    ],
    ['GET', '/subnets/1', undefined, 200, { id: 1, prefix: '10.53.0.0/24', options: { routers: ['10.53.0.1'] } }],
    ['PATCH', '/subnets/1', { domain: null }, 200, { domain: null, leaseSeconds: 3600, prefix: '10.53.0.0/24' }],
    ['DELETE', '/pools/1', undefined, 204, undefined],
    ['GET', '/pools', undefined, 200, { items: [{ id: 1, size: 100 }] }],
    [
      'POST',
      '/pools',
      { subnetId: 1, first: '10.53.0.10', last: '10.53.0.19' },
      201,
      { first: '10.53.0.10', size: 10 },
    ],
    ['GET', '/pools/1', undefined, 200, { id: 1, first: '10.53.0.100' }],
    ['PATCH', '/pools/1', { last: '10.53.0.250' }, 200, { first: '10.53.0.100', last: '10.53.0.250' }],
    ['GET', '/sites', undefined, 200, { items: [{ id: 1, name: 'default' }] }],
    ['POST', '/sites', { name: 'office', leaseSeconds: 7200 }, 201, { id: 2, leaseSeconds: 7200, bootFile: null }],
    ['PATCH', '/sites/1', { options: { 'ntp-servers': ['10.0.0.1'] } }, 200, { options: { 'ntp-servers': ['10.0.0.1'] } }],
    ['GET', '/segments/1', undefined, 200, { name: 'lan0', subnets: ['10.53.0.0/24'] }],
    ['POST', '/segments', { name: 'hall', relays: ['10.9.0.1'], policy: { mode: 'off' } }, 201, { siteId: 1, interface: null, policy: { mode: 'off', probe: 'arp' } }],
    ['PATCH', '/segments/1', { policy: { knownOnly: true } }, 200, { policy: { mode: 'serve', knownOnly: true } }],
    ['POST', '/classes', { name: 'cams', test: 'host-name matches-glob "cam-*"', denied: true }, 201, { priority: 100, denied: true, leaseLimit: null }],
    ['POST', '/option-definitions', { code: 230, name: 'menu', type: 'text' }, 201, { id: 1, array: false, space: 'dhcp4' }],
    ['GET', '/dhcp/configuration', undefined, 200, { subnets: [{ prefix: '10.53.0.0/24', segment: 'lan0' }], hosts: [{ name: 'printer', addresses: ['10.53.0.20'] }] }],
    ['GET', '/dhcp/export?format=dnsmasq', undefined, 200, { notes: [{ of: 'segment lan0', problem: 'its interface lan0 is not written' }, { of: 'subnet 10.53.0.0/24' }] }],
    ['PUT', '/dhcp/configuration?dryRun=true', {}, 200, { dryRun: true, changes: [{ how: 'removed', what: 'host', name: 'printer' }, { what: 'pool' }, { what: 'subnet' }, { what: 'segment' }] }],
    ['PUT', '/dhcp/configuration', { segments: [{ name: 'lan0', interface: 'lan0' }], subnets: [{ prefix: '10.53.0.0/24', segment: 'lan0' }] }, 200, { dryRun: false }],
    ['GET', '/dhcp/effective-options?mac=02-00-0a-35-00-14&circuitId=eth7&architecture=7', undefined, 200, { address: '10.53.0.20', host: 'host 1 (printer)' }],
    ['POST', '/dhcp/what-if', { mac: '02:00:0a:35:00:14', vendorClass: 'PXEClient' }, 200, { received: 'DISCOVER', sent: 'OFFER', address: '10.53.0.20', reply: { address: '10.53.0.20' }, assumed: ['nobody answers for 10.53.0.20'] }],
    ['POST', '/dhcp/what-if', { mac: '02:00:0a:35:00:14', messageType: 'REQUEST', requestedAddress: '10.54.0.9' }, 200, { sent: 'NAK', reply: { to: 'everybody' } }],
    ['POST', '/dhcp/what-if', { mac: '02:00:0a:35:00:77', fqdn: 'cam-1.lab.internal', options: { 'option-224': '0a0b' } }, 200, { sent: 'OFFER' }],
    ['POST', '/dhcp/what-if', { mac: '02:00:0a:35:00:14', options: { frob: 1 } }, 422, {}],
    ['POST', '/dhcp/what-if', { mac: '02:00:0a:35:00:14', fqdn: 'a..b' }, 422, {}],
    ['POST', '/dhcp/what-if', {}, 422, {}],
    ['POST', '/dhcp/what-if', { packet: '010106' }, 422, {}],
    ['GET', '/hosts', undefined, 200, { items: [{ id: 1, name: 'printer' }] }],
    [
      'POST',
      '/hosts',
      host,
      201,
      { addresses: ['10.53.0.21'], identifiers: [{ kind: 'client-id', value: '010203' }], comment: null, denied: false },
    ],
    ['GET', '/hosts/1', undefined, 200, { id: 1, identifiers: [{ kind: 'mac', value: '02:00:0a:35:00:14' }] }],
    ['PATCH', '/hosts/1', { name: null, comment: 'gone' }, 200, { name: null, comment: 'gone' }],
    ['DELETE', '/hosts/1', undefined, 204, undefined],
    ['GET', '/zones', undefined, 200, { items: [{ name: 'lab.internal' }] }],
    ['POST', '/zones', { name: 'Example.' }, 201, { name: 'example', refresh: 3600, primaryServer: 'ns.example' }],
    ['GET', '/zones/lab.internal', undefined, 200, { name: 'lab.internal', serial: 1 }],
    ['PATCH', '/zones/lab.internal', { defaultTtl: 60 }, 200, { defaultTtl: 60, serial: 2 }],
    ['DELETE', '/zones/lab.internal', undefined, 204, undefined],
    ['GET', '/zones/lab.internal/export', undefined, 200, undefined],
    ['GET', '/zones/lab.internal/records', undefined, 200, { items: [{ name: 'www.lab.internal', type: 'A' }] }],
    ['POST', '/zones/lab.internal/records', { name: '@', type: 'txt', data: '"x"' }, 201, { type: 'TXT', ttl: 3600 }],
    ['POST', '/zones/lab.internal/records', { name: '@', type: 'MX', fields: { preference: 10, exchange: 'mail' } }, 201, { type: 'MX', fields: { preference: 10, exchange: 'mail' } }],
    ['POST', '/zones/lab.internal/records', { name: '@', type: 'MX', fields: { preference: true } }, 422, undefined],
    ['GET', '/zones/lab.internal/records/2', undefined, 200, { id: 2, data: '10.53.0.20', owner: 'hand' }],
    ['PATCH', '/zones/lab.internal/records/2', { data: '10.53.0.21' }, 200, { data: '10.53.0.21', ttl: 3600 }],
    ['DELETE', '/zones/lab.internal/records/2', undefined, 204, undefined],
    ['GET', '/zones/lab.internal/transfers', undefined, 200, { addresses: ['10.53.0.9/32'], keys: [] }],
    ['PUT', '/zones/lab.internal/transfers', { addresses: [], keys: ['update.lab.internal'] }, 200, { addresses: [], keys: ['update.lab.internal'] }],
    ['GET', '/zones/lab.internal/digest', undefined, 200, { published: 'none', records: ['2 1 1 c680'] }],
    ['GET', '/zones/lab.internal/notify', undefined, 200, { nameServers: true, told: [{ outcome: 'rejected' }] }],
    ['PUT', '/zones/lab.internal/notify', { targets: [], nameServers: false }, 200, { targets: [], nameServers: false }],
    ['POST', '/zones/lab.internal/notify', undefined, 200, { targets: [{ address: '10.53.0.9' }] }],
    ['GET', '/zones/lab.internal/update-policy', undefined, 200, { rules: [{ key: 'update.lab.internal', names: 'subdomain', types: ['A', 'TXT'] }] }],
    ['PUT', '/zones/lab.internal/update-policy', { rules: [{ key: 'update.lab.internal', names: 'self' }] }, 200, { rules: [{ key: 'update.lab.internal', address: null, names: 'self', name: null, types: [], touches: 'updates' }] }],
    ['GET', '/views', undefined, 200, { items: [{ name: 'inside', addresses: ['10.53.0.0/24'] }], next: null }],
    ['PUT', '/views', { views: [{ name: 'guests', addresses: ['10.53.7.0/24'] }, { name: 'lab', segments: ['lan0'] }] }, 200, { items: [{ name: 'guests', keys: [], comment: null }, { name: 'lab', addresses: [], segments: ['lan0'] }] }],
    ['GET', '/dns/forwarders', undefined, 200, { items: [{ id: 1, domain: 'corp.example', kind: 'rule' }, { id: null, domain: '.', kind: 'settings' }], next: null }],
    ['POST', '/dns/forwarders', { domain: '.', servers: ['tls://192.0.2.1#dns.example'] }, 201, { id: 2, strategy: 'fastest', failClosed: true, enabled: true, segments: [] }],
    ['PATCH', '/dns/forwarders/1', { enabled: false }, 200, { id: 1, enabled: false, comment: 'the other office' }],
    ['DELETE', '/dns/forwarders/1', undefined, 204, undefined],
    ['POST', '/dns/forwarders/1/test', { name: 'x.corp.example', type: 'A' }, 200, { items: [{ server: '10.60.0.53', rcode: 'NXDOMAIN', tookMs: 3 }, { rcode: null }], next: null }],
    ['POST', '/dns/forwarders/0/test', {}, 200, { items: [{ server: '192.0.2.53', rcode: 'NOERROR' }] }],
    ['GET', '/dns/lists', undefined, 200, { items: [{ name: 'ads', state: 'loaded', hits: 12, lastFailure: { because: 'it answers 404' } }], next: null }],
    ['POST', '/dns/lists', { name: 'Malware', text: 'bad.example' }, 201, { name: 'malware', kind: 'block', format: 'auto', textLength: 11, url: null, refreshSeconds: 86_400 }],
    ['POST', '/dns/lists', { name: 'ads', text: 'x' }, 409, {}],
    ['POST', '/dns/lists', { name: '-', text: 'x' }, 422, { errors: [{ pointer: '/name' }] }],
    ['GET', '/dns/lists/ads', undefined, 200, { notes: [{ line: 4, problem: 'a regular expression' }] }],
    ['PATCH', '/dns/lists/ads', { enabled: false }, 200, { enabled: false }],
    ['POST', '/dns/lists/ads/refresh', undefined, 200, { name: 'ads' }],
    ['DELETE', '/dns/lists/ads', undefined, 204, undefined],
    ['DELETE', '/dns/lists/x', undefined, 404, {}],
    ['GET', '/dns/rules?kind=block', undefined, 200, { items: [{ id: 1, kind: 'block', domain: 'tracker.example' }], next: null }],
    ['GET', '/dns/rules?domain=x.example', undefined, 200, { items: [] }],
    ['POST', '/dns/rules', { kind: 'allow', domain: 'Good.Example' }, 201, { id: 2, domain: 'good.example', policy: null, expiresAt: null }],
    ['DELETE', '/dns/rules/1', undefined, 204, undefined],
    ['GET', '/dns/policies', undefined, 200, { items: [{ name: 'default', lists: ['ads'], active: true }], next: null }],
    ['PUT', '/dns/policies', { policies: [{ name: 'kids', periods: [{ days: ['fri'], from: '20:00', to: '07:00' }] }, { name: 'default' }] }, 200, { items: [{ name: 'kids', answer: 'nxdomain', ttl: 10, lists: [] }, { name: 'default', rebinding: 'auto' }] }],
    ['PUT', '/dns/policies', { policies: [{ name: 'kids', periods: [{ days: ['fri'], from: '8pm', to: '07:00' }] }] }, 422, { errors: [{ pointer: '/policies/0/periods/0/from' }] }],
    ['GET', '/dns/host-groups', undefined, 200, { items: [], next: null }],
    ['PUT', '/dns/host-groups/tablets', { members: [{ host: 1 }, { mac: '02:00:00:00:00:0b' }, { address: '10.53.0.30' }] }, 200, { name: 'tablets', members: [{ host: 1 }, { mac: '02:00:00:00:00:0b' }, { address: '10.53.0.30' }], comment: null }],
    ['DELETE', '/dns/host-groups/x', undefined, 404, {}],
    ['GET', '/dns/policy/pause', undefined, 200, { items: [], next: null }],
    ['POST', '/dns/policy/pause', { minutes: 30 }, 200, { items: [{ policy: null, until: '2026-11-22T03:11:00.000Z' }] }],
    ['POST', '/dns/policy/pause', { resume: true }, 200, { items: [] }],
    ['POST', '/dns/policy/pause', { minutes: 0 }, 422, { errors: [{ pointer: '/minutes' }] }],
    ['GET', '/dns/policy/check?name=ads.example&client=10.53.0.9', undefined, 200, { type: 'A', policy: 'default', decision: { action: 'nxdomain', list: 'ads' } }],
    ['GET', '/dns/policy/check?name=good.example&type=aaaa', undefined, 200, { type: 'AAAA', client: '0.0.0.0', decision: null }],
    ['GET', '/dns/cache?below=example.com&security=secure', undefined, 200, { items: [{ name: 'www.example.com', records: ['A 192.0.2.1'], secondsLeft: 288 }], next: null }],
    ['GET', '/dns/cache/stats', undefined, 200, { entries: 2, hits: 7 }],
    ['DELETE', '/dns/cache?name=www.example.com&type=a', undefined, 200, { flushed: 1 }],
    ['DELETE', '/dns/cache?security=safe', undefined, 400, {}],
    ['GET', '/dns/trust-anchors', undefined, 200, { items: [{ id: null, zone: '.', origin: 'from-the-start', keys: [{ keyTag: 38696, state: 'valid' }] }, { id: 1 }], next: null }],
    ['GET', '/dns/trust-anchors/1', undefined, 200, { zone: 'lab.example', follows: false }],
    ['POST', '/dns/trust-anchors', { zone: 'corp.example', records: ['DS 1 13 2 00'] }, 201, { id: 2, follows: true, origin: 'set' }],
    ['PATCH', '/dns/trust-anchors/1', { follows: true }, 200, { id: 1, follows: true }],
    ['DELETE', '/dns/trust-anchors/1', undefined, 204, undefined],
    ['GET', '/dns/negative-trust-anchors', undefined, 200, { items: [{ zone: 'broken.example', reason: 'expired' }], next: null }],
    ['POST', '/dns/negative-trust-anchors', { zone: 'other.example', reason: 'lost keys' }, 201, { zone: 'other.example', endsAt: '2026-11-22T01:00:00.000Z' }],
    ['DELETE', '/dns/negative-trust-anchors/broken.example', undefined, 204, undefined],
    ['POST', '/zones', { name: 'shop.internal', view: 'inside' }, 201, { name: 'shop.internal', view: 'inside' }],
    ['GET', '/zones/lab.internal/updates', undefined, 200, { items: [{ rcode: 'REFUSED', because: 'dns.update.name-not-allowed' }], next: null }],
    ['GET', '/zones/catalog.lab.internal/catalog', undefined, 200, { role: 'producer', members: [{ zone: 'lab.internal' }] }],
    ['PUT', '/zones/catalog.lab.internal/catalog', { role: 'consumer', groups: [{ name: 'g', primaries: [{ address: '10.53.0.9' }] }] }, 200, { groups: [{ name: 'g', primaries: [{ port: 53, key: null }] }] }],
    ['PUT', '/zones/catalog.lab.internal/catalog/members/a.internal', { group: 'g' }, 200, { members: [{ zone: 'a.internal', group: 'g' }] }],
    ['DELETE', '/zones/catalog.lab.internal/catalog/members/a.internal', undefined, 204, undefined],
    ['DELETE', '/zones/catalog.lab.internal/catalog', undefined, 204, undefined],
    ['GET', '/zones/copy.internal/secondary', undefined, 200, { serial: 7, served: true }],
    ['GET', '/zones/lab.internal/secondary', undefined, 404, {}],
    ['PUT', '/zones/copy.internal/secondary', { primaries: [{ address: '10.53.0.9', port: 53, key: null }] }, 200, { zone: 'copy.internal' }],
    ['POST', '/zones/copy.internal/refresh', { full: true }, 200, { state: 'transferring' }],
    ['DELETE', '/zones/copy.internal/secondary', undefined, 204, undefined],
    ['GET', '/zones/lab.internal/signing', undefined, 200, { status: 'unsigned', enabled: false, keys: [] }],
    ['PUT', '/zones/lab.internal/signing', {}, 200, { status: 'signed', enabled: true, algorithm: 'ECDSAP256SHA256', scheme: 'csk', zskLifetime: 7_776_000, kskLifetime: null }],
    ['PUT', '/zones/lab.internal/signing', { scheme: 'ksk-zsk', zskLifetime: null, denial: 'nsec3' }, 200, { scheme: 'ksk-zsk', zskLifetime: null, denial: 'nsec3' }],
    ['POST', '/zones/lab.internal/signing/roll', {}, 200, { zone: 'lab.internal' }],
    ['POST', '/zones/lab.internal/signing/ds', { by: 'asking' }, 200, { zone: 'lab.internal' }],
    ['POST', '/zones/lab.internal/signing/keys', { keys: [{ privateKey: 'Private-key-format: v1.3', publicKey: 'DNSKEY' }], inUse: true }, 200, { keys: [{ keyTag: 43_768 }] }],
    ['GET', '/tsig-keys', undefined, 200, { items: [{ name: 'update.lab.internal', algorithm: 'hmac-sha256' }] }],
    ['POST', '/tsig-keys', { name: 'Transfer.lab.internal' }, 201, { name: 'transfer.lab.internal', algorithm: 'hmac-sha256', secret: 'c2VjcmV0' }],
    ['DELETE', '/tsig-keys/update.lab.internal', undefined, 204, undefined],
    ['GET', '/certificate', undefined, 200, { origin: 'made', names: ['taproot.lab.internal'] }],
    ['PUT', '/certificate', { certificate: 'PEM', key: '-----BEGIN PRIVATE KEY-----' }, 200, { origin: 'given' }],
    ['DELETE', '/certificate', undefined, 200, { origin: 'made' }],
    ['POST', '/certificate/renewal', undefined, 200, { origin: 'made' }],
    ['GET', '/certificate/authority', undefined, 200, { scope: ['lab.internal', '10.0.0.0/8'] }],
    ['GET', '/interfaces/uplink0/dhcp-client', undefined, 200, { state: 'bound', address: '192.168.1.23/24' }],
    ['POST', '/interfaces/uplink0/dhcp-client/renew', undefined, 200, { state: 'renewing' }],
    ['GET', '/dhcp/servers-seen', undefined, 200, { items: [{ server: '10.53.0.250', how: 'answered-our-search' }] }],
    ['POST', '/dhcp/servers-seen/search', undefined, 204, undefined],
    ['POST', '/interfaces/uplink0/dhcp-client/release', undefined, 200, { state: 'stopped', address: null }],
    ['GET', '/zones/lab.internal/history', undefined, 200, { items: [{ action: 'add', name: 'www.lab.internal' }] }],
    ['GET', '/interfaces', undefined, 200, { items: [{ name: 'lan0', first: true, counters: { 'rx-frames': 12 } }] }],
    [
      'POST', '/interfaces', { name: 'lab1', kind: 'tap', addresses: ['10.54.0.2/24'], hostEnd: { address: '10.54.0.1/24' } }, 201,
      { name: 'lab1', mtu: 1500, proxyArp: 'off', hostEnd: { address: '10.54.0.1/24', bridge: null, persist: false }, socket: null },
    ],
    [
      'POST', '/interfaces', { name: 'lab2', kind: 'qemu', socket: '/run/lab2.sock', impairment: { loss: 0.1 } }, 201,
      { kind: 'qemu', impairment: { loss: 0.1, delayMs: 0, direction: 'both', seed: 1 }, hostEnd: null, addresses: [] },
    ],
    ['GET', '/interfaces/lan0', undefined, 200, { name: 'lan0', state: 'up', reason: null }],
    ['PATCH', '/interfaces/lan0', { impairment: { delayMs: 25 } }, 200, { impairment: { delayMs: 25, loss: 0 } }],
    ['PATCH', '/interfaces/lan0', { impairment: null, proxyArp: 'routed' }, 200, { impairment: null, proxyArp: 'routed' }],
    ['GET', '/routes', undefined, 200, { items: [{ id: null, kind: 'direct', flags: 'U' }], next: null }],
    ['POST', '/routes', { prefix: '0.0.0.0/0', gateway: '10.53.0.1' }, 201, { id: 1, kind: 'static', flags: 'UG', metric: 0 }],
    ['GET', '/routing', undefined, 200, { forwarding: false }],
    ['PATCH', '/routing', { forwarding: true }, 200, { forwarding: true }],
    ['GET', '/neighbours', undefined, 200, { items: [{ state: 'reachable' }, { mac: null, expiresIn: null }] }],
    ['GET', '/decisions', undefined, 200, { items: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }] }],
    ['GET', '/decisions/2', undefined, 200, { id: 2, steps: [{ id: 'dhcp.subnet.selected', facts: { free: null } }] }],
    ['GET', '/dns/explain?name=www.example&type=MX&client=10.53.0.20&fresh=true', undefined, 200, { type: 'MX', client: '10.53.0.20', servers: [{ outcome: 'answered', tookMs: 12 }] }],
    ['GET', '/explain?subject=10.53.0.100', undefined, 200, { kind: 'address', leases: [{ state: 'bound' }] }],
    ['GET', '/openapi.json', undefined, 200, { openapi: '3.1.0' }],
  ] as const)('%s %s', async (method, path, body, status, part) => {
    const url = `/api/v1${path}`
    const answer = await api.call(method, url, body)
    expect(answer.statusCode).toBe(status)
    expectDescribed(document, method, url, answer)
    if (part !== undefined) expect(answer.json()).toMatchObject(part)
  })

  test.each([
    ['/subnets', subnet, '/api/v1/subnets/2'],
    ['/zones', { name: '0/25.2.0.192.in-addr.arpa' }, '/api/v1/zones/0%2F25.2.0.192.in-addr.arpa'],
    [
      '/zones/lab.internal/records',
      { name: 'a', type: 'A', data: '10.53.0.1' },
      '/api/v1/zones/lab.internal/records/3',
    ],
  ])('POST %s says where the new one is', async (path, body, location) => {
    const added = await api.call('POST', `/api/v1${path}`, body)
    expect(added.headers.location).toBe(location)
    const found = await api.call('GET', location)
    const { warnings: _, ...entry } = added.json()
    expect(found.json()).toEqual(entry)
  })

  test('what was removed is gone', async () => {
    await api.call('DELETE', '/api/v1/hosts/1')
    expect((await api.call('GET', '/api/v1/hosts/1')).statusCode).toBe(404)
  })

  test('a zone is exported as text/dns', async () => {
    const answer = await api.call('GET', '/api/v1/zones/lab.internal/export')
    expect(answer.headers['content-type']).toBe('text/dns; charset=utf-8')
    expect(answer.body).toBe('$ORIGIN lab.internal.\nwww.lab.internal. 3600 IN A 10.53.0.20\n')
  })

  test('HEAD answers as GET, without a body', async () => {
    const answer = await api.call('HEAD', '/api/v1/leases')
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toBe('')
  })
})

describe('lists', () => {
  const addresses = async (query: string): Promise<readonly string[]> => {
    const answer = await api.call('GET', `/api/v1/leases?${query}`)
    return (answer.json() as { readonly items: readonly { readonly address: string }[] }).items.map(
      item => item.address,
    )
  }

  test.each([
    ['mac=02-00-0A-35-00-65', ['10.53.0.101']],
    ['mac=0200.0a35.0065', ['10.53.0.101']],
    ['address=10.53.0.102', ['10.53.0.102']],
    ['hostName=host-103', ['10.53.0.103']],
    ['state=expired', ['10.53.0.120']],
    ['state=bound&hostName=host-104&subnet=10.53.0.0/24', ['10.53.0.104']],
    ['subnet=10.54.0.0/24', []],
  ])('leases?%s', async (query, expected) => {
    expect(await addresses(query)).toEqual(expected)
  })

  test('pages follow each other by "next" until it is null', async () => {
    const seen: string[] = []
    let after = ''
    for (let pages = 1; ; pages++) {
      const { items, next } = (await api.call('GET', `/api/v1/leases?limit=4${after}`)).json()
      seen.push(...items.map((item: { readonly address: string }) => item.address))
      if (next === null) {
        expect(pages).toBe(2)
        break
      }
      after = `&after=${encodeURIComponent(next)}`
    }
    expect(seen).toEqual(await addresses(''))
  })

  test('records are filtered by type in any letter case', async () => {
    const answer = await api.call('GET', '/api/v1/zones/LAB.INTERNAL./records?type=a&name=www')
    expect(answer.json().items).toHaveLength(1)
  })

  test('decisions that got no answer are found', async () => {
    const answer = await api.call('GET', '/api/v1/decisions?sent=NONE&received=discover')
    expect(answer.json().items.map((item: { readonly id: number }) => item.id)).toEqual([1, 3])
  })
})

describe('health', () => {
  test('without a token only the status is shown', async () => {
    const answer = await api.app.inject('/api/v1/health')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ status: 'ok' })
  })

  test.each([
    ['ok', 200],
    ['degraded', 200],
    ['failing', 503],
  ] as const)('%s answers %i', async (status, code) => {
    api.services.healthStatus = status
    const answer = await api.call('GET', '/api/v1/health')
    expect(answer.statusCode).toBe(code)
    expect(answer.json()).toMatchObject({ status, checks: [{ name: 'storage', status }] })
    expectDescribed(document, 'GET', '/api/v1/health', answer)
  })
})

describe('interfaces and routes', () => {
  test('one that was added has the address of the header Location, can be changed and removed', async () => {
    const added = await api.call('POST', '/api/v1/interfaces', { name: 'lab1', kind: 'tap', addresses: ['10.54.0.2/24'] })
    expect(added.headers.location).toBe('/api/v1/interfaces/lab1')
    const changed = await api.call('PATCH', '/api/v1/interfaces/lab1', { enabled: false })
    expect(changed.json()).toMatchObject({ state: 'down', reason: 'it is disabled', addresses: ['10.54.0.2/24'] })
    expect((await api.call('DELETE', '/api/v1/interfaces/lab1')).statusCode).toBe(204)
    expect((await api.call('GET', '/api/v1/interfaces/lab1')).statusCode).toBe(404)
  })

  test('a static route can be read, changed and removed by its id', async () => {
    const added = await api.call('POST', '/api/v1/routes', { prefix: '10.60.0.0/24', gateway: '10.53.0.7' })
    expect(added.headers.location).toBe('/api/v1/routes/1')
    expect((await api.call('PATCH', '/api/v1/routes/1', { metric: 5 })).json()).toMatchObject({ metric: 5, prefix: '10.60.0.0/24' })
    expect((await api.call('GET', '/api/v1/routes/1')).json()).toMatchObject({ metric: 5 })
    expect((await api.call('DELETE', '/api/v1/routes/1')).statusCode).toBe(204)
    expect((await api.call('GET', '/api/v1/routes/1')).statusCode).toBe(404)
  })

  test.each([
    ['/interfaces', { kind: 'tap' }, '/name'],
    ['/interfaces', { name: 'lab1', kind: 'slip' }, '/kind'],
    ['/interfaces', { name: 'lab1', kind: 'tap', addresses: ['10.54.0.2'] }, '/addresses/0'],
    ['/interfaces', { name: 'lab1', kind: 'tap', addresses: ['10.54.0.2/33'] }, '/addresses/0'],
    ['/interfaces', { name: 'lab1', kind: 'tap', mtu: 9000 }, '/mtu'],
    ['/interfaces', { name: 'lab1', kind: 'tap', impairment: { loss: 1.5 } }, '/impairment/loss'],
    ['/interfaces', { name: 'lab1', kind: 'tap', proxyArpRanges: ['10.60.0.1/24'] }, '/proxyArpRanges/0'],
    ['/interfaces', { name: 'a-name-of-16-char', kind: 'tap' }, '/name'],
    ['/interfaces', { name: 'lan0', kind: 'tap' }, '/name'],
    ['/routes', { prefix: '10.60.0.1/24', gateway: '10.53.0.7' }, '/prefix'],
    ['/routes', { prefix: '10.60.0.0/24', gateway: '10.53.0.700' }, '/gateway'],
    ['/routes', { prefix: '10.60.0.0/24', gateway: '10.53.0.7', metric: 70000 }, '/metric'],
    ['/routes', { prefix: '10.60.0.0/24' }, '/gateway'],
  ])('POST %s %j is refused with the field', async (path, body, pointer) => {
    const answer = await api.call('POST', `/api/v1${path}`, body)
    expect([409, 422]).toContain(answer.statusCode)
    expect(answer.json<{ errors: readonly { pointer: string }[] }>().errors.map((error) => error.pointer)).toContain(pointer)
  })
})
