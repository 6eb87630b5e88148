/** Zones as a whole, through the services: files in and out, several changes at once, versions and the way back. */
import { describe, expect, test } from 'vitest'
import type { RecordStep, Services, ZoneEditView } from '../../../services/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { queryBytes, told } from '../../support/dns.ts'
import { ADDRESS, leaseRecord, record } from '../../support/leases.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'

const FILE = { mode: 'replace', soa: false, create: false } as const
const LEASE = leaseRecord(50, 'alpha.lab.internal', 'A', ADDRESS, ADDRESS)
const WWW = record(51, 'www.lab.internal', 'A', '10.53.0.20', { comment: 'the web' })
const BEFORE = { zoneId: 1, serialBefore: 1, serialAfter: 2, remove: [], add: [LEASE, WWW] }

const start = () => startAppliance({ before: [{ kind: 'zone-edit', at: 1, edit: BEFORE }] })
const lines = ({ changes }: Pick<ZoneEditView, 'changes'>): readonly string[] =>
  changes.map(({ action, name, type, data }) => `${action === 'add' ? '+' : '-'} ${name.replace('.lab.internal', '')} ${type} ${data}`)
const rows = async (services: Services, zone = 'lab.internal'): Promise<readonly string[]> =>
  (await done(services.dns.listRecords(zone, {}, { limit: 1000 }))).items.map((r) => `${r.name.replace('.lab.internal', '')} ${r.ttl} ${r.type} ${r.data} ${r.owner}${r.enabled ? '' : ' off'}`)
const add = (name: string, data: string, type = 'A'): RecordStep => ({ add: { name, type, ttl: null, data, comment: null } })

