/** What can be said of forwarding; part of the events of DNS. */
export const FORWARDING_EVENTS = {
  'dns.forwarder.changed': {
    level: 'info', says: 'forwarder {forwarder} for {domain} was {how}',
    means: 'Names at or below the domain are asked of its servers from the next query on.',
  },
} as const
