/** From the rule that was chosen to what is answered. */
import { extendedError, INFO_CODE } from '../wire/extended-errors.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import { nameOfKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import { triggerOf } from './address-rules.ts'
import type { PolicyDecision, RuleSource } from './decision.ts'
import type { PlainAction, PolicyList, PolicySet, RuleRecords } from './model.ts'
import { shown } from './rule-name.ts'
import { recordsOf, ruleText } from './rule-match.ts'
import type { Asked, RuleMatch } from './rule-match.ts'

const NULL_A = new Uint8Array(4)
const NULL_AAAA = new Uint8Array(16)

/** What a rule by name decides. */
export function decisionOf(match: RuleMatch, matches: readonly RuleMatch[], asked: Asked, set: PolicySet): PolicyDecision {
  const line = match.line > 0 ? match.line : undefined
  const said: RuleSource = { list: match.list.name, rule: ruleText(match), line, ttl: set.ttl, error: errorOf(match) }
  return match.action === 'records' ? withRecords(said, recordsOf(match, matches), asked, set) : plain(said, match.action, asked, set)
}

/** What clients are told, by list and code: the same thing again and again. */
const errors = new WeakMap<PolicyList, Map<number, ExtendedError>>()

function errorOf({ list, of, name, action }: RuleMatch): ExtendedError {
  const known = errors.get(list) ?? new Map<number, ExtendedError>()
  errors.set(list, known)
  const byClient = of === 'addresses' && triggerOf(name) === 'client'
  // An answer that is given all the same is called forged (RFC 8914 §4.5).
  const [code, text] = byClient
    ? ([INFO_CODE.prohibited, 'not for this client, says'] as const)
    : action === 'records' ? ([INFO_CODE.forged, 'answered by'] as const) : ([INFO_CODE.blocked, 'blocked by'] as const)
  const error = known.get(code) ?? extendedError(code, `${text} ${shown(list.name)}`)
  known.set(code, error)
  return error
}

function plain(said: RuleSource, action: PlainAction, asked: Asked, set: PolicySet): PolicyDecision {
  if (action !== 'block') return { ...said, action }
  if (set.answer !== 'null') return { ...said, action: set.answer }
  const name = nameOfKey(asked.key)
  const rrsets = [
    { name, type: TYPE.A, ttl: set.ttl, rdata: [NULL_A] },
    { name, type: TYPE.AAAA, ttl: set.ttl, rdata: [NULL_AAAA] },
  ]
  return { ...said, action: 'records', rrsets }
}

function withRecords(said: RuleSource, records: RuleRecords, { key }: Asked, set: PolicySet): PolicyDecision {
  const name = nameOfKey(key)
  const rrsets = new Map<number, Rrset>()
  for (const { type, ttl, rdata } of records) {
    const before = rrsets.get(type)?.rdata ?? []
    const data = type === TYPE.CNAME ? [...before, ...rdata].slice(0, 1).map((one) => aliasOf(one, key)) : [...before, ...rdata]
    rrsets.set(type, { name, type, ttl: ttl ?? set.ttl, rdata: data })
  }
  // An alias stands alone (RFC 1034 §3.6.2).
  const alias = rrsets.get(TYPE.CNAME)
  return { ...said, action: 'records', rrsets: alias === undefined ? [...rrsets.values()] : [alias] }
}

/** "*.garden.example" is the name asked for and "garden.example"; it is left as it is where that would be too long. */
function aliasOf(rdata: Uint8Array, key: NameKey): Uint8Array {
  const target = leadingName(rdata)
  if (target[0] !== 1 || target[1] !== 0x2a || key.length - 1 + target.length - 2 > 255) return rdata
  const asked = nameOfKey(key)
  const whole: Name = new Uint8Array(asked.length - 1 + target.length - 2)
  whole.set(asked.subarray(0, -1))
  whole.set(target.subarray(2), asked.length - 1)
  return whole
}
