/**
 * The digest of a whole zone (ZONEMD, RFC 8976, scheme SIMPLE): a hash over all its records in canonical form and order.
 * A zone is sorted and hashed in steps, so that queries go on meanwhile: runs of some rows are sorted as they come, and
 * merged while they are hashed.
 */
import { createHash, timingSafeEqual, type Hash } from 'node:crypto'
import { type Clock, put16, put32, u16 } from '../../../stack/platform/index.ts'
import { compareOctets, orderKey } from '../dnssec/canonical.ts'
import { nameKey, nameOfKey, type NameKey } from '../wire/name.ts'
import { canonicalRdata } from '../wire/rdata.ts'
import { CLASS_IN, TYPE } from '../wire/type-names.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'
import { soaSerial } from './soa.ts'

/** RFC 8976 §5.2, §5.3: the scheme SIMPLE, and hash algorithms by their numbers. */
export const SCHEME_SIMPLE = 1
export const DIGEST_ALGORITHMS = { sha384: 1, sha512: 2 } as const
export type DigestAlgorithm = keyof typeof DIGEST_ALGORITHMS
/** §2.2.4: shorter digests are not to be taken. */
const LEAST_DIGEST_OCTETS = 12
/** Rows of one step: about 5 ms. */
const STEP_ROWS = 1000

type Sorted = { readonly owner: string; readonly type: number; readonly octets: Uint8Array; readonly rdata: Uint8Array }

const compare = (a: Sorted, b: Sorted): number =>
  a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : a.type !== b.type ? a.type - b.type : compareOctets(a.rdata, b.rdata)

/** Digests of the rows by each algorithm that is asked for. `rows` has the SOA too. */
export class ZoneDigest {
  readonly #apex: NameKey
  readonly #rows: Iterator<ZoneRow>
  readonly #hashes: readonly (readonly [DigestAlgorithm, Hash])[]
  /** Sorted, the next row of each at its place in #at. */
  readonly #runs: Sorted[][] = []
  readonly #at: number[] = []
  /** Numbers of runs, a binary heap by their next rows. */
  readonly #heap: number[] = []
  #gathering = true
  #last: Sorted | undefined

  constructor(apex: NameKey, rows: Iterable<ZoneRow>, algorithms: Iterable<DigestAlgorithm>) {
    this.#apex = apex
    this.#rows = rows[Symbol.iterator]()
    this.#hashes = [...algorithms].map((algorithm) => [algorithm, createHash(algorithm)] as const)
  }

