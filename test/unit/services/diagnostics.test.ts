/** Ping, traceroute, captures and sockets of the appliance, with another host at the other end of the wire. */
import { describe, expect, test } from 'vitest'
import type {
  CaptureInput,
  PingEventView,
  PingInput,
  TracerouteEventView,
  TracerouteInput,
} from '../../../services/index.ts'
import { WAITING_OCTETS } from '../../../services/commands/capture-command.ts'
import { DEFAULT_PREFIX, describeFrame, ipv4, mac, Stack, virtualWire } from '../../../stack/index.ts'
import { SeededSecureRandom, type VirtualClock } from '../../../stack/platform/index.ts'
import { PcapngReader, type CaptureBlock } from '../../../stack/wire/pcapng-reader.ts'
import { done, refused, startAppliance, type Running } from '../../support/running-appliance.ts'
import { addressOn } from '../../support/stack-lan.ts'

const PING: PingInput = {
  target: '10.53.0.9',
  count: 1,
  intervalMs: 1000,
  timeoutMs: 2000,
  octets: 56,
  ttl: 64,
  dontFragment: false,
  source: null,
  interface: null,
}
const TRACE: TracerouteInput = {
  target: '10.53.0.9',
  method: 'udp',
  firstHop: 1,
  maxHops: 30,
  probesPerHop: 3,
  timeoutMs: 1000,
  port: null,
  names: true,
}
const CAPTURE: CaptureInput = {
  interface: null,
  filter: '',
  snapLength: null,
  count: null,
  seconds: null,
  promiscuous: true,
}

/** The appliance and a host 10.53.0.9 on its link; announcements are over. */
function lan(): Running & { readonly peer: Stack } {
  const running = startAppliance()
  const peer = new Stack({ clock: running.clock, random: new SeededSecureRandom(2) })
  peer.addInterface(running.wire, { addresses: [addressOn('10.53.0.9/24')] })
  running.clock.advance(10_000)
  return { ...running, peer }
}

/** What is on its way between promises has arrived. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Reads a stream while time passes, until it ends or `ms` are over. */
async function read<T>(clock: VirtualClock, items: AsyncIterable<T>, ms = 60_000): Promise<readonly T[]> {
  const all: T[] = []
  let over = false
  const reading = (async () => {
    for await (const item of items) {
      all.push(item)
      if (over) return
    }
    over = true
  })()
  for (let passed = 0; passed < ms && !over; passed += 50) {
    await settled()
    clock.advance(50)
  }
  if (over) await reading
  over = true
  return all
}

async function pinged(running: Running, input: Partial<PingInput>): Promise<readonly PingEventView[]> {
  return read(running.clock, await done(running.services.diagnostics.ping({ ...PING, ...input })))
}

