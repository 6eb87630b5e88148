/**
 * Stored lease rows in columns: a million of them take about 100 MB instead of a gigabyte of objects. A row is written
 * and read whole, as a Lease; what reads one cell says so in its name.
 *
 * The fields of variable length lie in one arena, a block per row:
 *   mac length u8, mac | client identifier length u16 (0xffff: none), octets | host name length u8, ASCII
 *   | published name: form u8 (0 none, 1 host name and a suffix known by number u16, 2 length u8 and ASCII)
 *   | length u16 and JSON of whatever further fields a Lease has
 */
import { assert, copy, OctetArena, put16, roomFor, toHex, u16 } from '../../stack/platform/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { clientKey } from '../model/index.ts'
import type { ClientKey, Lease, LeaseState } from '../model/index.ts'

const STATES: readonly LeaseState[] = ['bound', 'released', 'expired', 'declined']
const NO_CLIENT_ID = 0xffff
const FIRST_ROWS = 64
/** Suffixes of published names ("lab.internal") that have a number; one per zone, so few. */
const MOST_SUFFIXES = 1024

const int32 = (length: number): Int32Array => new Int32Array(length)
const float64 = (length: number): Float64Array => new Float64Array(length)
const uint8 = (length: number): Uint8Array => new Uint8Array(length)

export class LeaseRows {
  #addresses = int32(FIRST_ROWS)
  #subnetIds = int32(FIRST_ROWS)
  /** 0: no row. Else 1 + index into STATES. */
  #states = uint8(FIRST_ROWS)
  #hardwareTypes = uint8(FIRST_ROWS)
  #startedAt = float64(FIRST_ROWS)
  #renewedAt = float64(FIRST_ROWS)
  /** Infinity for a lease without end. */
  #expiresAt = float64(FIRST_ROWS)
  #blocks = int32(FIRST_ROWS)
  #blockOctets = int32(FIRST_ROWS)
  readonly #arena = new OctetArena()
  readonly #suffixes: string[] = []
  readonly #suffixNumbers = new Map<string, number>()
  #scratch = uint8(1024)
  #slots = 0
  readonly #freeSlots: number[] = []

  /** Slots ever used: the bound of a walk. */
  get slots(): number {
    return this.#slots
  }

  /** Memory that the texts take. */
  get arenaOctets(): number {
    return this.#arena.bytes.length
  }

