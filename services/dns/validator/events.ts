/** The steps of validation, as `explain` tells them; part of the events of DNS. */
export const VALIDATION_EVENTS = {
  'dns.validation.anchor': {
    level: 'debug', says: 'trust begins at {zone}: its key {keyTag} is a trust anchor',
    means: 'A trust anchor is a key that is believed because somebody has put it in; all other trust is derived from it.',
  },
  'dns.validation.ds': {
    level: 'debug', says: 'the DS record of {zone} vouches for its key {keyTag}',
    means: 'The parent zone has signed a digest of that key, and the key signs the other keys of the zone.',
  },
  'dns.validation.keys': {
    level: 'debug', says: 'the keys of {zone} are known to be genuine',
    means: 'They were proven a while ago and are believed as long as their TTL allows.',
  },
  'dns.validation.signature': {
    level: 'debug', says: '{name}: the signature by key {keyTag} of {zone} is genuine (algorithm {algorithm}, until {until})',
    means: 'The data is what the owner of the zone has signed.',
  },
  'dns.validation.no-cut': {
    level: 'debug', says: '{name} is no zone of its own: it belongs to {zone}',
    means: 'The zone proves that the name has no delegation, so its own keys vouch for what lies there.',
  },
  'dns.validation.insecure-delegation': {
    level: 'debug', says: '{zone} is not signed: {parent} proves that it has no DS record for it',
    means: 'Nothing vouches for data of that zone. It is given out without the AD flag.',
  },
  'dns.validation.unsupported': {
    level: 'debug', says: '{zone} counts as not signed: {because}',
    means: 'RFC 4035 §5.2: a zone signed in a way that is not known here is treated as one that is not signed.',
  },
  'dns.validation.negative-anchor': {
    level: 'debug', says: '{zone} is not validated for the time being: {reason}',
    means: 'Somebody has set a negative trust anchor (RFC 7646), as for a zone whose signatures are broken.',
    remedy: 'See `taproot negative-trust-anchor list`; remove it when the zone is mended.',
  },
  'dns.validation.no-anchor': {
    level: 'debug', says: 'no trust anchor stands above {name}', means: 'Validation has nowhere to begin.',
    remedy: 'Add the root\'s trust anchors again, or one of the zone itself.',
  },
  'dns.validation.denied': {
    level: 'debug', says: 'records of {zone} prove that {name} {type} is not there ({by})',
    means: 'The denial is signed as data is: nobody on the way can hide a name.',
  },
  'dns.validation.bogus': {
    level: 'debug', says: '{name} {type} is not to be believed: {because}',
    means: 'The data was changed on its way, or the zone is signed wrongly. Clients get SERVFAIL, unless they ask with CD.',
    remedy: 'Ask whoever runs the zone. If it must be reached meanwhile: `taproot negative-trust-anchor add`.',
  },
  'dns.trust-anchor.changed': {
    level: 'info', says: 'the trust anchor of {zone} was {how}', means: 'What is validated from now on begins there; what was known before is found out anew.',
  },
  'dns.trust-anchor.pending': {
    level: 'info', says: '{zone} has published a new key {keyTag}', means: 'RFC 5011: it is trusted when it has stood there for 30 days.',
  },
  'dns.trust-anchor.accepted': {
    level: 'info', says: 'key {keyTag} of {zone} is trusted from now on', means: 'RFC 5011: it was set as a trust anchor, or has stood in the zone for 30 days, signed by a key that is trusted.',
  },
  'dns.trust-anchor.dropped': {
    level: 'info', says: 'the new key {keyTag} of {zone} has gone before it was trusted', means: 'RFC 5011: should it come again, its 30 days begin anew.',
  },
  'dns.trust-anchor.missing': {
    level: 'warn', says: '{zone} no longer publishes its key {keyTag}, which is trusted', means: 'RFC 5011: it stays trusted. Owners revoke keys that are not to be trusted any more.',
  },
  'dns.trust-anchor.back': {
    level: 'info', says: '{zone} publishes its key {keyTag} again', means: 'It was trusted all the time.',
  },
  'dns.trust-anchor.revoked': {
    level: 'warn', says: '{zone} has revoked its key {keyTag}', means: 'RFC 5011: it is trusted no longer, and never will be again.',
    remedy: 'See `taproot trust-anchor list`: another key of the zone should be valid. If not, set its present ones.',
  },
  'dns.negative-trust-anchor.begun': {
    level: 'warn', says: '{zone} is not validated until {until}: {reason}', means: 'A negative trust anchor (RFC 7646): answers of the zone are given as if it were not signed.',
    remedy: 'Remove it as soon as the zone is mended.',
  },
  'dns.negative-trust-anchor.ended': {
    level: 'info', says: '{zone} is validated again: {because}', means: 'The negative trust anchor is gone.',
  },
} as const
