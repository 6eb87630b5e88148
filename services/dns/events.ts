/**
 * Everything DNS can say about what it did: log lines, `explain` and the manual are made from this table.
 * `says` has the facts in braces; `means` is for a person who has not read the RFCs; `remedy` says what to do, if
 * anything.
 */
import { CACHE_EVENTS } from './cache/events.ts'
import { FORWARDING_EVENTS } from './forwarding/events.ts'
import { RECURSION_EVENTS } from './recursion/events.ts'
import { POLICY_EVENTS } from './policy/events.ts'
import { UPDATE_EVENTS } from './update/events.ts'
import { VALIDATION_EVENTS } from './validator/events.ts'

export type DnsEventRow = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly says: string
  readonly means: string
  readonly remedy?: string
}

export const DNS_EVENTS = {
  'dns.zone.enclosing': {
    level: 'debug', says: '{name} lies in the zone {zone} (serial {serial}), which is served here',
    means: 'The zone with the longest matching name answers with authority; no upstream is asked.',
  },
  'dns.views.changed': {
    level: 'info', says: 'views are now, in this order: {views}',
    means: 'Queries are sorted into them from the next one on.',
  },
  'dns.view.seen': {
    level: 'debug', says: '{client} sees the view {view}',
    means: 'The zones of that view count for it, and those of everybody.',
  },
  'dns.zone.none': {
    level: 'debug', says: 'no zone here holds {name}',
    means: 'The appliance has no authority over the name, so it looks in its cache and then asks an upstream server.',
  },
  'dns.alias.stale': {
    level: 'warn', says: 'nobody says where {target} is, so {name} keeps the addresses that it had',
    means: 'The addresses of a name with an ALIAS record are those of its target. They are asked for again every minute.',
    remedy: 'Look whether the target exists, with: taproot explain TARGET.',
  },
  'dns.alias.answered': {
    level: 'info', says: 'the addresses of {target} are known again, and {name} has them',
    means: 'An ALIAS record follows its target again.',
  },
  'dns.zone.not-served': {
    level: 'warn', says: 'the copy of {zone} is too old to be given out, or not there yet',
    means: 'SERVFAIL: the zone is another server\'s, and that has not confirmed the copy within the expire time of its SOA.',
    remedy: 'See why the primary servers cannot be reached, with: taproot zone secondary ZONE.',
  },
  'dns.secondary.transferred': {
    level: 'info', says: '{zone} came from {primary} with serial {serial}: {removed} record(s) out, {added} in',
    means: 'The copy has a new version, which is served from the next query on.',
  },
  'dns.secondary.failed': {
    level: 'warn', says: 'no primary server of {zone} was of use ({failures} time(s) in a row); of {primary}: {because}',
    means: 'The copy goes on as it is, until its expire time; it is tried again after the retry time of the SOA.',
    remedy: 'Check that the primary runs, serves the zone, and lets this server have it.',
  },
  'dns.secondary.expired': {
    level: 'error', says: 'the copy of {zone} (serial {serial}) was not confirmed for {seconds} s and is given out no more',
    means: 'Clients get SERVFAIL until a primary server can be reached again.',
    remedy: 'Bring the primary back, name another, or make this server the primary of the zone.',
  },
  'dns.zone.digest-wrong': {
    level: 'error', says: 'version {serial} of {zone} from {primary} is not what its own digest says',
    means: 'The zone has a ZONEMD record (RFC 8976), and its records give another digest: it was changed on its way, or signed wrong. The version is not served.',
    remedy: 'Compare the zone with that of its primary; have the primary make the ZONEMD record anew.',
  },
  'dns.catalog.added': {
    level: 'info', says: '{zone} is copied, because the catalog {catalog} lists it',
    means: 'A secondary zone was made; it is served as soon as it has been transferred.',
  },
  'dns.catalog.removed': {
    level: 'info', says: '{zone} is removed: the catalog {catalog} does not list it any more, or as another zone',
    means: 'The copy and its records are gone from here.',
  },
  'dns.catalog.conflict': {
    level: 'warn', says: 'the catalog {catalog} lists {zone}, which stays as it is: {because}',
    means: 'A catalog has a say in nothing but the zones that it brought (RFC 9432 §5.2).',
    remedy: 'Remove the zone that is here, or take it out of the other catalog.',
  },
  'dns.catalog.broken': {
    level: 'warn', says: 'nothing is done about version {serial} of the catalog {catalog}: {because}',
    means: 'The zones that it brought before go on as they are (RFC 9432 §5.1).',
    remedy: 'Correct the catalog at its producer.',
  },
  'dns.special-use': {
    level: 'debug', says: '{name} lies in {zone}, a name reserved for local use',
    means: 'Such names mean something only inside a network (RFC 6761, RFC 6303) and are never sent out.',
    remedy: 'Create a zone of that name to give it records.',
  },
  'dns.answer.node': {
    level: 'debug', says: '{name} has {count} {type} record(s)',
    means: 'The name exists and has the type that was asked for.',
  },
  'dns.answer.wildcard': {
    level: 'debug', says: '{name} does not exist; the wildcard {source} stands for it with {type}',
    means: 'A record whose first label is * answers for names that are not there (RFC 4592).',
  },
  'dns.answer.wildcard-nodata': {
    level: 'debug', says: '{name} does not exist; the wildcard that stands for it has no {type} records',
    means: 'A wildcard answers for a name with every type that it has, and with nothing for the others (RFC 4592 §2.2.1).',
  },
  'dns.answer.cname': {
    level: 'debug', says: '{name} is an alias of {target}',
    means: 'The search goes on with the target of the CNAME record.',
  },
  'dns.answer.dname': {
    level: 'debug', says: '{name} lies below {owner}, whose names are looked for below {target}: it is {now}',
    means: 'The search goes on with the new name; the client gets the DNAME record and a CNAME made of it (RFC 6672).',
  },
  'dns.answer.dname-too-long': {
    level: 'warn', says: '{name} lies below {owner}, and has no room below {target}',
    means: 'YXDOMAIN: a name has at most 255 octets.',
  },
  'dns.answer.cname-loop': {
    level: 'warn', says: 'the aliases from {name} do not end',
    means: 'CNAME records lead in a circle or are too many (16 is the most).',
    remedy: 'Remove one of them.',
  },
  'dns.answer.nodata': {
    level: 'debug', says: '{name} exists but has no {type}',
    means: 'NOERROR without an answer: other types of the name may exist.',
  },
  'dns.answer.nxdomain': {
    level: 'debug', says: '{name} does not exist in {zone}',
    means: 'NXDOMAIN: no record of any type has this name or one below it.',
    remedy: 'Add the record, or look for a typing error in the name.',
  },
  'dns.answer.referral': {
    level: 'debug', says: '{name} is delegated at {cut}',
    means: 'Another server has authority from there on; the client is told which, or the upstream is asked.',
  },
  'dns.answer.signed': {
    level: 'debug', says: '{type} is signed with key {keyTag} (algorithm {algorithm}) until {until}',
    means: 'Clients that ask for DNSSEC (DO) get the signature too. It is made anew in time.',
  },
  'dns.answer.denied': {
    level: 'debug', says: 'clients that ask for DNSSEC (DO) get the proof of it ({denial})',
    means: 'With nsec: the names between which it would stand; nsec3: the same of hashed names; compact: what this name has.',
  },
  'dns.answer.bogus': {
    level: 'info', says: '{name} {type} does not pass validation',
    means: 'SERVFAIL: the zone is signed, and what came is not what its signatures vouch for. It may be forged, or the zone is in disorder.',
    remedy: 'If you know that it is the zone: have a negative trust anchor made for it, until it is repaired.',
  },
  'dns.cache.stale': {
    level: 'info', says: '{name} {type} is answered with what {source} said earlier, because nobody can be asked now',
    means: 'Its time to live has ended. Something old is mostly better than nothing (RFC 8767); clients may keep it for 30 seconds.',
  },
  'dns.answer.translated': {
    level: 'debug', says: 'AAAA records for {name} are made of A records: {count} set(s)',
    means: 'The name has no IPv6 address; the client reaches its IPv4 addresses by NAT64, below the prefix of its policy.',
  },
  'dns.answer.translated-name': {
    level: 'debug', says: '{name} stands for an IPv4 address, whose name is that of {target}',
    means: 'Addresses below the prefix for NAT64 have the names of the IPv4 addresses in them.',
  },
  'dns.policy.decided': {
    level: 'debug', says: '{name}: {action}, says {list}: {rule}',
    means: 'A list or rule that counts for this client decided, by the name that is asked for or by what was found for it.',
    remedy: 'To let the name pass, allow it: taproot allow NAME.',
  },
  'dns.policy.allowed': {
    level: 'debug', says: '{name} is excepted from blocking by {list}: {rule}', means: 'No other list or rule is asked about it.',
  },
  'dns.cache.hit': {
    level: 'debug', says: 'answered from the cache: {rcode} from {source}, {ageSeconds} s old, good for {leftSeconds} s more ({security})',
    means: 'An upstream server said this a while ago, and its time to live has not ended.',
    remedy: 'Flush the cache if it is wrong.',
  },
  'dns.cache.failure': {
    level: 'debug', says: 'asking for {name} {type} failed a moment ago',
    means: 'A failure is remembered for a few seconds, so that clients hear of it at once (RFC 9520).',
    remedy: 'See why the upstream servers fail; it is tried again by itself.',
  },
  'dns.forward.asked': {
    level: 'debug', says: 'asking upstream for {name} {type}', means: 'The name is not ours and not in the cache.',
  },
  'dns.forward.joined': {
    level: 'debug', says: 'somebody else is waiting for {name} {type} already',
    means: 'One upstream query serves both.',
  },
  'dns.forward.answered': {
    level: 'debug', says: '{upstream} answered {rcode} after {tookMs} ms ({security})', means: 'The upstream server knew.',
  },
  'dns.forward.failed': {
    level: 'warn', says: 'no upstream server answered for {name} {type}: {because}', means: 'The client gets SERVFAIL.',
    remedy: 'Check that the upstream servers can be reached and serve this network.',
  },
  'dns.forward.full': {
    level: 'warn', says: 'too many questions are waiting for upstream servers',
    means: 'The client gets SERVFAIL at once, so that memory stays bounded.',
    remedy: 'Check the upstream servers; look for a client that asks without end.',
  },
  'dns.refused.no-recursion': {
    level: 'debug', says: '{name} is not ours and the client did not ask for recursion',
    means: 'REFUSED: the cache is for clients that set RD.',
  },
  'dns.refused.no-upstream': {
    level: 'info', says: '{name} is not ours and no upstream server is configured',
    means: 'REFUSED: the appliance answers for its own zones only.', remedy: 'Configure an upstream server.',
  },
  'dns.upstream.down': {
    level: 'warn', says: '{upstream} has not answered {failures} times in a row',
    means: 'The others are preferred; with no other, queries fail fast until it answers again.',
    remedy: 'Check the address, the route to it and its health.',
  },
  'dns.notify.unanswered': {
    level: 'warn', says: '{target} was told that {zone} has changed (serial {serial}) and does not answer',
    means: 'The secondary will find out when it looks for the serial by itself, after the refresh time of the SOA.',
    remedy: 'Check the address, whether a DNS server runs there, and the key if one is set.',
  },
  'dns.notify.rejected': {
    level: 'warn', says: '{target} was told that {zone} has changed (serial {serial}) and answers {rcode}',
    means: 'It does not take the zone from here: it has no such secondary zone, or another primary server for it.',
    remedy: 'Make the appliance its primary there, or take it off the list.',
  },
  'dns.zone.edited': {
    level: 'info', says: 'zone {zone}: {removed} record(s) out, {added} in, serial {serial}',
    means: 'The change is served from the next query on.',
  },
  ...CACHE_EVENTS,
  ...RECURSION_EVENTS,
  ...POLICY_EVENTS,
  ...UPDATE_EVENTS,
  ...VALIDATION_EVENTS,
  ...FORWARDING_EVENTS,
} as const satisfies { readonly [id: string]: DnsEventRow }

export type DnsEventId = keyof typeof DNS_EVENTS
