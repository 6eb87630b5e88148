import { Type } from 'typebox'
import { QUERY_LOG_MODES, type QueryLogView, type QueryView, type TopView } from '../../services/index.ts'
import { change, count, freeText, integer, list, moment, nullable, object, oneOf, page, pagingFields, parameters, text, time, view, word } from './common.ts'

const carrier = oneOf(['udp', 'tcp', 'tls', 'https'] as const, 'What carried it.')
const outcome = oneOf(['answered', 'blocked', 'failed', 'refused'] as const, 'Answered is also that there is no such name; failed is SERVFAIL.')
const source = word('own (zones here), special-use, cache, stale, network (servers were asked), policy, refused or failure.', 'cache')

export const Query = view<QueryView>()('Query', 'A query that was answered.', {
  id: count('Ascending.', 4711),
  at: time('When it came in.'),
  client: nullable(word('Its address; the last octet is 0 where clients are anonymous; null where they are not written down.', '10.53.0.20')),
  clientName: nullable(word('What the holder of the address called itself to DHCP then.', 'printer-2')),
  carrier,
  name: nullable(word('Null where names are not written down.', 'www.example.com')),
  type: word('What was asked for.', 'A'),
  rcode: word('What the response says.', 'NOERROR'),
  outcome,
  source,
  age: nullable(count('Of what was in the cache, in seconds.', 7)),
  server: nullable(word('Who was asked.', '192.0.2.53:53')),
  list: nullable(word('Of the rule that decided.', 'ads')),
  rule: nullable(word('The rule as it stands there.', '||ads.example^')),
  allowed: Type.Boolean({ description: 'The rule let the name pass.' }),
  tookMs: Type.Number({ description: 'Milliseconds; 0 when the answer was ready.', examples: [12.5] }),
  octets: count('Of the response; 0 when there was none.', 120),
  flags: list(word('A flag of the response.', 'ra'), 'aa, tc, rd, ra, ad, cd.'),
  dnssecOk: Type.Boolean({ description: 'The client asked for signatures.' }),
})
export const QueryPage = page('Query', Query)

const filterFields = {
  from: Type.Optional(moment('Not before then: a time, or a date (UTC).')),
  to: Type.Optional(moment('Not after then: a time, or a date to its end (UTC).')),
  client: Type.Optional(freeText(255, 'An address, a prefix, or the host name of a DHCP client: whatever it had when.', 'printer-2')),
  name: Type.Optional(freeText(1100, 'Exactly this name.', 'www.example.com')),
  below: Type.Optional(freeText(1100, 'This name and all below it.', 'example.com')),
  containing: Type.Optional(freeText(255, 'Names that have this in them.', 'track')),
  type: Type.Optional(text('record-type', 'What was asked for.')),
  rcode: Type.Optional(freeText(16, 'What the response says.', 'NXDOMAIN')),
  outcome: Type.Optional(outcome),
  source: Type.Optional(freeText(16, 'Where the answer is from.', 'policy')),
  carrier: Type.Optional(carrier),
  since: Type.Optional(integer(0, Number.MAX_SAFE_INTEGER, 'Only those after the query with this id.', 4711)),
}
export const queriesQuery = parameters({ ...filterFields, ...pagingFields })
export const exportQuery = parameters({ ...filterFields, format: Type.Optional(oneOf(['ndjson', 'csv'] as const, 'A line of JSON each, or comma-separated values with a heading.')) })
export const topQuery = parameters({
  by: oneOf(['name', 'client', 'blocked'] as const, 'What is counted; blocked: names that a rule blocked.'),
  from: Type.Optional(moment('Not before then; a day up to "to" unless said.')),
  to: Type.Optional(moment('Not after then; now unless said.')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'How many.' })),
})

export const Top = view<TopView>()('TopQueries', 'Who or what comes most often.', {
  by: oneOf(['name', 'client', 'blocked'] as const, 'What is counted.'),
  from: time('The first moment.'),
  to: time('The last.'),
  total: count('Queries in all; of very many different names those that came once may be missing.', 12_000),
  items: list(object('TopItem', 'One of them.', {
    key: word('The name, or the address of the client.', 'www.example.com'),
    clientName: nullable(word('What the client calls itself.', 'printer-2')),
    count: count('Queries.', 812),
  }), 'The most frequent first.'),
})

const settingFields = {
  mode: oneOf(QUERY_LOG_MODES, 'full; anonymous: without the last octet of addresses; counts: without names, clients and rules; off. What was written before stays.'),
  keepDays: integer(1, 3650, 'Queries that are older go.', 7),
  maxMebibytes: integer(64, 1_048_576, 'When the file is larger the oldest go.', 1024),
}
export const QueryLog = view<QueryLogView>()('QueryLog', 'What is written down of queries.', {
  ...settingFields,
  queries: count('Written down now.', 120_000),
  oldestAt: nullable(time('When the oldest of them came in.')),
  octets: count('Of the file, without what is idle in it.', 20_000_000),
  dropped: count('Not written down since the start, because too many came at once.', 0),
})
export const QueryLogChange = change('QueryLogChange', 'What is to be otherwise.', settingFields)
