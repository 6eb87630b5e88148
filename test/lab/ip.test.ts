/** The stack as the host tools of a LAN see it: ping of every size, arping, closed ports, and frames that are wrong. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { InterfaceView, NeighbourView, StatisticsView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { dig, lookUp } from './dig.ts'
import { ethernet, ipv4, sendFrames, udp } from './frames.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, eventually, openWorld, showOnFailure, staticHost, type World } from './world.ts'

const HOST = '10.53.0.50'
const HOST_MAC_TEXT = /link\/ether (\S+)/

let world: World
let host: Host
let hostMac: string
let applianceMac: string

const macs = async (): Promise<void> => {
  const mac = HOST_MAC_TEXT.exec(await host.succeed(['ip', 'link', 'show', 'dev', 'eth0']))?.[1]
  const [first] = await world.appliance.list<InterfaceView>('/interfaces')
  if (mac === undefined || first === undefined) throw new Error('no MAC')
  hostMac = mac
  applianceMac = first.mac
}

describeLab('IPv4, ARP, ICMP and UDP with real tools', () => {
  beforeAll(async () => {
    world = await openWorld()
    host = await staticHost(world, 'host', HOST)
    await macs()
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test.each([
    // payload octets: fits; is one datagram of 1500; one octet more; several fragments; the largest there is
    0, 1, 56, 1472, 1473, 8000, 65_507,
  ])('ping with %i octets comes back whole', async size => {
    // A pattern other than the default, so that an answer of zeros would not do; ping compares what comes back.
    const text = await host.succeed(['ping', '-c2', '-i0.05', '-W3', '-p', '5a17c3', '-s', String(size), APPLIANCE])
    expect(text).toContain('2 received')
    expect(text).not.toMatch(/wrong data byte|truncated|DUP|corrupt/i)
  })

  test('ping with DF set and 1472 octets comes back; TTL is untouched by any hop', async () => {
    expect(await host.succeed(['ping', '-c1', '-W2', '-M', 'do', '-s1472', APPLIANCE])).toContain('ttl=64')
  })

  test('five pings at a time of 3000 octets, 200 in all, and none is lost', async () => {
    const all = await Promise.all(
      Array.from({ length: 5 }, () => host.succeed(['ping', '-c40', '-i0.01', '-W3', '-s3000', '-q', APPLIANCE])),
    )
    for (const text of all) expect(text).toContain(' 0% packet loss')
  })

  test('arping is answered by unicast, from the address that the API shows', async () => {
    const text = await host.succeed(['arping', '-c2', '-w3', '-I', 'eth0', APPLIANCE])
    expect(text).toMatch(/Received [1-9]/)
    expect(text.toLowerCase()).toContain(applianceMac)
  })

  test('arping for an address that nobody has is not answered', async () => {
    expect((await host.run(['arping', '-c1', '-w1', '-I', 'eth0', '10.53.0.77'])).code).not.toBe(0)
  })

  test('an ARP probe for its address is answered, so that nobody else takes it (RFC 5227)', async () => {
    expect((await host.run(['arping', '-D', '-c1', '-w2', '-I', 'eth0', APPLIANCE])).code).toBe(1)
  })

  test('the host is among the neighbours of the API', async () => {
    await host.succeed(['ping', '-c1', '-W2', APPLIANCE])
    const neighbours = await world.appliance.list<NeighbourView>('/neighbours')
    expect(neighbours.find(neighbour => neighbour.address === HOST)).toMatchObject({ mac: hostMac })
  })

  test('a closed UDP port is refused at once', async () => {
    const { text } = await dig(host, APPLIANCE, '-p', '5454', 'www.example.internal')
    expect(text).toMatch(/connection refused/)
  })

  test('a TCP port where nobody listens is refused at once', async () => {
    const started = performance.now()
    const { code, stderr } = await host.run(['curl', '-sS', '--max-time', '4', `http://${APPLIANCE}:8081/`])
    expect(code).toBe(7)
    expect(stderr).toMatch(/refused|connect to server/i)
    expect(performance.now() - started).toBeLessThan(4_000)
  })

  describe('frames that are wrong are counted and harm nobody', () => {
    const query = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, ...Buffer.from('localhost'), 0, 0, 1, 0, 1]
    const toUs = (payload: readonly number[]): readonly number[] => ethernet(applianceMac, hostMac, 0x0800, payload)
    const datagram = (fields: Partial<Parameters<typeof ipv4>[2]>, from = HOST): readonly number[] =>
      toUs(ipv4(from, APPLIANCE, { protocol: 17, payload: udp(4000, 53, query), ...fields }))
    const arp = (fields: readonly number[]): readonly number[] => ethernet('ff:ff:ff:ff:ff:ff', hostMac, 0x0806, fields)

    /** Each is sent several times, so that a stray frame of another cause cannot pass for it. */
    const TIMES = 7
    const snapshot = async (): Promise<ReadonlyMap<string, number>> => {
      const parts = await world.appliance.get<StatisticsView>('/statistics')
      const all = new Map<string, number>()
      for (const [part, counters] of Object.entries(parts))
        for (const [name, value] of Object.entries(counters)) all.set(`${part}.${name}`, value)
      return all
    }
    /** Counters that a frame raises which is right say nothing about a fault. */
    const usual = /received|delivered|sent|queries|answered|finished|cached|pending|\.rx$|^link\..*\.(rx|tx)-(frames|bytes)$/i
    const says = (name: string): boolean => !usual.test(name)
    const raisedSince = async (before: ReadonlyMap<string, number>): Promise<readonly string[]> => {
      const now = await snapshot()
      return [...now.keys()].filter(name => says(name) && (now.get(name) ?? 0) - (before.get(name) ?? 0) >= TIMES)
    }

    test('control: a frame that is right raises none of the counters that tell of a fault', async () => {
      const before = await snapshot()
      await sendFrames(host, [datagram({})], TIMES)
      const due = (before.get('dns.queries') ?? 0) + TIMES
      await eventually('queries', async () => (((await snapshot()).get('dns.queries') ?? 0) >= due ? true : undefined))
      expect(await raisedSince(before)).toEqual([])
    })

    test.each([
      ['an Ethernet header alone', 'ipv4.truncated', () => toUs([])],
      ['IP version 5', 'ipv4.version', () => datagram({ versionAndLength: 0x55 })],
      ['an IP header length under 20', 'ipv4.header-length', () => datagram({ versionAndLength: 0x44 })],
      [
        'an IP header length past the datagram', 'ipv4.total-length',
        () => datagram({ versionAndLength: 0x4f, totalLength: 40 }),
      ],
      ['a total length past the frame', 'ipv4.total-length', () => datagram({ totalLength: 1400 })],
      ['a total length under the header', 'ipv4.total-length', () => datagram({ totalLength: 12 })],
      ['a wrong IP checksum', 'ipv4.checksum', () => datagram({ checksum: 0x1111 })],
      ['a source that is broadcast', 'ipv4.martian-source', () => datagram({}, '255.255.255.255')],
      ['a source that is multicast', 'ipv4.martian-source', () => datagram({}, '224.0.0.9')],
      ['a source that is loopback', 'ipv4.martian-source', () => datagram({}, '127.0.0.1')],
      [
        'a destination that is loopback', 'ipv4.martian-target',
        () => toUs(ipv4(HOST, '127.0.0.1', { protocol: 17, payload: udp(4000, 53, query) })),
      ],
      [
        'a datagram for somebody else', 'ipv4.not-for-us',
        () => toUs(ipv4(HOST, '10.53.0.99', { protocol: 17, payload: udp(4000, 53, query) })),
      ],
      ['a source route', 'ipv4.source-route', () => datagram({ options: [0x83, 7, 4, 10, 53, 0, 9, 0] })],
      [
        'a fragment past 65,535 octets', 'ipv4.fragment-malformed',
        () => datagram({ flagsAndOffset: 0x1fff, payload: new Array<number>(64).fill(7) }),
      ],
      ['a UDP length past the datagram', 'udp.length', () => datagram({ payload: udp(4000, 53, query, 900) })],
      ['a UDP length under 8', 'udp.length', () => datagram({ payload: udp(4000, 53, query, 7) })],
      ['a wrong UDP checksum', 'udp.checksum', () => datagram({ payload: udp(4000, 53, query, undefined, 0x1111) })],
      ['a UDP header cut short', 'udp.truncated', () => datagram({ payload: [0x0f, 0xa0, 0, 53] })],
      ['an ICMP header cut short', 'icmp.truncated', () => datagram({ protocol: 1, payload: [8, 0] })],
      ['a wrong ICMP checksum', 'icmp.checksum', () => datagram({ protocol: 1, payload: [8, 0, 1, 2, 3, 4, 5, 6] })],
      ['an ARP packet cut short', 'arp.truncated', () => arp([0, 1, 8, 0, 6, 4, 0, 1])],
      [
        'ARP of another hardware type', 'arp.hardware-type',
        () => arp([0, 6, 8, 0, 6, 4, 0, 1, ...new Array<number>(20).fill(0)]),
      ],
      ['a DNS message of 5 octets', 'dns.dropped-short', () => datagram({ payload: udp(4000, 53, [1, 2, 3, 4, 5]) })],
      [
        'a DNS response sent to the server', 'dns.dropped-response',
        () => datagram({ payload: udp(4000, 53, [0x12, 0x34, 0x81, ...query.slice(3)]) }),
      ],
      [
        'a DHCP message of 20 octets', 'dhcp.dropped-truncated',
        () => datagram({ payload: udp(68, 67, new Array<number>(20).fill(1)) }),
      ],
      [
        'a DHCP message without magic cookie', 'dhcp.dropped-bad-cookie',
        // All zeros would be BOOTP.
        () => datagram({
          payload: udp(68, 67, [1, 1, 6, 0, ...new Array<number>(232).fill(0), 1, 2, 3, 4, ...new Array<number>(60).fill(0)]),
        }),
      ],
    ])('%s: %s', async (_what, counter, frame) => {
      const before = await snapshot()
      await sendFrames(host, [frame()], TIMES)
      await eventually(counter, async () => ((await raisedSince(before)).includes(counter) ? true : undefined), 2_000)
      expect(await lookUp(host, APPLIANCE, 'localhost')).toEqual(['127.0.0.1'])
    })

    test('ten thousand random frames: still alive, answers and pings as before', async () => {
      // By seed (xorshift32), so that a failure can be repeated.
      let state = 0x2545f491
      const next = (below: number): number => {
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        return (state >>> 0) % below
      }
      const noise = (length: number): readonly number[] => Array.from({ length }, () => next(256))
      const shapes = [
        () => toUs(noise(next(200) + 1)),
        () => datagram({ payload: noise(next(300)), protocol: next(256) }),
        () => datagram({ payload: udp(next(65_536), next(2) === 0 ? 53 : 67, noise(next(500))) }),
        () => datagram({ payload: udp(4000, 53, query.map(octet => (next(12) === 0 ? next(256) : octet))) }),
        () => datagram({ payload: noise(next(600) & ~7), flagsAndOffset: next(0x4000), identification: next(8) }),
        () => arp(noise(28)),
      ]
      const frames = Array.from({ length: 10_000 }, () => shapes[next(shapes.length)]?.() ?? [])
      await sendFrames(host, frames)
      expect(await lookUp(host, APPLIANCE, 'localhost')).toEqual(['127.0.0.1'])
      await host.succeed(['ping', '-c2', '-i0.05', '-W3', '-s', '20000', APPLIANCE])
      expect(world.appliance.program.running).toBe(true)
      expect((await world.appliance.rest('GET', '/health')).status).toBe(200)
    })
  })
})
