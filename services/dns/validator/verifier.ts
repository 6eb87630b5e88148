/**
 * Proves RRsets by the keys of their zone (RFC 4035 §5.3). The arithmetic is done elsewhere, one try after the other, and
 * each is paid out of the budget of the question that needs it.
 */
import { LruMap, put16 } from '../../../stack/platform/index.ts'
import type { Clock } from '../../../stack/platform/index.ts'
import { nameKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import type { SignedRrset } from '../resolver/finding.ts'
import type { Ask } from '../resolver/source.ts'
import { typeName } from '../wire/type-names.ts'
import type { ValidationCount } from './counts.ts'
import { fault, FAULT_CODE, fullTime, outOfBudget, setText, timeText, zoneText } from './faults.ts'
import type { Fault } from './faults.ts'
import type { ZoneKey } from './keys.ts'
import { boundedTtl, octetsOf, triesOf, wildcardEncloser } from './signature.ts'
import type { Signature, Try } from './signature.ts'

/**
 * Whether `signature` was made over `data` with the private half of `publicKey`, which has the form of a DNSKEY record, as
 * the signature has that of RRSIG. `done` is called once, perhaps before this returns; false also when the octets are no
 * key of that algorithm; undefined: too many wait, and nobody has looked.
 */
export type VerifySignature = (
  algorithm: number, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array, done: (genuine: boolean | undefined) => void,
) => void

/** For whose sake all this is done: it pays, and what is asked for it is asked in its name. */
export type Context = Ask

export type Proven = {
  readonly kind: 'proven'
  /** With the TTL that is allowed. */
  readonly set: SignedRrset
  /** It was made from the wildcard below this name, which has to be proven to be the right one. */
  readonly encloser: NameKey | undefined
}
export type Verdict = Proven | { readonly kind: 'fault'; readonly fault: Fault }

/**
 * Signatures found genuine, with all that they depend on, half a KiB each: denials of one zone have the same SOA and the same
 * few NSEC records again and again.
 */
const MAX_GENUINE = 2048
/** What is longer is rare, and checked again: two such lists would be as large as a cache. */
const MAX_GENUINE_OCTETS = 1024

/** Keys of a zone that are believed. */
export type KeyedZone = { readonly zone: NameKey; readonly keys: readonly ZoneKey[] }

export class Verifier {
  readonly #clock: Clock
  readonly #verify: VerifySignature
  readonly #count: (name: ValidationCount) => void
  readonly #genuine = new LruMap<string, true>(MAX_GENUINE)

  constructor(ports: { readonly clock: Clock; readonly verify: VerifySignature; readonly count: (name: ValidationCount) => void }) {
    this.#clock = ports.clock
    this.#verify = ports.verify
    this.#count = ports.count
  }

  get nowSeconds(): number {
    return Math.floor(this.#clock.wallMs() / 1000)
  }

  verify(set: SignedRrset, by: KeyedZone, context: Context, done: (verdict: Verdict) => void): void {
    const tries = triesOf(set, by.zone, by.keys, this.nowSeconds)
    if ('code' in tries) done({ kind: 'fault', fault: tries })
    else this.#try(set, by.zone, tries, 0, context, done)
  }

  /** All of them, one after the other, until one is not proven. */
  verifyAll(sets: readonly SignedRrset[], by: KeyedZone, context: Context, done: (verdict: { readonly kind: 'proven'; readonly all: readonly Proven[] } | { readonly kind: 'fault'; readonly fault: Fault }) => void): void {
    const all: Proven[] = []
    const next = (): void => {
      const set = sets[all.length]
      if (set === undefined) {
        done({ kind: 'proven', all })
        return
      }
      this.verify(set, by, context, (verdict) => {
        if (verdict.kind === 'fault') {
          done(verdict)
          return
        }
        all.push(verdict)
        next()
      })
    }
    next()
  }

  #try(set: SignedRrset, zone: NameKey, tries: readonly Try[], at: number, context: Context, done: (verdict: Verdict) => void): void {
    const { signature, key } = tries[at] as Try
    const owner = nameKey(set.rrset.name)
    const data = octetsOf(set, signature)
    const id = identity(key, data, signature.octets)
    const proven = (): void => done(this.#proven(set, zone, signature, context))
    if (id !== undefined && this.#genuine.get(id) === true) {
      proven()
      return
    }
    if (!context.budget.take('signatures')) {
      this.#count('validation-out-of-budget')
      done({ kind: 'fault', fault: outOfBudget(`${setText(owner, set.rrset.type)} needs more signatures checked than one question may cost`) })
      return
    }
    this.#count('validation-signature')
    this.#verify(key.algorithm, key.publicKey, data, signature.octets, (genuine) => {
      if (genuine === true) {
        if (id !== undefined) this.#genuine.set(id, true)
        proven()
        return
      }
      if (genuine === undefined) {
        this.#count('validation-pool-full')
        done({ kind: 'fault', fault: outOfBudget('too many signatures wait to be checked') })
        return
      }
      this.#count('validation-signature-false')
      if (at + 1 < tries.length) {
        this.#try(set, zone, tries, at + 1, context, done)
        return
      }
      const text = `the signature of ${setText(owner, set.rrset.type)} by key ${signature.keyTag} of ${zoneText(zone)} does not fit: somebody changed the data`
      done({ kind: 'fault', fault: fault(FAULT_CODE.bogus, text) })
    })
  }

  #proven(set: SignedRrset, zone: NameKey, signature: Signature, { trace }: Context): Proven {
    const owner = nameKey(set.rrset.name)
    const now = this.nowSeconds
    trace?.('dns.validation.signature', {
      name: setText(owner, set.rrset.type), type: typeName(set.rrset.type), zone: zoneText(zone), keyTag: signature.keyTag, algorithm: signature.algorithm,
      until: timeText(fullTime(signature.expiration, now)),
    })
    return { kind: 'proven', set: withTtl(set, boundedTtl(set.rrset.ttl, signature, now)), encloser: wildcardEncloser(owner, signature) }
  }
}

/** Where the parts of an identity are put together. A key and a signature have 520 octets at most, else it is none. */
const identityOctets = Buffer.alloc(4 + 2 * 520 + MAX_GENUINE_OCTETS)

/** The key with its algorithm, what was signed and the signature as one text; undefined when it would be long. */
function identity({ rdata }: ZoneKey, data: Uint8Array, signature: Uint8Array): string | undefined {
  if (data.length > MAX_GENUINE_OCTETS || rdata.length > 520 || signature.length > 520) return undefined
  put16(identityOctets, 0, rdata.length)
  put16(identityOctets, 2, data.length)
  identityOctets.set(rdata, 4)
  identityOctets.set(data, 4 + rdata.length)
  identityOctets.set(signature, 4 + rdata.length + data.length)
  return identityOctets.toString('latin1', 0, 4 + rdata.length + data.length + signature.length)
}

function withTtl(set: SignedRrset, ttl: number): SignedRrset {
  if (ttl === set.rrset.ttl) return set
  return { rrset: { ...set.rrset, ttl }, signatures: set.signatures && { ...set.signatures, ttl: Math.min(ttl, set.signatures.ttl) } }
}
