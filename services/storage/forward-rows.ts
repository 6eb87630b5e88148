/** Forwarding rules between rows and the model. */
import { formatPrefix, parsePrefix, type Prefix } from '../../stack/index.ts'
import { formatForwardServer, type ForwardRule, parseForwardServer } from '../model/index.ts'
import { orNull, orUndefined } from './rows.ts'

export type ForwardRuleRow = {
  id: number
  domain: string
  target: ForwardRule['target']
  servers: string
  strategy: ForwardRule['strategy']
  path: ForwardRule['path']
  fail_closed: number
  segments: string
  prefixes: string
  authority: string | null
  enabled: number
  comment: string | null
}

export const forwardRuleOf = (r: ForwardRuleRow): ForwardRule => ({
  id: r.id,
  origin: 'rule',
  domain: r.domain,
  target: r.target,
  servers: (JSON.parse(r.servers) as readonly string[]).flatMap((text) => {
    const server = parseForwardServer(text)
    return server.ok ? [server.value] : []
  }),
  strategy: r.strategy,
  path: r.path,
  failClosed: r.fail_closed === 1,
  segmentIds: JSON.parse(r.segments) as readonly number[],
  prefixes: (JSON.parse(r.prefixes) as readonly string[]).map((text) => parsePrefix(text) as Prefix),
  authority: orUndefined(r.authority),
  enabled: r.enabled === 1,
  comment: orUndefined(r.comment),
})

/** In the order of the table. */
export const forwardRuleCells = (f: ForwardRule): readonly (string | number | null)[] => [
  f.id, f.domain, f.target, JSON.stringify(f.servers.map(formatForwardServer)), f.strategy, f.path, Number(f.failClosed),
  JSON.stringify(f.segmentIds), JSON.stringify(f.prefixes.map(formatPrefix)), orNull(f.authority), Number(f.enabled), orNull(f.comment),
]
