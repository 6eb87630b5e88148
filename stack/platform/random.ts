/** Chance as a dependency: a seeded generator for simulations, the machine's own for secrets. */
import { randomFillSync } from 'node:crypto'

/** Chance where an attacker gains nothing by guessing it: back-off, jitter, simulated weather. */
export interface Random {
  /** Uniform in 0 … 2^32 − 1. */
  u32(): number
  /** Uniform in 0 … n − 1, for n up to 2^32. */
  below(n: number): number
  /** True with probability p. */
  chance(p: number): boolean
}

/**
 * Chance that must not be guessed: DNS ids, source ports, initial sequence numbers, tokens.
 * A type of its own, so that nobody hands such code the fast one.
 */
export interface SecureRandom extends Random {
  readonly secure: true
  fill(into: Uint8Array): void
}

const scaled = (u32: number, n: number): number => Math.floor((u32 / 0x1_0000_0000) * n)

/** xoshiro128** seeded by splitmix32; the same seed gives the same history. */
export class SeededRandom implements Random {
  readonly #s = new Uint32Array(4)

  constructor(seed: number) {
    let x = seed >>> 0
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e37_79b9) >>> 0
      let z = x
      z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b)
      z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35)
      this.#s[i] = (z ^ (z >>> 16)) >>> 0
    }
  }

  u32(): number {
    const s = this.#s
    const s1 = s[1] as number
    const product = Math.imul(s1, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = s1 << 9
    s[2] = (s[2] as number) ^ (s[0] as number)
    s[3] = (s[3] as number) ^ s1
    s[1] = s1 ^ (s[2] as number)
    s[0] = (s[0] as number) ^ (s[3] as number)
    s[2] = (s[2] as number) ^ shifted
    const s3 = s[3] as number
    s[3] = (s3 << 11) | (s3 >>> 21)
    return result
  }

  below(n: number): number {
    return scaled(this.u32(), n)
  }

  chance(p: number): boolean {
    return this.u32() < p * 0x1_0000_0000
  }
}

/** The operating system's generator, drawn in blocks so that a query costs no system call. */
export class SystemRandom implements SecureRandom {
  readonly secure = true as const
  readonly #block = new Uint32Array(1024)
  #used = 1024

  u32(): number {
    if (this.#used === this.#block.length) {
      randomFillSync(this.#block)
      this.#used = 0
    }
    const value = this.#block[this.#used] as number
    // A number that was handed out is forgotten here.
    this.#block[this.#used++] = 0
    return value
  }

  below(n: number): number {
    return scaled(this.u32(), n)
  }

  chance(p: number): boolean {
    return this.u32() < p * 0x1_0000_0000
  }

  fill(into: Uint8Array): void {
    randomFillSync(into)
  }
}

/** For tests only: looks secure, is reproducible. */
export class SeededSecureRandom extends SeededRandom implements SecureRandom {
  readonly secure = true as const

  fill(into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] = this.u32() & 0xff
  }
}
