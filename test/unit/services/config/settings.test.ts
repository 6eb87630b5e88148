/** Settings: where a value comes from, what is derived, and how a wrong one is refused. */
import { describe, expect, test } from 'vitest'
import { parseServer } from '../../../../services/config/server-address.ts'
import { readSettings, SETTINGS, type Settings, type Sources } from '../../../../services/config/settings.ts'
import { formatIpv4 } from '../../../../stack/index.ts'

type Given = { readonly flags?: { readonly [name: string]: string }; readonly environment?: { readonly [name: string]: string }; readonly file?: unknown }

const sources = ({ flags = {}, environment = {}, file }: Given): Sources => ({
  flags: new Map(Object.entries(flags).map(([name, value]) => [`--${name}`, value])),
  environment,
  file: file === undefined ? undefined : { name: 'taproot.yaml', document: file },
})
function read(given: Given = {}): Settings {
  const settings = readSettings(sources(given))
  if (!settings.ok) throw new Error(JSON.stringify(settings.error))
  return settings.value
}
function faults(given: Given): readonly string[] {
  const settings = readSettings(sources(given))
  if (settings.ok) throw new Error('accepted')
  for (const { problem, remedy } of settings.error) expect([problem, remedy]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)])
  return settings.error.map(({ setting, value }) => `${setting} = ${value}`)
}
const cidr = (a: Settings['address'] | undefined): string => (a === undefined ? 'none' : `${formatIpv4(a.address)}/${a.prefix.length}`)
const ranges = (s: Settings): readonly string[] => s.pool.map((p) => `${formatIpv4(p.first)}-${formatIpv4(p.last)}`)

describe('without any', () => {
  test('the appliance has what it needs', () => {
    const s = read()
    expect([cidr(s.address), cidr(s.hostAddress), formatIpv4(s.gateway ?? 0), ranges(s)]).toEqual(['10.53.0.2/24', '10.53.0.1/24', '10.53.0.1', ['10.53.0.100-10.53.0.199']])
    expect(s).toMatchObject({ link: 'taproot0', mtu: 1500, leaseTime: 3600, domain: 'lab.internal', upstreams: { kind: 'auto' }, upstreamPath: 'host', data: 'data', probe: 'yes', bridge: undefined, zoneFile: undefined, offloads: 'auto' })
    expect(s.linkMac).toEqual(new Uint8Array([0x02, 0x54, 10, 53, 0, 2]))
  })
})

describe('a value comes from a flag, else the environment, else the file', () => {
  const all: Given = { flags: { 'lease-time': '100' }, environment: { TAPROOT_LEASE_TIME: '200' }, file: { dhcp: { leaseTime: 300 } } }
  test.each<[Given, number]>([
    [all, 100],
    [{ ...all, flags: {} }, 200],
    [{ ...all, flags: {}, environment: { TAPROOT_LEASE_TIME: '' } }, 300],
    [{}, 3600],
  ])('%j', (given, seconds) => {
    expect(read(given).leaseTime).toBe(seconds)
  })

  test('YAML in its own shapes: lists, mappings, booleans, null', () => {
    const s = read({ file: { link: { name: 'lan0', persist: true, bridge: null }, dhcp: { pool: ['10.53.0.10-10.53.0.19', '10.53.0.30-10.53.0.39'], probe: false }, dns: { zones: { 'a.internal': 'a.zone', 'b.internal': 'b.zone' }, upstreams: ['9.9.9.9', '1.1.1.1:5353'] } } })
    expect(s).toMatchObject({ link: 'lan0', persist: 'yes', bridge: undefined, probe: 'no', zoneFile: [{ zone: 'a.internal', path: 'a.zone' }, { zone: 'b.internal', path: 'b.zone' }] })
    expect(ranges(s)).toEqual(['10.53.0.10-10.53.0.19', '10.53.0.30-10.53.0.39'])
    expect(s.upstreams).toMatchObject({ kind: 'list', servers: [{ port: 53 }, { port: 5353 }] })
    const pin = `pin-sha256=${Buffer.alloc(32).toString('base64')}`
    expect(read({ flags: { upstreams: `tls://9.9.9.9#dns.example,${pin}, https://dns.example/q#192.0.2.1,192.0.2.9` } }).upstreams).toMatchObject({
      kind: 'list', servers: [{ by: 'tls', name: 'dns.example', pin: pin.slice(11) }, { by: 'https', path: '/q' }, { by: 'plain' }],
    })
  })

  test('an empty file is none', () => {
    expect(read({ file: null }).leaseTime).toBe(3600)
  })

  test('every setting has a flag, a variable, a place in the file and a help of its own', () => {
    const rows = Object.values(SETTINGS)
    for (const of of ['flag', 'env', 'yaml', 'help'] as const) expect(new Set(rows.map((row) => row[of])).size, of).toBe(rows.length)
  })
})

