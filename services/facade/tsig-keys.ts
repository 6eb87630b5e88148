/** Keys by which other DNS servers and clients prove who they are (TSIG, RFC 8945). */
import type { TsigAlgorithm } from '../model/index.ts'
import type { Answer } from './common.ts'

export type TsigKeyView = {
  /** Both ends call it so. */
  readonly name: string
  readonly algorithm: TsigAlgorithm
}
export type TsigKeyInput = {
  readonly name: string
  readonly algorithm: TsigAlgorithm
  /** Base64; null: one is made by chance, as long as the algorithm's digest. */
  readonly secret: string | null
}
/** What is said once, when the key is made. */
export type NewTsigKeyView = TsigKeyView & { readonly secret: string }

export interface TsigKeyServices {
  listTsigKeys(): Answer<readonly TsigKeyView[]>
  addTsigKey(input: TsigKeyInput): Answer<NewTsigKeyView>
  removeTsigKey(name: string): Answer<null>
}
