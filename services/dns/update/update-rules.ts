/** A zone's policy for updates, made ready for many records: who may change what (RFC 2136 §3.3). */
import { contains } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { UPDATE_TOUCHES } from '../../model/index.ts'
import type { DnsRecord, UpdateNames, UpdateRule, UpdateTouches } from '../../model/index.ts'
import { isAtOrBelow, keyOf, parentKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE, typeCode } from '../wire/type-names.ts'

/** Who sent an update. */
export type Requester = {
  readonly source: Ipv4
  /** Of the TSIG key that it was signed with. */
  readonly key: NameKey | undefined
}

/** Made by the server with the signatures: no policy lets them be updated. */
export const SERVER_TYPES: ReadonlySet<number> = new Set([TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.NSEC3PARAM])
/** Types that a rule has to name: they give parts of the zone away, or are what others trust the zone by. */
const NAMED_TYPES: ReadonlySet<number> = new Set([
  ...SERVER_TYPES, TYPE.SOA, TYPE.NS, TYPE.DNAME, TYPE.DS, TYPE.DNSKEY, TYPE.CDS, TYPE.CDNSKEY, TYPE.CSYNC, TYPE.ZONEMD,
])

type ReadyRule = {
  readonly rule: UpdateRule
  readonly key: NameKey | undefined
  readonly covers: (name: NameKey, requester: Requester) => boolean
  readonly types: ReadonlySet<number> | undefined
}

export class UpdateRules {
  readonly #ready: readonly ReadyRule[]

  /** The names and types of the rules have been checked. */
  constructor(rules: readonly UpdateRule[]) {
    this.#ready = rules.map((rule) => ({
      rule,
      key: rule.key === undefined ? undefined : keyOf(rule.key),
      covers: namesOf(rule.names),
      types: rule.types.length === 0 ? undefined : new Set(rule.types.map((type) => typeCode(type) as number)),
    }))
  }

  /** Whether any rule speaks of this requester. */
  knows(requester: Requester): boolean {
    return this.#ready.some((ready) => isFor(ready, requester))
  }

  /** Whether something of a name may be changed, whatever its type. */
  coversName(requester: Requester, name: NameKey): boolean {
    return this.#ready.some((ready) => isFor(ready, requester) && ready.covers(name, requester))
  }

  /** How far this requester may go with this type of this name; undefined: it may not change it at all. */
  touches(requester: Requester, name: NameKey, type: number): UpdateTouches | undefined {
    let most = -1
    for (const ready of this.#ready) {
      if (!isFor(ready, requester) || !ready.covers(name, requester)) continue
      if (SERVER_TYPES.has(type) || !(ready.types?.has(type) ?? !NAMED_TYPES.has(type))) continue
      most = Math.max(most, UPDATE_TOUCHES.indexOf(ready.rule.touches))
    }
    return UPDATE_TOUCHES[most]
  }
}

/** Whether somebody who may go so far may take this record away or put another in its place. */
export function mayTouch(touches: UpdateTouches, owner: DnsRecord['owner']): boolean {
  if (owner.kind === 'update') return true
  return owner.kind === 'lease' ? touches === 'leases' : touches !== 'updates'
}

const isFor = ({ rule, key }: ReadyRule, requester: Requester): boolean =>
  (key === undefined || key === requester.key) && (rule.prefix === undefined || contains(rule.prefix, requester.source))

function namesOf(names: UpdateNames): ReadyRule['covers'] {
  switch (names.kind) {
    case 'zone':
      return () => true
    case 'self':
      return (name, { key }) => name === key
    case 'self-subdomain':
      return (name, { key }) => key !== undefined && isAtOrBelow(name, key)
  }
  const key = keyOf(names.name)
  switch (names.kind) {
    case 'exact':
      return (name) => name === key
    case 'subdomain':
      return (name) => isAtOrBelow(name, key)
    case 'wildcard': {
      const above = parentKey(key)
      return (name) => name !== above && isAtOrBelow(name, above)
    }
  }
}
