import { Type } from 'typebox'
import type { ForwarderView } from '../../services/index.ts'
import { change, creation, freeText, id, list, nullable, oneOf, page, parameters, text, view } from './common.ts'

const fields = {
  domain: freeText(255, 'Names at or below it; "." for all; a block of addresses for its reverse names. Of several the longest counts.', 'corp.example'),
  target: oneOf(['servers', 'recursion'], 'servers: those below are asked. recursion: these names are looked up from the root.'),
  servers: list(
    freeText(600, 'ADDRESS[:PORT], tls://ADDRESS[:PORT]#NAME or https://NAME/dns-query#ADDRESS; behind "#" also pin-sha256=BASE64.', '192.0.2.53'),
    'Who is asked; eight at most.',
  ),
  strategy: oneOf(['ordered', 'parallel', 'fastest'], 'In their order; all at once; or the one that has answered fastest lately first.'),
  path: oneOf(['host', 'stack'], "How they are reached: by the host's sockets, or by the appliance's own stack."),
  failClosed: Type.Boolean({ description: 'When they fail nobody else is asked. Otherwise the next shorter rule is tried, at last that of the settings.' }),
  segments: list(freeText(64, 'A segment.', 'lan0'), 'It counts for clients in the subnets of these segments alone.'),
  addresses: list(text('prefix', 'Of one client or many.', '10.53.7.0/24'), 'It counts for clients with these addresses alone.'),
  authority: nullable(freeText(65_536, 'Certificates (PEM) by which names of servers are believed, instead of those that the host trusts.', '-----BEGIN CERTIFICATE-----\n…')),
  enabled: Type.Boolean({ description: 'Off: as if it were not there.' }),
  comment: nullable(freeText(200, 'For people.', 'the other office')),
}
export const FORWARDER_DEFAULTS = {
  target: 'servers', servers: [], strategy: 'fastest', path: 'host', failClosed: true, segments: [], addresses: [], authority: null, enabled: true, comment: null,
} as const

export const Forwarder = view<ForwarderView>()('Forwarder', 'Who is asked for names that no zone here has.', {
  ...fields,
  id: nullable(id('forwarder')),
  kind: oneOf(['rule', 'settings', 'uplink'], 'Made by this API; by --upstreams; by the name servers that the lease of an uplink brought.'),
})
export const ForwarderPage = page('Forwarder', Forwarder)
export const ForwarderCreation = creation('ForwarderCreation', 'A new forwarder.', fields, FORWARDER_DEFAULTS)
export const ForwarderChange = change('ForwarderChange', 'New values for some fields of a forwarder.', fields)
export const forwarderParams = parameters({ id: id('forwarder') })
