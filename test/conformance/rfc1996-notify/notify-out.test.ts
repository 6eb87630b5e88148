/** Secondaries hear of changes: who, when, how often, and in which octets. */
import { describe, expect, test } from 'vitest'
import { MAX_NOTIFIES_SENT, NOTIFY_DELAY_MS, NOTIFY_WAITS_MS, Notifier } from '../../../services/dns/transfer/notifier.ts'
import { CLOSED_TRANSFERS } from '../../../services/model/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { SeededSecureRandom } from '../../../stack/platform/index.ts'
import { Bench, told, zoneOf } from '../../support/dns.ts'
import { echoed, Peer } from '../../support/dns-peer.ts'
import { isGenuine, KEY, SECRET, signed, takenApart } from '../../support/dns-tsig.ts'

const ZONE = zoneOf('lab.example', '@ NS ns\n@ NS ns2\n@ NS ns3.other.example.\n@ NS ns4.far.example.\nns A 10.0.0.1\nns2 A 10.0.0.2')
const OTHER = zoneOf('other.example', '@ NS ns\nns A 10.0.0.1\nns3 A 10.0.0.3\nns3 A 10.0.0.7', 2)
const listed = (address: string, port = 53, key?: string) => ({ address: ipv4(address), port, key })

function world(own = '10.0.0.7') {
  const b = new Bench([ZONE, OTHER])
  const peer = new Peer(b.clock)
  const events: [string, unknown][] = []
  const notifier = new Notifier({
    clock: b.clock, random: new SeededSecureRandom(1), query: peer.query, zones: b.server.zones, transfers: b.server.transfers,
    keys: b.server.tsigKeys, isOwn: (address) => address === ipv4(own), count: (what) => b.server.counters.count(what),
    emit: (...event) => events.push(event),
  })
  const zone = b.server.zones.get('lab.example')
  if (zone === undefined) throw new Error('no zone')
  const say = (change: object): void => b.server.transfers.setPolicy({ zoneId: 1, ...CLOSED_TRANSFERS, ...change })
  return { b, peer, events, notifier, zone, say, run: (ms: number) => b.clock.runUntil(b.clock.now() + ms) }
}

describe('RFC 1996 §2.1 who is told', () => {
  test.each([
    ['name servers whose addresses are known, without the primary of the SOA and ourselves', {}, '10.0.0.7', ['10.0.0.2#53', '10.0.0.3#53']],
    ['those listed, before the servers, each once', { notify: [listed('10.0.0.9', 5353), listed('10.0.0.2', 530)] }, '10.0.0.7', ['10.0.0.9#5353', '10.0.0.2#530', '10.0.0.3#53']],
    ['those listed alone', { notify: [listed('10.0.0.9')], notifyServers: false }, '10.0.0.7', ['10.0.0.9#53']],
    ['nobody', { notifyServers: false }, '10.0.0.7', []],
  ] as const)('%s', (_what, policy, own, expected) => {
    const { notifier, peer, zone, say } = world(own)
    say(policy)
    expect(notifier.tell(zone)).toBe(expected.length)
    expect(peer.asked.map((each) => each.to)).toEqual(expected)
  })
})

test('RFC 1996 §3.7, §4.5 the message: opcode NOTIFY, AA, the zone and its SOA', () => {
  const { notifier, peer, zone, say } = world()
  say({ notify: [listed('10.0.0.9')], notifyServers: false })
  notifier.tell(zone)
  const { bytes } = peer.last
  expect([bytes[2], bytes[3]]).toEqual([0x24, 0])
  const answer = bytes.slice()
  answer[2] = 0xa4
  const read = told(answer, 0, answer.length)
  expect([read.question, read.answer, read.flags]).toEqual(['lab.example SOA', ['lab.example 300 SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 60'], 'aa'])
})

describe('RFC 1996 §3.6 until it is answered', () => {
  const one = () => {
    const w = world()
    w.say({ notify: [listed('10.0.0.9')], notifyServers: false })
    w.notifier.tell(w.zone)
    return w
  }

  test('again and again, and then no more', () => {
    const { peer, run, notifier, events, b } = one()
    run(1_000_000)
    const waits = NOTIFY_WAITS_MS.slice(0, -1)
    expect(peer.asked.map((each) => each.at)).toEqual([0, ...waits.map((_, i) => waits.slice(0, i + 1).reduce((sum, ms) => sum + ms, 0))])
    expect(notifier.states(1)).toMatchObject([{ outcome: 'unanswered', serial: 7, address: ipv4('10.0.0.9') }])
    expect(events).toEqual([['dns.notify.unanswered', { zone: 'lab.example', target: '10.0.0.9#53', serial: 7 }]])
    expect([peer.asked.every((each) => each.cancelled), b.server.counters.get('notify-sent')]).toEqual([true, 5])
  })

  test('an answer ends it', () => {
    const { peer, run, notifier, events } = one()
    run(2100)
    peer.last.reply(echoed(peer.last.bytes))
    run(1_000_000)
    expect([peer.asked.length, notifier.states(1)[0]?.outcome, events]).toEqual([2, 'answered', []])
  })

  test('§4.8 so does a rejection, which is told', () => {
    const { peer, run, notifier, events } = one()
    peer.last.reply(echoed(peer.last.bytes, 9))
    run(1_000_000)
    expect([peer.asked.length, notifier.states(1)[0]?.outcome]).toEqual([1, { rcode: 'NOTAUTH' }])
    expect(events).toEqual([['dns.notify.rejected', { zone: 'lab.example', target: '10.0.0.9#53', serial: 7, rcode: 'NOTAUTH' }]])
  })

  test.each<[string, (answer: Uint8Array) => Uint8Array]>([
    ['of another id', (a) => a.with(0, (a[0] as number) ^ 1)],
    ['of another opcode', (a) => a.with(2, 0x84)],
    ['that is a question', (a) => a.with(2, 0x24)],
    ['about another zone', (a) => a.with(13, 0x6d)],
    ['cut off', (a) => a.subarray(0, 20)],
    ['with less than a header', (a) => a.subarray(0, 11)],
  ])('an answer %s is none', (_what, spoil) => {
    const { peer, run, b } = one()
    peer.last.reply(spoil(echoed(peer.last.bytes)))
    run(2100)
    expect([peer.asked.length, b.server.counters.get('notify-stray')]).toEqual([2, 1])
  })

  test('who cannot be reached now may be there by the next try', () => {
    const { peer, run } = one()
    peer.last.fail('refused')
    run(2100)
    expect(peer.asked).toHaveLength(2)
  })
})

