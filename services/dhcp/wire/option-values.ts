/**
 * Option values between octets and JSON: one codec per type of options-table.ts.
 * Used when a configuration is read or a message is shown; a packet in progress uses the octets.
 */
import { err, fromHex, ok, put32, toHex, u32 } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import type { OptionSet, OptionValue } from '../../model/index.ts'
import {
  addressLists, compressedNames, fqdn, oneName, plainNames, resolvers, routes, sipServers, texts, userClass,
} from './name-codecs.ts'
import { STANDARD_OPTIONS } from './option-spaces.ts'
import type { OptionRegistry, SpaceName } from './option-spaces.ts'
import { END, PAD } from './options.ts'
import type { RawOptions } from './options.ts'
import type { OptionField, OptionType, ValueShape } from './options-table.ts'
import {
  addressPair, addressValue, boolValue, bytesValue, concat, flagValue, i32Value, i8Value, ipv6Value, listOf, objectOf,
  repeated, splitByLengths, textValue, u16Value, u32Value, u8Value, variable, withLengths,
} from './scalar-codecs.ts'
import type { Codec } from './scalar-codecs.ts'

/** The octets of a value; the error says what would be right. */
export function encodeOption(
  row: ValueShape,
  value: OptionValue,
  registry: OptionRegistry = STANDARD_OPTIONS,
): Result<Uint8Array, string> {
  const codec = CODECS[row.type]
  const bytes = codec.encode(value, row, registry)
  return bytes === undefined || !longEnough(row, bytes) ? err(codec.form(row)) : ok(bytes)
}

/** The JSON form of received octets; the error says what would be right. */
export function decodeOption(
  row: ValueShape,
  bytes: Uint8Array,
  registry: OptionRegistry = STANDARD_OPTIONS,
): Result<OptionValue, string> {
  const codec = CODECS[row.type]
  const value = longEnough(row, bytes) ? codec.decode(bytes, row, registry) : undefined
  return value === undefined ? err(codec.form(row)) : ok(value)
}

/** All options by name; a value that does not fit its type is shown as {"malformed": "hex"}. */
export function decodeOptions(
  raw: RawOptions,
  registry: OptionRegistry = STANDARD_OPTIONS,
  space: SpaceName = 'dhcp4',
): OptionSet {
  const set: { [name: string]: OptionValue } = {}
  for (const [code, bytes] of raw) {
    const { name, row } = registry.coded(code, space)
    const value = decodeOption(row, bytes, registry)
    set[name] = value.ok ? value.value : { malformed: toHex(bytes) }
  }
  return set
}

/**
 * The options inside an option: code, length, value. Undefined when one runs past the end or stands there twice.
 * `padded`: pad and end are allowed, as in option 43 (RFC 2132 §8.4).
 */
export function splitOptions(b: Uint8Array, padded: boolean): RawOptions | undefined {
  const found = new Map<number, Uint8Array>()
  for (let at = 0; at < b.length;) {
    const code = b[at] as number
    if (padded && code === END) break
    at++
    if (padded && code === PAD) continue
    if (at === b.length || found.has(code)) return undefined
    const end = at + 1 + (b[at] as number)
    if (end > b.length) return undefined
    found.set(code, b.subarray(at + 1, end))
    at = end
  }
  return found
}

function longEnough(row: ValueShape, bytes: Uint8Array): boolean {
  return bytes.length > 0 || row.fewest === 0
}

const record: Codec = {
  size: shape => {
    let sum = 0
    for (const field of shape.fields ?? []) {
      const size = CODECS[field.type].size(field)
      if (size === undefined) return undefined
      sum += size
    }
    return sum
  },
  form: shape =>
    `an object with ${(shape.fields ?? []).map(field => `"${field.name}": ${CODECS[field.type].form(field)}`).join('; ')}`,
  encode: (value, shape, registry) => {
    const fields = shape.fields ?? []
    const object = objectOf(value, fields.map(field => field.name))
    const parts = fields.map(field => encodeField(object?.[field.name], field, registry))
    return parts.every(part => part !== undefined) ? concat(parts) : undefined
  },
  decode: (b, shape, registry) => {
    const object: { [name: string]: OptionValue } = {}
    let at = 0
    for (const field of shape.fields ?? []) {
      const size = CODECS[field.type].size(field) ?? b.length - at
      if (at + size > b.length) return undefined
      const value = decodeOption(field, b.subarray(at, at + size), registry)
      if (!value.ok) return undefined
      object[field.name] = value.value
      at += size
    }
    return at === b.length ? object : undefined
  },
}

function encodeField(value: OptionValue | undefined, field: OptionField, registry: OptionRegistry): Uint8Array | undefined {
  if (value === undefined) return undefined
  const bytes = encodeOption(field, value, registry)
  return bytes.ok ? bytes.value : undefined
}

/** Options by name as code, length, value; undefined for a name or value that is none, and for one too long. */
function encodeSpace(value: OptionValue | undefined, space: SpaceName, registry: OptionRegistry): Uint8Array | undefined {
  const object = objectOf(value, undefined)
  if (object === undefined) return undefined
  const parts: Uint8Array[] = []
  const codes = new Set<number>()
  for (const [name, inner] of Object.entries(object)) {
    const row = registry.named(name, space)
    const bytes = row === undefined ? undefined : encodeOption(row, inner, registry)
    if (row === undefined || bytes?.ok !== true || bytes.value.length > 255 || codes.has(row.code)) return undefined
    codes.add(row.code)
    parts.push(Uint8Array.of(row.code, bytes.value.length), bytes.value)
  }
  return concat(parts)
}

