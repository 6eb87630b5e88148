/** Other DHCP servers; all of it is asked of the network side. */
import type { Answer, OtherServerServices, OtherServerView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'

export type ApplianceOtherServersOptions = {
  readonly network: NetworkSide
}

export class ApplianceOtherServers implements OtherServerServices {
  readonly #o: ApplianceOtherServersOptions

  constructor(options: ApplianceOtherServersOptions) {
    this.#o = options
  }

  listOtherServers(): Answer<readonly OtherServerView[]> {
    return this.#o.network.otherServers.otherServers()
  }

  searchOtherServers(): Answer<null> {
    return this.#o.network.otherServers.searchOtherServers()
  }
}