describe('RFC 1996 §4.4 changes one after another', () => {
  test('within a moment they are told at once, with the latest serial', () => {
    const { notifier, peer, zone, say, run } = world()
    say({ notify: [listed('10.0.0.9')], notifyServers: false })
    notifier.changed(zone)
    run(NOTIFY_DELAY_MS / 2)
    zone.apply([], [], 8)
    notifier.changed(zone)
    run(NOTIFY_DELAY_MS / 2)
    expect([peer.asked.length, notifier.states(1)[0]?.serial]).toEqual([1, 8])
  })

  test('a later one takes the place of one that is not answered yet', () => {
    const { notifier, peer, zone, say, run } = world()
    say({ notify: [listed('10.0.0.9')], notifyServers: false })
    notifier.tell(zone)
    zone.apply([], [], 8)
    notifier.tell(zone)
    expect(peer.asked.map((each) => each.cancelled)).toEqual([true, false])
    peer.asked[0]?.reply(echoed(peer.asked[0].bytes))
    expect(notifier.states(1)).toMatchObject([{ serial: 8, outcome: 'waiting' }])
    run(2100)
    expect(peer.asked).toHaveLength(3)
  })

  test('nothing is told of a zone that is gone', () => {
    const { notifier, peer, zone, run, b } = world()
    notifier.changed(zone)
    b.server.removeZone('lab.example')
    notifier.forget(1)
    run(10_000)
    expect(peer.asked).toEqual([])
  })
})

describe('RFC 8945 a target with a key', () => {
  const signing = () => {
    const w = world()
    w.b.server.tsigKeys.put(KEY)
    w.say({ notify: [listed('10.0.0.9', 53, KEY.name)], notifyServers: false })
    w.notifier.tell(w.zone)
    return { ...w, time: Math.floor(w.b.clock.wallMs() / 1000) }
  }

  test('is told with a signature, and its signed answer counts', () => {
    const { peer, notifier, time } = signing()
    const { mac, message } = takenApart(peer.last.bytes)
    expect(signed(message, { time }).mac).toEqual(Buffer.from(mac))
    const answer = signed(echoed(message), { time, priorMac: mac }).bytes
    expect(isGenuine(answer, mac)).toBe(true)
    peer.last.reply(answer)
    expect(notifier.states(1)[0]?.outcome).toBe('answered')
  })

  test.each<[string, (message: Uint8Array, time: number, mac: Uint8Array) => Uint8Array]>([
    ['without one', (message) => echoed(message)],
    ['that goes on from nothing', (message, time) => signed(echoed(message), { time }).bytes],
    ['by another key', (message, time, mac) => signed(echoed(message), { time, priorMac: mac, secret: SECRET.toReversed() }).bytes],
  ])('§5.3 an answer %s does not count', (_what, answer) => {
    const { peer, notifier, time } = signing()
    const { mac, message } = takenApart(peer.last.bytes)
    peer.last.reply(answer(message, time, mac))
    expect(notifier.states(1)[0]?.outcome).toBe('waiting')
  })
})

test('many at once: so many sockets and no more; the others follow', () => {
  const { notifier, peer, b, run } = world()
  const zones = Array.from({ length: MAX_NOTIFIES_SENT + 10 }, (_, i) => zoneOf(`z${i}.example`, '@ NS ns', 10 + i))
  for (const { zone, records } of zones) {
    b.server.addZone(zone, records)
    b.server.transfers.setPolicy({ zoneId: zone.id, ...CLOSED_TRANSFERS, notify: [listed('10.0.0.9')] })
    const live = b.server.zones.byId(zone.id)
    if (live !== undefined) notifier.changed(live)
  }
  run(NOTIFY_DELAY_MS)
  expect(peer.asked).toHaveLength(MAX_NOTIFIES_SENT)
  for (const each of peer.asked.slice(0, 10)) each.reply(echoed(each.bytes))
  expect(peer.asked).toHaveLength(MAX_NOTIFIES_SENT + 10)
})
