/** Messages, prerequisites and changes of dynamic update. Each row is a whole message to a fresh server. */
import { describe, expect, test } from 'vitest'
import { rule, UpdateBench, updateBytes } from '../../support/dns-update.ts'
import type { UpdateShape } from '../../support/dns-update.ts'

const ZONE = `
  @ 300 IN NS ns
  ns IN A 10.9.0.1
  www 300 IN A 10.9.0.2
  www 300 IN A 10.9.0.3
  www 300 IN MX 10 Mail.lab.example.
  alias IN CNAME www
  deep.empty IN TXT "x"
  * IN TXT "any"
`
const SERIAL = 7

/** Unchanged: rcode and nothing else. */
const refused = async (lines: readonly string[], rcode: string, shape: UpdateShape = {}): Promise<void> => {
  const bench = new UpdateBench(ZONE)
  const before = [...(bench.server.zones.get('lab.example')?.records() ?? [])]
  expect(await bench.updateShaped([...lines, 'add new.lab.example 60 A 10.9.9.9'], shape)).toBe(rcode)
  expect([bench.serial, [...(bench.server.zones.get('lab.example')?.records() ?? [])]]).toEqual([SERIAL, before])
}

describe('RFC 2136 §3.1 [D2] zone section', () => {
  test.each([
    ['§3.1.1', 'type A is no zone', { zoneType: 'A' }, 'FORMERR'],
    ['§3.1.1', 'no zone', { zones: 0 }, 'FORMERR'],
    ['§3.1.1', 'two zones', { zones: 2 }, 'FORMERR'],
    ['§3.1.2', 'a zone that is not here', { zone: 'other.example' }, 'NOTAUTH'],
    ['§3.1.2', 'a name in the zone is not the zone', { zone: 'www.lab.example' }, 'NOTAUTH'],
    ['§3.1.2', 'another class', { zoneClass: 'CH' }, 'NOTAUTH'],
    ['§2', 'octets left over', { tail: [0] }, 'FORMERR'],
  ] as const)('%s %s', (_section, _what, shape, rcode) => refused([], rcode, shape))
})

