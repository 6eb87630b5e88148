/** What the engine makes of lists and sets once, so that questions find everything ready. */
import type { Prefix } from '../../../stack/index.ts'
import { Views } from '../views/views.ts'
import { AddressRules } from './address-rules.ts'
import { DEFAULT_BLOCKED_TTL } from './model.ts'
import type { HashKey, PolicyList, PolicySet } from './model.ts'
import type { RebindingRules } from './rebinding.ts'
import { RpzZone, RpzZones } from './rpz-zones.ts'

/** A list with what is looked for in it beside names. */
export type LoadedList = {
  readonly list: PolicyList
  /** Of a policy zone. */
  readonly zone: RpzZone | undefined
  /** Of other lists: addresses in answers; undefined: it has none. */
  readonly byAddress: AddressRules | undefined
  /** Clients that its rules name. */
  readonly named: readonly Prefix[]
}

/** A policy set with what its lists are at the moment. */
export type Plan = {
  readonly set: PolicySet
  /** All but policy zones. */
  readonly lists: readonly PolicyList[]
  readonly byAddress: readonly { readonly list: PolicyList; readonly rules: AddressRules }[]
  readonly zones: RpzZones
  readonly rebinding: RebindingRules
  /** Clients for whom rules may decide otherwise than for the rest; undefined: there are none. */
  readonly named: Views | undefined
}

export function loadedList(list: PolicyList, hashKey: HashKey): LoadedList {
  const { format, addresses, details } = list.compiled
  const zone = format === 'rpz' ? new RpzZone(list, hashKey) : undefined
  const named = [...(zone?.clients ?? []), ...details.flatMap(({ clients }) => clients?.prefixes ?? [])]
  const byAddress = zone === undefined && addresses.count > 0 ? new AddressRules(list.compiled, 'answer', hashKey) : undefined
  return { list, zone, byAddress, named }
}

/** Lists that the set names and that are not there say nothing. */
export function planOf(
  set: PolicySet, loaded: ReadonlyMap<string, LoadedList>, whose: Pick<RebindingRules, 'isOwn' | 'isLocal'>, hashKey: HashKey,
): Plan {
  const lists = set.lists.flatMap((name) => loaded.get(name) ?? [])
  return {
    set: { ...set, ttl: set.ttl >= 0 ? set.ttl : DEFAULT_BLOCKED_TTL },
    lists: lists.flatMap(({ list, zone }) => (zone === undefined ? [list] : [])),
    byAddress: lists.flatMap(({ list, byAddress }) => (byAddress === undefined ? [] : [{ list, rules: byAddress }])),
    zones: new RpzZones(lists.flatMap(({ zone }) => zone ?? []), hashKey),
    rebinding: { check: set.rebinding, exceptions: set.rebindingExceptions, ...whose },
    named: clientsOf(lists.flatMap(({ named }) => named)),
  }
}

function clientsOf(prefixes: readonly Prefix[]): Views | undefined {
  if (prefixes.length === 0) return undefined
  const clients = new Views()
  clients.set([{ name: 'named', prefixes, keys: [] }])
  return clients
}
