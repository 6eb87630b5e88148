/**
 * A finding as octets and back. The head and the owner's name stand as entry-log.ts says, with
 *
 *   state    kind 2 bits | security 3 bits | trust 3 bits
 *   counts   sets in the answer u8, in the authority u8
 *
 * and then:
 *
 *   zone name | source: u8 length, latin-1 | fault: u16 length, octets | sets
 *   name      u8 where it begins within the owner's, or 255: u8 length, octets (also when its letter case differs)
 *   set       name | type u16 | TTL u32 | records u16 | signatures u16 | TTL of the signatures u32, if there are any
 *             | for each record and signature: u16 length, rdata
 *
 * What is read may come from a file, so reading checks every length.
 */
import { copy, put16, put32, u16, u32 } from '../../../stack/platform/index.ts'
import type { Finding, Security, SignedRrset, Trust } from '../resolver/finding.ts'
import { nameKey, nameLength } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import { COUNTS_AT, ENTRY_HEAD, EntryDraft, MAX_ENTRY_OCTETS, NAME_LENGTH_AT, STATE_AT } from './entry-log.ts'

const KINDS: readonly Finding['kind'][] = ['rrset', 'alias', 'nodata', 'nxdomain']
const SECURITIES: readonly Security[] = ['unchecked', 'secure', 'insecure', 'indeterminate', 'bogus']
/** Stands for a name that is written out. */
const WRITTEN_OUT = 255
/** Sets in one section that are kept; answers to ANY have some dozens. */
const MAX_SETS = 255
const MAX_SOURCE_OCTETS = 255

export const stateOctet = (finding: Finding): number =>
  (KINDS.indexOf(finding.kind) << 6) | (SECURITIES.indexOf(finding.security) << 3) | finding.trust
export const kindOf = (state: number): Finding['kind'] => KINDS[state >>> 6] as Finding['kind']
export const securityOf = (state: number): Security => SECURITIES[(state >>> 3) & 7] as Security
export const trustOf = (state: number): Trust => (state & 7) as Trust

export class EntryWriter {
  readonly draft = new EntryDraft()
  #at = 0
  #owner: NameKey = ''
  #fits = true

