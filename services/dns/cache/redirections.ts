/**
 * Aliases made of a DNAME record in the cache (RFC 6672 §3.1 to §3.4), for names below its owner that nobody has asked for
 * yet. As in Unbound only of one that is proven: an unsigned one would move a whole subtree by one forged answer.
 */
import type { Instant } from '../../../stack/platform/index.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import { redirected } from '../resolver/findings.ts'
import { nameKey, nameOfKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import { TYPE } from '../wire/type-names.ts'

/** The DNAME record that an alias was made of, as a finding of its own. */
export function dnameOf(finding: Finding): Finding | undefined {
  const [first] = finding.answer
  if (finding.security !== 'secure' || first?.rrset.type !== TYPE.DNAME || first.signatures === undefined) return undefined
  const owner = nameKey(first.rrset.name)
  if (owner === finding.owner) return undefined
  return { ...finding, owner, type: TYPE.DNAME, kind: 'rrset', answer: [first], authority: [] }
}

/** The alias that a name below the owner of `dname` is; undefined: its new name would be too long. */
export function aliasBy(dname: Finding, key: NameKey, type: number, now: Instant): Finding | undefined {
  const [set] = dname.answer
  const rdata = set?.rrset.rdata[0]
  const target = rdata && redirected(key, dname.owner, leadingName(rdata))
  if (set === undefined || target === undefined) return undefined
  const ttl = Math.floor((dname.expiresAt - now) / 1000)
  const aged = ({ rrset, signatures }: SignedRrset): SignedRrset => ({ rrset: { ...rrset, ttl }, signatures: signatures && { ...signatures, ttl } })
  const cname: SignedRrset = { rrset: { name: nameOfKey(key), type: TYPE.CNAME, ttl, rdata: [target] }, signatures: undefined }
  return {
    ...dname, owner: key, type, kind: type === TYPE.CNAME ? 'rrset' : 'alias', answer: [aged(set), cname], storedAt: now, expiresAt: now + ttl * 1000,
  }
}
