import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4, mac } from '../../../stack/index.ts'
import {
  ANNOUNCE_WAIT_MS, candidate, deadline, MAX_CONFLICTS, PROBE_COUNT, RATE_LIMIT_MS, step,
} from '../../../stack/arp/link-local.ts'
import type { LinkLocalState } from '../../../stack/arp/link-local.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { ARP_REPLY } from '../../../stack/wire/arp.ts'
import {
  addressOn, ALL_MAC, arpFrame, bench, collector, HOST_MAC, must, octets, PEER_MAC,
} from '../../support/stack-lan.ts'

const OUR_MAC = mac(HOST_MAC)
const FIRST = formatIpv4(candidate(OUR_MAC, 0))
const SECOND = formatIpv4(candidate(OUR_MAC, 1))
const PROBE = (address: string): string => `${HOST_MAC} > ${ALL_MAC} ARP probe for ${address}`
const ANNOUNCEMENT = (address: string): string => `${HOST_MAC} > ${ALL_MAC} ARP announcement of ${address}`

function host(addresses: readonly string[] = []) {
  const lan = bench({ addresses, knowsPeer: false })
  const { linkLocal } = lan.iface
  linkLocal.start()
  const wait = (ms: number): string[] => {
    lan.clock.advance(ms)
    return lan.peer.lines()
  }
  const hear = (fields: Parameters<typeof arpFrame>[0]): string[] => {
    lan.peer.send(arpFrame(fields))
    lan.clock.advance(0)
    return lan.peer.lines()
  }
  const own = (): string[] => lan.iface.addresses.map(({ address }) => formatIpv4(address))
  const bound = () => {
    wait(20_000)
    return self
  }
  const self = { ...lan, linkLocal, wait, hear, own, bound }
  return self
}

describe('RFC 3927 §2.1 [I12] choosing', () => {
  test('within 169.254.1.0 and 169.254.254.255, the same for one hardware address, others for others', () => {
    const seen = new Set<number>()
    for (let i = 0; i < 500; i++) {
      const address = candidate(Uint8Array.of(2, 0, 0, 0, i >>> 8, i), i % 7)
      expect(address >>> 0).toBeGreaterThanOrEqual(ipv4('169.254.1.0') >>> 0)
      expect(address >>> 0).toBeLessThanOrEqual(ipv4('169.254.254.255') >>> 0)
      seen.add(address)
    }
    expect(seen.size).toBeGreaterThan(450)
    expect(candidate(OUR_MAC, 3)).toBe(candidate(OUR_MAC, 3))
    expect(FIRST).not.toBe(SECOND)
  })
})

describe('RFC 3927 §2.2, §2.4 [I12] claiming', () => {
  test('three probes, 2 s of silence, then the address is used and announced twice', () => {
    const lan = host()
    expect(lan.wait(1_000)).toEqual([PROBE(FIRST)])
    expect(lan.wait(4_000)).toEqual([PROBE(FIRST), PROBE(FIRST)])
    expect(lan.own()).toEqual([])
    expect(lan.wait(ANNOUNCE_WAIT_MS)).toEqual([ANNOUNCEMENT(FIRST)])
    expect([lan.own(), lan.linkLocal.address]).toEqual([[FIRST], ipv4(FIRST)])
    expect(lan.wait(60_000)).toEqual([ANNOUNCEMENT(FIRST)])
  })

  test('§2.2.1 the probes of hosts that start together are spread', () => {
    const firsts = [1, 2, 3, 4].map((seed) => {
      const [state] = step({ kind: 'idle' }, { kind: 'start' }, 0, OUR_MAC, new SeededRandom(seed))
      return deadline(state) as number
    })
    expect(new Set(firsts).size).toBe(4)
    for (const at of firsts) expect(at).toBeLessThan(1_000)
  })

  test.each([
    ['uses it', { sender: FIRST, target: '169.254.9.9' }],
    ['answers for it', { operation: ARP_REPLY, sender: FIRST, target: '0.0.0.0' }],
    ['probes it too', { sender: '0.0.0.0', target: FIRST }],
  ])('§2.2.1 another who %s: the next candidate', (_name, fields) => {
    const lan = host()
    lan.wait(1_000)
    lan.hear(fields)
    expect(lan.wait(1_000)).toEqual([PROBE(SECOND)])
    expect(lan.bound().own()).toEqual([SECOND])
  })

  test('§2.2.1 our own probe that comes back is no conflict, nor is a request for it by somebody', () => {
    const lan = host()
    lan.wait(1_000)
    lan.hear({ senderMac: HOST_MAC, sender: '0.0.0.0', target: FIRST })
    lan.hear({ sender: '169.254.9.9', target: FIRST })
    expect(lan.bound().own()).toEqual([FIRST])
  })

  test('§2.2.1 after ten conflicts no more than one new address a minute', () => {
    let state: LinkLocalState = { kind: 'idle' }
    const random = new SeededRandom(1)
    ;[state] = step(state, { kind: 'start' }, 0, OUR_MAC, random)
    const waits: number[] = []
    for (let i = 0; i < MAX_CONFLICTS + 1; i++) {
      if (state.kind !== 'probing') expect.unreachable('still probing')
      ;[state] = step(state, { kind: 'arp', sender: state.address, target: 0 }, 0, OUR_MAC, random)
      waits.push(deadline(state) as number)
    }
    expect(waits.slice(0, MAX_CONFLICTS - 1).every((wait) => wait < 1_000)).toBe(true)
    expect(waits.slice(MAX_CONFLICTS - 1).every((wait) => wait >= RATE_LIMIT_MS)).toBe(true)
  })

  test('the machine sends as many probes as §9 says before it binds', () => {
    let state: LinkLocalState = { kind: 'idle' }
    const random = new SeededRandom(1)
    ;[state] = step(state, { kind: 'start' }, 0, OUR_MAC, random)
    const effects: string[] = []
    while (state.kind !== 'bound') {
      const [next, did] = step(state, { kind: 'due' }, deadline(state) as number, OUR_MAC, random)
      effects.push(...did.map(({ kind }) => kind))
      state = next
    }
    expect(effects).toEqual([...new Array<string>(PROBE_COUNT).fill('probe'), 'use', 'announce'])
  })
})

