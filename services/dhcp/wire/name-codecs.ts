/**
 * Values with names in them: lists of names (RFC 3397), one name, routes (RFC 3442), the client's FQDN (RFC 4702), SIP
 * servers (RFC 3361), user classes (RFC 3004), URIs (RFC 8572), encrypted resolvers (RFC 9463).
 */
import { i32, put16, u16 } from '../../../stack/platform/index.ts'
import { formatIpv4, formatPrefix, maskOf, parseIpv4, parsePrefix } from '../../../stack/index.ts'
import type { OptionValue } from '../../model/index.ts'
import { EntryReader, TokenSource } from '../../dns/wire/presentation.ts'
import { formatServiceParameters, parseServiceParameters, serviceParametersLength } from '../../dns/wire/svcb.ts'
import { decodeNames, encodeName, encodeNames, labelsOf, readName } from './names.ts'
import {
  ANY, addressValue, concat, listOf, objectOf, repeated, splitByLengths, textValue, variable, withLengths,
} from './scalar-codecs.ts'
import type { Codec } from './scalar-codecs.ts'
import { STANDARD_OPTIONS } from './option-spaces.ts'

const addresses = repeated(addressValue)

/** Labels of every name of a list; undefined unless all are names and there is one. */
function namesIn(value: OptionValue): readonly (readonly string[])[] | undefined {
  const parsed = listOf(value)?.map(item => (typeof item === 'string' ? labelsOf(item) : undefined))
  return parsed !== undefined && parsed.length > 0 && parsed.every(labels => labels !== undefined) ? parsed : undefined
}

const A_LIST_OF_NAMES = 'a list of domain names, as ["lab.internal"]'

export const compressedNames: Codec = {
  size: variable,
  form: () => A_LIST_OF_NAMES,
  encode: value => {
    const names = namesIn(value)
    return names === undefined ? undefined : encodeNames(names)
  },
  decode: b => (b.length === 0 ? undefined : decodeNames(b)),
}

export const plainNames: Codec = {
  ...compressedNames,
  encode: value => {
    const names = namesIn(value)
    return names === undefined ? undefined : concat(names.map(labels => encodeName(labels, false)))
  },
}

export const oneName: Codec = {
  size: variable,
  form: () => 'a domain name, as "lab.internal"',
  encode: value => {
    const labels = typeof value === 'string' ? labelsOf(value) : undefined
    return labels === undefined ? undefined : encodeName(labels, false)
  },
  decode: b => {
    const name = b.length === 0 ? undefined : readName(b, 0)
    return name === undefined || name.end !== b.length || name.text === '' ? undefined : name.text
  },
}

/** RFC 3442: prefix length, as many octets of the destination as it needs, router. */
export const routes: Codec = {
  size: variable,
  form: () => 'a list of routes, as [{"destination": "10.0.0.0/8", "router": "10.53.0.1"}]',
  encode: value => {
    const list = listOf(value)
    if (list === undefined || list.length === 0) return undefined
    const out: number[] = []
    for (const item of list) {
      const { destination, router } = objectOf(item, ['destination', 'router']) ?? {}
      const prefix = typeof destination === 'string' ? parsePrefix(destination) : undefined
      const via = typeof router === 'string' ? parseIpv4(router) : undefined
      if (prefix === undefined || via === undefined) return undefined
      out.push(prefix.length)
      for (let i = 0; i < prefix.length; i += 8) out.push((prefix.network >>> (24 - i)) & 255)
      out.push(via >>> 24, (via >>> 16) & 255, (via >>> 8) & 255, via & 255)
    }
    return Uint8Array.from(out)
  },
  decode: b => {
    const list: OptionValue[] = []
    for (let at = 0; at < b.length;) {
      const length = b[at] as number
      const octets = (length + 7) >> 3
      if (length > 32 || at + 1 + octets + 4 > b.length) return undefined
      let network = 0
      for (let i = 0; i < octets; i++) network |= (b[at + 1 + i] as number) << (24 - 8 * i)
      // RFC 3442: host bits that the sender left in are to be cleared.
      network &= maskOf(length)
      list.push({ destination: formatPrefix({ network, length }), router: formatIpv4(i32(b, at + 1 + octets)) })
      at += 1 + octets + 4
    }
    return list
  },
}

