/** A server by address and port alone. */
import type { Ipv4 } from '../../../stack/index.ts'
import { formatIpv4 } from '../../../stack/index.ts'

export type Upstream = { readonly address: Ipv4; readonly port: number }
export const formatUpstream = (u: Upstream): string => `${formatIpv4(u.address)}${u.port === 53 ? '' : `:${u.port}`}`
