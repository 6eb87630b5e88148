/**
 * The appliance's own DHCP client against the appliance's own server, by seed: bad cables, a server that comes and goes,
 * power cuts on both sides. At every step what the interface has is what a lease allows; in fair weather all comes right.
 */
import { describe, expect, test } from 'vitest'
import { contains, isLoopback, parsePrefix, type Prefix } from '../../stack/index.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { UPLINK, UplinkLan } from '../support/uplink-lan.ts'
import { replayOf, seeds } from './seeds.ts'

const USUAL_SEEDS = 40
const MINUTE = 60_000
const STORM_MS = 90 * MINUTE
/** Back from everything: a lease that runs out first, a search at its slowest pace, three tries that fail by chance. */
const CALM_MS = 15 * MINUTE
const POOL = parsePrefix('10.53.0.0/24') as Prefix
const LINK_LOCAL = parsePrefix('169.254.0.0/16') as Prefix

class Storm {
  readonly lan: UplinkLan
  readonly #random: SeededRandom
  acks = 0

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    this.lan = new UplinkLan(seed)
    this.lan.startServer()
    this.lan.startUplink()
  }

  run(): void {
    const { lan } = this
    const end = lan.clock.now() + STORM_MS
    let mishap = this.#next()
    while (lan.clock.now() < end) {
      lan.clock.step()
      this.check()
      if (lan.clock.now() < mishap) continue
      this.#mishap()
      mishap = this.#next()
    }
    this.acks += lan.server?.dhcp.counters.get('tx-ack') ?? 0
    lan.setWeather({})
    if (lan.server === undefined) lan.startServer()
    lan.clock.runUntil(lan.clock.now() + CALM_MS)
  }

  #next(): number {
    return this.lan.clock.now() + 1_000 + this.#random.below(4 * MINUTE)
  }

  #mishap(): void {
    const { lan } = this
    const random = this.#random
    switch (random.below(5)) {
      case 0: return lan.pull(random.below(2))
      case 1: return lan.setWeather({})
      case 2:
        return lan.setWeather({ loss: random.below(40) / 100, duplication: 0.1, corruption: 0.05, reordering: 0.2, reorderMs: 3_000 })
      case 3:
        this.acks += lan.server?.dhcp.counters.get('tx-ack') ?? 0
        if (lan.server === undefined) lan.startServer()
        else lan.stopServer()
        return
      default:
        lan.cutUplinkPower()
        lan.startUplink()
    }
  }

  /** What the interface has is what it may have. */
  check(): void {
    const { lan } = this
    const report = lan.uplinks.report(UPLINK)
    const { terms, expiresAt } = report ?? {}
    for (const { address } of lan.iface.addresses) {
      if (contains(LINK_LOCAL, address)) {
        // RFC 3927 §1.9: not beside a lease.
        expect(terms).toBeUndefined()
        continue
      }
      expect(address).toBe(terms?.address)
      expect(contains(POOL, address) && !isLoopback(address)).toBe(true)
      expect(expiresAt).toBeGreaterThanOrEqual(lan.clock.wallMs())
    }
    if (terms === undefined) expect(lan.routes.filter(route => route.startsWith('0.0.0.0/0'))).toEqual([])
  }
}

describe('an uplink under bad weather', () => {
  test.each(seeds(USUAL_SEEDS))('seed %i', seed => {
    const storm = new Storm(seed)
    const { lan } = storm
    storm.run()
    storm.check()
    expect(['bound', 'renewing', 'rebinding'], `${lan.reported.join(' ')}; again: ${replayOf(seed, import.meta.filename)}`).toContain(lan.state)
    const address = lan.uplinks.report(UPLINK)?.terms?.address as number
    expect(lan.holder(address)).toBe(lan.iface.mac)
    expect(storm.acks).toBeGreaterThan(0)
    lan.close()
  })
})
