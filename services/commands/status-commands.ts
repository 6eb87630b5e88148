/** Counters, and how the network side is doing. */
import type { Stack } from '../../stack/index.ts'
import { ok } from '../../stack/platform/index.ts'
import type { Coexistence } from '../dhcp/coexist/index.ts'
import type { DhcpServer } from '../dhcp/index.ts'
import type { DnsServer } from '../dns/index.ts'
import type { Answer, StatisticsView } from '../facade.ts'
import type { Interfaces } from '../links/interfaces.ts'
import type { NetworkHealth, StatusSide } from '../network-side.ts'
import type { CommitQueue } from '../storage/commit-queue.ts'
import type { Uplinks } from '../uplinks.ts'
import type { SignedZones } from '../zone-signing/signed-zones.ts'

export type StatusCommandsOptions = {
  readonly stack: Stack
  readonly dhcp: DhcpServer
  readonly dns: DnsServer
  readonly commits: CommitQueue
  readonly interfaces: Interfaces
  readonly coexistence: Coexistence
  readonly uplinks: Uplinks
  readonly signedZones: SignedZones
}

export class StatusCommands implements StatusSide {
  readonly #o: StatusCommandsOptions

  constructor(options: StatusCommandsOptions) {
    this.#o = options
  }

  async statistics(all: boolean): Answer<StatisticsView> {
    const { stack, dhcp, dns } = this.#o
    const parts = { ...stack.counters, dhcp: dhcp.counters, dns: dns.counters }
    const counted = Object.entries(parts).map(([part, counters]) => [part, all ? counters.all() : counters.toJSON()])
    const links = [...stack.interfaces, stack.loopback].map((iface) => [
      `link.${iface.name}`,
      present(iface.link.counters(), all),
    ])
    return ok({
      ...Object.fromEntries(counted),
      'dhcp-tables': present(dhcp.sizes, all),
      'dns-tables': present(dns.sizes, all),
      ...Object.fromEntries(links),
    })
  }

  async health(): Answer<NetworkHealth> {
    const states = this.#o.dns.upstreamStates
    const zones = this.#o.dns.zones.list()
    return ok({
      exhausted: this.#o.dhcp.exhausted.map(({ name, refused }) => `${name} (${refused} requests unanswered)`),
      storageFault: this.#o.commits.lastFault?.detail,
      transactionsUnderWay: this.#o.commits.underWay,
      zones: { served: zones.length, skippedRecords: zones.reduce((sum, zone) => sum + zone.skipped.length, 0) },
      signing: this.#o.signedZones.standing,
      upstreams: {
        configured: states.length,
        failing: states.filter(({ failing }) => failing).map(({ text, problem }) => (problem === undefined ? text : `${text} (${problem})`)),
        unsigned: states.filter(({ signs }) => signs === false).map(({ text }) => text),
      },
      interfaces: { configured: this.#o.interfaces.plans.length, down: this.#o.interfaces.down() },
      otherServers: this.#o.coexistence.troubles,
      uplinks: this.#o.uplinks.standing,
    })
  }
}

const present = (counters: Readonly<Record<string, number>>, all: boolean): Readonly<Record<string, number>> =>
  all ? counters : Object.fromEntries(Object.entries(counters).filter(([, value]) => value !== 0))
