/** Other DHCP servers that were seen, and looking for them. */
import { formatIpv4 } from '../../stack/index.ts'
import { ok } from '../../stack/platform/index.ts'
import type { Coexistence, Sighting } from '../dhcp/coexist/index.ts'
import type { Interfaces } from '../links/interfaces.ts'
import type { Answer, OtherServerView } from '../facade.ts'
import type { OtherServerSide } from '../network-side.ts'
import { timeText } from '../views.ts'

export type OtherServerCommandsOptions = { readonly coexistence: Coexistence; readonly interfaces: Interfaces }

export class OtherServerCommands implements OtherServerSide {
  readonly #o: OtherServerCommandsOptions

  constructor(options: OtherServerCommandsOptions) {
    this.#o = options
  }

  async otherServers(): Answer<readonly OtherServerView[]> {
    return ok(this.#o.coexistence.sightings().map(otherServerView))
  }

  async searchOtherServers(): Answer<null> {
    this.#o.coexistence.search()
    return ok(null)
  }

  async linkShared(interfaceName: string, shared: boolean): Answer<null> {
    if (this.#o.interfaces.setShared(interfaceName, shared)) this.#o.coexistence.linkShared(interfaceName, shared)
    return ok(null)
  }
}

const otherServerView = ({ sign, mac, firstSeen, lastSeen, times }: Sighting): OtherServerView => ({
  interface: sign.interfaceName,
  server: formatIpv4(sign.server),
  mac: mac ?? null,
  how: sign.kind,
  message: sign.message,
  offered: sign.offered === undefined ? null : formatIpv4(sign.offered),
  client: sign.client ?? null,
  routers: sign.routers.map(formatIpv4),
  nameServers: sign.nameServers.map(formatIpv4),
  leaseSeconds: sign.leaseSeconds ?? null,
  firstSeen: timeText(firstSeen),
  lastSeen: timeText(lastSeen),
  times,
})
