/** What lies below the owner of a DNAME record is looked for below its target (RFC 6672 §2.2, §3.2). */
import { equalBytes } from '../../../stack/platform/index.ts'
import type { ZoneSecurity } from '../dnssec/security.ts'
import { RCODE } from '../wire/message.ts'
import { formatKey, formatName, MAX_NAME_OCTETS, nameKey } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import type { Resolution } from './pipeline.ts'
import { place } from './respond.ts'
import { placeSigned } from './secured.ts'

/** The name with `owner` at its end replaced by `target`; undefined when that is too long. */
export function substituted(name: Name, owner: Name, target: Name): Name | undefined {
  const kept = name.length - owner.length
  if (kept + target.length > MAX_NAME_OCTETS) return undefined
  const made = new Uint8Array(kept + target.length)
  made.set(name.subarray(0, kept))
  made.set(target, kept)
  return made
}

/** Answers with the DNAME and a CNAME made of it, which is never signed (§5.3.1); its target is looked for next. */
export function redirect(r: Resolution, dname: Rrset, security: ZoneSecurity | undefined): 'done' | 'restart' {
  const { response } = r
  const target = leadingName(dname.rdata[0] as Uint8Array)
  const to = substituted(r.name, dname.name, target)
  // A chain may pass by it twice.
  if (!response.answer.some((placed) => placed.rrset.type === TYPE.DNAME && equalBytes(placed.owner, dname.name))) {
    if (security === undefined) response.answer.push(place(dname))
    else placeSigned(response, response.answer, security, dname)
  }
  const facts = { name: formatKey(r.key), owner: formatKey(nameKey(dname.name)), target: formatName(target) }
  if (to === undefined) {
    r.say('dns.answer.dname-too-long', facts)
    response.rcode = RCODE.YXDOMAIN
    return 'done'
  }
  r.say('dns.answer.dname', { ...facts, now: formatName(to) })
  // §3.1: with the DNAME's TTL, for resolvers that know no DNAME.
  response.answer.push(place({ name: r.name, type: TYPE.CNAME, ttl: dname.ttl, rdata: [to] }))
  // §3.2 step 3C goes on for every type; a CNAME that is asked for is there already. Knot and BIND do the same.
  if (r.query.type === TYPE.CNAME) return 'done'
  return r.follow(to) ? 'restart' : 'done'
}
