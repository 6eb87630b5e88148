/**
 * HOT PATH (octetsOf). What is told of finished answers besides their source: the rule that decided. The answer table
 * keeps a number with its entry. Watched by test/bench/micro/query-log.ts.
 */
import { MAX_DETAIL_OCTETS } from './ring.ts'

/** Texts remembered, some 3 MB; then all are forgotten, and entries with numbers of before have none until made anew. */
const MAX_TEXTS = 32_768
/** A number is that of the text and how often all were forgotten, so that an old one is told from a new one. */
const NUMBER_BITS = 15
const GENERATIONS = 0xffff

const NOTHING = new Uint8Array()
const encoder = new TextEncoder()

/** As many octets of the text in UTF-8 as a record has room for. */
export const detailOctets = (text: string): Uint8Array => (text === '' ? NOTHING : encoder.encode(text).subarray(0, MAX_DETAIL_OCTETS))

export class Details {
  readonly #numbers = new Map<string, number>()
  readonly #octets: Uint8Array[] = []
  #generation = 0

  /** The number of a text; 0 stands for none. */
  numberOf(text: string): number {
    if (text === '') return 0
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    if (this.#octets.length === MAX_TEXTS) this.#forget()
    const number = (this.#generation << NUMBER_BITS) | this.#octets.push(detailOctets(text)) - 1
    this.#numbers.set(text, number + 1)
    return number + 1
  }

  /** HOT. None of a number that is 0 or was forgotten. */
  octetsOf(number: number): Uint8Array {
    if (number === 0 || (number - 1) >>> NUMBER_BITS !== this.#generation) return NOTHING
    return this.#octets[(number - 1) & (MAX_TEXTS - 1)] as Uint8Array
  }

  #forget(): void {
    this.#numbers.clear()
    this.#octets.length = 0
    this.#generation = (this.#generation + 1) & GENERATIONS
  }
}
