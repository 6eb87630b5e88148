/** A virtual Internet whose root and example are signed, with the root's trust anchor. */
import { parseTrustAnchors } from '../../services/dns/validator/anchor-file.ts'
import { ROOT_AT } from './recursion-bench.ts'
import { signed, VirtualInternet } from './virtual-internet.ts'
import type { VirtualServer } from './virtual-internet.ts'

export type SignedInternet = {
  readonly net: VirtualInternet
  /** The server of example. */
  readonly example: VirtualServer
  readonly anchors: ReturnType<typeof parseTrustAnchors> extends infer R ? (R extends { readonly ok: true; readonly value: infer V } ? V : never) : never
}

/** `records` come into the zone example beside its own server. */
export function signedInternet(records: string): SignedInternet {
  const net = new VirtualInternet()
  const root = signed('.')
  const example = signed('example')
  net.server(ROOT_AT, { '.': `
    @ 518400 NS a.root-servers.example.
    a.root-servers.example. 518400 A ${ROOT_AT}
    example. 172800 NS ns.example.
    ns.example. 172800 A 192.0.2.53
    ${example.ds}
  ` }, { signed: { '.': root.signing } })
  const server = net.server('192.0.2.53', { example: `
    @ 3600 NS ns
    ns 3600 A 192.0.2.53
    ${records}
  ` }, { signed: { example: example.signing } })
  const anchors = parseTrustAnchors(root.ds)
  if (!anchors.ok) throw new Error(anchors.error)
  return { net, example: server, anchors: anchors.value }
}