describe('a master file', () => {
  test('RFC 8976 §4 one that is not what its own digest says is refused', async () => {
    const { services } = startAppliance()
    const text = `@ 300 IN SOA ns hostmaster 7 3600 600 604800 60\n@ 300 NS ns\nns 300 A 10.53.0.3\n@ 300 ZONEMD 7 1 1 ${'ab'.repeat(48)}`
    expect(await refused(services.zoneContents.importZone('lab.internal', { ...FILE, text }, false))).toContain('invalid /text')
  })

  test('brings the zone to what it says, by the least difference; what leases own stays', async () => {
    const { services } = start()
    const text = '$TTL 300\nwww A 10.53.0.20\nmail 60 A 10.53.0.21\n@ MX 10 mail\nalpha A 10.53.0.100'
    const edit = await done(services.zoneContents.importZone('LAB.internal.', { ...FILE, text }, false, 'token t'))
    expect(lines(edit)).toEqual(['+ mail A 10.53.0.21', '+ lab.internal MX 10 mail.lab.internal'])
    expect(edit).toMatchObject({ dryRun: false, serialBefore: 2, serialAfter: 3, added: 2, removed: 0 })
    expect(await rows(services)).toEqual([
      'lab.internal 300 NS taproot.lab.internal system', 'taproot 300 A 10.53.0.2 system', 'alpha 60 A 10.53.0.100 lease 10.53.0.100',
      'www 300 A 10.53.0.20 hand', 'mail 60 A 10.53.0.21 file', 'lab.internal 300 MX 10 mail.lab.internal file',
    ])
    expect(await done(services.zoneContents.importZone('lab.internal', { ...FILE, text }, false))).toMatchObject({ serialAfter: 3, added: 0, removed: 0 })
    expect(lines(await done(services.zoneContents.importZone('lab.internal', { ...FILE, text: 'mail 60 A 10.53.0.22' }, true)))).toEqual([
      '- www A 10.53.0.20', '- mail A 10.53.0.21', '- lab.internal MX 10 mail.lab.internal', '+ mail A 10.53.0.22',
    ])
    expect(await rows(services)).toHaveLength(6)
  })

  test('name servers of the file take the place of those that the zone was made with', async () => {
    const { services } = start()
    const edit = await done(services.zoneContents.importZone('lab.internal', { ...FILE, text: '@ 300 NS ns\nns 300 A 10.53.0.3' }, false))
    expect(lines(edit)).toEqual(['- lab.internal NS taproot.lab.internal', '- taproot A 10.53.0.2', '- www A 10.53.0.20', '+ lab.internal NS ns.lab.internal', '+ ns A 10.53.0.3'])
  })

  test('merged, it takes nothing away, and its TTL is that of the whole set', async () => {
    const { services } = start()
    await done(services.zoneContents.importZone('lab.internal', { ...FILE, mode: 'merge', text: 'www 60 A 10.53.0.21' }, false))
    expect((await rows(services)).slice(2)).toEqual(['alpha 60 A 10.53.0.100 lease 10.53.0.100', 'www 60 A 10.53.0.20 hand', 'www 60 A 10.53.0.21 file'])
  })

  test('its SOA is taken when that is wanted, with the serial if it is newer', async () => {
    const { services } = start()
    const text = '$TTL 120\n@ SOA ns.example. admin.example. 2026112201 1 2 3 4\n@ NS ns.example.'
    await done(services.zoneContents.importZone('lab.internal', { ...FILE, soa: true, text }, false))
    expect(await done(services.dns.getZone('lab.internal'))).toMatchObject({ serial: 2_026_112_201, primaryServer: 'ns.example', refresh: 1, minimum: 4, defaultTtl: 120 })
    await done(services.zoneContents.importZone('lab.internal', { ...FILE, soa: true, text: text.replace('2026112201', '7').replace(' 4\n', ' 5\n') }, false))
    expect(await done(services.dns.getZone('lab.internal'))).toMatchObject({ serial: 2_026_112_202, minimum: 5 })
  })

  test('makes the zone when that is wanted', async () => {
    const { services } = start()
    const text = '@ 300 SOA ns host 9 1 2 3 4\n@ 300 NS ns\nns 300 A 10.0.0.1'
    expect(await refused(services.zoneContents.importZone('new.example', { ...FILE, text }, false))).toMatch(/^not-found/)
    await done(services.zoneContents.importZone('new.example', { ...FILE, create: true, text }, false))
    expect(await rows(services, 'new.example')).toEqual(['new.example 300 NS ns.new.example file', 'ns.new.example 300 A 10.0.0.1 file'].map((line) => expect.stringContaining(line.split(' ').slice(0, 4).join(' ')) as string))
    expect((await done(services.dns.getZone('new.example'))).serial).toBe(9)
  })

  test('everything that is wrong is said, with its place, and nothing changes', async () => {
    const { services } = start()
    const answer = await services.zoneContents.importZone('lab.internal', { ...FILE, text: 'a A 1\nb A 10.0.0.1\nc CNAME b\nc A 10.0.0.1' }, false)
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'invalid', problem: expect.stringMatching(/^line 1, column 5: /) as string, others: [{ problem: expect.stringMatching(/^line 4, column 1: .*CNAME/) as string }] },
    })
    expect((await done(services.dns.getZone('lab.internal'))).serial).toBe(2)
  })

  test('what goes out comes in again and changes nothing; leases can be left out', async () => {
    const { services } = start()
    const text = await done(services.dns.exportZone('lab.internal'))
    expect(text).toMatch(/alpha\.lab\.internal\.\t60\tIN\tA\t10\.53\.0\.100/)
    expect(await done(services.zoneContents.importZone('lab.internal', { ...FILE, soa: true, text }, false))).toMatchObject({ serialAfter: 2, added: 0, removed: 0 })
    expect(await done(services.dns.exportZone('lab.internal', false, false))).not.toMatch(/alpha/)
  })
})

describe('several changes at once', () => {
  test('are one version, and all or nothing', async () => {
    const { services } = start()
    const steps: readonly RecordStep[] = [{ remove: { name: 'www', type: 'a' } }, add('www', '10.53.0.30'), add('api', 'www', 'CNAME')]
    const edit = await done(services.zoneContents.changeRecords('lab.internal', steps, 2, false))
    expect(lines(edit)).toEqual(['- www A 10.53.0.20', '+ www A 10.53.0.30', '+ api CNAME www.lab.internal'])
    expect(edit.serialAfter).toBe(3)
    expect(edit.changes.map(({ id }) => id === null)).toEqual([true, false, false])
    const id = edit.changes[1]?.id as number
    expect(lines(await done(services.zoneContents.changeRecords('lab.internal', [{ change: { id, data: '10.53.0.31' } }], undefined, false)))).toEqual(['- www A 10.53.0.30', '+ www A 10.53.0.31'])
  })

  test.each<[string, readonly RecordStep[], number | undefined, RegExp]>([
    ['a version that is over', [add('x', '10.0.0.1')], 1, /^changed : lab\.internal has serial 2 now, not 1/],
    ['a record that is not there', [{ remove: { name: 'nobody' } }], undefined, /^not-found \/changes\/0\/remove/],
    ['an id that is not there', [add('x', '10.0.0.1'), { change: { id: 999, ttl: 5 } }], undefined, /^not-found \/changes\/1\/change/],
    ['a record of a lease', [{ remove: { id: 50 } }], undefined, /^conflict \/changes\/0\/remove: record 50 belongs to the lease/],
    ['one that is wrong among good ones', [add('x', '10.0.0.1'), add('y', '10.0.0')], undefined, /^invalid \/changes\/1\/add\/data/],
    ['two things in one step', [{ ...add('x', '10.0.0.1'), remove: { id: 51 } }], undefined, /^invalid \/changes\/0: /],
    ['an end in the past', [{ add: { name: 'x', type: 'A', ttl: null, data: '10.0.0.1', comment: null, expiresAt: '2020-01-01T00:00:00Z' } }], undefined, /^invalid \/changes\/0\/add\/expiresAt/],
  ])('%s is refused, and nothing changes', async (_what, steps, serial, expected) => {
    const { services } = start()
    expect(await refused(services.zoneContents.changeRecords('lab.internal', steps, serial, false))).toMatch(expected)
    expect((await done(services.dns.getZone('lab.internal'))).serial).toBe(2)
  })
})

