/** Whom an edit touches. */
import type { DnsRecord } from '../../model/index.ts'
import { nameKey, parseName } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { typeCode } from '../wire/type-names.ts'

/** Owner and type of each record. Those that are served are well formed; another is not in the zone. */
export const ownersIn = (...lists: readonly (readonly DnsRecord[])[]): readonly (readonly [NameKey, type: number])[] =>
  lists.flat().flatMap((record): readonly (readonly [NameKey, number])[] => {
    const owner = parseName(record.name)
    const type = typeCode(record.type)
    return owner.ok && type !== undefined ? [[nameKey(owner.value), type]] : []
  })
