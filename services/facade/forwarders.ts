/** Forwarding: who is asked for names that no zone here has. */
import type { Answer } from './common.ts'

export type ForwarderInput = {
  /** "corp.example", "." for everything, or "10.0.0.0/8" for its reverse names. */
  readonly domain: string
  readonly target: 'servers' | 'recursion'
  /** "192.0.2.1:5353", "tls://192.0.2.1#dns.example", "https://dns.example/dns-query#192.0.2.1". */
  readonly servers: readonly string[]
  readonly strategy: 'ordered' | 'parallel' | 'fastest'
  readonly path: 'host' | 'stack'
  readonly failClosed: boolean
  /** Names of segments, and prefixes: clients that it counts for; neither: all. */
  readonly segments: readonly string[]
  readonly addresses: readonly string[]
  readonly authority: string | null
  readonly enabled: boolean
  readonly comment: string | null
}

export type ForwarderView = ForwarderInput & {
  /** Those that the settings or an uplink make have none. */
  readonly id: number | null
  readonly kind: 'rule' | 'settings' | 'uplink'
}

export interface ForwarderServices {
  /** By domain, those for some clients first. */
  listForwarders(): Answer<readonly ForwarderView[]>
  getForwarder(id: number): Answer<ForwarderView>
  addForwarder(input: ForwarderInput): Answer<ForwarderView>
  changeForwarder(id: number, change: Partial<ForwarderInput>): Answer<ForwarderView>
  removeForwarder(id: number): Answer<null>
}