describe('ping', () => {
  test('an address', async () => {
    const events = await pinged(lan(), { count: 2 })
    expect(events.map(({ kind }) => kind)).toEqual(['start', 'reply', 'reply', 'done'])
    expect(events[0]).toEqual({ kind: 'start', target: '10.53.0.9', address: '10.53.0.9', octets: 56 })
    expect(events[1]).toMatchObject({
      sequence: 1,
      from: '10.53.0.9',
      octets: 64,
      ttl: 64,
      duplicate: false,
      late: false,
      damaged: false,
    })
    expect(events[3]).toMatchObject({
      sent: 2,
      received: 2,
      duplicates: 0,
      errors: 0,
      elapsedMs: expect.closeTo(1000, -2),
      rtt: { minMs: expect.any(Number) },
    })
  })

  test.each(['taproot', 'taproot.lab.internal'])('the name %s, by our own DNS', async (target) => {
    const events = await pinged(lan(), { target })
    expect(events[0]).toMatchObject({ kind: 'start', target, address: '10.53.0.2' })
    expect(events[1]).toMatchObject({ kind: 'reply', from: '10.53.0.2' })
  })

  test('an address that nobody has: we say so ourselves, after ARP and while it is known', async () => {
    const events = await pinged(lan(), { target: '10.53.0.77', count: 5, timeoutMs: 10_000 })
    const errors = events.filter((event) => event.kind === 'error')
    expect(errors.length).toBeGreaterThan(2)
    for (const error of errors)
      expect(error).toMatchObject({ from: '10.53.0.2', type: 3, code: 1, says: 'Destination Host Unreachable' })
    expect(events.at(-1)).toMatchObject({ kind: 'done', sent: 5, received: 0, rtt: null })
  })

  test('where there is no route', async () => {
    const running = lan()
    running.appliance.stack.routes.remove(DEFAULT_PREFIX, ipv4('10.53.0.1'))
    const events = await pinged(running, { target: '192.0.2.1' })
    expect(events[1]).toEqual({ kind: 'unsent', sequence: 1, errno: 'ENETUNREACH', says: 'no route to the target' })
  })

  test('longer than the link takes, and not to be cut', async () => {
    expect((await pinged(lan(), { octets: 1473, dontFragment: true }))[1]).toEqual({
      kind: 'unsent',
      sequence: 1,
      errno: 'EMSGSIZE',
      says: 'message too long, mtu=1500',
    })
    expect((await pinged(lan(), { octets: 1472, dontFragment: true }))[1]).toMatchObject({
      kind: 'reply',
      octets: 1480,
    })
  })

  test('without end, until it is left; then nothing more is sent', async () => {
    const running = lan()
    const stream = await done(running.services.diagnostics.ping({ ...PING, count: null, intervalMs: 100 }))
    const events = await read(running.clock, stream, 1000)
    expect(events.length).toBeGreaterThan(5)
    await stream[Symbol.asyncIterator]().return?.()
    const sent = running.appliance.stack.counters['icmp']?.all()['echo-replies']
    running.clock.advance(5000)
    expect(running.appliance.stack.counters['icmp']?.all()['echo-replies']).toBe(sent)
  })

  test('one that nobody reads is ended, with the reason', async () => {
    const running = lan()
    const stream = await done(running.services.diagnostics.ping({ ...PING, count: null, intervalMs: 10 }))
    running.clock.advance(60_000)
    const iterator = stream[Symbol.asyncIterator]()
    let events = 0
    const reading = (async () => {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) events++
    })()
    await expect(reading).rejects.toThrow('nobody read what came')
    expect(events).toBeGreaterThan(1000)
    expect(events).toBeLessThan(1100)
  })

  test.each<[string, Partial<PingInput>, RegExp]>([
    ['a name that nobody knows', { target: 'nobody' }, /^invalid \/target: no address is known for "nobody"$/],
    ['a group', { target: '224.0.0.1' }, /^invalid \/target: 224\.0\.0\.1 is not the address of one host$/],
    ['a broadcast', { target: '255.255.255.255' }, /^invalid \/target/],
    ['nobody', { target: '0.0.0.0' }, /^invalid \/target/],
    [
      'a source that is not ours',
      { source: '10.53.0.3' },
      /^invalid \/source: "10\.53\.0\.3" is not an address of the appliance$/,
    ],
    ['an interface that there is not', { interface: 'eth9' }, /^invalid \/interface: there is no interface eth9$/],
  ])('%s is refused', async (_what, input, says) => {
    expect(await refused(lan().services.diagnostics.ping({ ...PING, ...input }))).toMatch(says)
  })

  test('no more than the stack has room for', async () => {
    const { services } = lan()
    for (let n = 0; n < 64; n++) await done(services.diagnostics.ping({ ...PING, count: null }))
    expect(await refused(services.diagnostics.ping(PING))).toMatch(/^unavailable : too many pings/)
  })
})

