/** Other DHCP servers on the links that are served here. */
import type { Answer } from './common.ts'

export type OtherServerView = {
  readonly interface: string
  /** Its server identifier (option 54). */
  readonly server: string
  /** Who answers ARP for it; null while unknown. */
  readonly mac: string | null
  /** answered-our-search, answered-a-client, or chosen-by-a-client (a client's message named it). */
  readonly how: 'answered-our-search' | 'answered-a-client' | 'chosen-by-a-client'
  /** The latest message in which it showed: OFFER, ACK, NAK; or a client's REQUEST, DECLINE, RELEASE that names it. */
  readonly message: string
  readonly offered: string | null
  readonly client: string | null
  readonly routers: readonly string[]
  readonly nameServers: readonly string[]
  readonly leaseSeconds: number | null
  readonly firstSeen: string
  readonly lastSeen: string
  readonly times: number
}

export interface OtherServerServices {
  /** The latest first. */
  listOtherServers(): Answer<readonly OtherServerView[]>
  /** Asks on every link who serves there; answers show in the list within some seconds. */
  searchOtherServers(): Answer<null>
}
