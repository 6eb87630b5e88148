/** What may happen between leases and names; joined into services/events/catalogue.ts. */
export const LEASE_NAME_EVENTS = {
  'names.published': {
    level: 'info',
    says: 'the name {name} goes with the lease of {address}',
    means: 'An A record and a PTR record appear with the lease and go with it, in the same transaction.',
  },
  'names.no-zone': {
    level: 'warn',
    says: 'no name: there is no zone {domain} here',
    means: 'The subnet names a domain in which this appliance serves no zone.',
    remedy: 'Add the zone, or change the domain of the subnet.',
  },
  'names.taken-by-record': {
    level: 'warn',
    says: 'no name: {name} has a {type} record made by {owner}',
    means: 'A record that was not made for a lease is never touched by one.',
    remedy: 'Rename the host, or remove the record.',
  },
  'names.taken-by-lease': {
    level: 'warn',
    says: 'no name: {name} belongs to the lease of {holder}',
    means: 'Two clients call themselves alike. The first keeps the name while its lease lasts.',
    remedy: 'Rename one of them, or give it another name with a host entry.',
  },
} as const
