/** Who may change what: keys, addresses, names, types, and whose records. */
import { describe, expect, test } from 'vitest'
import type { UpdateRule } from '../../../services/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { isGenuine, KEY, signed, takenApart } from '../../support/dns-tsig.ts'
import { rule, UpdateBench, updateBytes, type UpdateShape } from '../../support/dns-update.ts'
import { told, zoneOf } from '../../support/dns.ts'

const ZONE = `
  @ 300 IN NS ns
  ns IN A 10.9.0.1
  www 300 IN A 10.9.0.2
`
/** transfer.lab.example, the key of the tests. */
const BY_KEY = { key: KEY.name, prefix: undefined } as const
const keyed = (change: Partial<UpdateRule> = {}): UpdateRule => rule({ ...BY_KEY, touches: 'updates', ...change })

function benchOf(...rules: readonly UpdateRule[]): UpdateBench {
  const bench = new UpdateBench(ZONE, rules)
  bench.server.tsigKeys.put(KEY)
  return bench
}
const signedRcode = async (bench: UpdateBench, ...lines: readonly string[]): Promise<string | undefined> => (await bench.updateSigned(lines))?.rcode

describe('RFC 2136 §3.3 permission', () => {
  test('nobody may change anything to begin with, and is not told what is there', async () => {
    const bench = benchOf()
    for (const lines of [['add new.lab.example 60 A 10.9.9.9'], ['prereq nxdomain www.lab.example'], []]) expect(await bench.update(...lines)).toBe('REFUSED')
    expect(await signedRcode(bench, 'add new.lab.example 60 A 10.9.9.9')).toBe('REFUSED')
    expect(bench.server.counters.get('update-refused')).toBe(4)
  })

  test.each([
    // what, rule, name, type, answer
    ['the whole zone', {}, 'a.b.lab.example', 'A', 'NOERROR'],
    ['exactly a name', { names: { kind: 'exact', name: 'dyn.lab.example' } }, 'DYN.lab.example', 'A', 'NOERROR'],
    ['exactly a name: not below', { names: { kind: 'exact', name: 'dyn.lab.example' } }, 'a.dyn.lab.example', 'A', 'REFUSED'],
    ['subdomain: the name', { names: { kind: 'subdomain', name: 'dyn.lab.example' } }, 'dyn.lab.example', 'A', 'NOERROR'],
    ['subdomain: below', { names: { kind: 'subdomain', name: 'dyn.lab.example' } }, 'a.b.dyn.lab.example', 'A', 'NOERROR'],
    ['subdomain: a name that only ends alike', { names: { kind: 'subdomain', name: 'dyn.lab.example' } }, 'xdyn.lab.example', 'A', 'REFUSED'],
    ['wildcard: below', { names: { kind: 'wildcard', name: '*.dyn.lab.example' } }, 'a.dyn.lab.example', 'A', 'NOERROR'],
    ['wildcard: not the name itself', { names: { kind: 'wildcard', name: '*.dyn.lab.example' } }, 'dyn.lab.example', 'A', 'REFUSED'],
    ['self', { names: { kind: 'self' } }, 'transfer.lab.example', 'A', 'NOERROR'],
    ['self: another', { names: { kind: 'self' } }, 'a.transfer.lab.example', 'A', 'REFUSED'],
    ['self and below', { names: { kind: 'self-subdomain' } }, 'a.transfer.lab.example', 'A', 'NOERROR'],
    ['a type', { types: ['TXT', 'A'] }, 'new.lab.example', 'A', 'NOERROR'],
    ['another type', { types: ['TXT'] }, 'new.lab.example', 'A', 'REFUSED'],
    ['usual types: no delegation', {}, 'new.lab.example', 'NS', 'REFUSED'],
    ['a delegation when it is named', { types: ['NS'] }, 'new.lab.example', 'NS', 'NOERROR'],
    ['usual types: no DNAME', {}, 'new.lab.example', 'DNAME', 'REFUSED'],
    ['what the server makes, whatever is named', { types: ['NSEC'] }, 'new.lab.example', 'NSEC', 'REFUSED'],
    ['an SOA that is newer', {}, 'lab.example', 'SOA', 'REFUSED'],
    ['an address beside the key', { prefix: { network: ipv4('198.51.100.0'), length: 24 } }, 'new.lab.example', 'A', 'NOERROR'],
    ['another address beside the key', { prefix: { network: ipv4('198.51.101.0'), length: 24 } }, 'new.lab.example', 'A', 'REFUSED'],
    ['another key', { key: 'other.lab.example' }, 'new.lab.example', 'A', 'REFUSED'],
  ] as const)('by key: %s', async (_what, change, owner, type, rcode) => {
    const data = { A: '10.9.9.9', NS: 'ns.other.example', DNAME: 'other.example', NSEC: 'a.example A', SOA: 'a.example b.example 8 1 2 3 4' }[type]
    const bench = benchOf(keyed(change as Partial<UpdateRule>))
    expect(await signedRcode(bench, `add ${owner} 60 ${type} ${data}`)).toBe(rcode)
    expect(bench.at(owner).some((text) => text.includes(data))).toBe(rcode === 'NOERROR')
  })

  test('RFC 8914 §4.19, §4.21 who speaks EDNS is told why', async () => {
    const bench = benchOf(rule({ names: { kind: 'exact', name: 'a.lab.example' }, touches: 'updates' }), rule({ names: { kind: 'exact', name: 'www.lab.example' }, touches: 'updates' }))
    const reason = async (lines: readonly string[], shape: UpdateShape = {}): Promise<unknown> => {
      const answers = bench.send(updateBytes(lines, { edns: 0, ...shape }))
      await Promise.resolve()
      const bytes = answers[0]?.bytes as Uint8Array
      const option = told(bytes, 0, bytes.length).edns?.options
      return option === undefined || option.length === 0 ? undefined : [option[5], Buffer.from(option.subarray(6)).toString()]
    }
    expect(await reason(['add a.lab.example 60 A 10.9.9.9'])).toBeUndefined()
    expect(await reason(['add b.lab.example 60 A 10.9.9.9'])).toEqual([18, expect.stringMatching(/no rule.*this name/)])
    expect(await reason(['delete www.lab.example'])).toEqual([18, expect.stringMatching(/people or leases/)])
    expect(await reason([], { zone: 'other.example' })).toEqual([20, ''])
    bench.server.updates.setPolicy({ zoneId: 1, rules: [] })
    expect(await reason([])).toEqual([18, expect.stringMatching(/no rule.*the zone/)])
  })

  test('one of several rules is enough, and one record that none allows refuses all', async () => {
    const bench = benchOf(keyed({ names: { kind: 'exact', name: 'a.lab.example' } }), keyed({ names: { kind: 'exact', name: 'b.lab.example' }, types: ['TXT'] }))
    expect(await signedRcode(bench, 'add a.lab.example 60 A 10.9.9.9', 'add b.lab.example 60 TXT "x"')).toBe('NOERROR')
    expect(await signedRcode(bench, 'add a.lab.example 60 A 10.9.9.8', 'add b.lab.example 60 A 10.9.9.8')).toBe('REFUSED')
    expect([bench.at('a.lab.example'), bench.serial]).toEqual([['60 A 10.9.9.9'], 8])
  })

  test('deleting all of a name needs a rule for every type that is there', async () => {
    const bench = benchOf(keyed({ types: ['A'] }), keyed({ types: ['TXT'], names: { kind: 'exact', name: 'both.lab.example' } }))
    await signedRcode(bench, 'add both.lab.example 60 A 10.9.9.9', 'add both.lab.example 60 TXT "x"')
    bench.server.updates.setPolicy({ zoneId: 1, rules: [keyed({ types: ['A'] })] })
    expect(await signedRcode(bench, 'delete both.lab.example')).toBe('REFUSED')
    expect(await signedRcode(bench, 'delete both.lab.example A', 'delete nobody.lab.example')).toBe('NOERROR')
    expect(bench.at('both.lab.example')).toEqual(['60 TXT "x"'])
  })
})