describe('traceroute', () => {
  const traced = async (running: Running, input: Partial<TracerouteInput>): Promise<readonly TracerouteEventView[]> =>
    read(running.clock, await done(running.services.diagnostics.traceroute({ ...TRACE, ...input })))

  test.each(['udp', 'icmp', 'tcp'] as const)(
    'by %s, to the host itself with the name that it has in our zones',
    async (method) => {
      const running = lan()
      await done(
        running.services.dns.addRecord('0.53.10.in-addr.arpa', {
          name: '9',
          type: 'PTR',
          ttl: null,
          data: 'nine.lab.internal.',
          comment: null,
        }),
      )
      const events = await traced(running, { method })
      expect(events.map(({ kind }) => kind)).toEqual(['start', 'probe', 'probe', 'probe', 'done'])
      expect(events[1]).toMatchObject({
        hop: 1,
        attempt: 1,
        answer: 'target',
        from: '10.53.0.9',
        name: 'nine.lab.internal',
        mark: null,
      })
      expect(events[4]).toEqual({ kind: 'done', reached: true })
    },
  )

  test('silence, and numbers only', async () => {
    const running = lan()
    expect(await traced(running, { target: '10.53.0.77', maxHops: 2, probesPerHop: 1 })).toMatchObject([
      { kind: 'start' },
      { hop: 1, answer: 'timeout', from: null, rttMs: null },
      { hop: 2, answer: 'timeout' },
      { kind: 'done', reached: false },
    ])
    expect((await traced(running, { names: false }))[1]).toMatchObject({ name: null, from: '10.53.0.9' })
  })

  test('where there is no route', async () => {
    const running = lan()
    running.appliance.stack.routes.remove(DEFAULT_PREFIX, ipv4('10.53.0.1'))
    expect(await traced(running, { target: '192.0.2.1' })).toMatchObject([
      { kind: 'start' },
      { kind: 'unsent', errno: 'ENETUNREACH' },
      { kind: 'done', reached: false },
    ])
  })
})

