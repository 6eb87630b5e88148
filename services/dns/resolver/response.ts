/**
 * What a datagram from an upstream server is worth: whether it answers the question at all (RFC 5452 §9), and what of
 * it may be used. Only the chain of aliases from the question's name, the records it ends in and the proof of a
 * negative answer are taken; everything else a server adds is left out.
 */
import { u16 } from '../../../stack/platform/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'
import { MAX_TTL_SECONDS } from '../cache/cache.ts'
import type { CachedAnswer, Question } from '../cache/cache.ts'
import { MAX_NEGATIVE_SECONDS, negativeTtl } from '../cache/negative.ts'
import { FLAG, HEADER_OCTETS, opcodeOf, OPCODE, parseMessage, RCODE } from '../wire/message.ts'
import type { Message, MessageRecord } from '../wire/message.ts'
import { isAtOrBelow, nameKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { CLASS_IN, META, TYPE } from '../wire/type-names.ts'

/** Aliases followed in one answer; 16 as BIND and Unbound allow about. */
export const MAX_CHAIN = 16

export type Verdict =
  /** Not an answer to what we asked: a forgery, a stray or an old one. Waiting goes on. */
  | { readonly kind: 'stray'; readonly because: 'short' | 'not-a-response' | 'id' | 'question' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'truncated' }
  /** The server cannot or does not want to answer. */
  | { readonly kind: 'failure'; readonly rcode: number }
  | { readonly kind: 'answer'; readonly answer: CachedAnswer }

export type Expected = {
  readonly id: number
  readonly question: Question
  /** The name as sent. With mixed case it must come back letter by letter. */
  readonly name: Name
  readonly sameCase: boolean
}

export function judge(b: Uint8Array, at: number, length: number, expected: Expected, now: Instant): Verdict {
  if (length < HEADER_OCTETS) return { kind: 'stray', because: 'short' }
  const flags = u16(b, at + 2)
  if ((flags & FLAG.QR) === 0 || opcodeOf(flags) !== OPCODE.QUERY) return { kind: 'stray', because: 'not-a-response' }
  if (u16(b, at) !== expected.id) return { kind: 'stray', because: 'id' }
  const rcode = flags & 15
  // RFC 6891 §7: a server that cannot read EDNS may send FORMERR without repeating the question.
  if (rcode === RCODE.FORMERR && u16(b, at + 4) === 0) return { kind: 'failure', rcode }
  const parsed = parseMessage(b, at, length)
  if (!parsed.ok) return { kind: 'malformed' }
  const message = parsed.value
  if (!isQuestion(message, expected)) return { kind: 'stray', because: 'question' }
  if ((flags & FLAG.TC) !== 0) return { kind: 'truncated' }
  if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN && message.rcode !== RCODE.YXDOMAIN) {
    return { kind: 'failure', rcode: message.rcode }
  }
  return { kind: 'answer', answer: clean(message, expected.question, now) }
}

function isQuestion(message: Message, expected: Expected): boolean {
  const { question } = expected
  if (message.key !== question.key || message.type !== question.type || message.class !== CLASS_IN) return false
  return !expected.sameCase || message.name.every((octet, i) => octet === expected.name[i])
}

function clean(message: Message, question: Question, now: Instant): CachedAnswer {
  const given = group(message.answer, MAX_TTL_SECONDS)
  const answer: Rrset[] = []
  let at = question.key
  let positive = false
  for (let hops = 0; hops <= MAX_CHAIN; hops++) {
    const here = given.filter((set) => set.key === at && !answer.includes(set.rrset))
    const wanted = here.filter((set) => set.rrset.type === question.type || question.type === META.ANY)
    const cname = here.find((set) => set.rrset.type === TYPE.CNAME)
    const dname = given.filter((set) => set.rrset.type === TYPE.DNAME && set.key !== at && isAtOrBelow(at, set.key))
    positive = wanted.length > 0
    const used = positive ? wanted : cname === undefined ? [] : [...dname, cname]
    // Signatures stand with what they cover.
    const signatures = question.dnssecOk ? given.filter((set) => isSignatureOf(set, used)) : []
    answer.push(...[...used, ...signatures].map((set) => set.rrset).filter((rrset) => !answer.includes(rrset)))
    if (positive || cname === undefined) break
    at = nameKey(leadingName(cname.rrset.rdata[0] as Uint8Array))
  }
  const authority = proofs(message.authority, at, question, positive)
  const ttl = lifetime(answer, authority, positive)
  return { rcode: message.rcode, answer, authority, storedAt: now, expiresAt: now + 1000 * ttl }
}

type Keyed = { readonly key: NameKey; readonly rrset: Rrset }

const isSignatureOf = (set: Keyed, covered: readonly Keyed[]): boolean =>
  set.rrset.type === TYPE.RRSIG && covered.some((other) => other.key === set.key && other.rrset.type !== TYPE.RRSIG)

/**
 * The SOA of a negative answer, and what DNSSEC proves it or a wildcard with. NS records are of no use to our clients.
 */
function proofs(records: readonly MessageRecord[], name: NameKey, question: Question, positive: boolean): Rrset[] {
  const wanted = group(records, MAX_NEGATIVE_SECONDS).filter(({ key, rrset }) => {
    if (rrset.type === TYPE.SOA) return !positive && isAtOrBelow(name, key)
    return question.dnssecOk && (rrset.type === TYPE.NSEC || rrset.type === TYPE.NSEC3 || rrset.type === TYPE.RRSIG)
  })
  // RFC 2308 §5: the SOA is given on with the TTL of the negative answer, so that caches behind us hold it no longer.
  return wanted.map(({ rrset }) => (rrset.type === TYPE.SOA ? { ...rrset, ttl: negativeTtl(rrset) } : rrset))
}

/**
 * Seconds until any part ends. A negative answer without SOA is not kept at all (RFC 2308 §5), nor is an alias whose
 * target the server left out.
 */
function lifetime(answer: readonly Rrset[], authority: readonly Rrset[], positive: boolean): number {
  const ttls = answer.map((rrset) => rrset.ttl)
  const soa = authority.find((rrset) => rrset.type === TYPE.SOA)
  if (soa === undefined && !positive) return 0
  return Math.min(...ttls, ...authority.map((rrset) => rrset.ttl))
}

/**
 * Records of class IN by owner and type, in the order of their first; the least TTL counts for the set (RFC 2181 §5.2).
 */
function group(records: readonly MessageRecord[], maxTtl: number): Keyed[] {
  const sets = new Map<string, { key: NameKey; name: Name; type: number; ttl: number; rdata: Uint8Array[] }>()
  for (const record of records) {
    if (record.class !== CLASS_IN) continue
    const id = `${record.key}${String.fromCharCode(record.type)}`
    const set = sets.get(id)
    if (set === undefined) {
      const ttl = Math.min(record.ttl, maxTtl)
      sets.set(id, { key: record.key, name: record.name, type: record.type, ttl, rdata: [record.rdata] })
    } else {
      set.ttl = Math.min(set.ttl, record.ttl)
      set.rdata.push(record.rdata)
    }
  }
  return [...sets.values()].map(({ key, ...rrset }) => ({ key, rrset }))
}
