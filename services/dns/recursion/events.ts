/** What can come of recursion; part of the events of DNS. */
export const RECURSION_EVENTS = {
  'dns.recursion.began': {
    level: 'debug', says: 'looking for {name} {type} from the servers of {zone} on',
    means: 'Nobody stands between the appliance and the servers that have authority; those of this zone are the nearest known.',
  },
  'dns.recursion.asked': {
    level: 'debug', says: 'asking {server}, a server of {zone}, for {name} {type}',
    means: 'A server is told no more of the name than it needs to know (RFC 9156).',
  },
  'dns.recursion.answered': {
    level: 'debug', says: '{server} answered after {tookMs} ms: {outcome}', means: 'It has authority over the name.',
  },
  'dns.recursion.referred': {
    level: 'debug', says: '{server} refers to the servers of {cut} after {tookMs} ms: {servers}',
    means: 'The search goes on one zone further down.',
  },
  'dns.recursion.step': {
    level: 'debug', says: '{server} has no zone at {name} ({outcome}, after {tookMs} ms)',
    means: 'So more of the name is asked of the same servers.',
  },
  'dns.recursion.useless': {
    level: 'debug', says: '{server} is of no use for {zone} after {tookMs} ms: {because}',
    means: 'Another server of the zone is asked, or the same in another way.',
  },
  'dns.recursion.slow': {
    level: 'debug', says: '{server} has not answered within {waitMs} ms',
    means: 'Another server of the zone is asked as well; whoever answers first counts.',
  },
  'dns.recursion.seeking': {
    level: 'debug', says: 'the address of {name}, a server of {zone}, has to be found first',
    means: 'The referral came without it. A few such names are looked for at a time, and a few in all.',
  },
  'dns.recursion.failed': {
    level: 'warn', says: 'no server of {zone} was of use for {name} {type}: {because}',
    means: 'The client gets what was known a while ago, or SERVFAIL.',
    remedy: 'See with explain whom was asked and what came of it; usually the zone is broken, or the network behind its servers.',
  },
  'dns.recursion.full': {
    level: 'warn', says: 'too many questions are under way to begin with {name} {type}',
    means: 'SERVFAIL at once, so that memory stays bounded.', remedy: 'Look for a client that asks without end.',
  },
  'dns.recursion.crowded': {
    level: 'warn', says: 'too many questions wait for servers of {zone}: {name} {type} is not asked',
    means: 'Servers that are slow or dead, or a flood of names that do not exist, must not use up what others need.',
    remedy: 'Look in the query log for who asks for names below that zone.',
  },
  'dns.recursion.primed': {
    level: 'info', says: 'the root has {count} servers, as {server} says',
    means: 'The list that is built in, or was set, has been confirmed by the root itself (RFC 9609).',
  },
  'dns.recursion.not-primed': {
    level: 'warn', says: 'no root server has confirmed the list of root servers: {because}',
    means: 'The list that is built in, or was set, is used as it is; it is asked for again in a minute.',
    remedy: 'Check that UDP and TCP port 53 are open to the outside, or forward to another resolver.',
  },
} as const
