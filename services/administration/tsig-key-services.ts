/** TSIG keys; all of it is asked of the network side. */
import type { Answer, NewTsigKeyView, TsigKeyInput, TsigKeyServices, TsigKeyView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { canonical } from './inputs.ts'

export type ApplianceTsigKeysOptions = {
  readonly network: NetworkSide
}

export class ApplianceTsigKeys implements TsigKeyServices {
  readonly #o: ApplianceTsigKeysOptions

  constructor(options: ApplianceTsigKeysOptions) {
    this.#o = options
  }

  listTsigKeys(): Answer<readonly TsigKeyView[]> {
    return this.#o.network.tsigKeys.tsigKeys()
  }

  addTsigKey(input: TsigKeyInput): Answer<NewTsigKeyView> {
    return this.#o.network.tsigKeys.addTsigKey({ ...input, name: canonical(input.name) })
  }

  removeTsigKey(name: string): Answer<null> {
    return this.#o.network.tsigKeys.removeTsigKey(canonical(name))
  }
}