describe('a record that is off', () => {
  test('is kept, listed, and not in the zone; put on it is judged like a new one', async () => {
    const { services, appliance } = start()
    const ask = async () => (await done(appliance.network.dns.explainName('www.lab.internal', 'A'))).rcode
    const off = await done(services.dns.changeRecord('lab.internal', 51, { enabled: false }))
    expect([off.enabled, await ask()]).toEqual([false, 'NXDOMAIN'])
    expect(await rows(services)).toContain('www 300 A 10.53.0.20 hand off')
    expect(await done(services.dns.exportZone('lab.internal'))).not.toMatch(/www/)
    await done(services.dns.addRecord('lab.internal', { name: 'www', type: 'CNAME', ttl: null, data: 'taproot', comment: null }))
    expect(await refused(services.dns.changeRecord('lab.internal', off.id, { enabled: true }))).toMatch(/^conflict \/type/)
    await done(services.zoneContents.changeRecords('lab.internal', [{ remove: { name: 'www', type: 'CNAME' } }, { change: { id: off.id, enabled: true } }], undefined, false))
    expect(await ask()).toBe('NOERROR')
    const again = startAppliance({ before: [{ kind: 'zone-edit', at: 1, edit: { ...BEFORE, add: [{ ...WWW, enabled: false }] } }] })
    expect((await done(again.appliance.network.dns.explainName('www.lab.internal', 'A'))).rcode).toBe('NXDOMAIN')
    await done(again.services.dns.removeRecord('lab.internal', 51))
  })
})

