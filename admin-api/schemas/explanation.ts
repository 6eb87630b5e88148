import { Type } from 'typebox'
import type { ExplanationView } from '../../services/index.ts'
import { list, moment, oneOf, parameters, text, view, word } from './common.ts'
import { Decision } from './decisions.ts'
import { Lease, LeaseHistory } from './leases.ts'
import { ZoneRecord } from './records.ts'

export const Explanation = view<ExplanationView>()('Explanation', 'All that is known of a MAC, an address or a name.', {
  subject: word('What was asked for.', '10.53.0.20'),
  kind: oneOf(['mac', 'address', 'name'], 'What the subject was taken for.'),
  lines: list(
    word('A line of at most 100 columns.', '10.53.0.20 is bound to 02:00:0a:35:00:14'),
    'One screen of text.',
  ),
  leases: list(Lease, 'Leases now.'),
  history: list(LeaseHistory, 'Who held it before.'),
  records: list(ZoneRecord, 'Names that lead to it or belong to it.'),
  decisions: list(Decision, 'The latest decisions about it.'),
})
export const explainQuery = parameters({
  subject: text('subject', 'A MAC address, an IPv4 address or a name.'),
  at: Type.Optional(moment('As it was then: a time or a date (UTC). Without: as it is now.')),
  client: Type.Optional(text('ipv4', 'Of a name: what this client would be answered, in its view.')),
  type: Type.Optional(text('record-type', 'Of a name: the type that is asked for; A without.')),
})
