/** What the appliance says about the keys of signed zones. */
import type { EventTable } from '../../events/event.ts'

export const SIGNING_EVENTS = {
  'dnssec.key.made': {
    level: 'info', says: '{zone}: new {role} {keyTag} of algorithm {algorithm}',
    means: 'A key was made or imported. It is in the zone when that is safe, which may be at once.',
  },
  'dnssec.key.published': {
    level: 'info', says: '{zone}: {role} {keyTag} is published', means: 'Its DNSKEY record is in the zone; caches learn of it within the TTL.',
  },
  'dnssec.key.signs': {
    level: 'info', says: '{zone}: {role} {keyTag} signs the zone', means: 'Signatures of the zone’s records are made with this key.',
  },
  'dnssec.key.stops': {
    level: 'info', says: '{zone}: {role} {keyTag} does not sign the zone any more',
    means: 'Its signatures stay in caches for a while, so its DNSKEY record stays in the zone.',
  },
  'dnssec.key.withdrawn': {
    level: 'info', says: '{zone}: {role} {keyTag} is withdrawn', means: 'Its DNSKEY record is out of the zone; nothing depends on it any more.',
  },
  'dnssec.key.removed': { level: 'info', says: '{zone}: {role} {keyTag} is removed', means: 'No cache knows of the key any more; its private half is deleted.' },
  'dnssec.key.unreadable': {
    level: 'error', says: '{zone}: the private half of {role} {keyTag} cannot be read: {because}',
    means: 'Nothing is signed with this key; what was signed with it fails to validate when its signatures have expired.',
    remedy: 'Restore the file signing.key of the data directory, which private keys are encrypted with, and start again.',
  },
  'dnssec.fault': {
    level: 'error', says: '{zone}: a step of its keys failed by a bug of ours: {error}',
    means: 'The zone goes on being signed as it is, and everything else goes on. It is tried again in a minute.', remedy: 'Report it with this line.',
  },
  'dnssec.ds.wanted': {
    level: 'warn', says: '{zone}: the parent should have the DS record of {keyTags}, and no other',
    means: 'Resolvers validate the zone by the DS record in its parent zone, or by a trust anchor of their own. CDS and CDNSKEY records ask for it.',
    remedy: 'Where the parent does not look for CDS records, give it what `taproot zone ds` prints; then say that it is there with --seen.',
  },
  'dnssec.ds.unwanted': {
    level: 'warn', says: '{zone}: the parent should take the DS record of {keyTags} away',
    means: 'The zone stays signed until no cache holds a DS record, because without signatures it would not validate.',
    remedy: 'Have the DS records removed at the parent, and trust anchors at resolvers; then say so with `taproot zone ds --seen`.',
  },
  'dnssec.ds.seen': { level: 'info', says: '{zone}: the parent has DS records of {keyTags}', means: 'A person said so, or the parent was asked.' },
  'dnssec.ds.everywhere': { level: 'info', says: '{zone}: the DS record of {role} {keyTag} is known to all caches', means: 'The keys before it can go.' },
  'dnssec.ds.nowhere': { level: 'info', says: '{zone}: the DS record of {role} {keyTag} is known to no cache any more', means: 'Its key can go.' },
} as const satisfies EventTable
