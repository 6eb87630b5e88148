/** What can be said of forwarding; part of the events of DNS. */
export const FORWARDING_EVENTS = {
  'dns.forwarder.changed': {
    level: 'info', says: 'forwarder {forwarder} for {domain} was {how}',
    means: 'Names at or below the domain are asked of its servers from the next query on.',
  },
  'dns.upstream.untrusted': {
    level: 'warn', says: '{upstream} did not prove to be who was meant: {because}',
    means: 'Nothing was asked of it: somebody else may answer at its address. The other servers of the forwarder are asked.',
    remedy: 'If its certificate or key has changed, change the forwarder: its name, pin or authority.',
  },
  'dns.forward.rule': {
    level: 'debug', says: '{name} is for forwarder {rule}, which is for {domain}: {target}',
    means: 'Of the forwarders that are for this client that with the longest domain counts.',
  },
  'dns.forward.opened': {
    level: 'debug', says: 'the servers for {domain} failed, and others may be asked for {name}',
    means: 'The forwarder lets the next shorter one try when its own servers fail.',
  },
  'dns.forward.server-answered': {
    level: 'debug', says: '{upstream} answered after {tookMs} ms: {kind}',
    means: 'A server that is forwarded to said this.',
  },
  'dns.forward.server-failed': {
    level: 'debug', says: '{upstream} was of no use after {tookMs} ms: {because}',
    means: 'It was silent, could not be reached, or answered with an error; the next server of the forwarder is asked.',
    remedy: 'taproot forwarder test shows how each server does.',
  },
} as const