describe('RFC 3007 §3 signed updates', () => {
  test('the answer is signed; the record belongs to the key', async () => {
    const bench = benchOf(keyed())
    const answers = bench.send(updateBytes(['add new.lab.example 60 A 10.9.9.9']))
    expect(answers[0]?.rcode).toBe('REFUSED')
    const answer = await bench.updateSigned(['add new.lab.example 60 A 10.9.9.9'])
    expect([answer?.rcode, takenApart(answer?.bytes as Uint8Array).error]).toEqual(['NOERROR', 0])
    const [record] = bench.server.zones.get('lab.example')?.recordsNamed('new.lab.example') ?? []
    expect(record?.owner).toEqual({ kind: 'update', key: KEY.name })
  })

  test('a wrong signature changes nothing, whatever an address may', async () => {
    const bench = benchOf(rule())
    const answer = await bench.updateSigned(['add new.lab.example 60 A 10.9.9.9'], { spoilMac: true })
    expect([answer?.rcode, bench.at('new.lab.example')]).toEqual(['NOTAUTH', []])
  })

  test('the MAC of the answer goes on from that of the update', async () => {
    const bench = benchOf(keyed())
    const { bytes, mac } = signed(updateBytes(['add new.lab.example 60 A 10.9.9.9']), { time: Math.floor(bench.clock.wallMs() / 1000) })
    const answers = bench.send(bytes)
    await Promise.resolve()
    expect(isGenuine(answers[0]?.bytes as Uint8Array, mac)).toBe(true)
  })

  test('without a key an address can be allowed, and the record belongs to it', async () => {
    const bench = benchOf(rule({ prefix: { network: ipv4('10.53.0.0'), length: 24 }, touches: 'updates' }))
    expect(bench.send(updateBytes(['add new.lab.example 60 A 10.9.9.9']), ipv4('10.54.0.1'))[0]?.rcode).toBe('REFUSED')
    bench.send(updateBytes(['add new.lab.example 60 A 10.9.9.9']), ipv4('10.53.0.7'))
    await Promise.resolve()
    expect(bench.server.zones.get('lab.example')?.recordsNamed('new.lab.example')[0]?.owner).toEqual({ kind: 'update', key: '10.53.0.7' })
  })
})

