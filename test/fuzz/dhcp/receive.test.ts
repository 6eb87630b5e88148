/** Random and mutated datagrams to port 67: no exception, one decision each, bounded memory, and service goes on. */
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { MAX_MESSAGE_BYTES, parseMessage } from '../../../services/dhcp/wire/message.ts'
import { OPTIONS, STANDARD_OPTIONS, decodeOption, decodeOptions, describeClientIdentifier, encodeOption } from '../../../services/dhcp/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { RELAY, relayedWorld } from '../../support/dhcp-policy.ts'
import { questionBytes } from '../../support/lease-query.ts'
import { clientMessage, configuration, pool, world } from '../../support/dhcp-bench.ts'
import type { MessageType } from '../../../services/dhcp/index.ts'

const SPACES = ['relay-agent', 'pxe', 'ipxe', 'cablelabs', 'mobility-addresses', 'mobility-names']
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

const bytes = (random: SeededRandom, length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256))

/** A valid message with a few octets changed, cut or lengthened. */
function mutant(random: SeededRandom): Uint8Array {
  const types: readonly MessageType[] = ['DISCOVER', 'REQUEST', 'DECLINE', 'RELEASE', 'INFORM']
  const address = `10.53.0.${random.below(256)}`
  const message = clientMessage(types[random.below(5)] as MessageType, {
    mac: `02:00:00:00:00:0${random.below(10)}`,
    flags: random.below(2) * 0x8000,
    ...(random.chance(0.4) ? { ciaddr: address } : {}),
    ...(random.chance(0.1) ? { giaddr: '10.53.0.7' } : {}),
    options: {
      ...(random.chance(0.6) ? { 'requested-address': address } : {}),
      ...(random.chance(0.3) ? { 'server-identifier': '10.53.0.2' } : {}),
      ...(random.chance(0.5) ? { 'host-name': 'host' } : {}),
      'parameter-request-list': [1, 3, 6, 15, 119, 121],
    },
    raw: random.chance(0.3) ? [[random.below(254) + 1, Buffer.from(bytes(random, random.below(60))).toString('hex')]] : [],
  })
  const b = random.chance(0.2) ? message.slice(0, random.below(message.length)) : message
  if (b.length > 0) for (let n = random.below(4); n > 0; n--) b[random.chance(0.5) ? random.below(b.length) : Math.min(b.length - 1, 240 + random.below(60))] = random.below(256)
  return b
}

describe('receive()', () => {
  test.each(SEEDS)('random octets, seed %i', seed => {
    const random = new SeededRandom(seed)
    const w = world()
    for (let i = 0; i < 500; i++) {
      const b = bytes(random, random.below(random.chance(0.02) ? 2 * MAX_MESSAGE_BYTES : 400))
      if (b.length > 240 && random.chance(0.9)) b.set([0x63, 0x82, 0x53, 0x63], 236)
      w.receive(b)
    }
    expect(w.decisions.length).toBe(500)
  })

  test.each(SEEDS)('mutated requests, seed %i', seed => {
    const random = new SeededRandom(seed)
    const w = world({ configuration: configuration({ pools: [pool('10.53.0.100', '10.53.0.200')] }) })
    for (let i = 0; i < 1000; i++) {
      w.receive(mutant(random), { source: random.chance(0.5) ? 0 : 0x0a35_0009, target: random.chance(0.5) ? -1 : 0x0a35_0002 })
      w.clock.advance(random.below(100))
    }
    w.clock.advance(1_000)
    expect(w.decisions.filter(d => d.received !== 'expiry').length).toBe(1000)
    expect(w.server.underWay.offers + w.server.underWay.probes).toBeLessThanOrEqual(101)
    // Service goes on for a client with manners.
    w.clock.advance(60_000)
    expect(w.acquire({ mac: '02:aa:aa:aa:aa:aa' })).toMatch(/^10\.53\.0\./)
  })
})

describe('questions of relay agents', () => {
  test.each(SEEDS)('mutated, by datagram and by connection, seed %i', seed => {
    const random = new SeededRandom(seed)
    const w = relayedWorld()
    w.acquire({ giaddr: RELAY })
    const before = w.disk.size
    for (let i = 0; i < 500; i++) {
      const type = random.chance(0.5) ? 'LEASEQUERY' : 'BULKLEASEQUERY'
      const b = questionBytes(type, {
        ...(random.chance(0.4) ? { ciaddr: `10.60.0.${random.below(256)}` } : {}),
        ...(random.chance(0.3) ? { mac: '02:00:00:00:00:01' } : {}),
        options: random.chance(0.5) ? [[[61, 82, 55, 154, 155][random.below(5)] as number, Buffer.from(bytes(random, random.below(30))).toString('hex')]] : [],
      })
      for (let n = random.below(4); n > 0; n--) b[random.chance(0.5) ? random.below(b.length) : 240 + random.below(40)] = random.below(256)
      w.receive(b, { sourcePort: 67 })
      let answers = 0
      for (const octets of w.server.bulkLeaseQuery(b, random.chance(0.9) ? b.length : random.below(b.length), ipv4(RELAY)) ?? []) {
        if (octets !== undefined) answers++
      }
      expect(answers).toBeLessThanOrEqual(2)
    }
    // A mutated question may have become a client's message.
    expect(w.disk.size).toBeLessThanOrEqual(before + 10)
  })
})

describe('the codecs', () => {
  test.each(SEEDS)('of every option take any octets, seed %i', seed => {
    const random = new SeededRandom(seed)
    for (let i = 0; i < 200; i++) {
      const b = bytes(random, random.below(40))
      for (const row of Object.values(OPTIONS)) {
        const value = decodeOption(row, b)
        // What could be read can be said again, though perhaps in other octets.
        if (value.ok && row.type !== 'text') encodeOption(row, value.value)
      }
      for (const space of SPACES) for (let code = 1; code < 255; code += 7) decodeOption(STANDARD_OPTIONS.coded(code, space).row, b)
      expect(describeClientIdentifier(b).length).toBeGreaterThan(0)
      const parsed = parseMessage(mutant(random))
      if (parsed.ok) expect(Object.keys(decodeOptions(parsed.value.options)).length).toBe(parsed.value.options.size)
    }
  })
})
