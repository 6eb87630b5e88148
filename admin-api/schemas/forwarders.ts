import { Type } from 'typebox'
import type { ForwarderServerView, ForwarderTestView, ForwarderView } from '../../services/index.ts'
import { change, count, creation, freeText, id, integer, list, nullable, oneOf, page, object, parameters, text, view, word } from './common.ts'

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

const ForwarderServer = view<ForwarderServerView>()('ForwarderServer', 'How a server does.', {
  server: word('As it stands in "servers".', '192.0.2.53'),
  state: oneOf(['unknown', 'answering', 'failing'], 'failing: silent or of no use lately, and passed over where there is another.'),
  rttMs: nullable(Type.Number({ description: 'Smoothed round-trip time; null: nothing is known.', examples: [12.3] })),
  answered: count('Questions that it answered since the start or the last change.', 120),
  failed: count('Questions that it was of no use for.', 1),
  signs: nullable(Type.Boolean({ description: 'Whether it gives signatures, so that what it says can be validated; null: not asked.' })),
  connections: count('Connections that are open.', 1),
  problem: nullable(word('Why the last one could not be opened, or was of no use.', 'its certificate is for DNS:other.example, not dns.example')),
})

export const Forwarder = view<ForwarderView>()('Forwarder', 'Who is asked for names that no zone here has.', {
  ...fields,
  id: nullable(id('forwarder')),
  states: list(ForwarderServer, 'In the order of the servers.'),
  kind: oneOf(['rule', 'settings', 'uplink'], 'Made by this API; by --upstreams; by the name servers that the lease of an uplink brought.'),
})
export const ForwarderPage = page('Forwarder', Forwarder)
export const ForwarderCreation = creation('ForwarderCreation', 'A new forwarder.', fields, FORWARDER_DEFAULTS)
export const ForwarderChange = change('ForwarderChange', 'New values for some fields of a forwarder.', fields)
export const forwarderParams = parameters({ id: id('forwarder') })
export const forwarderTestParams = parameters({ id: integer(0, Number.MAX_SAFE_INTEGER, 'Number of the forwarder; 0: that of the settings or an uplink.', 1) })
export const ForwarderQuestion = object('ForwarderQuestion', 'What each server is asked.', {
  name: Type.Optional(nullable(freeText(255, 'null: the domain of the forwarder.', 'www.corp.example'))),
  type: Type.Optional(freeText(20, 'SOA unless said.', 'A')),
})
export const ForwarderTestPage = page('ForwarderTest', view<ForwarderTestView>()('ForwarderTest', 'What a server answered.', {
  server: word('As it stands in "servers".', '192.0.2.53'),
  tookMs: count('Milliseconds until it was known.', 12),
  rcode: nullable(word('null: it did not answer.', 'NOERROR')),
  records: count('Records in its answer.', 1),
  signed: Type.Boolean({ description: 'Signatures are among them.' }),
  problem: nullable(word('Why it did not answer.', 'silent')),
}))