describe('what follows from other settings', () => {
  test.each<[{ readonly [name: string]: string }, (s: Settings) => unknown, unknown]>([
    [{ address: '192.168.7.1/24' }, (s) => cidr(s.hostAddress), '192.168.7.2/24'],
    [{ address: '192.168.7.9/24' }, (s) => [cidr(s.hostAddress), ranges(s)], ['192.168.7.1/24', ['192.168.7.100-192.168.7.199']]],
    [{ address: '10.0.0.2/28' }, ranges, ['10.0.0.8-10.0.0.14']],
    [{ address: '10.0.0.2/30', 'host-address': 'none', pool: '10.0.0.1-10.0.0.1' }, (s) => [cidr(s.hostAddress), s.gateway], ['none', undefined]],
    [{ 'host-address': '10.53.0.7/24' }, (s) => formatIpv4(s.gateway ?? 0), '10.53.0.7'],
    [{ gateway: 'none' }, (s) => s.gateway, undefined],
    [{ 'link-socket': '/run/vms.sock' }, (s) => [s.linkSocket, s.hostAddress, s.gateway, s.forwarding], ['/run/vms.sock', undefined, undefined, 'no']],
    [{ 'link-mac': '02:00:00:00:00:07' }, (s) => s.linkMac, new Uint8Array([2, 0, 0, 0, 0, 7])],
    [{ domain: 'Home.ARPA.' }, (s) => s.domain, 'home.arpa'],
    [{ domain: 'none', api: 'none', upstreams: 'none' }, (s) => [s.domain, s.api, s.upstreams.kind], [undefined, undefined, 'none']],
    [{ api: '127.0.0.1' }, (s) => s.api?.port, 8053],
  ])('%j', (flags, of, expected) => {
    expect(of(read({ flags }))).toEqual(expected)
  })
})

