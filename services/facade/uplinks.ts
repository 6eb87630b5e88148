/** The appliance as a DHCP client: interfaces that get their address from a server of the network that they lead to. */
import type { Answer } from './common.ts'

export type DhcpClientStateView =
  | 'stopped' | 'init' | 'selecting' | 'requesting' | 'init-reboot' | 'rebooting' | 'seeking-router' | 'checking'
  | 'bound' | 'renewing' | 'rebinding'

export type DhcpClientView = {
  readonly interface: string
  /** RFC 2131 figure 5, and checking (is the address free?) and seeking-router (are we still where we were?). */
  readonly state: DhcpClientStateView
  /** The leased address with the length of its prefix, "192.168.1.23/24"; null while there is none. */
  readonly address: string | null
  /** The address of 169.254.0.0/16 that serves while no server gives one. */
  readonly linkLocal: string | null
  readonly server: string | null
  readonly leaseSeconds: number | null
  readonly obtainedAt: string | null
  readonly renewsAt: string | null
  readonly rebindsAt: string | null
  readonly expiresAt: string | null
  /** When it sends again by itself. */
  readonly nextAt: string | null
  readonly routes: readonly { readonly destination: string; readonly router: string }[]
  readonly nameServers: readonly string[]
  readonly domain: string | null
  readonly searchList: readonly string[]
  readonly mtu: number | null
  /** What it did lately, oldest first. */
  readonly history: readonly { readonly at: string; readonly id: string; readonly text: string }[]
  readonly counters: { readonly [counter: string]: number }
}

export interface UplinkServices {
  /** Refused as not found for an interface whose addresses are set by hand. */
  getDhcpClient(interfaceName: string): Answer<DhcpClientView>
  /** Confirms the lease, or looks for one, now. The answer shows what was begun. */
  renewDhcpClient(interfaceName: string): Answer<DhcpClientView>
  /** Gives the lease back; the client rests until it is renewed or the appliance starts anew. */
  releaseDhcpClient(interfaceName: string): Answer<DhcpClientView>
}
