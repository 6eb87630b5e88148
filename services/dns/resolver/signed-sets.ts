/**
 * The records of a section as RRsets with their signatures. RFC 2181 §5.2 (one TTL a set: the least), RFC 4035 §2.2
 * (an RRSIG belongs to what it covers), RFC 5452 §6 (a zone's servers speak for what lies in it, and for nothing else).
 */
import { u16 } from '../../../stack/platform/index.ts'
import { MAX_TTL_SECONDS } from '../cache/lifetime.ts'
import type { MessageRecord } from '../wire/message.ts'
import { isAtOrBelow } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { CLASS_IN, TYPE } from '../wire/type-names.ts'
import type { SignedRrset } from './finding.ts'

/**
 * The most records of one set that are taken; of more, none. BIND's default is 100 and Unbound's none; sets of so many
 * fill a message of 64 KiB, and only signatures made of it all would tell whether it is whole.
 */
export const MAX_SET_RECORDS = 2048

export type OwnedSet = SignedRrset & { readonly owner: NameKey; readonly type: number }

type Draft = { readonly owner: NameKey; readonly type: number; readonly data: Gathered; signatures: Gathered | undefined }

/** Records of one owner and type, without repetitions. */
class Gathered {
  readonly #name: Uint8Array
  readonly #type: number
  readonly #seen = new Set<string>()
  readonly #rdata: Uint8Array[] = []
  #ttl: number

  constructor(first: MessageRecord) {
    this.#name = first.name
    this.#type = first.type
    this.#ttl = Math.min(MAX_TTL_SECONDS, first.ttl)
  }

  get size(): number {
    return this.#rdata.length
  }

  add(record: MessageRecord): void {
    this.#ttl = Math.min(this.#ttl, record.ttl)
    const octets = Buffer.from(record.rdata.buffer, record.rdata.byteOffset, record.rdata.length).toString('latin1')
    if (this.#seen.has(octets)) return
    this.#seen.add(octets)
    this.#rdata.push(record.rdata)
  }

  rrset(): Rrset {
    return { name: this.#name, type: this.#type, ttl: this.#ttl, rdata: this.#rdata }
  }
}

const TYPE_COVERED_OCTETS = 2
const idOf = (owner: NameKey, type: number): string => owner + String.fromCharCode(type)

export class SignedSets {
  readonly #sets = new Map<string, OwnedSet>()

  /**
   * Records of class IN at or below `zone`. Signatures of nothing are left out, unless it is signatures that were asked
   * for: then they are a set as any other.
   */
  constructor(records: readonly MessageRecord[], zone: NameKey, asked = 0) {
    const drafts = new Map<string, Draft>()
    const signatures: MessageRecord[] = []
    for (const record of records) {
      if (record.class !== CLASS_IN || !isAtOrBelow(record.key, zone)) continue
      if (record.type === TYPE.RRSIG && asked !== TYPE.RRSIG) {
        signatures.push(record)
        continue
      }
      const id = idOf(record.key, record.type)
      const draft = drafts.get(id) ?? { owner: record.key, type: record.type, data: new Gathered(record), signatures: undefined }
      drafts.set(id, draft)
      draft.data.add(record)
    }
    for (const record of signatures) {
      if (record.rdata.length < TYPE_COVERED_OCTETS) continue
      const draft = drafts.get(idOf(record.key, u16(record.rdata, 0)))
      if (draft === undefined) continue
      draft.signatures ??= new Gathered(record)
      draft.signatures.add(record)
    }
    for (const [id, { owner, type, data, signatures: covering }] of drafts) {
      if (data.size > MAX_SET_RECORDS || (covering?.size ?? 0) > MAX_SET_RECORDS) continue
      this.#sets.set(id, { owner, type, rrset: data.rrset(), signatures: covering?.rrset() })
    }
  }

  get(owner: NameKey, type: number): OwnedSet | undefined {
    return this.#sets.get(idOf(owner, type))
  }

  /** Of this owner all that there is. */
  at(owner: NameKey): readonly OwnedSet[] {
    return [...this.#sets.values()].filter((set) => set.owner === owner)
  }

  ofType(...types: readonly number[]): readonly OwnedSet[] {
    return [...this.#sets.values()].filter((set) => types.includes(set.type))
  }
}
