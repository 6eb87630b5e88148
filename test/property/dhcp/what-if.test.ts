/**
 * Random clients in a crowded segment: before each message the server is asked what would happen. Then it gets the
 * message: it answers with the same octets for the same reasons, and the question had changed nothing.
 */
import { describe, expect, test } from 'vitest'
import { BROADCAST, ipv4 } from '../../../stack/index.ts'
import { SeededRandom, toHex } from '../../../stack/platform/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL } from '../../../services/model/index.ts'
import type { ClientClass } from '../../../services/model/index.ts'
import { clientMessage, configuration, host, pool, segment, subnet, world } from '../../support/dhcp-bench.ts'
import type { World } from '../../support/dhcp-bench.ts'

const IDENTIFIED: ClientClass = { id: 1, name: 'identified', priority: 1, test: 'client-id', denied: false, leaseLimit: 2, level: EMPTY_LEVEL }
const CONFIGURATION = configuration({
  segments: [segment(1, { policy: { ...DEFAULT_POLICY, rapidCommit: true, bootp: true, newClientsPerSecond: 3 } })],
  subnets: [subnet(), subnet({ id: 2, prefix: { network: ipv4('10.54.0.0'), length: 24 } })],
  pools: [
    pool('10.53.0.100', '10.53.0.101'),
    pool('10.53.0.102', '10.53.0.103', { id: 3, allocator: 'hashed' }),
    pool('10.54.0.100', '10.54.0.102', { id: 2, subnetId: 2, allow: ['identified'], allocator: 'iterative' }),
  ],
  classes: [IDENTIFIED],
  hosts: [
    host('10.53.0.50', { mac: '02:00:00:00:00:01' }),
    host('10.53.0.60', { id: 2, identifiers: [{ kind: 'mac', value: '02:00:00:00:00:02' }, { kind: 'mac', value: '02:00:00:00:00:03' }] }),
  ],
})
const STEPS = 120
const CLIENTS = 8

function message(random: SeededRandom): Uint8Array {
  const client = random.below(CLIENTS)
  const raw: (readonly [number, string])[] = client % 2 === 0 ? [[61, `00a${client}`]] : []
  const address = `10.5${3 + random.below(2)}.0.${random.chance(0.2) ? 50 : 100 + random.below(5)}`
  const fields = { mac: `02:00:00:00:00:0${client}`, xid: random.u32(), raw }
  switch (random.below(8)) {
    case 0:
      return clientMessage('DISCOVER', { ...fields, options: { 'rapid-commit': true } })
    case 1:
      return clientMessage('REQUEST', { ...fields, options: { 'requested-address': address, 'server-identifier': '10.53.0.2' } })
    case 2:
      return clientMessage('REQUEST', { ...fields, options: { 'requested-address': address } })
    case 3:
      return clientMessage('REQUEST', { ...fields, ciaddr: address })
    case 4:
      return clientMessage('RELEASE', { ...fields, ciaddr: address })
    case 5:
      return clientMessage('DECLINE', { ...fields, options: { 'requested-address': address } })
    case 6:
      return clientMessage('BOOTP', fields)
    default:
      return clientMessage('DISCOVER', { ...fields, options: random.chance(0.5) ? { 'requested-address': address } : {} })
  }
}

/** All that can be seen of a server from outside. */
const visible = (w: World) => ({
  leases: [...w.server.leases()],
  counters: w.server.counters.all(),
  underWay: w.server.underWay,
  sizes: w.server.sizes,
  sent: w.sent.length,
  decisions: w.decisions.length,
  commits: w.commits.length,
  probes: w.probes.length,
  told: w.told.length,
})

describe('what if', () => {
  test.each([1, 2, 3, 4, 5, 6])('says what then happens, and changes nothing, seed %i', seed => {
    const random = new SeededRandom(seed)
    const w = world({ configuration: CONFIGURATION })
    let answered = 0
    for (let i = 0; i < STEPS; i++) {
      const bytes = message(random)
      const before = visible(w)
      const said = w.server.whatIf({ bytes, interfaceName: 'lan0' })
      expect(visible(w)).toEqual(before)
      if (!said.ok) throw new Error(said.error.problem)
      const ciaddr = bytes.subarray(12, 16).some(octet => octet !== 0)
      w.receive(bytes, { target: ciaddr ? ipv4('10.53.0.2') : BROADCAST })
      // Some go on while the probe is under way.
      w.clock.advance(5_000)
      const { decision, reply } = said.value
      const happened = w.decisions.at(-1)
      expect([decision.sent, decision.address, decision.steps], `step ${i}`).toEqual([happened?.sent, happened?.address, happened?.steps])
      expect(reply?.bytes).toBe(before.sent === w.sent.length ? undefined : toHex(w.bytes.at(-1) as Uint8Array))
      if (reply !== undefined) answered++
      if (random.chance(0.1)) w.clock.advance(4_000_000)
    }
    expect(answered).toBeGreaterThan(STEPS / 4)
    w.server.close()
  })
})
