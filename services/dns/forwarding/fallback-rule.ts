/** The rule that no administrator made: the servers of `--upstreams`, or those that the lease of an uplink brought. */
import type { ForwardRule } from '../../model/index.ts'
import type { Upstream } from '../resolver/upstreams.ts'

/** Undefined without a server. */
export function fallbackRule(servers: readonly Upstream[], path: ForwardRule['path'], origin: 'settings' | 'uplink'): ForwardRule | undefined {
  if (servers.length === 0) return undefined
  return {
    id: 0, origin, domain: '.', target: 'servers', strategy: 'fastest', path, failClosed: true, segmentIds: [], prefixes: [], authority: undefined, enabled: true, comment: undefined,
    servers: servers.map(({ address, port }) => ({ by: 'plain', address, port, name: undefined, pin: undefined, path: undefined })),
  }
}
