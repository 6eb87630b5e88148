/**
 * Names of options beyond the table: what lies inside options that have options of their own, and what an administrator
 * has declared. A registry joins them; the codecs and the configuration ask it, so that nothing is global but the
 * standard itself.
 */
import { OPTIONS } from './options-table.ts'
import type { OptionRow, OptionType, ValueShape } from './options-table.ts'

/** 'dhcp4', a row's space, the name of a vendor's space in option 43, or an enterprise number (options 124 and 125). */
export type SpaceName = string | number

/** An option that the administrator named. Plain data. */
export type OptionDeclaration = {
  readonly code: number
  /** Lower case, digits, hyphens. */
  readonly name: string
  readonly type: OptionType
  /** A list of the type. */
  readonly array?: boolean
  /** 'dhcp4' unless set. */
  readonly space?: SpaceName
  readonly fields?: ValueShape['fields']
}

/** Types that a declaration may name; with `array`, only those that have a list form. */
export const DECLARABLE_TYPES = [
  'ipv4', 'ipv6', 'bool', 'u8', 'u16', 'u32', 'i8', 'i32', 'seconds', 'text', 'bytes', 'flag', 'name', 'route[]', 'record',
] as const satisfies readonly OptionType[]
const LISTS: { readonly [Type in OptionType]?: OptionType } = {
  ipv4: 'ipv4[]',
  ipv6: 'ipv6[]',
  u8: 'u8[]',
  u16: 'u16[]',
  u32: 'u32[]',
  text: 'text[]',
  name: 'plain-name[]',
  record: 'record[]',
}

type Space = { readonly [name: string]: OptionRow }