describe('capture', () => {
  const blocksOf = (pieces: readonly Uint8Array[]): readonly CaptureBlock[] => {
    const read = new PcapngReader().push(Buffer.concat(pieces))
    if (!read.ok) throw new Error(read.error)
    return read.value
  }
  const captured = async (
    running: Running,
    input: Partial<CaptureInput>,
    meanwhile: () => void,
  ): Promise<readonly CaptureBlock[]> => {
    const stream = await done(running.services.diagnostics.capture({ ...CAPTURE, ...input }))
    meanwhile()
    return blocksOf(await read(running.clock, stream, 10_000))
  }
  const lines = (blocks: readonly CaptureBlock[]): readonly string[] =>
    blocks.flatMap((block) =>
      block.kind === 'frame' ? [describeFrame(block.frame.octets).replace(/^\S+ > \S+ /, '')] : [],
    )
  const pingFrom = (stack: Stack, count: number, target = '10.53.0.2', octets = 56): void =>
    void stack.ping({ target: ipv4(target), count, intervalMs: 100, octets }, () => {})

  test('so many frames, both ways, with the time of day; then what there was', async () => {
    const running = lan()
    const blocks = await captured(running, { filter: 'icmp', count: 4 }, () => pingFrom(running.peer, 3))
    expect(blocks.map(({ kind }) => kind)).toEqual(['interface', 'frame', 'frame', 'frame', 'frame', 'statistics'])
    expect(lines(blocks)).toEqual([
      '10.53.0.9 > 10.53.0.2 echo request 56',
      '10.53.0.2 > 10.53.0.9 echo reply 56',
      '10.53.0.9 > 10.53.0.2 echo request 56',
      '10.53.0.2 > 10.53.0.9 echo reply 56',
    ])
    const [, first] = blocks
    expect(first?.kind === 'frame' && Math.abs(first.frame.timeUs / 1000 - running.clock.wallMs())).toBeLessThan(20_000)
    expect(blocks.at(-1)).toEqual({ kind: 'statistics', interfaceId: 0, received: 4, dropped: 0 })
  })

  test('for so long, cut to so many octets', async () => {
    const running = lan()
    const blocks = await captured(running, { filter: 'icmp', seconds: 1, snapLength: 34 }, () =>
      pingFrom(running.peer, 100),
    )
    const frames = blocks.flatMap((block) => (block.kind === 'frame' ? [block.frame] : []))
    expect(frames.length).toBeGreaterThan(15)
    expect(frames.length).toBeLessThan(25)
    for (const frame of frames) expect([frame.octets.length, frame.originalLength]).toEqual([34, 98])
  })

  test('frames that are for others only when promiscuous', async () => {
    const running = lan()
    running.peer.interfaces[0]?.neighbours.addStatic(ipv4('10.53.0.66'), mac('02:00:00:00:00:66'))
    const seen = async (promiscuous: boolean) =>
      lines(
        await captured(
          running,
          { filter: 'icmp', seconds: 1, promiscuous },
          () => (pingFrom(running.peer, 1, '10.53.0.66'), pingFrom(running.peer, 1)),
        ),
      )
    expect(await seen(true)).toHaveLength(3)
    expect(await seen(false)).toEqual(['10.53.0.9 > 10.53.0.2 echo request 56', '10.53.0.2 > 10.53.0.9 echo reply 56'])
  })

  test('of the loopback', async () => {
    const running = lan()
    const blocks = await captured(running, { interface: 'lo', count: 4 }, () => pingFrom(running.appliance.stack, 1))
    expect(blocks[0]).toEqual({ kind: 'interface', name: 'lo' })
    const [request, reply] = ['10.53.0.2 > 10.53.0.2 echo request 56', '10.53.0.2 > 10.53.0.2 echo reply 56']
    expect(lines(blocks)).toEqual([request, request, reply, reply])
  })

  test('a reader that takes nothing costs bounded memory, no frame of others, and is told what it missed', async () => {
    const running = lan()
    const stream = await done(running.services.diagnostics.capture({ ...CAPTURE, filter: 'icmp' }))
    let replies = 0
    running.peer.ping({ target: ipv4('10.53.0.2'), count: 400, intervalMs: 10, octets: 30_000 }, (event) => {
      if (event.kind === 'reply') replies++
    })
    running.clock.advance(10_000)
    expect(replies).toBe(400)
    expect((stream as unknown as { readonly size: number }).size).toBeLessThanOrEqual(WAITING_OCTETS)
    // What waited is read; there is room again.
    const iterator = stream[Symbol.asyncIterator]()
    const pieces: Uint8Array[] = []
    for (let octets = 0; octets < WAITING_OCTETS - 200_000; ) {
      const { value } = await iterator.next()
      pieces.push(value as Uint8Array)
      octets += (value as Uint8Array).length
    }
    pingFrom(running.peer, 1)
    running.clock.advance(1000)
    for (let n = 0; n < 20; n++) {
      await settled()
      running.clock.advance(100)
      const waiting = iterator.next()
      const next = await Promise.race([waiting, settled().then(() => undefined)])
      if (next === undefined) break
      pieces.push(next.value as Uint8Array)
    }
    const blocks = blocksOf(pieces)
    const told = blocks.findLast((block) => block.kind === 'statistics')
    const frames = blocks.filter((block) => block.kind === 'frame').length
    expect(told?.kind === 'statistics' && told.dropped).toBeGreaterThan(5000)
    expect(lines(blocks).at(-1)).toBe('10.53.0.2 > 10.53.0.9 echo reply 56')
    // Every frame is either there or counted: two pings' worth of 21 fragments each way, and one small one.
    expect(frames + (told?.kind === 'statistics' ? told.dropped : 0)).toBe(400 * 2 * 21 + 2)
    await iterator.return?.()
  })

  test('leaving it takes the tap away: nobody pays for it any more', async () => {
    const running = lan()
    const iface = running.appliance.stack.interfaces[0]
    const before = iface?.link
    const stream = await done(running.services.diagnostics.capture(CAPTURE))
    expect(iface?.link).not.toBe(before)
    await stream[Symbol.asyncIterator]().return?.()
    expect(iface?.link).toBe(before)
    expect((await pinged(running, {}))[1]).toMatchObject({ kind: 'reply' })
  })

  test('an interface that goes ends it', async () => {
    const running = lan()
    const stream = await done(running.services.diagnostics.capture(CAPTURE))
    running.appliance.stack.removeInterface('taproot0')
    const blocks = blocksOf(await read(running.clock, stream, 1000))
    expect(blocks[0]).toEqual({ kind: 'interface', name: 'taproot0' })
  })

  test('of an interface that was added while everything runs', async () => {
    const running = lan()
    const { peer } = running
    const [near, far] = virtualWire(running.clock, { names: ['tap9', 'far'] })
    peer.addInterface(far, { addresses: [addressOn('10.54.0.9/24')] })
    running.appliance.stack.addInterface(near, { addresses: [addressOn('10.54.0.2/24')] })
    const blocks = await captured(running, { interface: 'tap9', filter: 'icmp', count: 1 }, () =>
      pingFrom(peer, 1, '10.54.0.2'),
    )
    expect([blocks[0], ...lines(blocks)]).toEqual([
      { kind: 'interface', name: 'tap9' },
      '10.54.0.9 > 10.54.0.2 echo request 56',
    ])
  })

  test('of all interfaces in one file', async () => {
    const running = lan()
    const [near, far] = virtualWire(running.clock, { names: ['tap9', 'far'] })
    const other = new Stack({ clock: running.clock, random: new SeededSecureRandom(3) })
    other.addInterface(far, { addresses: [addressOn('10.54.0.9/24')] })
    running.appliance.stack.addInterface(near, { addresses: [addressOn('10.54.0.2/24')] })
    running.clock.advance(10_000)
    const blocks = await captured(
      running,
      { interface: 'any', filter: 'icmp', count: 4 },
      () => (pingFrom(running.peer, 1), pingFrom(other, 1, '10.54.0.2')),
    )
    expect(
      blocks.map((block) =>
        block.kind === 'interface'
          ? block.name
          : block.kind === 'frame'
            ? block.frame.interfaceId
            : [block.interfaceId, block.received],
      ),
    ).toEqual(['taproot0', 'tap9', 0, 0, 1, 1, [0, 2], [1, 2]])
    const stream = await done(running.services.diagnostics.capture({ ...CAPTURE, interface: 'any' }))
    running.appliance.stack.removeInterface('tap9')
    running.appliance.stack.removeInterface('taproot0')
    expect((await read(running.clock, stream, 1000)).length).toBeGreaterThan(0)
  })

  test('several at once, as many as there is room for', async () => {
    const { services } = lan()
    const streams = []
    for (let n = 0; n < 16; n++) streams.push(await done(services.diagnostics.capture(CAPTURE)))
    expect(await refused(services.diagnostics.capture(CAPTURE))).toMatch(/^unavailable \/interface: too many captures/)
    await streams[3]?.[Symbol.asyncIterator]().return?.()
    await done(services.diagnostics.capture(CAPTURE))
  })

  test.each([
    ['ipx', /^invalid \/filter: 'ipx' is not a test; .* \(at "ipx"\)$/],
    ['arp or (udp and', /^invalid \/filter: a test was expected/],
  ])('the filter "%s" is refused', async (filter, says) => {
    expect(await refused(lan().services.diagnostics.capture({ ...CAPTURE, filter }))).toMatch(says)
  })
})

