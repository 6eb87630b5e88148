import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4, SEND_FAULT, Stack, virtualWire } from '../../../stack/index.ts'
import type { PingEvent, PingOptions, TraceMethod, TracerouteEvent, TracerouteOptions } from '../../../stack/index.ts'
import { WATCHER_LIMIT } from '../../../stack/ipv4/protocols.ts'
import { SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import {
  addressOn, bench, collector, HOST, HOST_MAC, icmpFrame, icmpMessage, must, PEER, PEER_MAC,
} from '../../support/stack-lan.ts'

const AT = ETHERNET_HEADER_BYTES

/** One line for an event. */
function line(event: PingEvent): string {
  switch (event.kind) {
    case 'reply': {
      const marks = (['duplicate', 'late', 'damaged'] as const).filter((mark) => event[mark]).map((mark) => ` ${mark}`)
      return `${event.sequence}: ${event.octets} ttl ${event.ttl} ${event.rttMs} ms${marks.join('')}`
    }
    case 'error': {
      const mtu = event.mtu === 0 ? '' : ` mtu ${event.mtu}`
      return `${event.sequence}: ${formatIpv4(event.from)} says ${event.type}/${event.code}${mtu}`
    }
    case 'timeout': return `${event.sequence}: timeout`
    case 'unsent': return `${event.sequence}: unsent ${event.fault}`
    case 'done': {
      const s = event.summary
      const times = `${s.minMs}/${s.meanMs}/${s.maxMs}`
      return `${s.received} of ${s.sent}, ${s.duplicates} duplicates, ${s.errors} errors, ${times} ms`
    }
  }
}

/** A ping from the bench to its raw peer, whose replies are made from what it got. */
function pinging(options: Partial<PingOptions> = {}) {
  const lan = bench()
  const lines: string[] = []
  const ping = lan.stack.ping({ target: ipv4(PEER), ...options }, (event) => lines.push(line(event)))
  const requests: Uint8Array[] = []
  const wait = (ms: number): void => {
    lan.clock.advance(ms)
    requests.push(...lan.peer.take())
  }
  /** The reply to the request with this number, perhaps changed. */
  const reply = (n: number, change: (data: Uint8Array) => Uint8Array = (data) => data, from = PEER): void => {
    const frame = requests[n - 1] as Uint8Array
    const end = AT + ip.totalLength(frame, AT)
    const rest = ((frame[AT + 24] as number) << 24) | ((frame[AT + 25] as number) << 16) | n
    lan.peer.send(icmpFrame(icmpMessage(0, 0, rest, change(frame.slice(AT + 28, end))), { from, ttl: 57 }))
    lan.clock.advance(0)
  }
  return { ...lan, ping, lines, requests, wait, reply }
}

/** The events of a ping, whose peer answers after so long each. */
function timed(...rtts: readonly number[]): PingEvent[] {
  const lan = bench()
  const events: PingEvent[] = []
  lan.stack.ping({ target: ipv4(PEER), count: rtts.length, intervalMs: 1000 }, (event) => events.push(event))
  rtts.forEach((ms, i) => {
    lan.clock.advance(ms)
    const [request] = lan.peer.take()
    if (request === undefined) throw new Error('no request came')
    const rest = ((request[AT + 24] as number) << 24) | ((request[AT + 25] as number) << 16) | (i + 1)
    lan.peer.send(icmpFrame(icmpMessage(0, 0, rest, request.slice(AT + 28, AT + ip.totalLength(request, AT))), { from: PEER }))
    lan.clock.advance(i < rtts.length - 1 ? 1000 - ms : 0)
  })
  return events
}

describe('RFC 792 [C1] what a ping sums up', () => {
  test('least, mean, most, standard deviation, and how long it took', () => {
    const done = timed(10, 20, 60).at(-1)
    if (done?.kind !== 'done') throw new Error('it did not end')
    expect(done.summary).toMatchObject({ sent: 3, received: 3, minMs: 10, meanMs: 30, maxMs: 60, elapsedMs: 2060 })
    expect(done.summary.deviationMs).toBeCloseTo(Math.sqrt((400 + 100 + 900) / 3), 6)
  })

  test('of equal times the deviation is none', () => {
    const done = timed(7.3, 7.3, 7.3).at(-1)
    expect(done?.kind === 'done' && done.summary.deviationMs).toBeCloseTo(0, 3)
  })
})

describe('RFC 792 [C1] echo, the asking side', () => {
  test('requests at an interval, each with its reply, and a summary', () => {
    const lan = pinging({ count: 2, octets: 100 })
    lan.wait(7)
    lan.reply(1)
    lan.wait(1_000)
    expect(lan.requests.length).toBe(2)
    lan.wait(6)
    lan.reply(2)
    expect(lan.lines).toEqual([
      '1: 100 ttl 57 7 ms', '2: 100 ttl 57 13 ms', '2 of 2, 0 duplicates, 0 errors, 7/10/13 ms',
    ])
    lan.wait(10_000)
    expect(lan.requests.length).toBe(2)
  })

  test('repetitions, disorder and damage are told', () => {
    const lan = pinging({ intervalMs: 10 })
    lan.wait(25)
    lan.reply(2)
    lan.reply(1)
    lan.reply(2)
    lan.reply(3, (data) => data.with(9, 99))
    lan.ping?.stop()
    expect(lan.lines).toEqual([
      '2: 56 ttl 57 15 ms', '1: 56 ttl 57 25 ms late', '2: 56 ttl 57 15 ms duplicate', '3: 56 ttl 57 5 ms damaged',
      '3 of 3, 1 duplicates, 0 errors, 5/15/25 ms',
    ])
  })

  test('what is not answered in time, and an answer after that', () => {
    const lan = pinging({ count: 2, timeoutMs: 1_500 })
    lan.wait(1_600)
    lan.reply(1)
    lan.wait(1_000)
    expect(lan.lines).toEqual([
      '1: timeout', '1: 56 ttl 57 1600 ms', '2: timeout', '1 of 2, 0 duplicates, 0 errors, 1600/1600/1600 ms',
    ])
  })

  test('an error of a router', () => {
    const lan = pinging({ count: 1 })
    lan.wait(1)
    const quote = (lan.requests[0] as Uint8Array).slice(AT, AT + 28)
    lan.answer(icmpFrame(icmpMessage(11, 0, 0, quote), { from: '10.53.0.1' }))
    expect(lan.lines).toEqual([
      '1: 10.53.0.1 says 11/0', '0 of 1, 0 duplicates, 1 errors, undefined/undefined/undefined ms',
    ])
  })

  test('fragmentation needed, with what the next hop takes (RFC 1191 §4)', () => {
    const lan = pinging({ count: 1, octets: 1472, dontFragment: true })
    lan.wait(1)
    const quote = (lan.requests[0] as Uint8Array).slice(AT, AT + 28)
    lan.answer(icmpFrame(icmpMessage(3, 4, 1400, quote), { from: '10.53.0.1' }))
    expect(lan.lines[0]).toBe('1: 10.53.0.1 says 3/4 mtu 1400')
  })

  test('from an address of ours that was named, and only by the interface that was named', () => {
    const lan = bench({ addresses: [`${HOST}/24`, '10.53.0.3/24'] })
    const events: PingEvent[] = []
    lan.stack.ping({ target: ipv4(PEER), count: 1, source: ipv4('10.53.0.3') }, (event) => events.push(event))
    lan.clock.advance(1)
    expect(lan.peer.lines()).toEqual([expect.stringContaining(`10.53.0.3 > ${PEER} echo request`)])
    lan.stack.ping({ target: ipv4(PEER), count: 1, source: ipv4('10.53.0.4') }, (event) => events.push(event))
    lan.stack.ping({ target: ipv4(PEER), count: 1, via: lan.stack.loopback }, (event) => events.push(event))
    expect(events.filter((event) => event.kind === 'unsent').map(({ fault }) => fault)).toEqual([SEND_FAULT.notOurs, SEND_FAULT.noRoute])
  })

  test('nobody answers ARP: host unreachable, from ourselves', () => {
    const lan = pinging({ target: ipv4('10.53.0.77'), count: 1, timeoutMs: 10_000 })
    lan.wait(4_000)
    expect(lan.lines[0]).toBe('1: 0.0.0.0 says 3/1')
  })

  test('no route: nothing is sent', () => {
    expect(pinging({ target: ipv4('1.2.3.4'), count: 1 }).lines[0]).toBe(`1: unsent ${SEND_FAULT.noRoute}`)
  })

  test('the TTL, DF and length asked for', () => {
    const lan = pinging({ count: 1, ttl: 3, dontFragment: true, octets: 1472 })
    lan.wait(1)
    const header = must(ip.parse(lan.requests[0] as Uint8Array, AT, 1514))
    expect([header.ttl, header.dontFragment, header.payloadLength]).toEqual([3, true, 1480])
    expect(pinging({ count: 1, dontFragment: true, octets: 1473 }).lines[0]).toBe(`1: unsent ${SEND_FAULT.tooLong}`)
  })

  test('a reply from another, with another identifier, or with a bad checksum is none', () => {
    const lan = pinging({ count: 1 })
    lan.wait(1)
    lan.reply(1, undefined, '10.53.0.50')
    lan.answer(icmpFrame(icmpMessage(0, 0, 1, new Uint8Array(56))))
    lan.answer(icmpFrame(icmpMessage(0, 0, 1, new Uint8Array(56)).with(20, 1)))
    expect(lan.lines).toEqual([])
  })

  test('fragmented replies, and ourselves', () => {
    const lan = pinging({ target: ipv4(HOST), count: 1, octets: 60_000 })
    lan.wait(1)
    expect(lan.lines[0]).toBe('1: 60000 ttl 64 0 ms')
  })

  test('there is a bound on tools', () => {
    const lan = bench()
    const pings = Array.from({ length: WATCHER_LIMIT }, () => lan.stack.ping({ target: ipv4(PEER) }, () => {}))
    expect(lan.stack.ping({ target: ipv4(PEER) }, () => {})).toBeUndefined()
    expect(lan.stack.traceroute({ target: ipv4(PEER) }, () => {})).toBeUndefined()
    for (const ping of pings) ping?.stop()
    expect(lan.stack.ping({ target: ipv4(PEER) }, () => {})).toBeDefined()
  })
})

/** Two hosts of ours, 10.1.0.9 and 10.3.0.9, with two routers of ours between. */
function path() {
  const clock = new VirtualClock()
  const open = (seed: number): Stack => new Stack({ clock, random: new SeededSecureRandom(seed) })
  const stacks = [open(1), open(2), open(3), open(4)] as const
  for (let n = 0; n < 3; n++) {
    const [left, right] = virtualWire(clock, {
      names: [`right${n}`, `left${n}`], macs: [HOST_MAC, PEER_MAC], delayMs: 2,
    })
    stacks[n]?.addInterface(left, { addresses: [addressOn(n === 0 ? '10.1.0.9/24' : `10.${n + 1}.0.1/24`)] })
    stacks[n + 1]?.addInterface(right, { addresses: [addressOn(n === 0 ? '10.1.0.1/24' : `10.${n + 1}.0.9/24`)] })
  }
  const route = (stack: Stack, gateway: string): void =>
    void must(stack.routes.add({ prefix: { network: 0, length: 0 }, gateway: ipv4(gateway) }))
  route(stacks[0], '10.1.0.1')
  route(stacks[1], '10.2.0.9')
  route(stacks[2], '10.2.0.1')
  route(stacks[3], '10.3.0.1')
  stacks[1].forwarding = true
  stacks[2].forwarding = true
  clock.advance(5_000)
  const trace = (options: Partial<TracerouteOptions> = {}): string[] => {
    const lines: string[] = []
    const say = (event: TracerouteEvent): void => {
      if (event.kind === 'done') lines.push(event.reached ? 'reached' : 'not reached')
      else if (event.kind === 'unsent') lines.push(`unsent ${event.fault}`)
      else lines.push(`${event.hop}.${event.attempt} ${event.answer} ${formatIpv4(event.from)} ${event.code}`)
    }
    stacks[0].traceroute({ target: ipv4('10.3.0.9'), ...options }, say)
    clock.advance(100_000)
    return lines
  }
  return { clock, stacks, trace }
}

describe('RFC 1812 §5.3.1 [C5] traceroute through and to the stack', () => {
  test.each(['udp', 'icmp', 'tcp'] as const)('%s', (method: TraceMethod) => {
    expect(path().trace({ method, probesPerHop: 2 })).toEqual([
      '1.1 hop 10.1.0.1 0', '1.2 hop 10.1.0.1 0', '2.1 hop 10.2.0.9 0', '2.2 hop 10.2.0.9 0',
      '3.1 target 10.3.0.9 0', '3.2 target 10.3.0.9 0', 'reached',
    ])
  })

  test('a target that is silent, and a hop limit', () => {
    const lan = path()
    lan.stacks[3].removeInterface('left2')
    expect(lan.trace({ probesPerHop: 1, firstHop: 2, maxHops: 4 })).toEqual([
      '2.1 hop 10.2.0.9 0', '3.1 timeout 0.0.0.0 0', '4.1 timeout 0.0.0.0 0', 'not reached',
    ])
  })

  test('a router without a way says so', () => {
    const lan = path()
    lan.stacks[1].routes.remove({ network: 0, length: 0 })
    expect(lan.trace({ probesPerHop: 1, target: ipv4('203.0.113.1') })).toEqual([
      '1.1 hop 10.1.0.1 0', '2.1 unreachable 10.1.0.1 0', 'not reached',
    ])
  })

  test('without a route there is nothing to trace', () => {
    const lan = path()
    lan.stacks[0].routes.remove({ network: 0, length: 0 })
    expect(lan.trace()).toEqual([`unsent ${SEND_FAULT.noRoute}`, 'not reached'])
  })

  test('a UDP service that listens on the probed port does not answer, and gets the probe', () => {
    const lan = path()
    const { got, onDatagram } = collector()
    must(lan.stacks[3].bindUdp({ port: 33_434, onDatagram }))
    expect(lan.trace({ probesPerHop: 1, firstHop: 3, maxHops: 3 })).toEqual(['3.1 timeout 0.0.0.0 0', 'not reached'])
    expect(got.length).toBe(1)
  })
})