  /** Goes on for some rows. undefined: there are more. */
  step(): ReadonlyMap<DigestAlgorithm, Uint8Array> | undefined {
    if (this.#gathering) {
      this.#gather()
      return undefined
    }
    for (let n = 0; n < STEP_ROWS; n++) {
      const row = this.#next()
      if (row === undefined) return new Map(this.#hashes.map(([algorithm, hash]) => [algorithm, hash.digest()]))
      // §3.3.2: a record counts once.
      if (this.#last === undefined || compare(this.#last, row) !== 0) for (const [, hash] of this.#hashes) hash.update(row.octets)
      this.#last = row
    }
    return undefined
  }

  #gather(): void {
    const run: Sorted[] = []
    while (run.length < STEP_ROWS) {
      const { value, done } = this.#rows.next()
      if (done === true) {
        this.#gathering = false
        break
      }
      const sorted = this.#sortable(value)
      if (sorted !== undefined) run.push(sorted)
    }
    if (run.length > 0) this.#push(run.sort(compare))
  }

  /** undefined: §3.3.1 leaves it out. */
  #sortable({ owner, type, ttl, rdata: written }: ZoneRow): Sorted | undefined {
    const key = nameKey(owner)
    const covers = type === TYPE.RRSIG ? u16(written, 0) : type
    if (key === this.#apex && covers === TYPE.ZONEMD) return undefined
    const rdata = canonicalRdata(type, written)
    const octets = new Uint8Array(key.length + 10 + rdata.length)
    octets.set(nameOfKey(key))
    put16(octets, key.length, type)
    put16(octets, key.length + 2, CLASS_IN)
    put32(octets, key.length + 4, ttl)
    put16(octets, key.length + 8, rdata.length)
    octets.set(rdata, key.length + 10)
    return { owner: orderKey(key), type, octets, rdata }
  }

  #head(run: number): Sorted {
    return (this.#runs[run] as Sorted[])[this.#at[run] as number] as Sorted
  }

  #push(run: Sorted[]): void {
    this.#runs.push(run)
    this.#at.push(0)
    this.#heap.push(this.#runs.length - 1)
    for (let i = this.#heap.length - 1; i > 0; ) {
      const above = (i - 1) >> 1
      if (compare(this.#head(this.#heap[above] as number), this.#head(this.#heap[i] as number)) <= 0) return
      this.#swap(i, above)
      i = above
    }
  }

  #next(): Sorted | undefined {
    const [run] = this.#heap
    if (run === undefined) return undefined
    const row = this.#head(run)
    this.#at[run] = (this.#at[run] as number) + 1
    if (this.#at[run] === (this.#runs[run] as Sorted[]).length) {
      this.#runs[run] = []
      const end = this.#heap.pop() as number
      if (this.#heap.length === 0) return row
      this.#heap[0] = end
    }
    this.#sink()
    return row
  }

  #sink(): void {
    for (let i = 0; ; ) {
      let least = i
      for (const below of [2 * i + 1, 2 * i + 2])
        if (below < this.#heap.length && compare(this.#head(this.#heap[below] as number), this.#head(this.#heap[least] as number)) < 0) least = below
      if (least === i) return
      this.#swap(i, least)
      i = least
    }
  }

  #swap(i: number, j: number): void {
    const kept = this.#heap[i] as number
    this.#heap[i] = this.#heap[j] as number
    this.#heap[j] = kept
  }
}

/** Step by step, in turns with everything else; `done` is called once, later. Returns how to give it up. */
export function digestInTurns(
  clock: Clock, digest: ZoneDigest, done: (digests: ReadonlyMap<DigestAlgorithm, Uint8Array>) => void,
): { cancel(): void } {
  let over = false
  const turn = (): void => {
    if (over) return
    const digests = digest.step()
    if (digests === undefined) clock.at(clock.now(), turn)
    else done(digests)
  }
  clock.at(clock.now(), turn)
  return { cancel: () => void (over = true) }
}

/** A ZONEMD record of the apex that can be checked here. */
export type PublishedDigest = { readonly algorithm: DigestAlgorithm; readonly digest: Uint8Array }

/**
 * What of the ZONEMD records at the apex is to be checked (§4): those of this scheme, of algorithms known here, of the
 * SOA's serial. 'none': there are none, or none that can be.
 */
export function publishedDigests(zonemd: readonly Uint8Array[], soa: Uint8Array): readonly PublishedDigest[] {
  const serial = soaSerial(soa)
  const usable = zonemd.flatMap((rdata) => {
    const algorithm = (Object.keys(DIGEST_ALGORITHMS) as DigestAlgorithm[]).find((name) => DIGEST_ALGORITHMS[name] === rdata[5])
    const digest = rdata.subarray(6)
    const fits = u16(rdata, 0) * 0x1_0000 + u16(rdata, 2) === serial && rdata[4] === SCHEME_SIMPLE && digest.length >= LEAST_DIGEST_OCTETS
    return algorithm !== undefined && fits ? [{ algorithm, digest }] : []
  })
  // §4 step 3: of two by one scheme and algorithm neither counts.
  return usable.filter((each) => usable.filter((other) => other.algorithm === each.algorithm).length === 1)
}

/** §4: one that is right is enough. */
export const isAnyRight = (published: readonly PublishedDigest[], digests: ReadonlyMap<DigestAlgorithm, Uint8Array>): boolean =>
  published.some(({ algorithm, digest }) => {
    const own = digests.get(algorithm)
    return own !== undefined && own.length === digest.length && timingSafeEqual(own, digest)
  })

/** Presentation of a record's data: "2018031900 1 1 c68090d9…". */
export const zonemdText = (serial: number, algorithm: DigestAlgorithm, digest: Uint8Array): string =>
  `${serial} ${SCHEME_SIMPLE} ${DIGEST_ALGORITHMS[algorithm]} ${Buffer.from(digest).toString('hex')}`