/** RFC 4702 §2.1: flag E says that the name is in DNS wire format. */
export const FQDN_ENCODED = 4

/** RFC 4702 §2.1: flags, two octets that no longer mean anything, the name. */
export const fqdn: Codec = {
  size: variable,
  form: () => 'flags and a name, as {"flags": 4, "name": "host.lab.internal."}; without the last dot it is partial',
  encode: value => {
    const { flags, name } = objectOf(value, ['flags', 'name']) ?? {}
    if (!Number.isInteger(flags) || (flags as number) < 0 || (flags as number) > 255 || typeof name !== 'string')
      return undefined
    const wire = ((flags as number) & FQDN_ENCODED) !== 0
    const labels = name === '' ? [] : labelsOf(name)
    if (labels === undefined) return undefined
    const encoded =
      name === ''
        ? new Uint8Array(0)
        : wire
          ? encodeName(labels, !name.endsWith('.'))
          : Uint8Array.from(name, c => c.charCodeAt(0))
    return Uint8Array.of(flags as number, 0, 0, ...encoded)
  },
  decode: b => {
    if (b.length < 3) return undefined
    const flags = b[0] as number
    if ((flags & FQDN_ENCODED) === 0) {
      return { flags, name: textValue.decode(b.subarray(3), ANY, STANDARD_OPTIONS) as string }
    }
    if (b.length === 3) return { flags, name: '' }
    const name = readName(b.subarray(3), 0)
    if (name === undefined || name.end !== b.length - 3) return undefined
    return { flags, name: b[b.length - 1] === 0 ? `${name.text}.` : name.text }
  },
}

const SIP_NAMES = 0
const SIP_ADDRESSES = 1

/** RFC 3361 §3: an octet says whether names or addresses follow. */
export const sipServers: Codec = {
  size: variable,
  form: () => 'a list of domain names, or a list of IPv4 addresses',
  encode: (value, shape, registry) => {
    const list = listOf(value)
    if (list === undefined || list.length === 0) return undefined
    const byAddress = typeof list[0] === 'string' && parseIpv4(list[0]) !== undefined
    const rest = (byAddress ? addresses : plainNames).encode(value, shape, registry)
    if (rest === undefined || (!byAddress && list.some(item => parseIpv4(item as string) !== undefined))) return undefined
    return Uint8Array.of(byAddress ? SIP_ADDRESSES : SIP_NAMES, ...rest)
  },
  decode: (b, shape, registry) => {
    if (b.length < 2) return undefined
    const rest = b.subarray(1)
    if (b[0] === SIP_ADDRESSES) return addresses.decode(rest, shape, registry)
    return b[0] === SIP_NAMES ? decodeNames(rest) : undefined
  },
}

const textOf = (b: Uint8Array): string => textValue.decode(b, ANY, STANDARD_OPTIONS) as string

/** Texts, each after its length in `lengthOctets` octets. */
export const texts = (lengthOctets: 1 | 2, form: string): Codec => ({
  size: variable,
  form: () => form,
  encode: (value, shape, registry) => {
    const parts = listOf(value)?.map(item => textValue.encode(item, shape, registry))
    return parts?.every(part => part !== undefined) === true ? withLengths(parts, lengthOctets) : undefined
  },
  decode: b => splitByLengths(b, lengthOctets)?.map(textOf),
})

const classes = texts(1, '')

/** RFC 3004 §4: classes, each after its length. iPXE and Windows send one bare text instead, which is read as that. */
export const userClass: Codec = {
  size: variable,
  form: () => 'a list of texts, or one text for the form without lengths',
  encode: (value, shape, registry) =>
    typeof value === 'string' ? textValue.encode(value, shape, registry) : classes.encode(value, shape, registry),
  decode: (b, shape, registry) => (b.length === 0 ? undefined : (classes.decode(b, shape, registry) ?? textOf(b))),
}

