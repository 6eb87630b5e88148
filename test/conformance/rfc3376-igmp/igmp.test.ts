import { describe, expect, test } from 'vitest'
import { dgramOf, formatIpv4, ipv4 } from '../../../stack/index.ts'
import { GROUP_LIMIT } from '../../../stack/igmp/membership.ts'
import { OLDER_QUERIER_MS } from '../../../stack/igmp/host.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import * as igmp from '../../../stack/wire/igmp.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import { MEMBERSHIP_LIMIT } from '../../../stack/udp/endpoint.ts'
import { bench, collector, ipFrame, must, octets, PEER, udpFrame } from '../../support/stack-lan.ts'
import type { Bench, DatagramFields } from '../../support/stack-lan.ts'

const AT = ETHERNET_HEADER_BYTES
const GROUP = '239.1.2.3'
const OTHER = '239.9.9.9'

const groupMac = (group: string): string => {
  const [, b, c, d] = group.split('.').map(Number) as [number, number, number, number]
  return ['01', '00', '5e', ...[b & 127, c, d].map((octet) => octet.toString(16).padStart(2, '0'))].join(':')
}

/** What the peer sees of IGMP: kind, group, and where it went. */
function said(lan: Bench): string[] {
  return lan.peer.take().flatMap((frame) => {
    const header = must(ip.parse(frame, AT, frame.length))
    if (header.protocol !== ip.PROTOCOL_IGMP) return []
    expect([header.ttl, ...header.options]).toEqual([1, 148, 4, 0, 0])
    const at = AT + 24
    const target = formatIpv4(header.target)
    if (igmp.igmpType(frame, at) !== igmp.REPORT_V3) {
      const names: Record<number, string> = { 0x12: 'v1 report', 0x16: 'v2 report', 0x17: 'leave' }
      expect(igmp.check(frame, at, at + 8)).toBeUndefined()
      return [`${names[igmp.igmpType(frame, at)]} ${formatIpv4(igmp.igmpGroup(frame, at))} > ${target}`]
    }
    const kinds = ['', '', 'is-exclude', 'to-include', 'to-exclude']
    const records = must(igmp.parseReport(frame, at, at + header.payloadLength))
    return [`v3 ${records.map(({ kind, group }) => `${kinds[kind]} ${formatIpv4(group)}`).join(', ')} > ${target}`]
  })
}

const message = (type: number, group: string, code = 0, extra = 0): Uint8Array => {
  const b = new Uint8Array(8 + extra)
  igmp.writeShort(b, 0, type, ipv4(group))
  const carried = ((b[2] as number) << 8) | (b[3] as number)
  b[1] = code
  const sum = carried - code < 0 ? carried - code + 0xffff : carried - code
  b[2] = sum >>> 8
  b[3] = sum
  return b
}

const ALERT = { options: Uint8Array.of(148, 4, 0, 0) }

function igmpFrame(payload: Uint8Array, to: string, fields: DatagramFields = ALERT): Uint8Array {
  return ipFrame(payload, { protocol: ip.PROTOCOL_IGMP, ttl: 1, to, toMac: groupMac(to), ...fields })
}

const queryV1 = igmpFrame(message(igmp.MEMBERSHIP_QUERY, '0.0.0.0'), '224.0.0.1', {})
const queryV2 = (group = '0.0.0.0'): Uint8Array =>
  igmpFrame(message(igmp.MEMBERSHIP_QUERY, group, 100), group === '0.0.0.0' ? '224.0.0.1' : group)
const queryV3 = (group = '0.0.0.0'): Uint8Array =>
  igmpFrame(message(igmp.MEMBERSHIP_QUERY, group, 100, 4), group === '0.0.0.0' ? '224.0.0.1' : group)

