/** Random and mutated datagrams to port 68, where other servers are heard, and to port 4011 in proxy mode. */
import { describe, expect, test } from 'vitest'
import { ipv4, mac } from '../../../stack/index.ts'
import { SeededRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { Coexistence } from '../../../services/dhcp/coexist/index.ts'
import { MAX_SIGHTINGS } from '../../../services/dhcp/coexist/sightings.ts'
import { emitMessage, messageTypeCode, type MessageType } from '../../../services/dhcp/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL } from '../../../services/model/index.ts'
import { clientMessage, configuration, segment, SERVER, world } from '../../support/dhcp-bench.ts'

const SEEDS = [1, 2, 3, 4, 5, 6]

const bytes = (random: SeededRandom, length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256))

function damaged(b: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = random.chance(0.2) ? b.slice(0, random.below(b.length + 1)) : b.slice()
  if (copy.length > 0) for (let n = random.below(5); n > 0; n--) copy[random.below(copy.length)] = random.below(256)
  return copy
}

function serverMessage(random: SeededRandom): Uint8Array {
  const types: readonly MessageType[] = ['OFFER', 'ACK', 'NAK', 'DISCOVER']
  return emitMessage({
    op: 1 + random.below(2), hardwareType: 1, hardwareLength: 6, hops: 0, xid: random.u32(), secs: 0, flags: 0, ciaddr: 0,
    yiaddr: random.u32() | 0, siaddr: 0, giaddr: 0, chaddr: bytes(random, 16), sname: new Uint8Array(64), file: new Uint8Array(128),
    options: new Map([
      [53, Uint8Array.of(messageTypeCode(types[random.below(4)] as MessageType))], [54, bytes(random, random.chance(0.9) ? 4 : random.below(9))],
      [51, bytes(random, random.below(6))], [3, bytes(random, random.below(40))], [6, bytes(random, random.below(40))],
    ]),
  })
}

describe('what is heard on port 68', () => {
  test.each(SEEDS)('no exception, a bounded list, a handful of events, and the link is served: seed %i', seed => {
    const random = new SeededRandom(seed)
    const clock = new VirtualClock()
    let events = 0
    const coexistence = new Coexistence({
      clock, random,
      mac: () => mac('02:00:00:00:00:01'),
      isOwn: address => address === SERVER,
      send: () => {},
      probe: (_interface, _address, waitMs, done) => void clock.at(clock.now() + waitMs, () => done(undefined)),
      policy: () => ({ yields: false, expectsOthers: false }),
      report: () => void events++,
      served: () => {},
    })
    coexistence.watch('lan0')
    for (let i = 0; i < 3_000; i++) {
      const b = random.chance(0.2) ? bytes(random, random.below(700)) : damaged(serverMessage(random), random)
      coexistence.heard('lan0', b, 0, b.length)
      clock.advance(random.below(20))
    }
    clock.advance(5_000)
    expect(coexistence.sightings().length).toBe(MAX_SIGHTINGS)
    expect(events).toBeLessThan(12)
    expect(coexistence.silentBecause('lan0')).toBeUndefined()
    coexistence.close()
    expect(clock.next()).toBeUndefined()
  })
})

describe('what is asked on port 4011', () => {
  test.each(SEEDS)('no exception, one decision each, and answers only to who asked: seed %i', seed => {
    const random = new SeededRandom(seed)
    const policy = { ...DEFAULT_POLICY, mode: 'proxy', offerDelayMs: 50 } as const
    const level = { ...EMPTY_LEVEL, boot: { bootFile: 'ipxe.efi' } }
    const w = world({ configuration: configuration({ segments: [segment(1, { policy, level })] }) })
    const source = ipv4('10.53.0.66')
    for (let i = 0; i < 1_500; i++) {
      const type = (['REQUEST', 'INFORM', 'DISCOVER', 'RELEASE'] as const)[random.below(4)] as MessageType
      const message = clientMessage(type, { options: { 'vendor-class': 'PXEClient' }, raw: [[93, '0007'], [97, '00'.repeat(random.below(18) + 1)]] })
      const b = random.chance(0.1) ? bytes(random, random.below(400)) : damaged(message, random)
      w.receive(b, { port: random.chance(0.7) ? 4011 : 67, source: random.chance(0.8) ? source : 0, sourcePort: random.below(65_536), target: SERVER })
      w.clock.advance(random.below(100))
    }
    w.clock.advance(1_000)
    expect(w.decisions.length).toBe(1_500)
    for (const { to, yiaddr } of w.sent) {
      expect(yiaddr).toBe('0.0.0.0')
      if (to.kind === 'boot-client') expect(to.address).toBe(source)
    }
    expect(w.sent.length).toBeGreaterThan(100)
    expect(w.commits).toEqual([])
  })
})
