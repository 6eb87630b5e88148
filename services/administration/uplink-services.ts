/** The appliance's own DHCP clients; all of it is asked of the network side. */
import type { Answer, DhcpClientView, UplinkServices } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'

export type ApplianceUplinksOptions = {
  readonly network: NetworkSide
}

export class ApplianceUplinks implements UplinkServices {
  readonly #o: ApplianceUplinksOptions

  constructor(options: ApplianceUplinksOptions) {
    this.#o = options
  }

  getDhcpClient(interfaceName: string): Answer<DhcpClientView> {
    return this.#o.network.uplinks.dhcpClient(interfaceName)
  }

  renewDhcpClient(interfaceName: string): Answer<DhcpClientView> {
    return this.#o.network.uplinks.renewDhcpClient(interfaceName)
  }

  releaseDhcpClient(interfaceName: string): Answer<DhcpClientView> {
    return this.#o.network.uplinks.releaseDhcpClient(interfaceName)
  }
}