/** Spaces that standards and well-known firmware define. */
const SPACES: { readonly [space: string]: Space } = {
  dhcp4: OPTIONS,
  /** IANA's relay agent sub-option codes. */
  'relay-agent': {
    'circuit-id': { code: 1, type: 'bytes', rfc: 'RFC 3046 §3.1' },
    'remote-id': { code: 2, type: 'bytes', rfc: 'RFC 3046 §3.2' },
    'docsis-device-class': { code: 4, type: 'u32', rfc: 'RFC 3256 §3' },
    'link-selection': { code: 5, type: 'ipv4', rfc: 'RFC 3527 §3' },
    'subscriber-id': { code: 6, type: 'text', rfc: 'RFC 3993 §2' },
    'radius-attributes': { code: 7, type: 'bytes', rfc: 'RFC 4014 §2' },
    authentication: { code: 8, type: 'bytes', rfc: 'RFC 4030 §4' },
    'vendor-specific': { code: 9, type: 'enterprise-options', rfc: 'RFC 4243 §3' },
    'relay-flags': { code: 10, type: 'u8', rfc: 'RFC 5010 §3' },
    'server-identifier-override': { code: 11, type: 'ipv4', rfc: 'RFC 5107 §4' },
    'relay-id': { code: 12, type: 'bytes', rfc: 'RFC 6925 §4' },
    'access-technology': { code: 13, type: 'bytes', rfc: 'RFC 7839 §4.1' },
    'access-network-name': { code: 14, type: 'text', rfc: 'RFC 7839 §4.2.1' },
    'access-point-name': { code: 15, type: 'text', rfc: 'RFC 7839 §4.2.2' },
    'access-point-bssid': { code: 16, type: 'bytes', rfc: 'RFC 7839 §4.2.3', octets: 6 },
    'operator-id': { code: 17, type: 'u32', rfc: 'RFC 7839 §4.3.1' },
    'operator-realm': { code: 18, type: 'text', rfc: 'RFC 7839 §4.3.2' },
    'source-port': { code: 19, type: 'flag', rfc: 'RFC 8357 §4', fewest: 0 },
    'virtual-subnet-selection': { code: 151, type: 'bytes', rfc: 'RFC 6607 §3.3' },
    'virtual-subnet-selection-control': { code: 152, type: 'flag', rfc: 'RFC 6607 §3.4', fewest: 0 },
  },
  /** Intel, Preboot Execution Environment 2.1, table 2-1, in option 43. */
  pxe: {
    'multicast-tftp-address': { code: 1, type: 'ipv4', rfc: 'PXE 2.1' },
    'multicast-tftp-client-port': { code: 2, type: 'u16', rfc: 'PXE 2.1' },
    'multicast-tftp-server-port': { code: 3, type: 'u16', rfc: 'PXE 2.1' },
    'multicast-tftp-timeout': { code: 4, type: 'u8', rfc: 'PXE 2.1' },
    'multicast-tftp-delay': { code: 5, type: 'u8', rfc: 'PXE 2.1' },
    'discovery-control': { code: 6, type: 'u8', rfc: 'PXE 2.1' },
    'discovery-multicast-address': { code: 7, type: 'ipv4', rfc: 'PXE 2.1' },
    'boot-servers': { code: 8, type: 'bytes', rfc: 'PXE 2.1' },
    'boot-menu': { code: 9, type: 'bytes', rfc: 'PXE 2.1' },
    'menu-prompt': {
      code: 10,
      type: 'record',
      rfc: 'PXE 2.1',
      fields: [{ name: 'timeout', type: 'u8' }, { name: 'prompt', type: 'text', fewest: 0 }],
    },
    'boot-item': {
      code: 71,
      type: 'record',
      rfc: 'PXE 2.1',
      fields: [{ name: 'type', type: 'u16' }, { name: 'layer', type: 'u16' }],
    },
  },
  /** https://ipxe.org/howto/dhcpd and iPXE's include/ipxe/dhcp.h. */
  ipxe: {
    priority: { code: 1, type: 'i8', rfc: 'iPXE' },
    'keep-san': { code: 8, type: 'bool', rfc: 'iPXE' },
    'skip-san-boot': { code: 9, type: 'bool', rfc: 'iPXE' },
    syslogs: { code: 85, type: 'text', rfc: 'iPXE' },
    certificate: { code: 91, type: 'bytes', rfc: 'iPXE' },
    'private-key': { code: 92, type: 'bytes', rfc: 'iPXE' },
    'cross-certificate': { code: 93, type: 'text', rfc: 'iPXE' },
    'no-proxy-dhcp': { code: 176, type: 'bool', rfc: 'iPXE' },
    'bus-id': { code: 177, type: 'bytes', rfc: 'iPXE' },
    'san-file-name': { code: 188, type: 'text', rfc: 'iPXE' },
    'bios-drive': { code: 189, type: 'u8', rfc: 'iPXE' },
    'user-name': { code: 190, type: 'text', rfc: 'iPXE' },
    password: { code: 191, type: 'text', rfc: 'iPXE' },
    'reverse-user-name': { code: 192, type: 'text', rfc: 'iPXE' },
    'reverse-password': { code: 193, type: 'text', rfc: 'iPXE' },
    version: { code: 235, type: 'bytes', rfc: 'iPXE' },
  },
  cablelabs: {
    'primary-dhcp-server': { code: 1, type: 'ipv4', rfc: 'RFC 3495 §5.1' },
    'secondary-dhcp-server': { code: 2, type: 'ipv4', rfc: 'RFC 3495 §5.1' },
    'provisioning-server': { code: 3, type: 'bytes', rfc: 'RFC 3495 §5.2' },
    'authentication-backoff': { code: 4, type: 'bytes', rfc: 'RFC 3495 §5.3', octets: 12 },
    'provisioning-backoff': { code: 5, type: 'bytes', rfc: 'RFC 3495 §5.4', octets: 12 },
    'kerberos-realm': { code: 6, type: 'name', rfc: 'RFC 3495 §5.5' },
    'ticket-granting': { code: 7, type: 'bool', rfc: 'RFC 3495 §5.6' },
    'provisioning-timer': { code: 8, type: 'u8', rfc: 'RFC 3495 §5.7' },
    'ticket-control': { code: 9, type: 'u16', rfc: 'RFC 3594 §4' },
    'key-distribution-centres': { code: 10, type: 'ipv4[]', rfc: 'RFC 3634 §4' },
  },
  'mobility-addresses': {
    information: { code: 1, type: 'ipv4[]', rfc: 'RFC 5678 §2' },
    command: { code: 2, type: 'ipv4[]', rfc: 'RFC 5678 §2' },
    event: { code: 3, type: 'ipv4[]', rfc: 'RFC 5678 §2' },
  },
  'mobility-names': {
    information: { code: 1, type: 'plain-name[]', rfc: 'RFC 5678 §3' },
    command: { code: 2, type: 'plain-name[]', rfc: 'RFC 5678 §3' },
    event: { code: 3, type: 'plain-name[]', rfc: 'RFC 5678 §3' },
  },
}

/** A code without a row is a value, not an error: it is known as "option-224" and its value is hexadecimal. */
const UNNAMED = /^option-([1-9]\d{0,2})$/
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/

const unnamed = (code: number): OptionRow => ({ code, type: 'bytes', rfc: 'RFC 2132 §2', fewest: 0 })

type Named = { readonly name: string; readonly row: OptionRow }

/** The standard's options and those that were declared. Immutable. */
export class OptionRegistry {
  readonly #byName = new Map<SpaceName, Map<string, OptionRow>>()
  readonly #byCode = new Map<SpaceName, Map<number, Named>>()

  /** The declarations have passed declarationFault; of two alike the later counts. */
  constructor(declarations: readonly OptionDeclaration[] = []) {
    for (const [space, rows] of Object.entries(SPACES)) {
      for (const [name, row] of Object.entries(rows)) this.#put(space, name, row)
    }
    for (const declaration of declarations) {
      this.#put(declaration.space ?? 'dhcp4', declaration.name, declaredRow(declaration))
    }
  }

