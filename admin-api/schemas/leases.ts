import { Type } from 'typebox'
import { LEASE_FORMATS, type LeaseHistoryView, type LeaseImportView, type LeaseView } from '../../services/index.ts'
import { count, creation, freeText, moment, nullable, oneOf, page, pagingFields, parameters, text, time, view, word } from './common.ts'

const state = oneOf(
  ['bound', 'released', 'expired', 'declined'],
  'bound: the client may use it. released, expired: free, kept for the same client. declined: somebody else was on it.',
)
const address = text('ipv4', 'The address that is leased.')
const mac = text('mac', "The client's hardware address.")
const clientId = nullable(text('client-id', 'Option 61 in hexadecimal; null when the client sent none.'))
const hostName = nullable(word('What the client calls itself or its host entry calls it.', 'printer-2'))

export const Lease = view<LeaseView>()('Lease', 'One address and the client that holds or held it.', {
  address,
  subnet: text('prefix', 'The subnet that the address is in.'),
  state,
  mac,
  clientId,
  clientIdText: nullable(
    freeText(1024, 'What the client identifier says, for people; null when the client sent none.', 'IAID 00000001, DUID-LL Ethernet 02:00:00:00:00:01'),
  ),
  hostName,
  name: nullable(
    word('The full name under which A and PTR are published; null when none is.', 'printer-2.lab.internal'),
  ),
  hostId: nullable(count('The host that the address is kept for; null for an address of a pool.', 1)),
  startedAt: time("When the client's present hold on the address began."),
  renewedAt: time('When it was last acknowledged.'),
  expiresAt: nullable(time('When it ends; null: never.')),
})
export const LeasePage = page('Lease', Lease)

export const LeaseHistory = view<LeaseHistoryView>()('LeaseHistory', 'One holding of an address.', {
  address,
  mac,
  clientId,
  hostName,
  from: time('When the hold began.'),
  to: nullable(time('When it ended; null while held.')),
  ended: nullable(word('How it ended; null while held.', 'expired')),
})
export const LeaseHistoryPage = page('LeaseHistory', LeaseHistory)

const leaseFields = {
  mac: Type.Optional(mac),
  address: Type.Optional(address),
  hostName: Type.Optional(freeText(255, 'Leases of clients with this host name.', 'printer-2')),
  state: Type.Optional(state),
  subnet: Type.Optional(text('prefix', 'Leases in this subnet.')),
  ...pagingFields,
}
export const leaseQuery = parameters(leaseFields)
export const historyQuery = parameters({
  ...leaseFields,
  at: Type.Optional(moment('Held then: a time, or a date for any time of that day (UTC).')),
})
export const leaseParams = parameters({ address })

export const LeaseImport = view<LeaseImportView>()('LeaseImport', 'What became of the leases of another server.', {
  dryRun: Type.Boolean({ description: 'True: nothing was changed.' }),
  taken: count('Leases that were taken.', 12),
  notes: Type.Array(
    Type.Object(
      {
        line: count('Line of the file.', 7),
        problem: word('What was not taken.', '10.53.0.120 is held already'),
        remedy: word('What to do.', 'release it first, if the file is right'),
      },
      { additionalProperties: false },
    ),
    { description: 'Lines that were not taken, or not wholly.' },
  ),
})
export const LeaseImportBody = creation('LeaseFile', 'Leases of another server.', {
  format: oneOf(LEASE_FORMATS, 'kea: the memfile of kea-dhcp4. dnsmasq: its leases file. isc: dhcpd.leases. csv: address,mac,client-id,hostname,expiry.'),
  text: Type.String({ description: 'The file.', examples: ['address,mac,client-id,hostname,expiry'] }),
  dryRun: Type.Boolean({ description: 'True: only say what would be taken.' }),
}, { dryRun: false })
