/** Well-formed rdata of any type for property tests, made from the rdata table's field kinds. */
import fc from 'fast-check'
import { RDATA } from '../../services/dns/index.ts'
import type { RrType } from '../../services/dns/index.ts'
import type { FieldKind } from '../../services/dns/wire/field-table.ts'
import { parseRdataText } from '../../services/dns/wire/rdata.ts'
import { ABSOLUTE } from '../../services/dns/wire/name.ts'

const bytes = (minLength: number, maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.integer({ min: 0, max: 255 }), { minLength, maxLength })
const counted = (
  of: fc.Arbitrary<readonly number[]>,
): fc.Arbitrary<readonly number[]> => of.map((b) => [b.length, ...b])
const name = fc.array(counted(bytes(1, 12)), { maxLength: 5 }).map((labels) => [...labels.flat(), 0])
const letters = fc.array(fc.constantFrom(...Buffer.from('abcxyz019')), { minLength: 1, maxLength: 15 })

const bitmap = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 3 }).chain((windows) =>
  fc.tuple(...windows.sort((a, b) => a - b).map((window) =>
    // The last octet of a window has a bit, or it would not be there.
    fc.tuple(bytes(0, 31), fc.integer({ min: 1, max: 255 })).map(
      ([head, last]) => [window, head.length + 1, ...head, last],
    ))).map((w) => w.flat()))

/** Sizes are d × 10^e with d 1–9; angles within the globe. */
const locSize = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 })).map(([d, e]) => (d << 4) | e)
const u32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const angle = (degrees: number): fc.Arbitrary<number[]> => fc.integer(
  { min: -degrees * 3_600_000, max: degrees * 3_600_000 },
).map((v) => u32(0x8000_0000 + v))
const loc = fc.tuple(locSize, locSize, locSize, angle(90), angle(180), bytes(4, 4)).map(
  ([a, b, c, lat, lon, alt]) => [0, a, b, c, ...lat, ...lon, ...alt],
)

const parameters = fc.subarray(
  [
    'alpn="h2,h3"', 'no-default-alpn', 'port=8443', 'ipv4hint=10.0.0.1,10.0.0.2', 'ech=AQID', 'ipv6hint=2001:db8::1',
    'dohpath="/q{?dns}"', 'key4711="a\\"b\\000"', 'mandatory=port port=1',
  ],
)
  .filter((list) => !(list.includes('port=8443') && list.some((p) => p.startsWith('mandatory'))))
  .map((list) => {
    const parsed = parseRdataText(RDATA.SVCB.code, `1 . ${list.join(' ')}`, ABSOLUTE)
    if (!parsed.ok) throw new Error(parsed.error.what)
    return [...parsed.value.subarray(3)]
  })

/** Without trailing zeros, as RFC 3123 §4 has it. */
const trimmed = (most: number): fc.Arbitrary<readonly number[]> =>
  bytes(0, most).map((b) => b.slice(0, b.findLastIndex((octet) => octet !== 0) + 1))
const prefix = fc.tuple(fc.constantFrom(1, 2), fc.boolean()).chain(([family, negated]) =>
  fc.tuple(fc.integer({ min: 0, max: family === 1 ? 32 : 128 }), trimmed(family === 1 ? 4 : 16)).map(
    ([length, address]) => [0, family, length, (negated ? 0x80 : 0) | address.length, ...address],
  ))
const gateway = fc.constantFrom(0, 1, 2, 3).chain((kind) =>
  fc.tuple(
    fc.constant(kind), kind === 0 ? fc.constant([]) : kind === 1 ? bytes(4, 4) : kind === 2 ? bytes(16, 16) : name,
  ))
const ipsecGateway = fc.tuple(gateway, bytes(0, 20), fc.integer({ min: 1, max: 255 })).map(
  ([[kind, octets], key, algorithm]) => [kind, key.length === 0 ? 0 : algorithm, ...octets, ...key],
)
const amtRelay = fc.tuple(fc.boolean(), gateway).map(
  ([optional, [kind, octets]]) => [(optional ? 0x80 : 0) | kind, ...octets],
)
const hostIdentity = fc.tuple(bytes(1, 20), bytes(1, 1), bytes(1, 40)).map(
  ([hit, algorithm, key]) => [hit.length, ...algorithm, 0, key.length, ...hit, ...key],
)
/** The last octet of a port map has a bit, or text would not bring it back. */
const portMap = fc.oneof(
  fc.constant([]), fc.tuple(bytes(0, 20), fc.integer({ min: 1, max: 255 })).map(([head, last]) => [...head, last]),
)
const services = fc.tuple(bytes(1, 1), portMap).map((parts) => parts.flat())
const someStrings = fc.array(counted(bytes(0, 60)), { maxLength: 4 }).map((s) => s.flat())

const nxtBitmap = fc.oneof(fc.constant([]), fc.tuple(
  fc.integer({ min: 1, max: 127 }), bytes(0, 14), fc.integer({ min: 1, max: 255 }),
).map(([head, middle, last]) => [head, ...middle, last]))
const a6 = fc.tuple(fc.integer({ min: 0, max: 16 }), bytes(16, 16), name).map(
  ([octets, address, where]) => [8 * octets, ...address.slice(octets), ...(octets === 0 ? [] : where)],
)
const atmAddress = fc.oneof(
  bytes(1, 20).map((b) => [0, ...b]), fc.array(fc.integer({ min: 0x30, max: 0x39 }), { minLength: 1, maxLength: 20 }).map((b) => [1, ...b]),
)

const KINDS: { readonly [K in FieldKind]: fc.Arbitrary<readonly number[]> } = {
  u8: bytes(1, 1), algorithm: bytes(1, 1), 'certificate-type': bytes(2, 2), 'notify-scheme': bytes(1, 1), u16: bytes(2, 2), u32: bytes(4, 4), time: bytes(4, 4), type: bytes(2, 2),
  seconds: fc.integer({ min: 0, max: 0x7fff_ffff }).map(u32),
  ipv4: bytes(4, 4), ipv6: bytes(16, 16), eui48: bytes(6, 6), eui64: bytes(8, 8),
  name, 'name-folded': name, 'name-compressible': name,
  string: counted(bytes(0, 255)),
  strings: fc.array(counted(bytes(0, 60)), { minLength: 1, maxLength: 4 }).map((s) => s.flat()),
  rest: bytes(0, 80), tag: counted(letters), base64: bytes(1, 60), hex: bytes(1, 60),
  'counted-hex': counted(bytes(0, 20)), 'counted-base32': counted(bytes(1, 32)),
  bitmap, loc, 'service-parameters': parameters,
  'prefix-list': fc.array(prefix, { maxLength: 4 }).map((list) => list.flat()),
  'hex-or-none': bytes(0, 40), 'ipsec-gateway': ipsecGateway, 'amt-relay': amtRelay, 'host-identity': hostIdentity,
  names: fc.array(name, { maxLength: 3 }).map((list) => list.flat()), 'locator-64': bytes(8, 8),
  'nsap-address': bytes(1, 20), 'well-known-services': services, 'optional-strings': someStrings,
  'nxt-bitmap': nxtBitmap, a6, 'atm-address': atmAddress, 'base64-or-none': bytes(0, 40),
}

/** Octets of well-formed rdata. */
export const octetsOfType = (type: RrType): fc.Arbitrary<Uint8Array> =>
  fc.tuple(
    ...Object.values(RDATA[type].fields).map((kind: FieldKind) => KINDS[kind])
  ).map((fields) => Uint8Array.from(fields.flat()))
