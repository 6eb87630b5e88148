/**
 * Whether an address needs a probe before it is offered, by ARP or, behind a relay, by ICMP echo (RFC 2131 §2.2, §3.1 step 2). The probe is the only wait
 * of a first offer, and only of the client that it is for.
 */
import type { Engine } from './engine.ts'
import { MAX_PROBES } from './engine.ts'
import type { Exchange } from './exchange.ts'
import { ownerOf } from './lease-machine.ts'
import type { Binding } from './lease-table.ts'

/** A client that gave its address back this lately is taken for its last user. */
const RECENTLY_HELD_MS = 3_600_000

/** Why no probe is sent; undefined when one is to be. `binding` is the address's entry, if it has one. */
export function noProbeBecause(engine: Engine, x: Exchange, binding: Binding | undefined): string | undefined {
  const how = x.scope?.segment.policy.probe
  if (engine.settings.probe === false || how === 'none') return 'probing is switched off'
  if (x.relayed && how !== 'arp-and-icmp') return 'the client is behind a relay, where ARP does not reach'
  if (binding?.state.kind === 'free' && ownerOf(binding.state) === x.client.key) {
    const ended = binding.state.row?.expiresAt
    const ago = ended === undefined ? Number.POSITIVE_INFINITY : Math.abs(engine.ports.clock.wallMs() - ended)
    if (ago < RECENTLY_HELD_MS) return 'the same client held it last, lately'
  }
  if (engine.table.probes >= MAX_PROBES) return `${MAX_PROBES} probes are under way`
  return undefined
}