describe('versions', () => {
  async function history() {
    const running = start()
    const { services } = running
    await done(services.dns.addRecord('lab.internal', { name: 'a', type: 'A', ttl: null, data: '10.53.0.30', comment: null }, 'token t'))
    await done(services.zoneContents.importZone('lab.internal', { ...FILE, mode: 'merge', text: 'b 300 A 10.53.0.31\nc 300 A 10.53.0.32' }, false))
    await done(services.dns.removeRecord('lab.internal', 51, 'token t'))
    return running
  }

  test('say what they did, when, and who made them', async () => {
    const { services } = await history()
    const page = await done(services.zoneContents.listVersions('lab.internal', { limit: 3 }))
    expect(page.items.map(({ serial, added, removed, by }) => [serial, added, removed, by])).toEqual([[5, 0, 1, 'token t'], [4, 2, 0, 'file'], [3, 1, 0, 'token t']])
    const rest = await done(services.zoneContents.listVersions('lab.internal', { limit: 3, after: page.next as string }))
    expect(rest.items[0]).toMatchObject({ serial: 2, by: expect.stringMatching(/lease 10\.53\.0\.100/) as string })
    expect(await refused(services.zoneContents.listVersions('lab.internal', { limit: 3, after: 'x' }))).toMatch(/^invalid \/after/)
  })

  test('are compared either way', async () => {
    const { services } = await history()
    const compare = async (from: number, to: number) => lines(await done(services.zoneContents.compareVersions('lab.internal', from, to)))
    expect(await compare(3, 5)).toEqual(['- www A 10.53.0.20', '+ b A 10.53.0.31', '+ c A 10.53.0.32'])
    expect(await compare(5, 3)).toEqual(['- b A 10.53.0.31', '- c A 10.53.0.32', '+ www A 10.53.0.20'])
    expect(await compare(2, 3)).toEqual(['+ a A 10.53.0.30'])
    expect(await compare(4, 4)).toEqual([])
    expect(await refused(services.zoneContents.compareVersions('lab.internal', 0, 5))).toMatch(/^not-found : there is no version 0/)
    expect(await refused(services.zoneContents.compareVersions('lab.internal', 5, 99))).toMatch(/^not-found : there is no version 99/)
  })

  test('one is taken back as a new one, which can be taken back too', async () => {
    const { services } = await history()
    const dry = await done(services.zoneContents.undo('lab.internal', { mode: 'undo', serial: 4 }, true))
    expect([lines(dry), dry.dryRun]).toEqual([['- b A 10.53.0.31', '- c A 10.53.0.32'], true])
    await done(services.zoneContents.undo('lab.internal', { mode: 'undo', serial: 5 }, false, 'token u'))
    const { items } = await done(services.dns.listRecords('lab.internal', { name: 'www' }, { limit: 9 }))
    expect(items).toMatchObject([{ data: '10.53.0.20', comment: 'the web', owner: 'hand' }])
    expect(lines(await done(services.zoneContents.undo('lab.internal', { mode: 'undo', serial: 6 }, false)))).toEqual(['- www A 10.53.0.20'])
  })

  test('all after one are taken back, but for what leases own', async () => {
    const { services } = await history()
    const before = await rows(services)
    expect(lines(await done(services.zoneContents.undo('lab.internal', { mode: 'back', serial: 2 }, false)))).toEqual(['- a A 10.53.0.30', '- b A 10.53.0.31', '- c A 10.53.0.32', '+ www A 10.53.0.20'])
    await done(services.zoneContents.undo('lab.internal', { mode: 'back', serial: 5 }, false))
    expect([...(await rows(services))].sort()).toEqual([...before].sort())
  })

  test('what stands in the way is named, all of it', async () => {
    const { services } = await history()
    await done(services.zoneContents.changeRecords('lab.internal', [{ remove: { name: 'b' } }, { remove: { name: 'c' } }, add('www', '10.53.0.20')], undefined, false))
    expect(await services.zoneContents.undo('lab.internal', { mode: 'undo', serial: 4 }, false)).toMatchObject({
      ok: false, error: { code: 'conflict', problem: expect.stringMatching(/^b\.lab\.internal A .* not there/) as string, others: [{ problem: expect.stringMatching(/^c\.lab/) as string }] },
    })
    expect(await refused(services.zoneContents.undo('lab.internal', { mode: 'undo', serial: 5 }, false))).toMatch(/^conflict : www\.lab\.internal A 10\.53\.0\.20 is there already/)
    expect(await refused(services.zoneContents.undo('lab.internal', { mode: 'undo', serial: 77 }, false))).toMatch(/^not-found/)
  })
})

describe('a hosts file', () => {
  test('shows names and addresses; what is edited in it is changed, and nothing else', async () => {
    const { services } = start()
    await done(services.zoneContents.changeRecords('lab.internal', [add('web', '10.53.0.20'), add('v6', '2001:db8::1', 'AAAA'), add('web', '"x"', 'TXT')], undefined, false))
    const file = await done(services.zoneContents.hostsFile('lab.internal'))
    expect(file.split('\n')).toEqual([
      '# lab.internal, serial 3', '10.53.0.2       taproot.lab.internal', '# 10.53.0.100     alpha.lab.internal  # lease',
      '10.53.0.20      www.lab.internal  # the web', '10.53.0.20      web.lab.internal', '2001:db8::1     v6.lab.internal', '',
    ])
    const put = async (text: string) => lines(await done(services.zoneContents.putHostsFile('lab.internal', text, false)))
    expect(await put(file)).toEqual([])
    expect(await put(file.replace('2001:db8::1     v6', '10.53.0.40 new other.lab.internal. # two\n2001:db8::2 v6').replace('# the web', '# our web'))).toEqual([
      '- www A 10.53.0.20', '- v6 AAAA 2001:db8::1', '+ www A 10.53.0.20', '+ new A 10.53.0.40', '+ other A 10.53.0.40', '+ v6 AAAA 2001:db8::2',
    ])
    expect((await done(services.dns.listRecords('lab.internal', { name: 'www' }, { limit: 9 }))).items).toMatchObject([{ comment: 'our web' }])
  })

  test('of a reverse zone', async () => {
    const { services } = start()
    const put = (text: string) => services.zoneContents.putHostsFile('0.53.10.in-addr.arpa', text, false)
    expect((await done(put('10.53.0.7 www.lab.internal\n'))).changes).toMatchObject([{ action: 'remove' }, { action: 'add', name: '7.0.53.10.in-addr.arpa', type: 'PTR', data: 'www.lab.internal' }])
    expect(await done(services.zoneContents.hostsFile('0.53.10.in-addr.arpa'))).toMatch(/\n10\.53\.0\.7 {7}www\.lab\.internal\n$/)
    expect(await refused(put('10.54.0.7 www.lab.internal'))).toMatch(/line 1, column 11: the reverse name of 10\.54\.0\.7 does not lie in/)
  })

  test.each([
    ['10.53.0 www', /line 1, column 1: 10\.53\.0 is not an address/],
    ['\n10.53.0.9', /line 2, column 1: 10\.53\.0\.9 has no name/],
    ['10.53.0.9 www.example.com', /line 1, column 11: www\.example\.com does not lie in lab\.internal/],
    ['10.53.0.9 a..b', /line 1, column 11: a\.\.b is no domain name/],
  ])('%j is wrong', async (text, expected) => {
    expect(await refused(start().services.zoneContents.putHostsFile('lab.internal', text, false))).toMatch(expected)
  })
})

