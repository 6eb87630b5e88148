/**
 * Trust anchors as a file: DS and DNSKEY records in master-file form, of any zones, as IANA's root-anchors and
 * Unbound's trust-anchor-file have them.
 */
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { ABSOLUTE, keyOf } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { parseRdataText } from '../wire/rdata.ts'
import { TYPE } from '../wire/type-names.ts'
import { parseZoneFile } from '../zone/master-file.ts'
import type { TrustAnchor } from './anchors.ts'

/** Zones whose keys are trusted. */
export const MAX_TRUST_ANCHORS = 256

/** The error is a sentence part that says what is wrong with it. */
export function parseTrustAnchors(text: string): Result<ReadonlyMap<NameKey, TrustAnchor>, string> {
  const parsed = parseZoneFile(text, '.', { defaultTtl: 3600 })
  if (!parsed.ok) return err(`line ${parsed.error.line}: ${parsed.error.problem}`)
  const anchors = new Map<NameKey, { readonly ds: Uint8Array[]; readonly dnskey: Uint8Array[] }>()
  for (const { name, type, data } of parsed.value.records) {
    if (type !== 'DS' && type !== 'DNSKEY') return err(`a ${type} record of ${name} is no trust anchor; DS and DNSKEY records are`)
    const rdata = parseRdataText(TYPE[type], data, ABSOLUTE)
    if (!rdata.ok) return err(`${name} ${type}: ${rdata.error.what}`)
    const key = keyOf(name)
    const anchor = anchors.get(key) ?? { ds: [], dnskey: [] }
    anchors.set(key, anchor)
    anchor[type === 'DS' ? 'ds' : 'dnskey'].push(rdata.value)
  }
  if (anchors.size === 0) return err('it has no DS or DNSKEY record')
  return anchors.size > MAX_TRUST_ANCHORS ? err(`it names more than ${MAX_TRUST_ANCHORS} zones`) : ok(anchors)
}
