/** Dynamic update (RFC 2136): who may change a zone, and what came of it lately. */
import type { UpdateTouches } from '../model/index.ts'
import type { Answer } from './common.ts'

export const UPDATE_NAMES = ['zone', 'self', 'self-subdomain', 'exact', 'subdomain', 'wildcard'] as const

export type UpdateRuleView = {
  /** A TSIG key; null: unsigned updates too, from `address`. */
  readonly key: string | null
  /** "10.53.0.9/32"; null: from anywhere, with `key`. */
  readonly address: string | null
  readonly names: (typeof UPDATE_NAMES)[number]
  /** Of exact, subdomain and wildcard; null with the others. */
  readonly name: string | null
  /** Mnemonics; none: all but NS, DNAME, DS and the like. */
  readonly types: readonly string[]
  readonly touches: UpdateTouches
}
export type UpdatePolicyView = { readonly rules: readonly UpdateRuleView[] }

/** One update and what came of it. */
export type PastUpdateView = {
  readonly at: string
  readonly source: string
  readonly key: string | null
  readonly rcode: string
  /** Id of the event that says why. */
  readonly because: string
  readonly text: string
}

export interface UpdateServices {
  getUpdatePolicy(zone: string): Answer<UpdatePolicyView>
  setUpdatePolicy(zone: string, policy: UpdatePolicyView): Answer<UpdatePolicyView>
  /** Newest first; those since the appliance began, a few hundred at most. */
  recentUpdates(zone: string): Answer<readonly PastUpdateView[]>
}
