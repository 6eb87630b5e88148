import { Type } from 'typebox'
import type { CachedView, CacheStatsView } from '../../services/index.ts'
import { count, freeText, list, nullable, object, oneOf, page, pagingFields, parameters, text, view, word } from './common.ts'

const SECURITIES = ['unchecked', 'secure', 'insecure', 'indeterminate', 'bogus'] as const
const securityText = 'What validation made of it (RFC 4035); unchecked: it serves the resolver itself alone.'

export const Cached = view<CachedView>()('Cached', 'What is known from other servers of one name and type.', {
  name: word('Whose.', 'www.example.com'),
  type: nullable(word('The type that was asked for; null: there is no such name, whatever the type.', 'A')),
  says: oneOf(['records', 'no-such-type', 'no-such-name'], 'What is known.'),
  records: list(word('Type and data.', 'A 192.0.2.1'), 'An alias has its CNAME here.'),
  ageSeconds: count('Since it was put in.', 12),
  secondsLeft: count('Until it ends. Below 0: it has ended, and serves only while nobody can be asked (RFC 8767).', 288),
  security: oneOf(SECURITIES, securityText),
  trust: oneOf(['additional', 'referral', 'authority', 'answer', 'authoritative'], 'Rank of RFC 2181 §5.4.1; below "answer" no client is given it.'),
  source: word('Who said so.', '192.0.2.53'),
  zone: word('The zone that it came from, as far as known.', 'example.com'),
  partition: count('Clients with forwarders of their own have a part of their own; 0 is everybody\'s.', 0),
})
export const CachedPage = page('Cached', Cached)

export const CacheStats = view<CacheStatsView>()('CacheStats', 'How the cache does.', {
  entries: count('Stale ones included.', 20_113),
  octets: count('That they take.', 3_017_000),
  limitOctets: count('The most that the cache may take.', 67_108_864),
  finishedResponses: count('Finished responses, made of it and of zones.', 812),
  provenZones: count('Zones of which there are proofs to answer from (RFC 8198).', 41),
  hits: count('Answered from it since the start.', 90_210),
  misses: count('Not in it.', 20_113),
  synthesized: count('Made from proofs.', 1200),
  stale: count('Given though they had ended, because nobody could be asked.', 0),
  kept: count('Entries put in.', 25_000),
  outranked: count('Not put in: what was there ranks higher.', 32),
  evicted: count('Put out to make room.', 0),
})

export const CacheFlushed = object('CacheFlushed', 'What was forgotten.', { flushed: count('How many entries.', 3) })

const filter = {
  name: Type.Optional(freeText(1024, 'This name alone.', 'www.example.com')),
  below: Type.Optional(freeText(1024, 'This name and all below it.', 'example.com')),
  type: Type.Optional(text('record-type', 'Entries of this type.')),
  security: Type.Optional(oneOf(SECURITIES, securityText)),
}
export const cacheFilter = parameters(filter)
export const cacheQuery = parameters({ ...filter, ...pagingFields })
