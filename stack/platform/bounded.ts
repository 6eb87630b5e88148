/** Containers with a bound. Nothing that the wire can fill may grow without one. */
import type { Instant } from './clock.ts'

/** A map that forgets the entry used longest ago when it is full. */
export class LruMap<K, V> {
  readonly limit: number
  readonly #map = new Map<K, V>()
  readonly #onEvict: ((key: K, value: V) => void) | undefined

  constructor(limit: number, onEvict?: (key: K, value: V) => void) {
    this.limit = limit
    this.#onEvict = onEvict
  }

  get size(): number {
    return this.#map.size
  }

  /** Reads and marks as used just now. */
  get(key: K): V | undefined {
    const value = this.#map.get(key)
    if (value !== undefined) {
      this.#map.delete(key)
      this.#map.set(key, value)
    }
    return value
  }

  /** Reads without marking. */
  peek(key: K): V | undefined {
    return this.#map.get(key)
  }

  set(key: K, value: V): void {
    this.#map.delete(key)
    if (this.#map.size >= this.limit) {
      const oldest = this.#map.entries().next().value as [K, V]
      this.#map.delete(oldest[0])
      this.#onEvict?.(oldest[0], oldest[1])
    }
    this.#map.set(key, value)
  }

  delete(key: K): boolean {
    return this.#map.delete(key)
  }

  clear(): void {
    this.#map.clear()
  }

  /** Oldest use first. */
  entries(): IterableIterator<[K, V]> {
    return this.#map.entries()
  }

  values(): IterableIterator<V> {
    return this.#map.values()
  }
}

/** First in, first out; a push on a full queue is refused, and the caller counts it. */
export class BoundedQueue<T> {
  readonly limit: number
  #items: (T | undefined)[]
  #head = 0
  #size = 0

  constructor(limit: number) {
    this.limit = limit
    this.#items = new Array<T | undefined>(Math.min(limit, 16))
  }

  get size(): number {
    return this.#size
  }

  push(item: T): boolean {
    if (this.#size === this.limit) return false
    if (this.#size === this.#items.length) this.#grow()
    this.#items[(this.#head + this.#size) % this.#items.length] = item
    this.#size++
    return true
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#items.length
    this.#size--
    return item
  }

  #grow(): void {
    const old = this.#items
    const items = new Array<T | undefined>(Math.min(this.limit, old.length * 2))
    for (let i = 0; i < this.#size; i++) items[i] = old[(this.#head + i) % old.length]
    this.#items = items
    this.#head = 0
  }
}

/** Allows `burst` at once and `perSecond` in the long run. */
export class TokenBucket {
  readonly perSecond: number
  readonly burst: number
  #tokens: number
  #last: Instant

  constructor(perSecond: number, burst: number, now: Instant) {
    this.perSecond = perSecond
    this.burst = burst
    this.#tokens = burst
    this.#last = now
  }

  /** As full as this one, and from now on by itself. */
  copy(): TokenBucket {
    const copy = new TokenBucket(this.perSecond, this.burst, this.#last)
    copy.#tokens = this.#tokens
    return copy
  }

  take(now: Instant): boolean {
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#last) / 1000) * this.perSecond)
    this.#last = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
