import { Type } from 'typebox'
import type { ExplanationView, QueryExplanationView, ServerAskedView } from '../../services/index.ts'
import { count, list, moment, nullable, object, oneOf, parameters, text, view, word } from './common.ts'
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
const yes = (description: string) => Type.Boolean({ description })

const ServerAsked = view<ServerAskedView>()('ServerAsked', 'A query to a server on the way to an answer.', {
  server: word('Its address.', '192.0.2.1'),
  zone: nullable(word('The zone whose server it was asked as; null of a server that is forwarded to.', 'example.com')),
  name: nullable(word('What it was asked for: perhaps less than the whole name.', 'example.com')),
  type: nullable(word('And of which type.', 'A')),
  outcome: oneOf(['answered', 'referred', 'no-zone-cut', 'useless', 'none'], 'What came of it.'),
  tookMs: nullable(count('Milliseconds until then.', 12)),
  text: word('The same as a sentence.', '192.0.2.1 answered after 12 ms: rrset'),
})
export const QueryExplanation = view<QueryExplanationView>()('QueryExplanation', 'How a question is answered, and why.', {
  name: word('The name that was asked for.', 'www.example.com'),
  type: word('The type.', 'A'),
  client: nullable(word('Who would ask; null: nobody in particular.', '10.53.0.20')),
  view: nullable(word('The view that the client sees.', 'guests')),
  rcode: word('The response code.', 'NOERROR'),
  answers: list(word('A record.', 'www.example.com 300 IN A 192.0.2.1'), 'The answer section.'),
  origin: oneOf(['own', 'special-use', 'cache', 'network', 'stale', 'policy', 'failure', 'refused'], 'Where the answer comes from.'),
  authentic: yes('Whether all of it was validated (DNSSEC).'),
  rule: nullable(object('DecidingRule', 'The rule that decided.', {
    action: word('What it has done.', 'nxdomain'), list: word('The list or policy zone.', 'ads'), rule: word('The rule.', '||ads.example^'),
  })),
  cache: object('CacheState', 'What the cache had.', {
    state: oneOf(['hit', 'miss', 'stale', 'failed-lately', 'not-looked'], 'What was found in it.'),
    ageSeconds: nullable(count('Since it was learnt.', 12)), leftSeconds: nullable(count('Until it ends.', 12)), source: nullable(word('Who said it.', '192.0.2.1')),
  }),
  servers: list(ServerAsked, 'Each server that was asked, in order.'),
  validation: list(object('ValidationStep', 'A step of the chain of trust.', { id: word('The event.', 'dns.validation.ds'), text: word('A sentence.', 'the DS record of example.com vouches for its key 12345') }), 'The chain of trust.'),
  steps: list(object('ExplainedStep', 'A step.', { id: word('The event.', 'dns.cache.hit'), text: word('A sentence.', 'answered from the cache'), facts: Type.Record(Type.String(), Type.Unknown(), { description: 'What it rested on.' }) }), 'All steps.'),
  lines: list(word('A line of text.', 'www.example.com A: NOERROR (from: the cache)'), 'The same to print.'),
})
export const queryExplainQuery = parameters({
  name: text('subject', 'The name to ask for.'),
  type: Type.Optional(text('record-type', 'The type; A without.')),
  client: Type.Optional(text('ipv4', 'Who would ask: its view, its policy and its forwarders count.')),
  fresh: Type.Optional(oneOf(['true', 'false'], 'true: others are asked even where the cache has an answer.')),
})
export const explainQuery = parameters({
  subject: text('subject', 'A MAC address, an IPv4 address or a name.'),
  at: Type.Optional(moment('As it was then: a time or a date (UTC). Without: as it is now.')),
  client: Type.Optional(text('ipv4', 'Of a name: what this client would be answered, in its view.')),
  type: Type.Optional(text('record-type', 'Of a name: the type that is asked for; A without.')),
})