function listener() {
  const lan = bench()
  const { got, onDatagram } = collector()
  const endpoint = must(lan.stack.bindUdp({ port: 5353, onDatagram }))
  const hear = (to: string, fields = {}): number => {
    lan.answer(udpFrame(octets(4), { to, toMac: groupMac(to), toPort: 5353, ...fields }))
    return got.splice(0).length
  }
  const settle = (ms: number): string[] => {
    lan.clock.advance(ms)
    return said(lan)
  }
  const ask = (frame: Uint8Array): void => {
    lan.peer.send(frame)
    lan.clock.advance(0.5)
  }
  return { ...lan, endpoint, hear, settle, ask, group: ipv4(GROUP) }
}

describe('RFC 1112 §7 [G1, G2] a host and its groups', () => {
  test('what is sent to a group is heard by those who joined it, on the interface where they did', () => {
    const lan = listener()
    expect(lan.hear(GROUP)).toBe(0)
    expect(lan.endpoint.join(lan.group, lan.iface)).toBe(true)
    expect(lan.hear(GROUP)).toBe(1)
    expect(lan.endpoint.leave(lan.group, lan.iface)).toBe(true)
    expect(lan.hear(GROUP)).toBe(0)
  })

  test('§6.4 32 groups share a hardware address; only the joined one is heard', () => {
    const lan = listener()
    lan.endpoint.join(lan.group, lan.iface)
    expect(groupMac('224.129.2.3')).toBe(groupMac(GROUP))
    expect(lan.hear('224.129.2.3')).toBe(0)
    expect(lan.stack.counters['ipv4']?.get('group-not-joined')).toBe(1)
    expect(lan.hear('239.1.2.4')).toBe(0)
    expect(lan.stack.counters['ethernet']?.get('not-for-us')).toBeGreaterThan(0)
  })

  test('§7.2 of several sockets each hears what it joined; the interface is a member until the last one leaves', () => {
    const lan = listener()
    const other = collector()
    const second = must(lan.stack.bindUdp({ port: 5354, onDatagram: other.onDatagram }))
    lan.endpoint.join(lan.group, lan.iface)
    second.join(lan.group, lan.iface)
    expect(lan.settle(100).length).toBe(1)
    lan.settle(2_000)
    lan.endpoint.leave(lan.group, lan.iface)
    expect(lan.settle(5_000)).toEqual([])
    expect(lan.hear(GROUP, { toPort: 5354 })).toBe(0)
    expect(other.got.length).toBe(1)
    second.close()
    expect(lan.settle(0.5)).toEqual([`v3 to-include ${GROUP} > 224.0.0.22`])
  })

  test('§4 every host is in 224.0.0.1, and says nothing of it', () => {
    const lan = listener()
    expect(lan.iface.groups.has(ipv4('224.0.0.1'))).toBe(true)
    expect(lan.endpoint.join(ipv4('224.0.0.1'), lan.iface)).toBe(true)
    expect(lan.hear('224.0.0.1')).toBe(1)
    lan.ask(queryV3())
    expect(lan.settle(20_000)).toEqual([])
  })

  test('what is no group, was joined before, or has no room is refused', () => {
    const lan = listener()
    expect(lan.endpoint.join(ipv4(PEER), lan.iface)).toBe(false)
    expect(lan.endpoint.join(lan.group, lan.iface)).toBe(true)
    expect(lan.endpoint.join(lan.group, lan.iface)).toBe(false)
    for (let i = 1; i < MEMBERSHIP_LIMIT; i++) lan.endpoint.join(lan.group + i, lan.iface)
    expect(lan.endpoint.join(lan.group + 99, lan.iface)).toBe(false)
    const groups = lan.iface.groups
    for (let i = 0; i < GROUP_LIMIT; i++) groups.join(ipv4('232.0.0.0') + i)
    expect([groups.list.length, groups.join(ipv4(OTHER))]).toEqual([GROUP_LIMIT, false])
  })

  test('§6.1 what is sent stays on the link unless asked otherwise, and goes by the interface chosen', () => {
    const lan = listener()
    const socket = dgramOf(lan.stack).createSocket('udp4')
    socket.bind(6000)
    socket.send('x', 9, GROUP)
    socket.setMulticastTTL(16)
    socket.setMulticastInterface('10.53.0.2')
    socket.send('x', 9, GROUP)
    lan.clock.advance(1)
    const frames = lan.peer.take()
    expect(frames.map((frame) => must(ip.parse(frame, AT, frame.length)).ttl)).toEqual([1, 16])
    expect([...(frames[0] ?? []).slice(0, 6)]).toEqual([1, 0, 0x5e, 1, 2, 3])
    expect(() => socket.setMulticastInterface('1.2.3.4')).toThrow('ENODEV')
    socket.close()
  })

  test('sockets in the shape of node:dgram join and leave', () => {
    const lan = listener()
    const socket = dgramOf(lan.stack).createSocket('udp4')
    socket.addMembership(GROUP)
    expect(() => socket.addMembership(GROUP, '10.53.0.2')).toThrow('EADDRINUSE')
    expect(lan.iface.groups.has(lan.group)).toBe(true)
    socket.dropMembership(GROUP)
    expect(() => socket.dropMembership(GROUP)).toThrow('EADDRNOTAVAIL')
    expect(() => socket.addMembership('10.0.0.1')).toThrow('EINVAL')
    socket.close()
  })

  test('no error and no echo for what came to a group (RFC 1122 §3.2.2)', () => {
    const lan = listener()
    lan.endpoint.join(lan.group, lan.iface)
    lan.settle(5_000)
    expect(lan.answer(udpFrame(octets(4), { to: GROUP, toMac: groupMac(GROUP), toPort: 99 }))).toEqual([])
    expect(lan.answer(ipFrame(octets(4), { to: GROUP, toMac: groupMac(GROUP), protocol: 99 }))).toEqual([])
  })
})

