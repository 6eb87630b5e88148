/**
 * Whether a zone is as an update wants it to be (RFC 2136 §2.4, §3.2): five kinds of prerequisites, told apart by class,
 * type and data, all of which must hold.
 *
 *   class  type  data   holds when
 *   ANY    ANY   none   the name is in use
 *   ANY    any   none   the RRset exists
 *   zone   any   some   the RRset exists and is exactly the set of all records given for it
 *   NONE   ANY   none   the name is not in use
 *   NONE   any   none   the RRset does not exist
 */
import { RCODE } from '../wire/message.ts'
import { isAtOrBelow } from '../wire/name.ts'
import { CLASS_IN, isMetaType, META } from '../wire/type-names.ts'
import { CLASS_ANY, CLASS_NONE } from './update-message.ts'
import type { UpdateRecord } from './update-message.ts'
import { identityOf } from './zone-draft.ts'
import type { ZoneDraft } from './zone-draft.ts'

/** The first one that does not hold, or is not well-formed, with the rcode that says so. */
export type Unmet = { readonly rcode: number; readonly record: UpdateRecord }

/** undefined: all hold. In the order of §3.2.5. */
export function firstUnmet(draft: ZoneDraft, prerequisites: readonly UpdateRecord[]): Unmet | undefined {
  const wanted = new Map<string, { readonly record: UpdateRecord; readonly identities: Set<string> }>()
  for (const record of prerequisites) {
    const { key, type } = record
    const rcode = faultOf(draft, record)
    if (rcode !== RCODE.NOERROR) return { rcode, record }
    if (record.class !== CLASS_IN) continue
    const rrset = `${type} ${key}`
    const known = wanted.get(rrset) ?? { record, identities: new Set() }
    wanted.set(rrset, known)
    known.identities.add(identityOf(type, record.rdata))
  }
  for (const { record, identities } of wanted.values()) {
    if (!draft.isRrset(record.key, record.type, identities)) return { rcode: RCODE.NXRRSET, record }
  }
  return undefined
}

function faultOf(draft: ZoneDraft, { key, type, ttl, rdata, class: recordClass }: UpdateRecord): number {
  if (ttl !== 0) return RCODE.FORMERR
  if (!isAtOrBelow(key, draft.apex)) return RCODE.NOTZONE
  if (recordClass === CLASS_IN) return isMetaType(type) ? RCODE.FORMERR : RCODE.NOERROR
  if ((recordClass !== CLASS_ANY && recordClass !== CLASS_NONE) || rdata.length > 0) return RCODE.FORMERR
  if (type !== META.ANY && isMetaType(type)) return RCODE.FORMERR
  const exists = type === META.ANY ? draft.isInUse(key) : draft.hasRrset(key, type)
  if (recordClass === CLASS_ANY && !exists) return type === META.ANY ? RCODE.NXDOMAIN : RCODE.NXRRSET
  if (recordClass === CLASS_NONE && exists) return type === META.ANY ? RCODE.YXDOMAIN : RCODE.YXRRSET
  return RCODE.NOERROR
}
