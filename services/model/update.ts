/** Who may change a zone by dynamic update (RFC 2136), and what of it. Nobody may unless a rule says so. */
import type { Prefix } from '../../stack/index.ts'

/**
 * Which names of the zone. `wildcard`: all below the name that follows "*.", as that record would stand for them.
 * `self`: the name of the key; `self-subdomain`: that and all below it. Names in lower case.
 */
export type UpdateNames =
  | { readonly kind: 'zone' | 'self' | 'self-subdomain' }
  | { readonly kind: 'exact' | 'subdomain' | 'wildcard'; readonly name: string }

/**
 * Whose records an update may take away or replace: those that updates made; also those that people made (by hand, from
 * a file, with the zone); also those of leases.
 */
export const UPDATE_TOUCHES = ['updates', 'people', 'leases'] as const
export type UpdateTouches = (typeof UPDATE_TOUCHES)[number]

/** Both `key` and `prefix` must fit where both are given; one is. */
export type UpdateRule = {
  /** The name of the TSIG key with which the update is signed. */
  readonly key: string | undefined
  /** Where it comes from. Addresses are easily forged over UDP. */
  readonly prefix: Prefix | undefined
  readonly names: UpdateNames
  /** Mnemonics; none: every type but those that hand parts of the zone to others or are made by the server. */
  readonly types: readonly string[]
  readonly touches: UpdateTouches
}

/** Each rule allows; what none allows is refused. */
export type UpdatePolicy = { readonly zoneId: number; readonly rules: readonly UpdateRule[] }
