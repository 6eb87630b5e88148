/** What can come of a dynamic update; part of the events of DNS. */
export const UPDATE_EVENTS = {
  'dns.update.applied': {
    level: 'info', says: '{owner} updated the zone {zone} from {source}: {removed} record(s) out, {added} in, serial {serial}',
    means: 'A dynamic update (RFC 2136) was stored, answered, and is served from the next query on.',
  },
  'dns.update.unchanged': {
    level: 'debug', says: 'the zone {zone} was as the update wanted it already',
    means: 'Nothing is stored and the serial stays; the sender is told that all is well.',
  },
  'dns.update.not-here': {
    level: 'debug', says: 'no zone {zone} is held here that could be updated',
    means: 'NOTAUTH: an update names the zone itself, not a name in it, and goes to its primary server.',
    remedy: 'Add the zone, or give the sender the name of one that is here.',
  },
  'dns.update.not-allowed': {
    level: 'warn', says: 'no rule of the zone {zone} lets this sender update anything',
    means: 'REFUSED: a zone is updated by nobody unless its rules say so.',
    remedy: 'Add a rule for the key that the sender signs with, or let it sign with one that has a rule.',
  },
  'dns.update.name-not-allowed': {
    level: 'warn', says: 'no rule lets this sender change {type} records of {name}',
    means: 'REFUSED: the sender has rules, but none for this name and type. Nothing of the update was done.',
    remedy: 'Add a rule for the name and the type, if that was meant.',
  },
  'dns.update.foreign-record': {
    level: 'warn', says: 'the update would touch a {type} record of {name} that belongs to: {owner}',
    means: 'REFUSED: what people or leases put into a zone is left alone unless a rule says otherwise.',
    remedy: 'Remove the record first, or add a rule that may touch such records.',
  },
  'dns.update.prerequisite': {
    level: 'debug', says: 'what the update wants of {name} {type} first does not hold: {rcode}',
    means: 'The sender asked that nothing be done unless the zone is in a certain state, and it is not.',
  },
  'dns.update.malformed': {
    level: 'debug', says: 'the update cannot be carried out at {name}: {rcode}',
    means: 'FORMERR: class, type, TTL and data of a record do not fit together; NOTZONE: it lies outside the zone.',
    remedy: 'Look at the program that sends it.',
  },
  'dns.update.busy': {
    level: 'debug', says: 'a lease is giving up {name} at this moment',
    means: 'SERVFAIL: the sender tries again, and by then it is known whether the name is free.',
  },
  'dns.update.unstored': {
    level: 'error', says: 'the update of {zone} could not be stored', means: 'SERVFAIL: nothing was changed.',
    remedy: 'See health for what is wrong with the disk.',
  },
  'dns.update.full': {
    level: 'warn', says: 'too many updates of {zone} wait', means: 'SERVFAIL at once, so that memory stays bounded.',
    remedy: 'Look for a program that updates without end.',
  },
} as const
