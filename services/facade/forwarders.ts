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

/** How a server does. */
export type ForwarderServerView = {
  /** As it stands in `servers`. */
  readonly server: string
  /** failing: it was silent or of no use lately, and is passed over where there is another. */
  readonly state: 'unknown' | 'answering' | 'failing'
  /** Smoothed round-trip time; null: nothing is known. */
  readonly rttMs: number | null
  /** Questions that it answered, and was of no use for, since the start or the last change. */
  readonly answered: number
  readonly failed: number
  /** Whether the servers give signatures, so that what they say can be validated; null: not asked. */
  readonly signs: boolean | null
  /** Connections that are open. */
  readonly connections: number
  /** Why the last one could not be opened, or was of no use. */
  readonly problem: string | null
}

/** What a server answered to a question that was put to it alone. */
export type ForwarderTestView = {
  readonly server: string
  readonly tookMs: number
  /** null: it did not answer. */
  readonly rcode: string | null
  readonly records: number
  readonly signed: boolean
  readonly problem: string | null
}
export type ForwarderQuestion = { /** null: the domain itself. */ readonly name: string | null; readonly type: string }

export type ForwarderView = ForwarderInput & {
  /** Those that the settings or an uplink make have none. */
  readonly id: number | null
  readonly kind: 'rule' | 'settings' | 'uplink'
  /** In the order of `servers`. */
  readonly states: readonly ForwarderServerView[]
}

export interface ForwarderServices {
  /** By domain, those for some clients first. */
  listForwarders(): Answer<readonly ForwarderView[]>
  getForwarder(id: number): Answer<ForwarderView>
  addForwarder(input: ForwarderInput): Answer<ForwarderView>
  changeForwarder(id: number, change: Partial<ForwarderInput>): Answer<ForwarderView>
  removeForwarder(id: number): Answer<null>
  /** Puts a question to each of its servers; 0: to those of the settings or an uplink. Each answers, or has its time. */
  testForwarder(id: number, question: ForwarderQuestion): Answer<readonly ForwarderTestView[]>
}
