/** The cache's entries and filters in the words of people. */
import type { Instant, Result } from '../../../stack/platform/index.ts'
import { err, ok } from '../../../stack/platform/index.ts'
import { TRUST } from '../resolver/finding.ts'
import type { Security } from '../resolver/finding.ts'
import { formatKey, readName } from '../wire/name.ts'
import { formatRdata } from '../wire/rdata.ts'
import { typeCode, typeName } from '../wire/type-names.ts'
import type { CacheFilter, CacheRow } from './cache-filter.ts'

type Described = {
  readonly name: string
  readonly type: string | null
  readonly says: 'records' | 'no-such-type' | 'no-such-name'
  readonly records: readonly string[]
  readonly ageSeconds: number
  readonly secondsLeft: number
  readonly security: Security
  readonly trust: keyof typeof TRUST
  readonly source: string
  readonly zone: string
  readonly partition: number
}

const SAYS = { rrset: 'records', alias: 'records', nodata: 'no-such-type', nxdomain: 'no-such-name' } as const
const TRUST_NAMES = Object.fromEntries(Object.entries(TRUST).map(([name, rank]) => [rank, name])) as { readonly [rank: number]: keyof typeof TRUST }

export function describeCached({ partition, finding }: CacheRow, now: Instant): Described {
  const { kind, owner, type, answer, storedAt, expiresAt, security, trust, source, zone } = finding
  return {
    name: formatKey(owner), type: kind === 'nxdomain' ? null : typeName(type), says: SAYS[kind],
    records: answer.flatMap(({ rrset }) => rrset.rdata.map((rdata) => `${typeName(rrset.type)} ${formatRdata(rrset.type, rdata)}`)),
    ageSeconds: Math.floor((now - storedAt) / 1000), secondsLeft: Math.floor((expiresAt - now) / 1000), security,
    trust: TRUST_NAMES[trust] as keyof typeof TRUST, source, zone: formatKey(zone), partition,
  }
}

export type FilterFault = { readonly field: 'name' | 'below' | 'type'; readonly problem: string; readonly remedy: string }

/** Names with or without a final dot; types as "A" or "TYPE65". */
export function readCacheFilter(
  { name, below, type, security }: { readonly name?: string; readonly below?: string; readonly type?: string; readonly security?: Security },
): Result<CacheFilter, FilterFault> {
  const keys: Record<string, string> = {}
  for (const [field, text] of [['name', name], ['below', below]] as const) {
    if (text === undefined) continue
    const read = readName(text)
    if (read === undefined) return err({ field, problem: `"${text}" is no domain name`, remedy: 'as www.example.com; "." is the root' })
    keys[field] = read.key
  }
  const code = type === undefined ? undefined : typeCode(type)
  if (type !== undefined && code === undefined) return err({ field: 'type', problem: `there is no record type ${type}`, remedy: 'as A or MX, or TYPE and the number' })
  return ok({ ...keys, ...(code === undefined ? {} : { type: code }), ...(security === undefined ? {} : { security }) })
}
