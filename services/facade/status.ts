/** How the appliance is doing. */
import type { Answer } from './common.ts'

export type HealthView = {
  /** 'ok', 'degraded' (answers, but something a person must see to), 'failing' (no ACKs or no answers). */
  readonly status: 'ok' | 'degraded' | 'failing'
  readonly version: string
  readonly startedAt: string
  /** One entry per part: 'network', 'interfaces', 'storage', 'decisions', 'dhcp', 'dhcp-servers', 'uplinks', 'dns', 'upstreams'. */
  readonly checks: readonly { readonly name: string; readonly status: 'ok' | 'degraded' | 'failing'; readonly detail: string }[]
}

/** By part: 'ipv4', 'dhcp', 'link.taproot0' …, those of the interfaces last. */
export type StatisticsView = { readonly [part: string]: { readonly [counter: string]: number } }

export interface StatusServices {
  health(): Promise<HealthView>
  /** All: also those that are zero. */
  statistics(all: boolean): Answer<StatisticsView>
}