describe('RFC 3376 §5 [G3] version 3', () => {
  test('§5.1 a join is said at once, and once more within a second', () => {
    const lan = listener()
    lan.endpoint.join(lan.group, lan.iface)
    expect(lan.settle(0.5)).toEqual([`v3 to-exclude ${GROUP} > 224.0.0.22`])
    expect(lan.settle(1_002)).toEqual([`v3 to-exclude ${GROUP} > 224.0.0.22`])
    expect(lan.settle(60_000)).toEqual([])
  })

  test('§5.1 so is a leave; a join that was still to be repeated is not', () => {
    const lan = listener()
    lan.endpoint.join(lan.group, lan.iface)
    lan.endpoint.leave(lan.group, lan.iface)
    expect(lan.settle(2_000)).toEqual([
      `v3 to-exclude ${GROUP} > 224.0.0.22`, `v3 to-include ${GROUP} > 224.0.0.22`,
      `v3 to-include ${GROUP} > 224.0.0.22`,
    ])
  })

  test('§5.2 a general query is answered by one report of all, within its time', () => {
    const lan = listener()
    lan.endpoint.join(lan.group, lan.iface)
    lan.endpoint.join(ipv4(OTHER), lan.iface)
    lan.settle(5_000)
    lan.ask(queryV3())
    lan.ask(queryV3())
    expect(lan.settle(10_001)).toEqual([`v3 is-exclude ${GROUP}, is-exclude ${OTHER} > 224.0.0.22`])
  })

  test('§5.2 a query for one group is answered for it; for one we are not in, not', () => {
    const lan = listener()
    lan.endpoint.join(lan.group, lan.iface)
    lan.settle(5_000)
    lan.ask(queryV3(GROUP))
    lan.ask(queryV3(OTHER))
    expect(lan.settle(10_001)).toEqual([`v3 is-exclude ${GROUP} > 224.0.0.22`])
  })

  test.each([
    [
      'a general query to another address',
      igmpFrame(message(0x11, '0.0.0.0', 100), '224.0.0.1', { ...ALERT, to: '10.53.0.2' }),
    ],
    ['a query without router alert', igmpFrame(message(0x11, '0.0.0.0', 100), '224.0.0.1', {})],
    ['a bad checksum', igmpFrame(message(0x11, '0.0.0.0', 100).with(3, 0), '224.0.0.1')],
    ['a length between the versions', igmpFrame(message(0x11, '0.0.0.0', 100, 2), '224.0.0.1')],
    ['a group that is none', igmpFrame(message(0x11, '10.0.0.1', 100), '224.0.0.1')],
    ['a message cut short', igmpFrame(new Uint8Array(7), '224.0.0.1')],
    ['an unknown type', igmpFrame(message(0x30, '0.0.0.0'), '224.0.0.1')],
  ])('§9.1 %s is not answered', (_name, frame) => {
    const lan = listener()
    lan.endpoint.join(lan.group, lan.iface)
    lan.settle(5_000)
    lan.ask(frame)
    expect(lan.settle(20_000)).toEqual([])
  })
})

