/** What the appliance's own DHCP clients do, and the administrator's wishes for them. */
import { formatIpv4, formatPrefix } from '../../stack/index.ts'
import { err, ok } from '../../stack/platform/index.ts'
import { renderStep } from '../events/catalogue.ts'
import type { Answer, DhcpClientView } from '../facade.ts'
import { refusal } from '../model/index.ts'
import type { UplinkSide } from '../network-side.ts'
import type { UplinkReport, Uplinks } from '../uplinks.ts'
import { timeText } from '../views.ts'

export type UplinkCommandsOptions = { readonly uplinks: Uplinks }

export class UplinkCommands implements UplinkSide {
  readonly #o: UplinkCommandsOptions

  constructor(options: UplinkCommandsOptions) {
    this.#o = options
  }

  async dhcpClient(interfaceName: string): Answer<DhcpClientView> {
    const report = this.#o.uplinks.report(interfaceName)
    return report === undefined ? noClient(interfaceName) : ok(dhcpClientView(report))
  }

  async renewDhcpClient(interfaceName: string): Answer<DhcpClientView> {
    this.#o.uplinks.client(interfaceName)?.renew()
    return this.dhcpClient(interfaceName)
  }

  async releaseDhcpClient(interfaceName: string): Answer<DhcpClientView> {
    this.#o.uplinks.client(interfaceName)?.stop(true)
    return this.dhcpClient(interfaceName)
  }
}

const noClient = (interfaceName: string): { readonly ok: false; readonly error: ReturnType<typeof refusal> } =>
  err(
    refusal(
      'not-found', '', `${interfaceName} has no DHCP client`,
      'list the interfaces; one gets its address by DHCP when its addressing is "dhcp"',
    ),
  )

const time = (ms: number | undefined): string | null => (ms === undefined ? null : timeText(ms))

export function dhcpClientView(r: UplinkReport): DhcpClientView {
  const { terms } = r
  return {
    interface: r.interfaceName,
    state: r.state,
    address: terms === undefined ? null : `${formatIpv4(terms.address)}/${terms.prefix.length}`,
    linkLocal: r.linkLocal === undefined ? null : formatIpv4(r.linkLocal),
    server: terms === undefined ? null : formatIpv4(terms.server),
    leaseSeconds: terms?.leaseSeconds ?? null,
    obtainedAt: time(r.obtainedAt),
    renewsAt: time(r.renewsAt),
    rebindsAt: time(r.rebindsAt),
    expiresAt: time(r.expiresAt),
    nextAt: time(r.nextAt),
    routes: (terms?.routes ?? []).map(({ destination, router }) => ({
      destination: formatPrefix(destination), router: formatIpv4(router),
    })),
    nameServers: (terms?.nameServers ?? []).map(formatIpv4),
    domain: terms?.domain ?? null,
    searchList: terms?.searchList ?? [],
    mtu: terms?.mtu ?? null,
    history: r.history.map(({ at, step }) => ({ at: timeText(at), id: step[0], text: renderStep(step) })),
    counters: r.counters,
  }
}
