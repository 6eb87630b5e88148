/** What a line of a list comes to. */
import { ROOT } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import type { AddressPrefix } from './address-rules.ts'
import { ACTION, SCOPE } from './model.ts'
import type { Action, ListKind, RuleDetail, Scope } from './model.ts'

export type LineRule = {
  readonly name: Name
  /** The rule is about answers with this address, and `name` says nothing. */
  readonly address?: AddressPrefix
  readonly scope: Scope
  readonly action: Exclude<Action, typeof ACTION.detail>
  readonly important: boolean
  /** For a rule that says more; then `action` is not looked at. */
  readonly detail: Omit<RuleDetail, 'line'> | undefined
}

export type ListLine =
  /** `reason`: of several names of a hosts line some were none. */
  | { readonly kind: 'rules'; readonly rules: readonly LineRule[]; readonly reason: string | undefined }
  /** Empty, a comment, or a line that every list of this kind has. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'not-understood'; readonly reason: string }

export const NOTHING: ListLine = { kind: 'nothing' }
export const notUnderstood = (reason: string): ListLine => ({ kind: 'not-understood', reason })

/** The usual case: a name, and that it is blocked or allowed. */
export const plainRule = (name: Name, scope: Scope, kind: ListKind): LineRule =>
  ({ name, scope, action: kind === 'allow' ? ACTION.allow : ACTION.block, important: false, detail: undefined })

/** The same for an address in answers. */
export const addressRule = (address: AddressPrefix, kind: ListKind): LineRule => ({ ...plainRule(ROOT, SCOPE.exact, kind), address })

export const oneRule = (rule: LineRule): ListLine => ({ kind: 'rules', rules: [rule], reason: undefined })