describe('RFC 3927 §2.5 [I12] defending', () => {
  const claim = { sender: FIRST, target: FIRST }

  test('once with an announcement; against one who insists within 10 s the address is given up', () => {
    const lan = host().bound()
    expect(lan.hear(claim)).toEqual([ANNOUNCEMENT(FIRST)])
    expect(lan.own()).toEqual([FIRST])
    lan.clock.advance(9_000)
    expect(lan.hear(claim)).toEqual([])
    expect(lan.own()).toEqual([])
    expect(lan.bound().own()).toEqual([SECOND])
  })

  test('a conflict after 10 s is a new one', () => {
    const lan = host().bound()
    lan.hear(claim)
    lan.clock.advance(10_000)
    expect(lan.hear(claim)).toEqual([ANNOUNCEMENT(FIRST)])
    expect(lan.own()).toEqual([FIRST])
  })

  test('a probe for it is answered, by broadcast like all that has a link-local sender', () => {
    const lan = host().bound()
    expect(lan.hear({ sender: '0.0.0.0', target: FIRST })).toEqual([
      `${HOST_MAC} > ${ALL_MAC} ARP ${FIRST} is at ${HOST_MAC}`,
    ])
  })
})

describe('RFC 3927 §2.6 [I12] using', () => {
  test('datagrams to others of 169.254/16 go to them directly, from it', () => {
    const lan = host().bound()
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    expect(endpoint.send(octets(1), 0, 1, ipv4('169.254.200.1'), 9)).toBe(0)
    expect(lan.wait(1)).toEqual([`${HOST_MAC} > ${ALL_MAC} ARP who has 169.254.200.1? tell ${FIRST}`])
    lan.hear({ operation: ARP_REPLY, sender: '169.254.200.1', target: FIRST, toMac: HOST_MAC })
    expect(lan.stack.routes.list().map((r) => formatIpv4(r.prefix.network))).toEqual(['169.254.0.0'])
  })

  test('§1.9 beside an address that works elsewhere, which is preferred', () => {
    const lan = host(['10.53.0.2/24']).bound()
    expect(lan.own()).toEqual(['10.53.0.2', FIRST])
    must(lan.stack.routes.add({ prefix: { network: 0, length: 0 }, gateway: ipv4('10.53.0.9') }))
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    lan.iface.neighbours.addStatic(ipv4('10.53.0.9'), mac(PEER_MAC))
    endpoint.send(octets(1), 0, 1, ipv4('8.8.8.8'), 9)
    expect(lan.wait(1)).toEqual([`${HOST_MAC} > ${PEER_MAC} 10.53.0.2:53 > 8.8.8.8:9 UDP 1`])
  })

  test('stopped: the address, its route and all that was under way are gone', () => {
    const lan = host(['10.53.0.2/24']).bound()
    lan.linkLocal.stop()
    expect([lan.own(), lan.stack.routes.list().length]).toEqual([['10.53.0.2'], 1])
    expect(lan.hear({ sender: FIRST, target: FIRST })).toEqual([])
    expect(lan.wait(60_000)).toEqual([])
    lan.linkLocal.start()
    lan.stack.removeInterface('wire0')
    expect(lan.wait(60_000)).toEqual([])
  })
})

describe('an interface whose addresses change', () => {
  test('its routes follow; those of others, and configured ones within reach, stay', () => {
    const lan = bench({ addresses: ['10.53.0.2/24', '10.54.0.2/24'] })
    const far = (network: string, gateway: string): void =>
      void must(lan.stack.routes.add({ prefix: { network: ipv4(network), length: 16 }, gateway: ipv4(gateway) }))
    far('172.16.0.0', '10.53.0.9')
    far('172.17.0.0', '10.54.0.9')
    const direct = { network: ipv4('172.18.0.0'), length: 16 }
    must(lan.stack.routes.add({ prefix: direct, gateway: 0, interfaceName: 'wire0' }))
    lan.stack.changeAddresses(lan.iface, [addressOn('10.53.0.3/24'), addressOn('10.55.0.3/24')])
    expect(lan.stack.routes.list().map((r) => formatIpv4(r.prefix.network))).toEqual([
      '10.53.0.0', '10.55.0.0', '172.16.0.0', '172.18.0.0',
    ])
  })
})
