/**
 * A class expression of ours as one of Kea (its Administrator Reference Manual, "Using Expressions in Classification"),
 * where that can say exactly the same; readKeaExpression reads it back. Kea has no order of numbers, no search inside a
 * value, and no lists of values.
 */
import { toHex } from '../../../stack/platform/index.ts'
import { formatIpv4 } from '../../../stack/index.ts'
import { FIELDS } from '../classify/fields.ts'
import type { Field } from '../classify/fields.ts'
import type { AddressRange, Expression, Flag, OctetRange, TextOperator } from '../classify/parse.ts'
import { MESSAGE_TYPES } from '../wire/message.ts'

const NO_MESSAGE_TYPE = 'not option[53].exists'
const RELAYED = 'not pkt4.giaddr == 0.0.0.0'

const FLAGS: { readonly [F in Flag]: string } = {
  all: "member('ALL')",
  known: "member('KNOWN')",
  unknown: "member('UNKNOWN')",
  // The second digit of an address that the machine made up; those of groups never come.
  'random-mac': `(${['2', '6', 'a', 'e'].map(digit => `substring(hexstring(pkt4.mac, ''), 1, 1) == '${digit}'`).join(' or ')})`,
  bootp: NO_MESSAGE_TYPE,
  'rapid-commit': 'option[80].exists',
  relayed: RELAYED,
}

/** Fields whose octets Kea has as they are. */
const OCTETS: { readonly [says: string]: string } = { mac: 'pkt4.mac', giaddr: 'pkt4.giaddr', ciaddr: 'pkt4.ciaddr', 'requested-address': 'option[50].hex' }

/** Undefined: Kea cannot say it. */
export function writeKeaExpression(e: Expression): string | undefined {
  switch (e.kind) {
    case 'and':
    case 'or': {
      const [left, right] = [operand(e.left, e.kind), operand(e.right, e.kind)]
      return left === undefined || right === undefined ? undefined : `${left} ${e.kind} ${right}`
    }
    case 'not': {
      const of = writeKeaExpression(e.of)
      const isJoined = e.of.kind === 'and' || e.of.kind === 'or'
      if (!isJoined && of?.startsWith('not ') === true) return of.slice('not '.length)
      return of === undefined ? undefined : `not ${isJoined ? `(${of})` : of}`
    }
    case 'flag':
      return FLAGS[e.flag]
    case 'present':
      return present(e.field)
    case 'octets': {
      const name = octetsOf(e.field)
      return name === undefined ? undefined : compared(name, e.operator, e.value)
    }
    case 'range':
      return inRange(e.range)
    case 'address':
      return inNetwork(nameOf(e.field), e.range)
    case 'number':
      return undefined
    case 'word':
      return word(nameOf(e.field), e.value)
  }
}

/** "and" binds closer than "or", as with us. */
function operand(e: Expression, inside: 'and' | 'or'): string | undefined {
  const text = writeKeaExpression(e)
  return text !== undefined && e.kind === 'or' && inside === 'and' ? `(${text})` : text
}

const NAMES: ReadonlyMap<Field, string> = new Map(Object.entries(FIELDS).map(([name, field]) => [field, name]))
const nameOf = (field: Field): string => NAMES.get(field) ?? ''

/** An option of the request or of its relay. */
function optionOf(field: Field): string | undefined {
  const [, where, code] = /^(option|relay)\[(\d+)\]$/.exec('says' in field ? (field.says ?? '') : '') ?? []
  if (code === undefined) return undefined
  return `${where === 'option' ? 'option' : 'relay4'}[${code}]`
}

function octetsOf(field: Field): string | undefined {
  const option = optionOf(field)
  return option === undefined ? OCTETS[nameOf(field)] : `${option}.hex`
}

function present(field: Field): string | undefined {
  const option = optionOf(field)
  if (option !== undefined) return `${option}.exists`
  switch (nameOf(field)) {
    case 'giaddr':
      return RELAYED
    case 'ciaddr':
      return 'not pkt4.ciaddr == 0.0.0.0'
    case 'requested-address':
      return 'option[50].exists'
    default:
      return undefined
  }
}

function compared(name: string, operator: TextOperator, value: Uint8Array): string | undefined {
  const count = value.length
  if (count === 0) return undefined
  const text = literal(value)
  switch (operator) {
    case '==':
      return `${name} == ${text}`
    case 'starts-with':
      return `substring(${name}, 0, ${count}) == ${text}`
    case 'ends-with':
      return `substring(${name}, -${count}, all) == ${text}`
    case 'matches-glob':
      return glob(name, value)
    case 'contains':
      return undefined
  }
}

/** So many octets, a text, and perhaps more: the only pattern that is a part of the value. */
function glob(name: string, pattern: Uint8Array): string | undefined {
  const [, any = '', text = '', more = ''] = /^(\?*)([^*?]+)(\*?)$/.exec(Buffer.from(pattern).toString('latin1')) ?? []
  if (text === '') return undefined
  const octets = Uint8Array.from(text, c => c.charCodeAt(0))
  if (any === '' && more === '') return compared(name, '==', octets)
  return `substring(${name}, ${any.length}, ${more === '' ? 'all' : text.length}) == ${literal(octets)}`
}

function inRange({ octets, bits }: OctetRange): string | undefined {
  if (bits === 0) return FLAGS.all
  if (bits % 8 !== 0) return undefined
  return compared('pkt4.mac', bits === 48 ? '==' : 'starts-with', octets.subarray(0, bits / 8))
}

function inNetwork(name: string, { network, mask }: AddressRange): string | undefined {
  const octets = OCTETS[name]
  if (octets === undefined) return undefined
  const text = formatIpv4(network)
  const bytes = Uint8Array.from(text.split('.'), Number)
  if (mask === -1) return `${octets} == ${name === 'requested-address' ? literal(bytes) : text}`
  const count = [8, 16, 24].find(bits => -1 << (32 - bits) === mask)
  return count === undefined ? undefined : `substring(${octets}, 0, ${count / 8}) == 0x${toHex(bytes.subarray(0, count / 8))}`
}

function word(name: string, value: string): string | undefined {
  if (name === 'interface') return value.includes("'") ? undefined : `pkt.iface == '${value}'`
  if (name !== 'message-type') return undefined
  const type = value.toUpperCase()
  const code = (MESSAGE_TYPES as readonly string[]).indexOf(type) + 1
  if (type === 'BOOTP') return NO_MESSAGE_TYPE
  return code === 0 ? undefined : `pkt4.msgtype == ${code}`
}

/** Kea's texts have no escapes. */
function literal(octets: Uint8Array): string {
  const text = Buffer.from(octets).toString('latin1')
  return /^[\x20-\x7e]+$/.test(text) && !text.includes("'") ? `'${text}'` : `0x${toHex(octets)}`
}
