/**
 * Names that must not leak to servers outside: special-use names (RFC 6761, 6762, 7686, 8375, 9462, 9476, 9665,
 * .internal as ICANN reserved it in 2024) and the reverse zones of addresses that mean something only here (RFC 6303 §4,
 * RFC 7793). They are served as small zones of our own, so everything about negative answers is as for any zone. A
 * configured zone of the same name replaces one; a configured zone below one is found first, because the longest wins.
 */
import { formatIpv4, type Ipv4 } from '../../../stack/index.ts'
import { PLAIN_RECORD, type DnsRecord, type Zone } from '../../model/index.ts'
import { LiveZone } from './zone.ts'

/** RFC 6303 §3 gives these SOA fields. */
const TIMES = { refresh: 3600, retry: 1200, expire: 604_800, minimum: 10_800, defaultTtl: 10_800 } as const

type Row = readonly [owner: string, type: string, data: string]

/** Zones with more in them than SOA and NS: RFC 6761 §6.3, RFC 6303 §4.1 and §4.3. */
const LOOPBACK: { readonly [zone: string]: readonly Row[] } = {
  localhost: [
    ['localhost', 'A', '127.0.0.1'], ['localhost', 'AAAA', '::1'],
    ['*.localhost', 'A', '127.0.0.1'], ['*.localhost', 'AAAA', '::1'],
  ],
  '127.in-addr.arpa': [['1.0.0.127.in-addr.arpa', 'PTR', 'localhost.']],
  [`1.${'0.'.repeat(31)}ip6.arpa`]: [[`1.${'0.'.repeat(31)}ip6.arpa`, 'PTR', 'localhost.']],
}

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

const EMPTY: readonly string[] = [
  'invalid', 'test', 'onion', 'local', 'internal', 'alt', 'home.arpa', 'resolver.arpa', 'service.arpa',
  '10.in-addr.arpa', ...range(16, 31).map((n) => `${n}.172.in-addr.arpa`), '168.192.in-addr.arpa',
  ...range(64, 127).map((n) => `${n}.100.in-addr.arpa`),
  '0.in-addr.arpa', '254.169.in-addr.arpa', '2.0.192.in-addr.arpa', '100.51.198.in-addr.arpa',
  '113.0.203.in-addr.arpa', '255.255.255.255.in-addr.arpa',
  `${'0.'.repeat(32)}ip6.arpa`, 'd.f.ip6.arpa', '8.e.f.ip6.arpa', '9.e.f.ip6.arpa', 'a.e.f.ip6.arpa', 'b.e.f.ip6.arpa',
  '8.b.d.0.1.0.0.2.ip6.arpa',
]

/** Where this same resolver is to be reached by TLS. */
export type Designation = {
  /** Of its certificate. */
  readonly name: string
  readonly address: Ipv4
  /** DNS over TLS, and over HTTPS. */
  readonly tls: boolean
  readonly https: boolean
}

const DESIGNATED_ZONE = 'resolver.arpa'

/**
 * By these a client that knows our address finds that we speak TLS (RFC 9462 §4); it checks that the certificate is good for
 * that address. §6.4: every other name there has no data, which a wildcard of a type that nobody asks for (NULL) sees to.
 */
function designation({ name, address, tls, https }: Designation): readonly Row[] {
  const hint = `ipv4hint=${formatIpv4(address)}`
  const owner = `_dns.${DESIGNATED_ZONE}`
  return [
    ...(tls ? [[owner, 'SVCB', `1 ${name}. alpn=dot port=853 ${hint}`] as const] : []),
    ...(https ? [[owner, 'SVCB', `2 ${name}. alpn=h2,http/1.1 port=443 ${hint} dohpath=/dns-query{?dns}`] as const] : []),
    [`*.${DESIGNATED_ZONE}`, 'TYPE10', '\\# 0'],
  ]
}

/** The zones, made anew. Their ids are negative: no store has them. */
export function specialUseZones(designated?: Designation): readonly LiveZone[] {
  const more: { readonly [zone: string]: readonly Row[] } =
    designated === undefined || !(designated.tls || designated.https) ? LOOPBACK : { ...LOOPBACK, [DESIGNATED_ZONE]: designation(designated) }
  const names = [...Object.keys(LOOPBACK), ...EMPTY]
  return names.map((zoneName, i) => {
    const zone: Zone = {
      id: -1 - i, name: zoneName, serial: 1, primaryServer: zoneName, hostmaster: 'nobody.invalid', ...TIMES,
    }
    const rows: readonly Row[] = [[zoneName, 'NS', `${zoneName}.`], ...(more[zoneName] ?? [])]
    return new LiveZone(zone, rows.map((row, id) => recordOf(zone, id, row)))
  })
}

const recordOf = (zone: Zone, id: number, [owner, type, data]: Row): DnsRecord => ({
  id, zoneId: zone.id, name: owner, type, ttl: zone.defaultTtl, data, owner: { kind: 'system' }, ...PLAIN_RECORD,
})