  /** A slot for an address, without a row. */
  take(address: Ipv4, subnetId: number): number {
    const slot = this.#freeSlots.pop() ?? this.#slots++
    if (slot >= this.#addresses.length) this.#growTo(slot + 1)
    this.#addresses[slot] = address
    this.#subnetIds[slot] = subnetId
    this.#states[slot] = 0
    this.#blockOctets[slot] = 0
    return slot
  }

  /** Gives a slot back, and its row with it. */
  release(slot: number): void {
    this.clear(slot)
    this.#freeSlots.push(slot)
  }

  address(slot: number): Ipv4 {
    return this.#addresses[slot] as Ipv4
  }

  subnetId(slot: number): number {
    return this.#subnetIds[slot] as number
  }

  setSubnetId(slot: number, id: number): void {
    this.#subnetIds[slot] = id
  }

  /** The row's own state; undefined without a row. */
  state(slot: number): LeaseState | undefined {
    const code = this.#states[slot] as number
    return code === 0 ? undefined : STATES[code - 1]
  }

  /** Wall time in ms at which the row ends or ended; Infinity for never, 0 without a row. */
  expiresAt(slot: number): number {
    return this.#states[slot] === 0 ? 0 : (this.#expiresAt[slot] as number)
  }

  /** Takes the row away; the slot stays. */
  clear(slot: number): void {
    this.#states[slot] = 0
    this.#arena.free(this.#blockOctets[slot] as number)
    this.#blockOctets[slot] = 0
  }

  write(slot: number, row: Lease): void {
    this.#states[slot] = 1 + STATES.indexOf(row.state)
    this.#subnetIds[slot] = row.subnetId
    this.#hardwareTypes[slot] = row.hardwareType
    this.#startedAt[slot] = row.startedAt
    this.#renewedAt[slot] = row.renewedAt
    this.#expiresAt[slot] = row.expiresAt ?? Number.POSITIVE_INFINITY
    const octets = this.#encode(row)
    this.#place(slot, octets)
  }

  /** The row; undefined when the slot has none. */
  read(slot: number): Lease | undefined {
    const code = this.#states[slot] as number
    if (code === 0) return undefined
    const expiresAt = this.#expiresAt[slot] as number
    const block = this.#decode(this.#blocks[slot] as number)
    return {
      address: this.#addresses[slot] as Ipv4,
      subnetId: this.#subnetIds[slot] as number,
      state: STATES[code - 1] as LeaseState,
      hardwareType: this.#hardwareTypes[slot] as number,
      mac: block.mac,
      clientId: block.clientId,
      hostName: block.hostName,
      publishedName: block.publishedName,
      startedAt: this.#startedAt[slot] as number,
      renewedAt: this.#renewedAt[slot] as number,
      expiresAt: expiresAt === Number.POSITIVE_INFINITY ? undefined : expiresAt,
      ...block.further,
    } as Lease
  }

  /** Who the row's client is (RFC 2131 §4.2). The slot has a row. */
  client(slot: number): ClientKey {
    const at = this.#blocks[slot] as number
    const mac = this.#macAt(at)
    const idAt = at + 1 + (this.#arena.bytes[at] as number)
    return clientKey(this.#hardwareTypes[slot] as number, mac, this.#clientIdAt(idAt))
  }

  /** Whether the row is of this hardware address. The slot has a row. */
  hasMac(slot: number, mac: Uint8Array): boolean {
    const at = this.#blocks[slot] as number
    if (this.#arena.bytes[at] !== mac.length) return false
    for (let i = 0; i < mac.length; i++) if (this.#arena.bytes[at + 1 + i] !== mac[i]) return false
    return true
  }

  #macAt(at: number): string {
    let text = ''
    const end = at + 1 + (this.#arena.bytes[at] as number)
    for (let i = at + 1; i < end; i++) {
      const octet = this.#arena.bytes[i] as number
      text += `${i > at + 1 ? ':' : ''}${octet < 16 ? '0' : ''}${octet.toString(16)}`
    }
    return text
  }

  #clientIdAt(at: number): string | undefined {
    const length = u16(this.#arena.bytes, at)
    return length === NO_CLIENT_ID ? undefined : toHex(this.#arena.bytes.subarray(at + 2, at + 2 + length))
  }

  /** Writes the block of a row into the scratch room; its length. */
  #encode(row: Lease): number {
    const { address, subnetId, state, hardwareType, mac, clientId, hostName, publishedName, startedAt, renewedAt, expiresAt, ...further } = row
    const json = furtherText(further)
    const most = 512 + mac.length + (clientId?.length ?? 0) + 3 * json.length
    if (this.#scratch.length < most) this.#scratch = uint8(most)
    const b = this.#scratch
    let at = putHexPairs(b, 1, mac)
    assert(at <= 256, 'a hardware address has 255 octets at most')
    b[0] = at - 1
    const idAt = at + 2
    at = clientId === undefined ? idAt : putHexPairs(b, idAt, clientId)
    put16(b, idAt - 2, clientId === undefined ? NO_CLIENT_ID : at - idAt)
    at = putAscii(b, at, hostName ?? '')
    at = this.#putPublished(b, at, hostName, publishedName)
    const octets = json === '' ? NO_OCTETS : Buffer.from(json)
    put16(b, at, octets.length)
    b.set(octets, at + 2)
    return at + 2 + octets.length
  }

  #putPublished(b: Uint8Array, at: number, hostName: string | undefined, name: string | undefined): number {
    if (name === undefined) {
      b[at] = 0
      return at + 1
    }
    const suffix = hostName !== undefined && name.startsWith(`${hostName}.`) ? this.#suffixNumber(name.slice(hostName.length + 1)) : undefined
    if (suffix === undefined) {
      b[at] = 2
      return putAscii(b, at + 1, name)
    }
    b[at] = 1
    put16(b, at + 1, suffix)
    return at + 3
  }

  #suffixNumber(suffix: string): number | undefined {
    const known = this.#suffixNumbers.get(suffix)
    if (known !== undefined || this.#suffixes.length === MOST_SUFFIXES) return known
    this.#suffixNumbers.set(suffix, this.#suffixes.length)
    return this.#suffixes.push(suffix) - 1
  }

  #decode(at: number): Block {
    const b = this.#arena.bytes
    const mac = this.#macAt(at)
    let i = at + 1 + (b[at] as number)
    const clientId = this.#clientIdAt(i)
    i += 2 + (clientId === undefined ? 0 : u16(b, i))
    const hostName = ascii(b, i)
    i += 1 + (b[i] as number)
    const form = b[i] as number
    const publishedName =
      form === 0 ? undefined : form === 1 ? `${hostName}.${this.#suffixes[u16(b, i + 1)]}` : ascii(b, i + 1)
    i += form === 0 ? 1 : form === 1 ? 3 : 2 + (b[i + 1] as number)
    const octets = u16(b, i)
    const further =
      octets === 0
        ? NOTHING_FURTHER
        : { ...NOTHING_FURTHER, ...(JSON.parse(Buffer.from(b.subarray(i + 2, i + 2 + octets)).toString()) as object) }
    return { mac, clientId, hostName: hostName === '' ? undefined : hostName, publishedName, further }
  }

  /** Puts the block that stands in the scratch room where the row's old one was if it fits there, else at the end. */
  #place(slot: number, octets: number): void {
    const old = this.#blockOctets[slot] as number
    if (octets <= old) {
      this.#arena.free(old - octets)
      copy(this.#scratch, 0, this.#arena.bytes, this.#blocks[slot] as number, octets)
    } else {
      this.#arena.free(old)
      this.#blockOctets[slot] = 0
      if (this.#arena.wasteful) this.#compact()
      this.#blocks[slot] = this.#arena.put(this.#scratch, 0, octets)
    }
    this.#blockOctets[slot] = octets
  }

  #compact(): void {
    this.#arena.compact(keep => {
      for (let slot = 0; slot < this.#slots; slot++) {
        const octets = this.#blockOctets[slot] as number
        if (octets > 0) this.#blocks[slot] = keep(this.#blocks[slot] as number, octets)
      }
    })
  }

  #growTo(length: number): void {
    this.#addresses = roomFor(this.#addresses, length, int32)
    this.#subnetIds = roomFor(this.#subnetIds, length, int32)
    this.#states = roomFor(this.#states, length, uint8)
    this.#hardwareTypes = roomFor(this.#hardwareTypes, length, uint8)
    this.#startedAt = roomFor(this.#startedAt, length, float64)
    this.#renewedAt = roomFor(this.#renewedAt, length, float64)
    this.#expiresAt = roomFor(this.#expiresAt, length, float64)
    this.#blocks = roomFor(this.#blocks, length, int32)
    this.#blockOctets = roomFor(this.#blockOctets, length, int32)
  }
}

const NO_OCTETS = new Uint8Array(0)
type Block = Pick<Lease, 'mac' | 'clientId' | 'hostName' | 'publishedName'> & { readonly further: object }
const NOTHING_FURTHER = { hostId: undefined, relayInformation: undefined, countedUnder: undefined }

/** JSON of the fields that have a value; empty when none has. */
function furtherText(further: { readonly [field: string]: unknown }): string {
  for (const field in further) if (further[field] !== undefined) return JSON.stringify(further)
  return ''
}

/** Hexadecimal pairs, which colons may separate. Returns where they end. */
function putHexPairs(b: Uint8Array, from: number, text: string): number {
  let at = from
  for (let i = 0; i < text.length; i += 2) {
    if (text.charCodeAt(i) === 0x3a) i++
    const high = hexDigit(text.charCodeAt(i))
    const low = hexDigit(text.charCodeAt(i + 1))
    assert(high >= 0 && low >= 0, 'hardware addresses and client identifiers are hexadecimal pairs')
    b[at++] = (high << 4) | low
  }
  return at
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
}

function putAscii(b: Uint8Array, at: number, text: string): number {
  assert(text.length < 256, 'names have 255 octets at most')
  b[at] = text.length
  for (let i = 0; i < text.length; i++) b[at + 1 + i] = text.charCodeAt(i)
  return at + 1 + text.length
}

function ascii(b: Uint8Array, at: number): string {
  let text = ''
  const end = at + 1 + (b[at] as number)
  for (let i = at + 1; i < end; i++) text += String.fromCharCode(b[i] as number)
  return text
}