describe('RFC 2136 §3.2 prerequisites', () => {
  test.each([
    ['§2.4.1', 'RRset exists: it does', ['prereq yxrrset WWW.lab.example MX'], 'NOERROR'],
    ['§2.4.1', 'RRset exists: the name has other types', ['prereq yxrrset www.lab.example TXT'], 'NXRRSET'],
    ['§2.4.1', 'RRset exists: no such name, a wildcard does not stand for it', ['prereq yxrrset nobody.lab.example TXT'], 'NXRRSET'],
    ['§2.4.1', 'the SOA is an RRset', ['prereq yxrrset lab.example SOA'], 'NOERROR'],
    ['§2.4.2', 'RRset is exactly: all of it in any order', ['prereq yxrrset www.lab.example A 10.9.0.3', 'prereq yxrrset www.lab.example A 10.9.0.2'], 'NOERROR'],
    ['§2.4.2', 'RRset is exactly: the same record twice counts once', ['prereq yxrrset ns.lab.example A 10.9.0.1', 'prereq yxrrset ns.lab.example A 10.9.0.1'], 'NOERROR'],
    ['§2.4.2', 'RRset is exactly: a part is not all', ['prereq yxrrset www.lab.example A 10.9.0.3'], 'NXRRSET'],
    ['§2.4.2', 'RRset is exactly: more than there is', ['prereq yxrrset ns.lab.example A 10.9.0.1', 'prereq yxrrset ns.lab.example A 10.9.0.9'], 'NXRRSET'],
    ['§2.4.2', 'RRset is exactly: names in data in any letter case', ['prereq yxrrset www.lab.example MX 10 mAIL.lab.example'], 'NOERROR'],
    ['§2.4.2', 'RRset is exactly: other data', ['prereq yxrrset www.lab.example MX 20 mail.lab.example'], 'NXRRSET'],
    ['§2.4.2', 'RRset is exactly: the SOA', ['prereq yxrrset lab.example SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 60'], 'NOERROR'],
    ['§2.4.2', 'RRset is exactly: an SOA of another serial', ['prereq yxrrset lab.example SOA ns.lab.example hostmaster.lab.example 6 3600 600 604800 60'], 'NXRRSET'],
    ['§2.4.3', 'RRset does not exist: so it is', ['prereq nxrrset www.lab.example TXT'], 'NOERROR'],
    ['§2.4.3', 'RRset does not exist: it does', ['prereq nxrrset www.lab.example A'], 'YXRRSET'],
    ['§2.4.4', 'name is in use', ['prereq yxdomain www.lab.example'], 'NOERROR'],
    ['§2.4.4', 'name is in use: the apex', ['prereq yxdomain lab.example'], 'NOERROR'],
    ['§2.4.4', 'name is in use: nobody', ['prereq yxdomain nobody.lab.example'], 'NXDOMAIN'],
    ['§2.4.4', 'name is in use: empty non-terminals are not', ['prereq yxdomain empty.lab.example'], 'NXDOMAIN'],
    ['§2.4.5', 'name is not in use', ['prereq nxdomain nobody.lab.example'], 'NOERROR'],
    ['§2.4.5', 'name is not in use: empty non-terminals are not', ['prereq nxdomain empty.lab.example'], 'NOERROR'],
    ['§2.4.5', 'name is not in use: it is', ['prereq nxdomain www.lab.example'], 'YXDOMAIN'],
    ['§3.2.5', 'a TTL', ['raw prereq www.lab.example A ANY 1'], 'FORMERR'],
    ['§3.2.5', 'data with class ANY', ['raw prereq www.lab.example A ANY 0 10.9.0.2'], 'FORMERR'],
    ['§3.2.5', 'data with class NONE', ['raw prereq www.lab.example A NONE 0 10.9.0.2'], 'FORMERR'],
    ['§3.2.5', 'another class', ['raw prereq www.lab.example A CH 0'], 'FORMERR'],
    ['§3.2.5', 'a type that is no data', ['raw prereq www.lab.example AXFR ANY 0'], 'FORMERR'],
    ['§3.2.5', 'outside the zone', ['prereq yxdomain www.example'], 'NOTZONE'],
    ['§3.2.5', 'one of several does not hold', ['prereq yxdomain www.lab.example', 'prereq nxrrset www.lab.example A'], 'YXRRSET'],
    ['§3.2.5', 'the first fault in the order of the message', ['prereq nxdomain www.lab.example', 'prereq yxdomain www.example'], 'YXDOMAIN'],
    ['§3.2.5', 'sets are compared after all else', ['prereq yxrrset ns.lab.example A 10.9.0.9', 'prereq nxdomain www.lab.example'], 'YXDOMAIN'],
  ] as const)('%s %s', async (_section, _what, lines, rcode) => {
    if (rcode !== 'NOERROR') return refused(lines, rcode)
    const bench = new UpdateBench(ZONE)
    expect(await bench.update(...lines, 'add new.lab.example 60 A 10.9.9.9')).toBe('NOERROR')
    expect(bench.at('new.lab.example')).toEqual(['60 A 10.9.9.9'])
  })
})

describe('RFC 2136 §3.4.1 prescan', () => {
  test.each([
    ['§3.4.1.2', 'a class that is none of three', ['raw update www.lab.example A CH 0'], 'FORMERR'],
    ['§3.4.1.3', 'outside the zone', ['add www.example 60 A 10.9.9.9'], 'NOTZONE'],
    ['§3.4.1.3', 'a TTL with class ANY', ['raw update www.lab.example A ANY 60'], 'FORMERR'],
    ['§3.4.1.3', 'data with class ANY', ['raw update www.lab.example A ANY 0 10.9.0.2'], 'FORMERR'],
    ['§3.4.1.3', 'a TTL with class NONE', ['raw update www.lab.example A NONE 60 10.9.0.2'], 'FORMERR'],
    ['§3.4.1.3', 'type ANY with class NONE', ['raw update www.lab.example ANY NONE 0'], 'FORMERR'],
    ['§3.4.1.3', 'type AXFR with class ANY', ['raw update www.lab.example AXFR ANY 0'], 'FORMERR'],
    ['§3.4.1.3', 'type ANY with class IN', ['raw update www.lab.example TYPE255 IN 60 \\# 0'], 'FORMERR'],
    ['§2.5.1', 'an address without octets', ['raw update www.lab.example A IN 60'], 'FORMERR'],
  ] as const)('%s %s, before anything is done', (_section, _what, lines, rcode) => refused(['add first.lab.example 60 A 10.9.9.8', ...lines], rcode))
})