describe('RFC 3376 §7.2.1 [G3] older routers on the link', () => {
  const joinedUnder = (query: Uint8Array) => {
    const lan = listener()
    lan.ask(query)
    lan.endpoint.join(lan.group, lan.iface)
    return lan
  }

  test('version 2: a report to the group, repeated, and a leave to all routers (RFC 2236 §3)', () => {
    const lan = joinedUnder(queryV2())
    expect(lan.settle(10_001)).toEqual([`v2 report ${GROUP} > ${GROUP}`, `v2 report ${GROUP} > ${GROUP}`])
    lan.endpoint.leave(lan.group, lan.iface)
    expect(lan.settle(20_000)).toEqual([`leave ${GROUP} > 224.0.0.2`])
  })

  test('version 2: another member’s report spares ours, and the leave', () => {
    const lan = joinedUnder(queryV2())
    lan.settle(20_000)
    lan.ask(queryV2(GROUP))
    lan.ask(igmpFrame(message(igmp.REPORT_V2, GROUP), GROUP))
    expect(lan.settle(20_000)).toEqual([])
    lan.endpoint.leave(lan.group, lan.iface)
    expect(lan.settle(20_000)).toEqual([])
  })

  test('version 1: a version 1 report within 10 s, and no word at leaving (RFC 1112 appendix I)', () => {
    const lan = joinedUnder(queryV1)
    expect(lan.settle(10_001)).toEqual([`v1 report ${GROUP} > ${GROUP}`, `v1 report ${GROUP} > ${GROUP}`])
    lan.ask(queryV1)
    expect(lan.settle(10_001)).toEqual([`v1 report ${GROUP} > ${GROUP}`])
    lan.endpoint.leave(lan.group, lan.iface)
    expect(lan.settle(20_000)).toEqual([])
  })

  test('version 3 again when the old router has been silent', () => {
    const lan = joinedUnder(queryV2())
    lan.settle(OLDER_QUERIER_MS)
    lan.ask(queryV3())
    expect(lan.settle(10_001)).toEqual([`v3 is-exclude ${GROUP} > 224.0.0.22`])
  })

  test('what was pending is dropped when the version changes', () => {
    const lan = listener()
    lan.endpoint.join(lan.group, lan.iface)
    expect(lan.settle(0).length).toBe(1)
    lan.ask(queryV1)
    expect(lan.settle(10_001)).toEqual([`v1 report ${GROUP} > ${GROUP}`])
  })
})

describe('RFC 3376 §4 [G3] messages', () => {
  test.each([
    [0, 1, 10_000], [100, 2, 10_000], [255, 2, 25_500], [127, 3, 12_700], [0x80, 3, 12_800], [0xff, 3, 3_174_400],
  ])(
    'response code %i of version %i means %i ms (§4.1.1)', (code, version, ms) => {
      expect(igmp.maxResponseMs(Uint8Array.of(0x11, code), 0, version as 1 | 2 | 3)).toBe(ms)
    },
  )

  test('§4.2 a report of others is read past its sources; one cut short is refused', () => {
    const b = new Uint8Array(28)
    igmp.writeReport(b, 0, [{ kind: 2, group: 1 }, { kind: 4, group: 2 }])
    expect(must(igmp.parseReport(b, 0, 24))).toEqual([{ kind: 2, group: 1 }, { kind: 4, group: 2 }])
    expect(igmp.parseReport(b, 0, 20)).toMatchObject({ ok: false })
  })
})