describe('a wrong value is refused by the name under which it was given', () => {
  test.each<[Given, readonly string[]]>([
    [{ flags: { link: 'a name that is far too long' } }, ['--link = a name that is far too long']],
    [{ flags: { 'link-mac': '01:00:5e:00:00:01' } }, ['--link-mac = 01:00:5e:00:00:01']],
    [{ flags: { mtu: '9000' } }, ['--mtu = 9000']],
    [{ flags: { mtu: '15e2' } }, ['--mtu = 15e2']],
    [{ flags: { address: '10.53.0.2' } }, ['--address = 10.53.0.2']],
    [{ flags: { address: '10.53.0.2/31' } }, ['--address = 10.53.0.2/31']],
    [{ flags: { pool: '10.53.0.199-10.53.0.100' } }, ['--pool = 10.53.0.199-10.53.0.100']],
    [{ flags: { pool: '10.53.0.10' } }, ['--pool = 10.53.0.10']],
    [{ flags: { 'lease-time': '59' } }, ['--lease-time = 59']],
    [{ flags: { probe: 'perhaps' } }, ['--probe = perhaps']],
    [{ flags: { domain: 'a..b' } }, ['--domain = a..b']],
    [{ flags: { domain: `${'a'.repeat(64)}.internal` } }, [`--domain = ${'a'.repeat(64)}.internal`]],
    [{ flags: { 'zone-file': 'example.internal' } }, ['--zone-file = example.internal']],
    [{ flags: { upstreams: 'dns.example.com' } }, ['--upstreams = dns.example.com']],
    [{ flags: { data: '' } }, ['--data = ']],
    [{ flags: { offloads: 'on' } }, ['--offloads = on']],
    [{ flags: { forwarding: 'maybe' } }, ['--forwarding = maybe']],
    [{ flags: { 'link-socket': 'vms.sock' } }, ['--link-socket = vms.sock']],
    [{ flags: { 'link-socket': `/${'x'.repeat(107)}` } }, [`--link-socket = /${'x'.repeat(107)}`]],
    [{ environment: { TAPROOT_MTU: 'big' } }, ['TAPROOT_MTU = big']],
    [{ file: { dhcp: { leaseTime: 'long' } } }, ['dhcp.leaseTime in taproot.yaml = long']],
    [{ file: { dhcp: { leasetime: 60 } } }, ['dhcp.leasetime in taproot.yaml = 60']],
    [{ file: { colour: 'red' } }, ['colour in taproot.yaml = red']],
    [{ file: 'text' }, [' in taproot.yaml = text']],
    [{ flags: { mtu: 'x', probe: 'y' } }, ['--mtu = x', '--probe = y']],
  ])('%j', (given, expected) => {
    expect(faults(given)).toEqual(expected)
  })

  test('the remedy says what would be right', () => {
    const settings = readSettings(sources({ flags: { mtu: '9000' } }))
    expect(settings).toMatchObject({ ok: false, error: [{ remedy: 'give a whole number of octets from 576 to 1500' }] })
  })
})

describe('settings that contradict each other', () => {
  test.each<[string, { readonly [name: string]: string }, readonly string[]]>([
    ['the appliance on the broadcast address', { address: '10.53.0.255/24' }, ['--address = 10.53.0.255']],
    ['the host on the appliance’s address', { 'host-address': '10.53.0.2/24' }, ['--host-address = 10.53.0.2/24']],
    ['the host in another subnet', { 'host-address': '10.54.0.1/24', gateway: 'none' }, ['--host-address = 10.54.0.1/24']],
    ['the host with another length', { 'host-address': '10.53.0.1/16' }, ['--host-address = 10.53.0.1/16']],
    ['the gateway is the appliance', { gateway: '10.53.0.2' }, ['--gateway = 10.53.0.2']],
    ['the gateway outside', { gateway: '10.99.0.1' }, ['--gateway = 10.99.0.1']],
    ['a pool outside', { pool: '10.99.0.1-10.99.0.9' }, ['--pool = 10.99.0.1-10.99.0.9']],
    ['a pool with the appliance in it', { pool: '10.53.0.2-10.53.0.9' }, ['--pool = 10.53.0.2-10.53.0.9']],
    ['a pool with the host in it', { pool: '10.53.0.1-10.53.0.1' }, ['--pool = 10.53.0.1-10.53.0.1']],
    ['a host end without a TAP device', { 'link-socket': '/run/vms.sock', 'host-address': '10.53.0.1/24', bridge: 'br0' }, ['--host-address = 10.53.0.1/24', '--bridge = br0']],
    ['pools that overlap', { pool: '10.53.0.10-10.53.0.20,10.53.0.20-10.53.0.30' }, ['--pool = 10.53.0.20-10.53.0.30']],
  ])('%s', (_what, flags, expected) => {
    expect(faults({ flags })).toEqual(expected)
  })
})

describe('the address of a server', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1:53'],
    ['10.0.0.1:5353', '10.0.0.1:5353'],
    ['10.0.0.1:0', undefined],
    ['10.0.0.1:65536', undefined],
    ['10.0.0.1:5:3', undefined],
    ['10.0.0.1:', undefined],
    ['::1', undefined],
    ['host', undefined],
  ])('%s', (text, expected) => {
    const server = parseServer(text, 53)
    expect(server.ok ? `${formatIpv4(server.value.address)}:${server.value.port}` : undefined).toBe(expected)
  })
})
