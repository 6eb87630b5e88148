/** Forwarding rules for tests. */
import type { ClientRule } from '../../services/dns/forwarding/forward-rules.ts'
import type { ForwardRule, ForwardServer } from '../../services/model/index.ts'
import { parseForwardServer } from '../../services/model/index.ts'
import { parsePrefix, type Prefix } from '../../stack/index.ts'

export function forwardServer(text: string): ForwardServer {
  const server = parseForwardServer(text)
  if (!server.ok) throw new Error(`${text}: ${server.error}`)
  return server.value
}

const PLAIN: ForwardRule = {
  id: 1, origin: 'rule', domain: 'corp.example', target: 'servers', servers: [forwardServer('192.0.2.1')], strategy: 'ordered', path: 'host', failClosed: true, segmentIds: [], prefixes: [],
  authority: undefined, enabled: true, comment: undefined,
}
export const forwardRule = (fields: Partial<ForwardRule> = {}): ForwardRule => ({ ...PLAIN, ...fields })

/** A rule for these clients, or for all. */
export function clientRule(fields: Partial<ForwardRule>, clients: readonly string[] = []): ClientRule {
  const prefixes = clients.map((text) => parsePrefix(text) as Prefix)
  return { rule: forwardRule({ prefixes, ...fields }), prefixes }
}