/** The other way. Undefined when the octets are no options, or the value of one is not of its type. */
function decodeSpace(b: Uint8Array, space: SpaceName, registry: OptionRegistry): OptionSet | undefined {
  const found = splitOptions(b, false)
  if (found === undefined) return undefined
  const set: { [name: string]: OptionValue } = {}
  for (const [code, bytes] of found) {
    if (code === PAD || code === END) return undefined
    const { name, row } = registry.coded(code, space)
    const value = decodeOption(row, bytes, registry)
    if (!value.ok) return undefined
    set[name] = value.value
  }
  return set
}

const hexOf = (value: OptionValue): Uint8Array | undefined => (typeof value === 'string' ? fromHex(value) : undefined)

const options: Codec = {
  size: variable,
  form: shape => `the options of "${shape.space ?? ''}" by name, each of at most 255 octets, or hexadecimal`,
  encode: (value, shape, registry) => hexOf(value) ?? encodeSpace(value, shape.space ?? '', registry),
  decode: (b, shape, registry) => decodeSpace(b, shape.space ?? '', registry) ?? toHex(b),
}

/** Firmware by this standard looks for the end (PXE 2.1 table 2-1). */
const ENDED_SPACE = 'pxe'

/** RFC 2132 §8.4: what it means depends on the vendor class, so that octets alone are shown as they are. */
const vendorOptions: Codec = {
  size: variable,
  form: () => 'hexadecimal, or one vendor space with its options, as {"pxe": {"discovery-control": 8}}',
  encode: (value, _shape, registry) => {
    const octets = hexOf(value)
    if (octets !== undefined) return octets
    const spaces = Object.entries(objectOf(value, undefined) ?? {})
    const [first] = spaces
    if (first === undefined || spaces.length > 1 || first[0] === 'dhcp4' || !registry.hasSpace(first[0])) return undefined
    const encoded = encodeSpace(first[1], first[0], registry)
    return first[0] === ENDED_SPACE && encoded !== undefined ? concat([encoded, Uint8Array.of(END)]) : encoded
  },
  decode: b => toHex(b),
}

const ENTERPRISE_BYTES = 4

/** RFC 3925 §3, §4: an enterprise number, the length of what is its, and that. */
function byEnterprise(
  form: string,
  key: 'options' | 'classes',
  encode: (value: OptionValue | undefined, enterprise: number, registry: OptionRegistry) => Uint8Array | undefined,
  decode: (b: Uint8Array, enterprise: number, registry: OptionRegistry) => OptionValue,
): Codec {
  return {
    size: variable,
    form: () => form,
    encode: (value, _shape, registry) => {
      const parts = listOf(value)?.map(item => {
        const object = objectOf(item, ['enterprise', key])
        const number = object?.['enterprise']
        if (!Number.isInteger(number) || (number as number) < 0 || (number as number) > 0xffff_ffff) return undefined
        const inner = encode(object?.[key], number as number, registry)
        if (inner === undefined || inner.length > 255) return undefined
        const head = new Uint8Array(ENTERPRISE_BYTES + 1)
        put32(head, 0, number as number)
        head[ENTERPRISE_BYTES] = inner.length
        return concat([head, inner])
      })
      return parts?.every(part => part !== undefined) === true ? concat(parts) : undefined
    },
    decode: (b, _shape, registry) => {
      const list: OptionValue[] = []
      for (let at = 0; at < b.length;) {
        if (at + ENTERPRISE_BYTES + 1 > b.length) return undefined
        const enterprise = u32(b, at)
        const from = at + ENTERPRISE_BYTES + 1
        at = from + (b[from - 1] as number)
        if (at > b.length) return undefined
        list.push({ enterprise, [key]: decode(b.subarray(from, at), enterprise, registry) })
      }
      return list
    },
  }
}

const enterpriseOptions = byEnterprise(
  'a list of enterprises with their options, as [{"enterprise": 3561, "options": {"option-1": "00"}}]',
  'options',
  (value, enterprise, registry) => hexOf(value ?? null) ?? encodeSpace(value, enterprise, registry),
  (b, enterprise, registry) => decodeSpace(b, enterprise, registry) ?? toHex(b),
)

const enterpriseClasses = byEnterprise(
  'a list of enterprises with their classes in hexadecimal, as [{"enterprise": 3561, "classes": ["6162"]}]',
  'classes',
  value => {
    const octets = hexOf(value ?? null)
    if (octets !== undefined) return octets
    const parts = listOf(value)?.map(hexOf)
    return parts?.every(part => part !== undefined) === true ? withLengths(parts, 1) : undefined
  },
  b => splitByLengths(b, 1)?.map(toHex) ?? toHex(b),
)

const CODECS: { readonly [Type in OptionType]: Codec } = {
  ipv4: addressValue,
  'ipv4[]': repeated(addressValue),
  'ipv4-pair[]': repeated(addressPair),
  'ipv4-list[]': addressLists,
  ipv6: ipv6Value,
  'ipv6[]': repeated(ipv6Value),
  bool: boolValue,
  u8: u8Value,
  u16: u16Value,
  u32: u32Value,
  i8: i8Value,
  i32: i32Value,
  'u8[]': repeated(u8Value),
  'u16[]': repeated(u16Value),
  'u32[]': repeated(u32Value),
  seconds: u32Value,
  text: textValue,
  'text[]': texts(1, 'a list of texts'),
  'uri[]': texts(2, 'a list of URIs'),
  bytes: bytesValue,
  flag: flagValue,
  name: oneName,
  'name[]': compressedNames,
  'plain-name[]': plainNames,
  'route[]': routes,
  fqdn,
  record,
  'record[]': repeated(record),
  options,
  'vendor-options': vendorOptions,
  'enterprise-options': enterpriseOptions,
  'enterprise-classes': enterpriseClasses,
  'user-class': userClass,
  'sip-servers': sipServers,
  'resolver[]': resolvers,
}
