import { SERIAL_POLICIES, type ZoneView } from '../../services/index.ts'
import { change, count, creation, id, integer, nullable, oneOf, page, parameters, text, view } from './common.ts'

/** RFC 2181 §8: a TTL is 31 bits. The SOA's times are 32 bits, but nothing sensible is longer. */
const LONGEST_SECONDS = 0x7fff_ffff

const name = text('domain-name', "The zone's name.")
const zoneView = nullable(text('view-name', 'The view in which it is seen; null: everybody sees it.'))
const seconds = (description: string, example: number) => integer(0, LONGEST_SECONDS, description, example)
const primaryServer = text('domain-name', 'SOA MNAME: the server that the zone comes from.', 'ns.lab.internal')
const hostmaster = text('domain-name', 'SOA RNAME: a mailbox as a domain name.', 'hostmaster.lab.internal')
const times = {
  refresh: seconds('SOA REFRESH: how often secondaries look for a new serial, in seconds.', 3600),
  retry: seconds('SOA RETRY: how soon they try again, in seconds.', 600),
  expire: seconds('SOA EXPIRE: when they give up answering, in seconds.', 1_209_600),
  minimum: seconds('SOA MINIMUM: TTL of negative answers (RFC 2308), in seconds.', 300),
  defaultTtl: seconds('For records that name no TTL, in seconds.', 3600),
}
const soaTtl = seconds('TTL of the SOA record itself, in seconds.', 3600)
const serialPolicy = oneOf(
  SERIAL_POLICIES,
  'What the serial becomes with a change: one more, YYYYMMDDnn of the day, or the seconds since 1970 (RFC 1912 §2.2).',
)
const changeable = {
  primaryServer: nullable(primaryServer), hostmaster: nullable(hostmaster), ...times, soaTtl: nullable(soaTtl), serialPolicy,
}

/** RFC 1912 §2.2 for the SOA's times; a short minimum, so that a new name is seen soon. */
export const ZONE_DEFAULTS = {
  primaryServer: null,
  hostmaster: null,
  refresh: 3600,
  retry: 600,
  expire: 1_209_600,
  minimum: 300,
  defaultTtl: 3600,
  soaTtl: null,
  serialPolicy: 'increment' as const,
}

export const Zone = view<ZoneView>()('Zone', 'A part of the name space that the appliance is authoritative for.', {
  id: id('zone'),
  name,
  role: oneOf(['primary', 'secondary'], "Of this server: secondary zones are copies of other servers'."),
  serial: count('SOA SERIAL; moves with every change.', 2_026_112_201),
  records: count('Records in it.', 42),
  view: zoneView,
  primaryServer,
  hostmaster,
  ...times,
  soaTtl,
  serialPolicy,
})
export const ZonePage = page('Zone', Zone)
export const ZoneCreation = creation(
  'ZoneCreation',
  'A new zone. Without primaryServer and hostmaster the appliance names itself; without soaTtl it is the default TTL.',
  { name, view: zoneView, ...changeable },
  { ...ZONE_DEFAULTS, view: null },
)
export const ZoneChange = change('ZoneChange', 'New values for some fields of a zone.', changeable)
export const zoneParams = parameters({ name: text('zone-name', 'The zone; with "@" and the view for the zone of a view.') })
