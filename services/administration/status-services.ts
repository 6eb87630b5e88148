/** How the appliance is doing, from what its parts say of themselves. */
import type { Clock } from '../../stack/platform/index.ts'
import type { Answer, DhcpServices, HealthView, StatisticsView, StatusServices } from '../facade.ts'
import type { NetworkHealth, NetworkSide } from '../network-side.ts'
import { timeText } from '../views.ts'

export type ApplianceStatusOptions = {
  readonly network: NetworkSide
  readonly dhcp: DhcpServices
  readonly clock: Clock
  readonly version: string
  /** What the threads report of themselves: worker restarts, dropped decisions. */
  readonly supervision: () => HealthView['checks']
}

export class ApplianceStatus implements StatusServices {
  readonly #o: ApplianceStatusOptions
  readonly #startedAt: number

  constructor(options: ApplianceStatusOptions) {
    this.#o = options
    this.#startedAt = options.clock.wallMs()
  }

  async health(): Promise<HealthView> {
    const network = await this.#o.network.status.health()
    const checks: HealthView['checks'][number][] = [...this.#o.supervision()]
    if (network.ok) {
      const { exhausted, interfaces, storageFault, transactionsUnderWay, upstreams, zones, otherServers, uplinks, signing } = network.value
      const pools = await this.#o.dhcp.list('pools')
      const full = (pools.ok ? pools.value : []).filter((pool) => pool.bound >= pool.size).map((pool) => `${pool.first}–${pool.last}`)
      checks.push({ name: 'network', status: 'ok', detail: 'the network worker answers' })
      checks.push({
        name: 'interfaces',
        status: interfaces.down.length > 0 ? 'degraded' : 'ok',
        detail: interfaces.down.length > 0 ? `down: ${interfaces.down.join('; ')}` : `${interfaces.configured} configured, all as they should be`,
      })
      checks.push(
        storageFault === undefined
          ? { name: 'storage', status: 'ok', detail: `${transactionsUnderWay} transactions under way` }
          : { name: 'storage', status: 'failing', detail: `no lease can be made durable, so none is given: ${storageFault}` },
      )
      checks.push(addressesCheck(exhausted, full))
      checks.push(otherServersCheck(otherServers))
      checks.push(uplinksCheck(uplinks))
      checks.push({
        name: 'dns',
        status: zones.skippedRecords > 0 ? 'degraded' : 'ok',
        detail: `${zones.served} zones served${zones.skippedRecords > 0 ? `; ${zones.skippedRecords} stored records are not well formed and left out` : ''}`,
      })
      checks.push(signingCheck(signing))
      checks.push({
        name: 'upstreams',
        status: upstreams.failing.length > 0 ? 'degraded' : 'ok',
        detail: upstreamsText(upstreams),
      })
    } else checks.push({ name: 'network', status: 'failing', detail: network.error.problem })
    const status = (['failing', 'degraded'] as const).find((s) => checks.some((check) => check.status === s)) ?? 'ok'
    return { status, version: this.#o.version, startedAt: timeText(this.#startedAt), checks }
  }

  statistics(all: boolean): Answer<StatisticsView> {
    return this.#o.network.status.statistics(all)
  }
}

function addressesCheck(exhausted: readonly string[], full: readonly string[]): HealthView['checks'][number] {
  const name = 'dhcp'
  if (exhausted.length > 0) return { name, status: 'degraded', detail: `clients go without an address on ${exhausted.join(', ')}` }
  if (full.length > 0) return { name, status: 'degraded', detail: `no address is free in ${full.join(', ')}` }
  return { name, status: 'ok', detail: 'every pool has free addresses' }
}

function otherServersCheck({ seen, silentOn }: NetworkHealth['otherServers']): HealthView['checks'][number] {
  const name = 'dhcp-servers'
  if (silentOn.length > 0) {
    return { name, status: 'degraded', detail: `no client is answered on ${silentOn.join(', ')}, because another DHCP server answers there: ${seen.join(', ')}` }
  }
  if (seen.length > 0) return { name, status: 'degraded', detail: `other DHCP servers: ${seen.join(', ')}` }
  return { name, status: 'ok', detail: 'no other DHCP server was seen' }
}

function signingCheck({ signed, unreadable, waiting }: NetworkHealth['signing']): HealthView['checks'][number] {
  const name = 'signing'
  if (unreadable.length > 0) return { name, status: 'degraded', detail: `keys cannot be read: ${unreadable.join(', ')}` }
  const waits = waiting.length === 0 ? '' : `; another DS record at the parent is waited for: ${waiting.join(', ')}`
  return { name, status: 'ok', detail: `${signed} zones are signed${waits}` }
}

function uplinksCheck({ configured, without }: NetworkHealth['uplinks']): HealthView['checks'][number] {
  const name = 'uplinks'
  if (without.length > 0) return { name, status: 'degraded', detail: `no DHCP server gives an address to ${without.join(', ')}` }
  return { name, status: 'ok', detail: configured === 0 ? 'no interface gets its address by DHCP' : `${configured} with an address by DHCP` }
}

function upstreamsText({ configured, failing, unsigned }: NetworkHealth['upstreams']): string {
  return [
    `${configured} configured`,
    failing.length === 0 ? 'none failing' : `failing: ${failing.join(', ')}`,
    ...(unsigned.length === 0 ? [] : [`not validated, because without signatures: ${unsigned.join(', ')}`]),
  ].join('; ')
}