describe('serials by policy', () => {
  // 2026-01-01T12:00:00Z
  test.each([
    ['increment', [2, 3]],
    ['date', [2_026_010_100, 2_026_010_101]],
    ['unixtime', [1_767_268_800, 1_767_268_801]],
  ] as const)('%s', async (serialPolicy, expected) => {
    const { services } = startAppliance()
    const serials: number[] = []
    serials.push((await done(services.dns.changeZone('lab.internal', { serialPolicy }))).serial)
    // The change itself still goes by the policy that was.
    const first = await done(services.zoneContents.changeRecords('lab.internal', [add('a', '10.0.0.1')], undefined, false))
    const second = await done(services.zoneContents.changeRecords('lab.internal', [add('b', '10.0.0.1')], undefined, false))
    expect([first.serialAfter, second.serialAfter]).toEqual(serialPolicy === 'increment' ? [serials[0] as number + 1, serials[0] as number + 2] : expected)
  })
})

describe('PTR records that follow', () => {
  const A = { name: 'printer', type: 'A', ttl: null, data: '10.53.0.40', comment: null, ptr: true }
  const reverse = async ({ services }: ReturnType<typeof start>) =>
    (await rows(services, '0.53.10.in-addr.arpa')).filter((row) => row.includes(' PTR ') && !row.endsWith('system'))

  test('come, move and go with the address', async () => {
    const running = start()
    const { dns, zoneContents } = running.services
    const { id } = await done(dns.addRecord('lab.internal', A, 'token t'))
    expect(await reverse(running)).toEqual(['40.0.53.10.in-addr.arpa 300 PTR printer.lab.internal hand'])
    const moved = await done(dns.changeRecord('lab.internal', id, { data: '10.53.0.41', ptr: true }))
    expect(await reverse(running)).toEqual(['41.0.53.10.in-addr.arpa 300 PTR printer.lab.internal hand'])
    await done(dns.removeRecord('lab.internal', moved.id, 'token t', true))
    expect(await reverse(running)).toEqual([])
    await done(zoneContents.changeRecords('lab.internal', [{ add: A }, { add: { ...A, name: 'other', data: '10.53.0.42' } }], undefined, false))
    expect(await reverse(running)).toHaveLength(2)
    await done(zoneContents.changeRecords('lab.internal', [{ remove: { name: 'other', ptr: true } }], undefined, false))
    expect(await reverse(running)).toEqual(['40.0.53.10.in-addr.arpa 300 PTR printer.lab.internal hand'])
  })

  test('of IPv6 addresses, where the zone is here', async () => {
    const running = start()
    await done(running.services.zoneContents.importZone('8.b.d.0.1.0.0.2.ip6.arpa', { ...FILE, create: true, text: '' }, false))
    await done(running.services.dns.addRecord('lab.internal', { ...A, type: 'AAAA', data: '2001:db8::7' }))
    expect((await rows(running.services, '8.b.d.0.1.0.0.2.ip6.arpa')).at(-1)).toMatch(/^7\.0\..*\.8\.b\.d\.0\.1\.0\.0\.2\.ip6\.arpa 3600 PTR printer/)
  })

  test.each([
    ['no zone for the reverse name', { ...A, data: '192.0.2.1' }, /^conflict \/ptr: no zone here holds 1\.2\.0\.192\.in-addr\.arpa/],
    ['a type without an address', { ...A, type: 'TXT', data: '"x"' }, /^invalid \/ptr: a record of type TXT/],
    ['an address that is another name already', { ...A, data: '10.53.0.2' }, /^conflict \/ptr: 10\.53\.0\.2 is taproot\.lab\.internal already/],
  ])('%s is refused, and nothing changes', async (_what, input, expected) => {
    const { services } = start()
    expect(await refused(services.dns.addRecord('lab.internal', input))).toMatch(expected)
    expect((await done(services.dns.getZone('lab.internal'))).serial).toBe(2)
  })
})