  /**
   * What an option of this name is; undefined for a name that is neither known in the space nor "option-1" to
   * "option-254". A code that has a row is set by its name, so that one option has one name only.
   */
  named(name: string, space: SpaceName = 'dhcp4'): OptionRow | undefined {
    const row = this.#byName.get(space)?.get(name)
    if (row !== undefined) return row
    const code = Number(UNNAMED.exec(name)?.[1])
    if (!(code >= 1 && code <= 254)) return undefined
    return this.#byCode.get(space)?.has(code) === true ? undefined : unnamed(code)
  }

  /** The other way. Codes 0 and 255 are pad and end and have no row. */
  coded(code: number, space: SpaceName = 'dhcp4'): Named {
    return this.#byCode.get(space)?.get(code) ?? { name: `option-${code}`, row: unnamed(code) }
  }

  /** True for a space that has at least one name. */
  hasSpace(space: SpaceName): boolean {
    return this.#byName.has(space)
  }

  /** Every option of a space, by code. */
  rows(space: SpaceName = 'dhcp4'): readonly Named[] {
    return [...(this.#byCode.get(space)?.values() ?? [])].sort((a, b) => a.row.code - b.row.code)
  }

  /** Every space that has names. */
  get spaces(): readonly SpaceName[] {
    return [...this.#byCode.keys()]
  }

  #put(space: SpaceName, name: string, row: OptionRow): void {
    const byName = this.#byName.get(space) ?? new Map<string, OptionRow>()
    const byCode = this.#byCode.get(space) ?? new Map<number, Named>()
    byName.set(name, row)
    byCode.set(row.code, { name, row })
    this.#byName.set(space, byName)
    this.#byCode.set(space, byCode)
  }
}

export const STANDARD_OPTIONS: OptionRegistry = new OptionRegistry()

/** The standard option of this name, as OptionRegistry.named. */
export const optionNamed = (name: string): OptionRow | undefined => STANDARD_OPTIONS.named(name)
/** The standard option of this code, as OptionRegistry.coded. */
export const optionCoded = (code: number): Named => STANDARD_OPTIONS.coded(code)

export type DeclarationFault = { readonly field: 'code' | 'name' | 'type' | 'array' | 'space' | 'fields'; readonly problem: string; readonly remedy: string }

/** Why a declaration cannot stand beside the standard and `others`; undefined when it can. */
export function declarationFault(
  declaration: OptionDeclaration,
  others: readonly OptionDeclaration[],
): DeclarationFault | undefined {
  const { code, name, type, array, fields } = declaration
  const space = declaration.space ?? 'dhcp4'
  if (!Number.isInteger(code) || code < 1 || code > 254) {
    return { field: 'code', problem: `${code} is no option code`, remedy: 'a whole number from 1 to 254' }
  }
  if (typeof space === 'number' && !(Number.isInteger(space) && space >= 0 && space <= 0xffff_ffff)) {
    return { field: 'space', problem: `${space} is no enterprise number`, remedy: 'a whole number from 0 to 4294967295' }
  }
  if (!NAME.test(name) || UNNAMED.test(name)) {
    return { field: 'name', problem: `"${name}" is no option name`, remedy: 'letters in lower case, digits and hyphens, not "option-" and a number' }
  }
  const types: readonly OptionType[] = DECLARABLE_TYPES
  if (!types.includes(type)) {
    return { field: 'type', problem: `"${type}" is no type that can be declared`, remedy: `one of ${types.join(', ')}` }
  }
  if (array === true && LISTS[type] === undefined) {
    return { field: 'array', problem: `there is no list of "${type}"`, remedy: `a list of one of ${Object.keys(LISTS).join(', ')}` }
  }
  if ((type === 'record') !== (fields !== undefined && fields.length > 0)) {
    return { field: 'fields', problem: 'a record has fields, and nothing else has', remedy: 'give fields with type "record" only' }
  }
  const standard = STANDARD_OPTIONS.coded(code, space)
  if (standard.name !== `option-${code}` || STANDARD_OPTIONS.named(name, space) !== undefined) {
    return { field: 'code', problem: `option ${code} is "${standard.name}" already, or the name is taken`, remedy: 'a code and a name that the standard does not use' }
  }
  const rival = others.find((other) => (other.space ?? 'dhcp4') === space && (other.code === code || other.name === name))
  return rival === undefined
    ? undefined
    : { field: rival.code === code ? 'code' : 'name', problem: `option ${rival.code} "${rival.name}" is declared already`, remedy: 'another code and name' }
}

function declaredRow({ code, type, array, fields }: OptionDeclaration): OptionRow {
  const row = { code, type: array === true ? (LISTS[type] ?? type) : type, rfc: '' }
  const sized = type === 'flag' ? { ...row, fewest: 0 } : row
  return fields === undefined ? sized : { ...sized, fields }
}