describe('RFC 2136 §3.4.2 update', () => {
  test.each([
    // section, what, lines, name, records after; the serial steps once when they differ
    ['§2.5.1', 'add a record to a set', ['add www.lab.example 300 A 10.9.0.4'], 'www', ['300 A 10.9.0.2', '300 A 10.9.0.3', '300 A 10.9.0.4', '300 MX 10 Mail.lab.example']],
    ['§2.5.1', 'add the first of a name', ['add New.lab.example 60 TXT "a" "b"'], 'new', ['60 TXT "a" "b"']],
    ['§2.5.1', 'a type that nobody here knows', ['add new.lab.example 60 TYPE65400 \\# 2 ABCD'], 'new', ['60 TYPE65400 \\# 2 ABCD']],
    ['RFC 2181 §5.2', 'a new TTL is the TTL of the set', ['add www.lab.example 60 A 10.9.0.4'], 'www', ['300 MX 10 Mail.lab.example', '60 A 10.9.0.2', '60 A 10.9.0.3', '60 A 10.9.0.4']],
    ['§3.4.2.2', 'a record again with another TTL', ['add ns.lab.example 60 A 10.9.0.1'], 'ns', ['60 A 10.9.0.1']],
    ['RFC 2181 §8', 'a TTL with the top bit is 0', ['add new.lab.example 2147483648 A 10.9.9.9'], 'new', ['0 A 10.9.9.9']],
    ['§3.4.2.2', 'a CNAME takes the place of another', ['add alias.lab.example 300 CNAME ns.lab.example'], 'alias', ['300 CNAME ns.lab.example']],
    ['§3.4.2.3', 'delete a set', ['delete www.lab.example A'], 'www', ['300 MX 10 Mail.lab.example']],
    ['§3.4.2.3', 'delete a name', ['delete WWW.lab.example'], 'www', []],
    ['§3.4.2.4', 'delete one record', ['delete www.lab.example A 10.9.0.2'], 'www', ['300 A 10.9.0.3', '300 MX 10 Mail.lab.example']],
    ['§3.4.2.4', 'delete one record by data in another letter case', ['delete www.lab.example MX 10 MAIL.lab.example'], 'www', ['300 A 10.9.0.2', '300 A 10.9.0.3']],
    ['§3.4.2', 'in their order: a name is emptied, then filled', ['delete www.lab.example', 'add www.lab.example 60 CNAME ns.lab.example'], 'www', ['60 CNAME ns.lab.example']],
    ['§3.4.2', 'in their order: filled, then emptied in part', ['add new.lab.example 60 A 10.9.9.9', 'add new.lab.example 60 TXT "x"', 'delete new.lab.example A'], 'new', ['60 TXT "x"']],
    ['§3.4.2.3', 'the wildcard is a name as any other', ['delete *.lab.example TXT'], '*', []],
  ] as const)('%s %s', async (_section, _what, lines, owner, after) => {
    const bench = new UpdateBench(ZONE)
    expect(await bench.update(...lines)).toBe('NOERROR')
    expect([bench.at(`${owner}.lab.example`), bench.serial]).toEqual([[...after], SERIAL + 1])
  })

  test.each([
    ['§3.4.2.2', 'what is there already', ['add www.lab.example 300 A 10.9.0.2']],
    ['§3.4.2.2', 'a CNAME beside other data', ['add www.lab.example 300 CNAME ns.lab.example']],
    ['§3.4.2.2', 'other data beside a CNAME', ['add alias.lab.example 300 A 10.9.9.9']],
    ['§3.4.2.2', 'a CNAME at the apex', ['add lab.example 300 CNAME www.lab.example']],
    ['§3.4.2.2', 'an SOA that is no newer', ['add lab.example 300 SOA a.example b.example 7 1 2 3 4']],
    ['§3.4.2.3', 'all of the apex: SOA and NS stay', ['delete lab.example']],
    ['§3.4.2.3', 'the SOA', ['delete lab.example SOA']],
    ['§3.4.2.4', 'the SOA by its data', ['delete lab.example SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 60']],
    ['§3.4.2.3', 'a set that is not there', ['delete www.lab.example TXT']],
    ['§3.4.2.3', 'a name that is not there', ['delete nobody.lab.example']],
    ['§3.4.2.4', 'a record that is not there', ['delete www.lab.example A 10.9.0.9']],
    ['§3.6', 'a record that comes and goes', ['add new.lab.example 60 A 10.9.9.9', 'delete new.lab.example']],
    ['§3.6', 'a record that goes and comes', ['delete ns.lab.example', 'add ns.lab.example 300 A 10.9.0.1']],
    ['§3.6', 'nothing at all', []],
  ] as const)('%s passed over in silence, and the serial stays: %s', async (_section, _what, lines) => {
    const bench = new UpdateBench(ZONE)
    const before = [...(bench.server.zones.get('lab.example')?.records() ?? [])]
    expect(await bench.update(...lines)).toBe('NOERROR')
    expect([[...(bench.server.zones.get('lab.example')?.records() ?? [])], bench.serial, bench.edits]).toEqual([before, SERIAL, []])
  })

  test('§3.4.2.4 the last NS of the apex stays, one of several goes', async () => {
    const bench = new UpdateBench(ZONE, [rule({ types: ['NS'] })])
    expect(await bench.update('delete lab.example NS')).toBe('NOERROR')
    expect(await bench.update('delete lab.example NS ns.lab.example')).toBe('NOERROR')
    expect(bench.at('lab.example')).toEqual(['300 NS ns.lab.example'])
    await bench.update('add lab.example 300 NS ns2.lab.example', 'delete lab.example NS ns.lab.example', 'delete lab.example NS ns2.lab.example')
    expect(bench.at('lab.example')).toEqual(['300 NS ns2.lab.example'])
  })

  test('§3.4.2.2 an SOA that is newer takes the place of the old one, and its serial is the zone\'s', async () => {
    const bench = new UpdateBench(ZONE, [rule({ types: ['SOA'] }), rule()])
    expect(await bench.update('add lab.example 77 SOA ns2.lab.example admin.lab.example 100 1 2 3 4', 'add new.lab.example 60 A 10.9.9.9')).toBe('NOERROR')
    expect(bench.ask('lab.example', 'SOA').answer).toEqual(['lab.example 77 SOA ns2.lab.example admin.lab.example 100 1 2 3 4'])
    expect([bench.serial, bench.at('new.lab.example')]).toEqual([100, ['60 A 10.9.9.9']])
    expect(await bench.update('add lab.example 77 SOA ns3.lab.example admin.lab.example 99 1 2 3 4')).toBe('NOERROR')
    expect(await bench.update('add www.lab.example 77 SOA ns3.lab.example admin.lab.example 200 1 2 3 4')).toBe('NOERROR')
    expect(bench.ask('lab.example', 'SOA').answer).toEqual(['lab.example 77 SOA ns2.lab.example admin.lab.example 100 1 2 3 4'])
  })

  test('§2.4.2 who wants the zone as it knows it is refused when an update came before, although both wait together', () => {
    const bench = new UpdateBench(ZONE)
    bench.holding = true
    const mine = ['prereq yxrrset lab.example SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 60', 'add mine.lab.example 60 A 10.9.9.9']
    const answers = [bench.send(updateBytes(['add new.lab.example 60 A 10.9.9.9'])), bench.send(updateBytes(mine)), bench.send(updateBytes(mine))]
    for (let n = 0; n < 3; n++) bench.store()
    expect(answers.map((each) => each[0]?.rcode)).toEqual(['NOERROR', 'NXRRSET', 'NXRRSET'])
  })

  test('§3.7 several records are one step of the serial', async () => {
    const bench = new UpdateBench(ZONE)
    await bench.update('add a.lab.example 60 A 10.9.9.1', 'add b.lab.example 60 A 10.9.9.2', 'delete www.lab.example')
    expect([bench.serial, bench.edits.length]).toEqual([SERIAL + 1, 1])
    await bench.update('add c.lab.example 60 A 10.9.9.1')
    expect(bench.serial).toBe(SERIAL + 2)
  })

  test('§3.4.2.7 the next query sees it, and the answers kept from before are over', async () => {
    const bench = new UpdateBench(ZONE)
    expect(bench.askTwice('new.lab.example', 'TXT').answer).toEqual(['new.lab.example 300 TXT "any"'])
    expect(bench.askTwice('www.lab.example', 'MX').answer).toHaveLength(1)
    await bench.update('add new.lab.example 60 TXT "one"', 'delete www.lab.example MX')
    expect(bench.askTwice('new.lab.example', 'TXT').answer).toEqual(['new.lab.example 60 TXT "one"'])
    expect(bench.askTwice('www.lab.example', 'MX').answer).toEqual([])
  })
})