describe('RFC 2317 reverse names of blocks smaller than /24', () => {
  const PARENT = '0.53.10.in-addr.arpa'
  const ZONE = { primaryServer: null, hostmaster: null, refresh: 1, retry: 2, expire: 3, minimum: 4, defaultTtl: 300, soaTtl: null, serialPolicy: 'increment' as const, view: null }
  const ptr = async ({ appliance }: ReturnType<typeof start>, name: string) => (await done(appliance.network.dns.explainName(name, 'PTR'))).answers

  test('§5.2 the parent delegates the zone of the block, and leads every address of it there', async () => {
    const running = start()
    const edit = await done(running.services.zoneContents.delegateBlock(PARENT, '10.53.0.192/28', ['ns.example.com.', 'ns.lab.internal.'], false))
    expect([edit.added, lines(edit).slice(0, 3)]).toEqual([18, [
      '+ 192/28.0.53.10.in-addr.arpa NS ns.example.com', '+ 192/28.0.53.10.in-addr.arpa NS ns.lab.internal',
      '+ 192.0.53.10.in-addr.arpa CNAME 192.192/28.0.53.10.in-addr.arpa',
    ]])
    // To who wants recursion the servers of the block would say the rest.
    const query = queryBytes('207.0.53.10.in-addr.arpa', 'PTR', { flags: 0 })
    const into = new Uint8Array(512)
    const length = running.appliance.dns.receive(query, 0, query.length, into, 0, 512, ipv4('10.53.0.9'), () => () => {})
    expect(told(into, 0, length).answer).toEqual(['207.0.53.10.in-addr.arpa 300 CNAME 207.192/28.0.53.10.in-addr.arpa'])
  })

  test('the child holds the PTR records, also those of leases and of addresses made by hand', async () => {
    const running = start()
    const { services } = running
    await done(services.dns.addZone({ ...ZONE, name: '64/26.0.53.10.in-addr.arpa' }))
    await done(services.zoneContents.delegateBlock(PARENT, '10.53.0.64/26', ['taproot.lab.internal.'], false))
    await done(services.dns.addRecord('lab.internal', { name: 'nas', type: 'A', ttl: null, data: '10.53.0.70', comment: null, ptr: true }))
    expect(await ptr(running, '70.0.53.10.in-addr.arpa')).toEqual([
      '70.0.53.10.in-addr.arpa 300 IN CNAME 70.64/26.0.53.10.in-addr.arpa', '70.64/26.0.53.10.in-addr.arpa 300 IN PTR nas.lab.internal',
    ])
    expect(await done(services.zoneContents.hostsFile('64/26.0.53.10.in-addr.arpa'))).toMatch(/\n10\.53\.0\.70 +nas\.lab\.internal\n/)
    await done(services.zoneContents.putHostsFile('64/26.0.53.10.in-addr.arpa', '10.53.0.71 nas.lab.internal', false))
    expect(await ptr(running, '71.64/26.0.53.10.in-addr.arpa')).toHaveLength(1)
    expect(running.appliance.dns.zones.reverseNameOf(ipv4('10.53.0.100'))).toBe('100.64/26.0.53.10.in-addr.arpa')
    await done(services.dns.removeZone('64/26.0.53.10.in-addr.arpa'))
    expect(running.appliance.dns.zones.reverseNameOf(ipv4('10.53.0.100'))).toBe('100.0.53.10.in-addr.arpa')
  })

  test.each([['10.53.0.0/24'], ['10.53.0.1/32']])('%s is no such block', async (prefix) => {
    expect(await refused(start().services.zoneContents.delegateBlock(PARENT, prefix, ['ns.example.com.'], false))).toMatch(/^invalid \/prefix: .* is no block of 2 to 128 addresses/)
  })
})
