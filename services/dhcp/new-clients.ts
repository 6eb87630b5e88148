/**
 * Starvation guard: how many clients without a lease may begin one, per second and relay port, or per segment where no
 * relay tells a port. Who makes up hardware addresses does not get a pool for it; those who have a lease go on.
 */
import { LruMap, TokenBucket } from '../../stack/platform/index.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import type { Exchange } from './exchange.ts'
import { relayPort } from './lease-limits.ts'

/** Ports remembered: more than the switches of a campus have. The one heard of longest ago is forgotten. */
const MAX_PORTS = 4096

export class NewClients {
  readonly #ports = new LruMap<string, TokenBucket>(MAX_PORTS)
  readonly #beneath: NewClients | undefined

  /** `beneath` is where to go on from, and is left as it is. */
  constructor(beneath?: NewClients) {
    this.#beneath = beneath
  }

  /** False: too many new ones came by this port lately. */
  admits(engine: Engine, x: Exchange, scope: Scope): boolean {
    const perSecond = scope.segment.policy.newClientsPerSecond
    if (perSecond === undefined || (x.type !== 'DISCOVER' && x.type !== 'BOOTP')) return true
    // Also an offer: a client that repeats its DISCOVER is counted once.
    for (const _known of engine.table.ofClient(x.client.key, scope)) return true
    const now = engine.ports.clock.now()
    const port = `${scope.segment.id} ${relayPort(x) ?? ''}`
    const beneath = this.#beneath === undefined ? undefined : this.#beneath.#ports
    const present = this.#ports.get(port) ?? beneath?.peek(port)?.copy()
    const bucket = present?.perSecond === perSecond ? present : new TokenBucket(perSecond, perSecond, now)
    if (bucket !== present || this.#beneath !== undefined) this.#ports.set(port, bucket)
    return bucket.take(now)
  }
}