describe('RFC 2136 §3.3 whose records', () => {
  const OWNERS = { hand: { kind: 'hand' }, file: { kind: 'file' }, lease: { kind: 'lease', address: '10.9.0.50' }, update: { kind: 'update', key: 'other' } } as const
  const owned = (kind: keyof typeof OWNERS, touches: UpdateRule['touches']): UpdateBench => {
    const bench = benchOf(keyed({ touches }))
    const { zone, records } = zoneOf('lab.example', ZONE)
    bench.server.addZone(zone, records.map((each) => (each.name === 'www.lab.example' ? { ...each, owner: OWNERS[kind] } : each)))
    return bench
  }

  test.each([
    ['update', 'updates', true], ['hand', 'updates', false], ['file', 'updates', false], ['lease', 'updates', false],
    ['hand', 'people', true], ['file', 'people', true], ['lease', 'people', false],
    ['lease', 'leases', true], ['hand', 'leases', true],
  ] as const)('a record of %s goes when the rule touches those of %s: %s', async (kind, touches, may) => {
    for (const line of ['delete www.lab.example', 'delete www.lab.example A', 'delete www.lab.example A 10.9.0.2']) {
      const bench = owned(kind, touches)
      expect(await signedRcode(bench, 'add new.lab.example 60 TXT "x"', line)).toBe(may ? 'NOERROR' : 'REFUSED')
      expect([bench.at('www.lab.example').length, bench.at('new.lab.example').length]).toEqual(may ? [0, 1] : [1, 0])
    }
  })

  test('records are added beside those of people, with their TTL', async () => {
    const bench = owned('hand', 'updates')
    expect(await signedRcode(bench, 'add www.lab.example 60 A 10.9.9.9', 'add www.lab.example 60 TXT "x"')).toBe('NOERROR')
    expect(bench.at('www.lab.example')).toEqual(['300 A 10.9.0.2', '300 A 10.9.9.9', '60 TXT "x"'])
    expect(await signedRcode(bench, 'add www.lab.example 60 A 10.9.0.2')).toBe('NOERROR')
    expect(bench.at('www.lab.example')).toContain('300 A 10.9.0.2')
  })

  test('a name of a lease is left to it: it would give the name up', async () => {
    expect(await signedRcode(owned('lease', 'people'), 'add www.lab.example 60 TXT "x"')).toBe('REFUSED')
    expect(await signedRcode(owned('lease', 'leases'), 'add www.lab.example 60 TXT "x"')).toBe('NOERROR')
  })

  test("another's alias is not replaced", async () => {
    const bench = benchOf(keyed())
    const { zone, records } = zoneOf('lab.example', `${ZONE}\nalias IN CNAME www`)
    bench.server.addZone(zone, records)
    expect(await signedRcode(bench, 'add alias.lab.example 60 CNAME ns.lab.example')).toBe('REFUSED')
    expect(bench.at('alias.lab.example')).toEqual(['300 CNAME www.lab.example'])
  })

  test('a record that is switched off is not there, and stays', async () => {
    const bench = benchOf(keyed())
    const { zone, records } = zoneOf('lab.example', ZONE)
    bench.server.addZone(zone, records.map((each) => (each.name === 'www.lab.example' ? { ...each, enabled: false } : each)))
    expect(await signedRcode(bench, 'prereq nxdomain www.lab.example', 'delete www.lab.example', 'add www.lab.example 60 TXT "x"')).toBe('NOERROR')
    expect(bench.at('www.lab.example')).toEqual(['60 TXT "x"'])
    const off = [...(bench.server.zones.get('lab.example')?.shelved() ?? [])]
    expect(off.map(({ type, data }) => `${type} ${data}`)).toEqual(['A 10.9.0.2'])
  })
})