/** RFC 7291 §4: lists of addresses, each after its length in octets. */
export const addressLists: Codec = {
  size: variable,
  form: () => 'a list of lists of IPv4 addresses, as [["10.53.0.1"]]',
  encode: (value, shape, registry) => {
    const lists = listOf(value)?.map(item => addresses.encode(item, shape, registry))
    return lists?.every(list => list !== undefined) === true ? withLengths(lists, 1) : undefined
  },
  decode: (b, shape, registry) => {
    const lists = splitByLengths(b, 1)?.map(list => addresses.decode(list, shape, registry))
    return lists?.every(list => list !== undefined) === true ? lists : undefined
  },
}

/**
 * RFC 9463 §5.1: instances, each after its length in two octets: priority u16, length of the name u8, the name in DNS
 * wire format; then, unless only the name is told, length of the addresses u8, addresses, service parameters as in RFC
 * 9460.
 */
export const resolvers: Codec = {
  size: variable,
  form: () =>
    'a list of resolvers, as [{"priority": 1, "name": "dns.lab", "addresses": ["10.53.0.2"], "parameters": "alpn=dot"}]; ' +
    'parameters need addresses and must not be ipv4hint or ipv6hint',
  encode: value => {
    const instances = listOf(value)?.map(encodeResolver)
    return instances?.every(instance => instance !== undefined) === true ? withLengths(instances, 2) : undefined
  },
  decode: b => {
    const instances = splitByLengths(b, 2)?.map(decodeResolver)
    return instances?.every(instance => instance !== undefined) === true ? instances : undefined
  },
}

/** RFC 9463 §3.1.8: the addresses are told beside, never as hints. */
const HINTS = /(?:^| )(?:ipv4hint|ipv6hint)(?:=| |$)/

function encodeResolver(value: OptionValue): Uint8Array | undefined {
  const object = objectOf(value, ['priority', 'name', 'addresses', 'parameters'])
  if (object === undefined) return undefined
  const { priority, name, addresses: told, parameters = '' } = object
  const labels = typeof name === 'string' ? labelsOf(name) : undefined
  if (!Number.isInteger(priority) || (priority as number) < 0 || (priority as number) > 0xffff || labels === undefined)
    return undefined
  if (typeof parameters !== 'string' || HINTS.test(parameters) || (parameters !== '' && told === undefined)) return undefined
  const head = new Uint8Array(3)
  put16(head, 0, priority as number)
  const encodedName = encodeName(labels, false)
  head[2] = encodedName.length
  if (told === undefined) return concat([head, encodedName])
  const list = addresses.encode(told, ANY, STANDARD_OPTIONS)
  const service: number[] = []
  if (list === undefined || list.length === 0 || list.length > 255) return undefined
  const words = new EntryReader(parameters).next()?.tokens ?? []
  if (parseServiceParameters(new TokenSource(words), service) !== undefined) return undefined
  return concat([head, encodedName, Uint8Array.of(list.length), list, Uint8Array.from(service)])
}

function decodeResolver(b: Uint8Array): OptionValue | undefined {
  if (b.length < 4) return undefined
  const nameEnd = 3 + (b[2] as number)
  if (nameEnd > b.length) return undefined
  const name = oneName.decode(b.subarray(3, nameEnd), ANY, STANDARD_OPTIONS)
  if (name === undefined) return undefined
  const told = { priority: u16(b, 0), name }
  if (nameEnd === b.length) return told
  const addressesEnd = nameEnd + 1 + (b[nameEnd] as number)
  if (addressesEnd > b.length || addressesEnd === nameEnd + 1) return undefined
  const list = addresses.decode(b.subarray(nameEnd + 1, addressesEnd), ANY, STANDARD_OPTIONS)
  if (list === undefined || serviceParametersLength(b, addressesEnd, b.length) < 0) return undefined
  if (addressesEnd === b.length) return { ...told, addresses: list }
  return { ...told, addresses: list, parameters: formatServiceParameters(b, addressesEnd, b.length) }
}
