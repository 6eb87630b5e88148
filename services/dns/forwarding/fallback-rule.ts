/** The rule that no administrator made: `--upstreams`, or the name servers that the lease of an uplink brought. */
import type { ForwardRule, ForwardServer } from '../../model/index.ts'
import type { Upstream } from '../resolver/upstreams.ts'

const PLAIN = { by: 'plain', name: undefined, pin: undefined, path: undefined } as const

/** Without a server names are looked up from the root, where `recurse` lets us; undefined: they are not. */
export function fallbackRule(
  servers: readonly (Upstream | ForwardServer)[], path: ForwardRule['path'], origin: 'settings' | 'uplink', recurse = false,
): ForwardRule | undefined {
  if (servers.length === 0 && !recurse) return undefined
  return {
    id: 0, origin, domain: '.', target: servers.length === 0 ? 'recursion' : 'servers', strategy: 'fastest', path, failClosed: true, segmentIds: [], prefixes: [], authority: undefined, enabled: true, comment: undefined,
    servers: servers.map((server) => ('by' in server ? server : { ...PLAIN, ...server })),
  }
}