describe('RFC 2136 §3.8 response', () => {
  test('id, opcode and zone are repeated, and nothing else', async () => {
    const bench = new UpdateBench(ZONE)
    const answers = bench.send(updateBytes(['prereq yxdomain nobody.lab.example', 'add x.lab.example 60 A 10.9.9.9'], { edns: 0 }))
    await Promise.resolve()
    const { bytes } = answers[0] as (typeof answers)[0]
    const zone = updateBytes([]).subarray(12)
    expect([...bytes.subarray(0, 12)]).toEqual([0xab, 0xcd, 0xa8, 3, 0, 1, 0, 0, 0, 0, 0, 1])
    expect([...bytes.subarray(12, 12 + zone.length)]).toEqual([...zone])
    expect(bytes.length).toBe(12 + zone.length + 11)
  })

  test('§3.5 nobody is answered before it is stored, over UDP as over TCP', async () => {
    for (const byStream of [false, true]) {
      const bench = new UpdateBench(ZONE)
      bench.holding = true
      const answers = bench.send(updateBytes(['add new.lab.example 60 A 10.9.9.9']), undefined, byStream)
      await Promise.resolve()
      expect([answers, bench.at('new.lab.example')]).toEqual([[], []])
      bench.store()
      expect([answers[0]?.rcode, bench.at('new.lab.example')]).toEqual(['NOERROR', ['60 A 10.9.9.9']])
    }
  })

  test('§3.5 what cannot be stored is SERVFAIL, and the zone is as before', () => {
    const bench = new UpdateBench(ZONE)
    bench.holding = true
    const idle = bench.send(updateBytes(['delete nobody.lab.example']))
    const stored = bench.send(updateBytes(['add new.lab.example 60 A 10.9.9.9']))
    // Judged on what the one before would have done.
    const onIt = bench.send(updateBytes(['add new.lab.example 60 A 10.9.9.9']))
    bench.store(false)
    expect([idle, stored, onIt].map((each) => each[0]?.rcode)).toEqual(['NOERROR', 'SERVFAIL', 'SERVFAIL'])
    expect([bench.at('new.lab.example'), bench.serial]).toEqual([[], SERIAL])
    expect(bench.send(updateBytes(['prereq nxdomain new.lab.example', 'add new.lab.example 60 A 10.9.9.9']))).toEqual([])
    bench.store()
    expect(bench.serial).toBe(SERIAL + 1)
  })

  test('RFC 6891 §6.1.3 another version of EDNS', async () => {
    const [answer] = new UpdateBench(ZONE).send(updateBytes([], { edns: 1 }))
    // The extended rcode's upper bits stand in the OPT: BADVERS is 16.
    expect(answer?.bytes.at(-6)).toBe(1)
  })

  test('one update sees what those before it did, although they are stored together', () => {
    const bench = new UpdateBench(ZONE)
    bench.holding = true
    const lines = ['prereq nxdomain new.lab.example', 'add new.lab.example 60 A 10.9.9.9']
    const answers = [bench.send(updateBytes(lines)), bench.send(updateBytes(lines)), bench.send(updateBytes(['delete new.lab.example']))]
    bench.store()
    expect(answers.map((each) => each[0]?.rcode)).toEqual(['NOERROR', 'YXDOMAIN', 'NOERROR'])
    expect([bench.at('new.lab.example'), bench.serial, bench.edits.map((edit) => edit.serialAfter)]).toEqual([[], SERIAL + 2, [8, 9]])
  })
})