describe('sockets', () => {
  const listed = async (
    running: Running,
    filter: Parameters<Running['services']['diagnostics']['listSockets']>[0],
    limit = 100,
  ) => (await done(running.services.diagnostics.listSockets(filter, { limit }))).items

  test('what the appliance listens on', async () => {
    const sockets = await listed(lan(), {})
    const ends = sockets.map(({ protocol, state, localPort }) => `${protocol} ${state} ${localPort}`)
    expect(ends).toEqual(expect.arrayContaining(['udp UNCONNECTED 53', 'udp UNCONNECTED 67', 'tcp LISTEN 53']))
  })

  test('a connection, from both ends, with what TCP knows; then TIME-WAIT', async () => {
    const running = lan()
    const connected = running.peer.tcp.connect({ address: ipv4('10.53.0.2'), port: 53 })
    if (!connected.ok) throw new Error(connected.error.kind)
    running.clock.advance(100)
    connected.value.write(Uint8Array.of(0, 40, 1, 2, 3), 0, 5)
    running.clock.advance(500)
    const [socket] = await listed(running, { state: 'established' })
    expect(socket).toMatchObject({
      protocol: 'tcp',
      local: '10.53.0.2',
      localPort: 53,
      remote: '10.53.0.9',
      receiveQueue: 0,
      sendQueue: 0,
    })
    expect(socket?.tcp).toMatchObject({
      congestion: 'cubic',
      mss: 1460,
      received: 5,
      acknowledged: 0,
      retransmitted: 0,
      timeouts: 0,
      inFlight: 0,
      slowStartThreshold: null,
    })
    expect(socket?.tcp?.rttMs).toBeGreaterThan(0)
    expect((await listed(running, { address: '10.53.0.9' })).length).toBe(1)
    expect((await listed(running, { port: socket?.remotePort ?? 0 })).length).toBe(1)
    expect(await listed(running, { address: '10.53.0.10' })).toEqual([])
    expect(connected.value.view()).toMatchObject({ acknowledged: 5, received: 0 })
  })

  test('segments that were sent again are counted on their connection', async () => {
    const running = lan()
    const connected = running.peer.tcp.connect({ address: ipv4('10.53.0.2'), port: 53 })
    if (!connected.ok) throw new Error(connected.error.kind)
    running.clock.advance(100)
    running.appliance.stack.removeInterface('taproot0')
    connected.value.write(Uint8Array.of(1), 0, 1)
    running.clock.advance(4000)
    const view = connected.value.view()
    expect(view.retransmitted).toBeGreaterThan(0)
    expect(view.timeouts).toBeGreaterThan(0)
    expect(view.timer).toMatchObject({ kind: 'retransmit', inMs: expect.any(Number) })
  })

  test('in pages', async () => {
    const { services } = lan()
    const first = await done(services.diagnostics.listSockets({}, { limit: 1 }))
    expect([first.items.length, first.next]).toEqual([1, '1'])
    const rest = await done(services.diagnostics.listSockets({}, { limit: 1000, after: '1' }))
    expect(rest.next).toBeNull()
    expect(await refused(services.diagnostics.listSockets({}, { limit: 1, after: 'x' }))).toMatch(/^invalid \/after/)
    expect(await refused(services.diagnostics.listSockets({ state: 'asleep' }, { limit: 1 }))).toMatch(
      /^invalid \/state: "asleep" is not a state/,
    )
  })
})

describe('statistics', () => {
  test('those that are not zero, or all; every name is like the others', async () => {
    const running = lan()
    await pinged(running, {})
    const some = await done(running.services.status.statistics(false))
    expect(some['icmp']).toMatchObject({ 'echo-replies': 1 })
    expect(Object.values(some).flatMap((part) => Object.values(part))).not.toContain(0)
    const all = await done(running.services.status.statistics(true))
    expect(all['icmp']?.['checksum']).toBe(0)
    for (const part of Object.values(all))
      for (const name of Object.keys(part)) expect(name).toMatch(/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/)
  })
})