  /** False when it is too long to be kept; otherwise it is in `draft`. */
  write(finding: Finding): boolean {
    const { bytes } = this.draft
    const { answer, authority, owner } = finding
    if (answer.length > MAX_SETS || authority.length > MAX_SETS) return false
    this.draft.setTimes(finding.expiresAt, finding.expiresAt - finding.storedAt)
    bytes[STATE_AT] = stateOctet(finding)
    bytes[COUNTS_AT] = answer.length
    bytes[COUNTS_AT + 1] = authority.length
    bytes[NAME_LENGTH_AT] = owner.length
    for (let i = 0; i < owner.length; i++) bytes[ENTRY_HEAD + i] = owner.charCodeAt(i)
    this.#at = ENTRY_HEAD + owner.length
    this.#owner = owner
    this.#fits = true
    this.#key(finding.zone)
    const source = finding.source.slice(0, MAX_SOURCE_OCTETS)
    bytes[this.#at++] = source.length
    for (let i = 0; i < source.length; i++) bytes[this.#at++] = source.charCodeAt(i)
    this.#octets(finding.fault ?? NO_OCTETS)
    for (const signed of answer) this.#set(signed)
    for (const signed of authority) this.#set(signed)
    this.draft.length = this.#at
    return this.#fits
  }

  #set({ rrset, signatures }: SignedRrset): void {
    if (!this.#has(MAX_SET_HEAD)) return
    const { bytes } = this.draft
    this.#name(rrset.name)
    put16(bytes, this.#at, rrset.type)
    put32(bytes, this.#at + 2, rrset.ttl)
    put16(bytes, this.#at + 6, rrset.rdata.length)
    put16(bytes, this.#at + 8, signatures?.rdata.length ?? 0)
    this.#at += 10
    if (signatures !== undefined && signatures.rdata.length > 0) {
      put32(bytes, this.#at, signatures.ttl)
      this.#at += 4
    }
    for (const rdata of rrset.rdata) this.#octets(rdata)
    if (signatures !== undefined) for (const rdata of signatures.rdata) this.#octets(rdata)
  }

  #octets(octets: Uint8Array): void {
    if (!this.#has(2 + octets.length)) return
    put16(this.draft.bytes, this.#at, octets.length)
    copy(octets, 0, this.draft.bytes, this.#at + 2, octets.length)
    this.#at += 2 + octets.length
  }

  #has(octets: number): boolean {
    if (this.#at + octets > MAX_ENTRY_OCTETS) this.#fits = false
    return this.#fits
  }

  #key(key: NameKey): void {
    const { bytes } = this.draft
    const from = this.#owner.length - key.length
    if (from >= 0 && this.#owner.endsWith(key) && isLabelStart(bytes, from)) {
      bytes[this.#at++] = from
      return
    }
    bytes[this.#at++] = WRITTEN_OUT
    bytes[this.#at++] = key.length
    for (let i = 0; i < key.length; i++) bytes[this.#at++] = key.charCodeAt(i)
  }

  #name(name: Name): void {
    const { bytes } = this.draft
    const from = this.#owner.length - name.length
    if (from >= 0 && isLabelStart(bytes, from) && this.#endsWith(name, from)) {
      bytes[this.#at++] = from
      return
    }
    bytes[this.#at++] = WRITTEN_OUT
    bytes[this.#at++] = name.length
    copy(name, 0, bytes, this.#at, name.length)
    this.#at += name.length
  }

  #endsWith(name: Name, from: number): boolean {
    for (let i = 0; i < name.length; i++) if (name[i] !== this.draft.bytes[ENTRY_HEAD + from + i]) return false
    return true
  }
}

const NO_OCTETS = new Uint8Array(0)
/** Name written out, and what has a fixed length. */
const MAX_SET_HEAD = 2 + 255 + 14

/** Whether a label of the owner's name, which stands behind the head, begins at `from`. */
function isLabelStart(bytes: Uint8Array, from: number, block = 0): boolean {
  let at = 0
  while (at < from) at += 1 + (bytes[block + ENTRY_HEAD + at] as number)
  return at === from
}

/** Reads entries; one reader, used again and again. */
export class EntryReader {
  #bytes: Uint8Array = NO_OCTETS
  /** The same memory, for texts. */
  #buffer: Buffer = Buffer.alloc(0)
  #block = 0
  #at = 0
  #end = 0
  #good = true
  #owner: Name = NO_OCTETS

  /**
   * The finding in the block at `block`, which ends at `end`; undefined when the octets are none. `type` is what was asked
   * for; times are the block's own.
   */
  read(bytes: Uint8Array, block: number, end: number, type: number, expiresAt: number, lifeMs: number): Finding | undefined {
    const state = bytes[block + STATE_AT] as number
    const nameOctets = bytes[block + NAME_LENGTH_AT] as number
    const security = SECURITIES[(state >>> 3) & 7]
    const trust = trustOf(state)
    if (this.#bytes !== bytes) {
      this.#bytes = bytes
      this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    this.#block = block
    this.#end = end
    this.#at = block + ENTRY_HEAD + nameOctets
    if (this.#at > end || security === undefined || trust < 1 || trust > 5) return undefined
    if (nameLength(bytes, block + ENTRY_HEAD, this.#at) !== nameOctets) return undefined
    this.#good = true
    this.#owner = bytes.slice(block + ENTRY_HEAD, this.#at)
    const owner = this.#buffer.toString('latin1', block + ENTRY_HEAD, this.#at)
    const zone = this.#key(owner)
    const source = this.#text()
    const fault = this.#octets()
    const answer = this.#sets(bytes[block + COUNTS_AT] as number)
    const authority = this.#sets(bytes[block + COUNTS_AT + 1] as number)
    if (!this.#good) return undefined
    return {
      owner, type, kind: kindOf(state), answer, authority, trust, security,
      fault: fault.length === 0 ? undefined : fault, storedAt: expiresAt - lifeMs, expiresAt, source, zone,
    }
  }

  #sets(count: number): readonly SignedRrset[] {
    const sets: SignedRrset[] = []
    for (let i = 0; i < count && this.#good; i++) sets.push(this.#set())
    return sets
  }

  #set(): SignedRrset {
    const name = this.#name()
    if (!this.#has(10)) return NO_SET
    const bytes = this.#bytes
    const type = u16(bytes, this.#at)
    const ttl = u32(bytes, this.#at + 2)
    const records = u16(bytes, this.#at + 6)
    const signatures = u16(bytes, this.#at + 8)
    this.#at += 10
    let signaturesTtl = 0
    if (signatures > 0 && this.#has(4)) {
      signaturesTtl = u32(bytes, this.#at)
      this.#at += 4
    }
    const rrset: Rrset = { name, type, ttl, rdata: this.#rdata(records) }
    if (signatures === 0) return { rrset, signatures: undefined }
    return { rrset, signatures: { name, type: TYPE.RRSIG, ttl: signaturesTtl, rdata: this.#rdata(signatures) } }
  }

  #rdata(count: number): readonly Uint8Array[] {
    const rdata: Uint8Array[] = []
    for (let i = 0; i < count && this.#good; i++) rdata.push(this.#octets())
    return rdata
  }

  #octets(): Uint8Array {
    if (!this.#has(2)) return NO_OCTETS
    const length = u16(this.#bytes, this.#at)
    this.#at += 2
    return this.#take(length)
  }

  #text(): string {
    if (!this.#has(1)) return ''
    const length = this.#bytes[this.#at++] as number
    if (!this.#has(length)) return ''
    this.#at += length
    return this.#buffer.toString('latin1', this.#at - length, this.#at)
  }

  /** A name that is needed as a key. */
  #key(owner: NameKey): NameKey {
    const from = this.#bytes[this.#at] as number
    if (from >= owner.length) return nameKey(this.#name())
    this.#at++
    this.#good &&= isLabelStart(this.#bytes, from, this.#block)
    return from === 0 ? owner : owner.slice(from)
  }

  #name(): Name {
    if (!this.#has(1)) return NO_OCTETS
    const from = this.#bytes[this.#at++] as number
    if (from === 0) return this.#owner
    if (from !== WRITTEN_OUT) {
      this.#good &&= from < this.#owner.length && isLabelStart(this.#bytes, from, this.#block)
      return this.#owner.subarray(from)
    }
    if (!this.#has(1)) return NO_OCTETS
    const name = this.#take(this.#bytes[this.#at++] as number)
    this.#good &&= nameLength(name, 0, name.length) === name.length
    return name
  }

  #take(length: number): Uint8Array {
    if (!this.#has(length)) return NO_OCTETS
    const octets = this.#bytes.slice(this.#at, this.#at + length)
    this.#at += length
    return octets
  }

  #has(octets: number): boolean {
    this.#good &&= this.#at + octets <= this.#end
    return this.#good
  }
}

const NO_SET: SignedRrset = { rrset: { name: NO_OCTETS, type: 0, ttl: 0, rdata: [] }, signatures: undefined }
