/**
 * What NSEC3 records prove: RFC 5155 §8, RFC 9276 §3.2 (too many rounds), RFC 6840 §4 (which may be believed). Hashing
 * costs, and who asks says how much: every round is taken out of the budget of the question (CVE-2023-50868).
 */
import { u16 } from '../../../stack/platform/index.ts'
import { nsec3Hash, SHA1_OCTETS } from '../dnssec/nsec3-hash.ts'
import type { Budget } from '../resolver/source.ts'
import { isAtOrBelow, nameKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { parseBase32Hex } from '../wire/presentation.ts'
import type { Rrset } from '../wire/rrset.ts'
import { META, TYPE } from '../wire/type-names.ts'
import { listsOnly, listsType } from './denial.ts'
import type { CutProof, Proof } from './denial.ts'

/** What a zone may ask for; beyond that it counts as insecure, as with Unbound and BIND (RFC 9276 §3.2). */
export const MAX_BELIEVED_ITERATIONS = 150
/** RFC 5155 §3.1.1. */
const SHA1 = 1
const OPT_OUT = 1

type Nsec3Record = {
  readonly hash: Uint8Array
  readonly next: Uint8Array
  readonly optOut: boolean
  readonly iterations: number
  readonly salt: Uint8Array
  readonly has: (type: number) => boolean
  /** The name has no records at all: an empty non-terminal. */
  readonly isBare: boolean
}

/** A record read; undefined for one that is to be ignored (RFC 5155 §8.1, §8.2). */
function readRecord(rrset: Rrset, zone: NameKey): Nsec3Record | undefined {
  const rdata = rrset.rdata[0]
  if (rrset.type !== TYPE.NSEC3 || rdata === undefined || rrset.rdata.length !== 1 || rdata.length < 6) return undefined
  const owner = nameKey(rrset.name)
  if (owner === ROOT_KEY || parentKey(owner) !== zone) return undefined
  const hash = parseBase32Hex(owner.slice(1, 1 + owner.charCodeAt(0)))
  const saltEnd = 5 + (rdata[4] as number)
  const nextEnd = saltEnd + 1 + (rdata[saltEnd] ?? 0)
  const flags = rdata[1] as number
  if (rdata[0] !== SHA1 || (flags & ~OPT_OUT) !== 0 || hash?.length !== SHA1_OCTETS) return undefined
  if (nextEnd > rdata.length || nextEnd - saltEnd - 1 !== SHA1_OCTETS) return undefined
  return {
    hash, next: rdata.subarray(saltEnd + 1, nextEnd), optOut: flags === OPT_OUT, iterations: u16(rdata, 2),
    salt: rdata.subarray(5, saltEnd), has: (type) => listsType(rdata, nextEnd, type), isBare: listsOnly(rdata, nextEnd, []),
  }
}

type Enclosed = {
  readonly encloser: NameKey
  /** Of the span that the name one label longer lies in: undefined when the name itself is there. */
  readonly cover: Nsec3Record | undefined
}

/** The proven NSEC3 records of one response, all of one zone and with one set of parameters. */
export class Nsec3Records {
  readonly #records: readonly Nsec3Record[]
  readonly #zone: NameKey
  readonly #budget: Budget
  readonly #hashes = new Map<NameKey, Uint8Array>()
  readonly iterations: number
  #outOfBudget = false

  constructor(rrsets: readonly Rrset[], zone: NameKey, budget: Budget) {
    const all = rrsets.map((rrset) => readRecord(rrset, zone)).filter((record) => record !== undefined)
    const [first] = all
    this.iterations = first?.iterations ?? 0
    // RFC 5155 §8.2: all with one salt and one count of rounds.
    this.#records = all.filter((record) => record.iterations === this.iterations && Buffer.compare(record.salt, first?.salt ?? record.salt) === 0)
    this.#zone = zone
    this.#budget = budget
  }

  get isEmpty(): boolean {
    return this.#records.length === 0
  }

  /** Its zone asks for more rounds than are done here. */
  get isTooDear(): boolean {
    return this.iterations > MAX_BELIEVED_ITERATIONS
  }

  /** RFC 5155 §8.4. */
  noName(key: NameKey): Proof {
    const found = this.#enclosed(key)
    if (found?.cover === undefined) return this.#unproven()
    return this.#covering(wildcardBelow(found.encloser)) === undefined ? this.#unproven() : found.cover.optOut ? 'insecure' : 'proven'
  }

  /** RFC 5155 §8.5 to §8.7. */
  noType(key: NameKey, type: number): Proof {
    const own = this.#matching(key)
    if (own !== undefined) return this.#lacks(own, type) ? 'proven' : 'unproven'
    const found = this.#enclosed(key)
    if (found?.cover === undefined) return this.#unproven()
    const wildcard = this.#matching(wildcardBelow(found.encloser))
    if (wildcard !== undefined) return !this.#lacks(wildcard, type) ? 'unproven' : found.cover.optOut ? 'insecure' : 'proven'
    // §8.6; and names between unsigned delegations of an opted-out span and the apex have no record either.
    return found.cover.optOut ? 'insecure' : this.#unproven()
  }

  /** RFC 5155 §8.8. */
  nothingCloser(key: NameKey, encloser: NameKey): Proof {
    let next = key
    while (parentKey(next) !== encloser) next = parentKey(next)
    const cover = this.#covering(next)
    return cover === undefined ? this.#unproven() : cover.optOut ? 'insecure' : 'proven'
  }

  /** RFC 5155 §8.6 and §8.9, for a name below the apex. */
  cut(key: NameKey): CutProof {
    const own = this.#matching(key)
    if (own !== undefined) {
      if (own.has(TYPE.SOA) || own.has(TYPE.DS)) return 'unproven'
      return own.has(TYPE.NS) ? 'insecure' : 'no-cut'
    }
    const found = this.#enclosed(key)
    if (found?.cover === undefined) return this.#unproven()
    return found.cover.optOut ? 'insecure' : 'no-cut'
  }

  #unproven(): 'unproven' | 'out-of-budget' {
    return this.#outOfBudget ? 'out-of-budget' : 'unproven'
  }

  /** See lacks() of denial-nsec.ts. */
  #lacks(record: Nsec3Record, type: number): boolean {
    const delegates = record.has(TYPE.NS) && !record.has(TYPE.SOA)
    if (type === TYPE.DS ? record.has(TYPE.SOA) && this.#zone !== ROOT_KEY : delegates) return false
    if (type === META.ANY) return record.isBare
    return !record.has(type) && !record.has(TYPE.CNAME)
  }

  /** The closest encloser proof of RFC 5155 §8.3; undefined when there is none. */
  #enclosed(key: NameKey): Enclosed | undefined {
    let longer: NameKey | undefined
    for (let encloser = key; isAtOrBelow(encloser, this.#zone); encloser = parentKey(encloser)) {
      const record = this.#matching(encloser)
      if (record !== undefined) {
        if (longer === undefined) return { encloser, cover: undefined }
        // What lies below a delegation or a DNAME is not this zone's to deny.
        if (record.has(TYPE.DNAME) || (record.has(TYPE.NS) && !record.has(TYPE.SOA))) return undefined
        const cover = this.#covering(longer)
        return cover === undefined ? undefined : { encloser, cover }
      }
      if (this.#outOfBudget || encloser === ROOT_KEY) return undefined
      longer = encloser
    }
    return undefined
  }

  #matching(key: NameKey): Nsec3Record | undefined {
    const hash = this.#hash(key)
    return hash && this.#records.find((record) => Buffer.compare(record.hash, hash) === 0)
  }

  #covering(key: NameKey): Nsec3Record | undefined {
    const hash = this.#hash(key)
    return hash && this.#records.find((record) => {
      const [behindOwner, beforeNext] = [Buffer.compare(hash, record.hash) > 0, Buffer.compare(hash, record.next) < 0]
      // The last record of a zone leads back to its first.
      return Buffer.compare(record.hash, record.next) < 0 ? behindOwner && beforeNext : behindOwner || beforeNext
    })
  }

  #hash(key: NameKey): Uint8Array | undefined {
    const known = this.#hashes.get(key)
    if (known !== undefined) return known
    const [first] = this.#records
    if (first === undefined) return undefined
    if (!this.#budget.take('hashRounds', first.iterations + 1)) {
      this.#outOfBudget = true
      return undefined
    }
    const made = nsec3Hash(key, first.salt, first.iterations)
    this.#hashes.set(key, made)
    return made
  }
}

const wildcardBelow = (encloser: NameKey): NameKey => `\x01*${encloser}`
