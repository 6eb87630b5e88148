/**
 * HOT PATH. From the four numbers of a connection to what keeps it: a hash table with chains, keyed by chance so that
 * nobody can aim at one bucket; no key is built for a look-up. Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'

export interface TableEntry<E> {
  readonly local: Ipv4
  readonly localPort: number
  readonly remote: Ipv4
  readonly remotePort: number
  /** Next in the bucket; kept by the table. */
  next: E | undefined
}

const FIRST_BUCKETS = 64

export class TupleTable<E extends TableEntry<E>> {
  size = 0
  readonly #key: number
  #buckets: (E | undefined)[] = new Array<E | undefined>(FIRST_BUCKETS).fill(undefined)

  constructor(key: number) {
    this.#key = key | 0
  }

  find(local: Ipv4, localPort: number, remote: Ipv4, remotePort: number): E | undefined {
    let entry = this.#buckets[this.#bucket(local, localPort, remote, remotePort)]
    while (entry !== undefined) {
      if (entry.remotePort === remotePort && entry.remote === remote && entry.localPort === localPort &&
          entry.local === local) return entry
      entry = entry.next
    }
    return undefined
  }

  add(entry: E): void {
    if (this.size >= this.#buckets.length) this.#grow()
    const bucket = this.#bucket(entry.local, entry.localPort, entry.remote, entry.remotePort)
    entry.next = this.#buckets[bucket]
    this.#buckets[bucket] = entry
    this.size++
  }

  remove(entry: E): void {
    const bucket = this.#bucket(entry.local, entry.localPort, entry.remote, entry.remotePort)
    let before: E | undefined
    for (let at = this.#buckets[bucket]; at !== undefined; at = at.next) {
      if (at === entry) {
        if (before === undefined) this.#buckets[bucket] = entry.next
        else before.next = entry.next
        entry.next = undefined
        this.size--
        return
      }
      before = at
    }
  }

  list(): E[] {
    const all: E[] = []
    for (const first of this.#buckets) for (let at = first; at !== undefined; at = at.next) all.push(at)
    return all
  }

  #bucket(local: Ipv4, localPort: number, remote: Ipv4, remotePort: number): number {
    let h = Math.imul(remote ^ this.#key, 0x9e37_79b1)
    h = Math.imul(h ^ (h >>> 15) ^ ((localPort << 16) | remotePort), 0x85eb_ca6b)
    h = Math.imul(h ^ (h >>> 13) ^ local, 0xc2b2_ae35) ^ this.#key
    return (h ^ (h >>> 16)) & (this.#buckets.length - 1)
  }

  #grow(): void {
    const all = this.list()
    this.#buckets = new Array<E | undefined>(this.#buckets.length * 2).fill(undefined)
    this.size = 0
    for (const entry of all) this.add(entry)
  }
}
