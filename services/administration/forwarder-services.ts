/** Forwarding rules; all of it is asked of the network side. */
import type { Answer, ForwarderInput, ForwarderQuestion, ForwarderServices, ForwarderTestView, ForwarderView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { pick } from './inputs.ts'

export type ApplianceForwardersOptions = { readonly network: NetworkSide }

export class ApplianceForwarders implements ForwarderServices {
  readonly #o: ApplianceForwardersOptions

  constructor(options: ApplianceForwardersOptions) {
    this.#o = options
  }

  listForwarders(): Answer<readonly ForwarderView[]> {
    return this.#o.network.forwarders.forwarders()
  }

  async getForwarder(id: number): Answer<ForwarderView> {
    return pick(await this.listForwarders(), (forwarder) => forwarder.id === id, `forwarder ${id}`)
  }

  addForwarder(input: ForwarderInput): Answer<ForwarderView> {
    return this.#o.network.forwarders.addForwarder(input)
  }

  changeForwarder(id: number, change: Partial<ForwarderInput>): Answer<ForwarderView> {
    return this.#o.network.forwarders.changeForwarder(id, change)
  }

  testForwarder(id: number, question: ForwarderQuestion): Answer<readonly ForwarderTestView[]> {
    return this.#o.network.forwarders.testForwarder(id, question)
  }

  removeForwarder(id: number): Answer<null> {
    return this.#o.network.forwarders.removeForwarder(id)
  }
}
