/**
 * Leases of other servers: dnsmasq's leases file, the memfile of Kea's DHCPv4 server, dhcpd.leases of ISC
 * dhcpd, and plain CSV. One line, one
 * lease; a line that is none becomes a note. Reads only, and never throws.
 */
import { fromHex } from '../../../stack/platform/index.ts'
import { formatMac, parseIpv4, parseMac } from '../../../stack/index.ts'
import type { Ipv4, Mac } from '../../../stack/index.ts'
import type { LeaseFormat } from '../../facade/leases.ts'
import { readStatements, unquoted } from './isc-statements.ts'
import type { ImportNote } from './translated.ts'

export type ForeignLease = {
  readonly line: number
  readonly address: Ipv4
  readonly mac: Mac
  /** Option 61 as lower-case hexadecimal. */
  readonly clientId: string | undefined
  /** One label in lower case. */
  readonly hostName: string | undefined
  /** Wall time in ms; undefined for an infinite lease. */
  readonly expiresAt: number | undefined
}
export type ForeignLeases = { readonly leases: readonly ForeignLease[]; readonly notes: readonly ImportNote[] }


/** The texts of a line, by what they are; undefined: the line is no lease and needs no note. */
type Cells = { readonly address: string; readonly mac: string; readonly clientId: string; readonly hostName: string; readonly expiry: string }
type LineReader = (line: string, at: number, notes: ImportNote[]) => Cells | undefined

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** RFC 2132 §9.14, and the one octet of length. */
const MOST_CLIENT_ID_OCTETS = 255
/** As seconds since 1970: of a lease that was given back before its end. */
const ENDED_LONG_AGO = '1'
const INFINITE_SECONDS = 0xffff_ffff

export function readLeases(format: LeaseFormat, text: string): ForeignLeases {
  if (format === 'isc') return readIscLeases(text)
  const notes: ImportNote[] = []
  const found = new Map<Ipv4, ForeignLease>()
  const read = format === 'dnsmasq' ? dnsmasqLine : headed(format === 'kea' ? keaCells : csvCells)
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const cells = read(line, at + 1, notes)
    const lease = cells === undefined ? undefined : leaseOf(cells, at + 1, notes)
    if (lease === undefined) continue
    const earlier = found.get(lease.address)
    // Kea appends: the last line of an address counts.
    if (earlier !== undefined && format !== 'kea') notes.push({ line: at + 1, problem: `line ${earlier.line} has this address too`, remedy: 'keep one of the two; the first was taken' })
    else found.set(lease.address, lease)
  }
  return { leases: [...found.values()], notes }
}

/** dhcpd.leases(5): the last declaration of an address counts. */
function readIscLeases(text: string): ForeignLeases {
  const statements = readStatements(text)
  if (!statements.ok) return { leases: [], notes: [{ ...statements.error, remedy: 'give a whole dhcpd.leases' }] }
  const notes: ImportNote[] = []
  const found = new Map<Ipv4, ForeignLease>()
  for (const { line, words, block } of statements.value) {
    const [word, address = ''] = words
    if (word !== 'lease' || block === undefined) continue
    const said = new Map(block.map(({ words: [name = '', ...values] }) => [name, values]))
    const state = said.get('binding')?.at(-1) ?? 'active'
    const mac = said.get('hardware')?.[1]
    // Free for ever, and nobody had it.
    if (mac === undefined && state !== 'active') continue
    if (state === 'abandoned') {
      notes.push({ line, problem: 'an abandoned address was not taken over', remedy: 'a probe finds out who uses it before it is offered' })
      continue
    }
    const expiry = state === 'active' ? iscTime(said.get('ends') ?? []) : ENDED_LONG_AGO
    const cells = { address, mac: mac ?? '', clientId: iscOctets(said.get('uid')?.[0] ?? ''), hostName: unquoted(said.get('client-hostname')?.[0] ?? ''), expiry }
    const lease = leaseOf(cells, line, notes)
    if (lease !== undefined) found.set(lease.address, lease)
  }
  return { leases: [...found.values()], notes }
}

/** "never", "epoch seconds", or day of the week, date and time in UTC. */
function iscTime([kind, date = '', time = '']: readonly string[]): string {
  if (kind === 'never') return ''
  return kind === 'epoch' ? date : `${date.replaceAll('/', '-')}T${time}Z`
}

/** Pairs, or a string with octal escapes, as pairs. */
function iscOctets(word: string): string {
  if (!word.startsWith('"')) return word
  return word.slice(1, -1).replaceAll(/\\([0-3][0-7]{2})|\\?([^])/g, (_, octal: string | undefined, plain: string | undefined) => {
    const octet = octal === undefined ? (plain ?? '').charCodeAt(0) : Number.parseInt(octal, 8)
    return octet.toString(16).padStart(2, '0')
  })
}

/** "expiry hardware-address address host-name client-identifier": see dnsmasq(8) on dhcp-leasefile. */
function dnsmasqLine(line: string, at: number, notes: ImportNote[]): Cells | undefined {
  const [expiry = '', mac = '', address = '', hostName = '', clientId = '', ...more] = line.split(/\s+/)
  if (expiry === 'duid' || address.includes(':')) {
    notes.push({ line: at, problem: 'a line of DHCPv6 was not taken over', remedy: 'nothing is to be done for DHCPv4' })
    return undefined
  }
  if (clientId === '' || more.length > 0) {
    notes.push({ line: at, problem: 'this is no line of a leases file', remedy: 'expiry, hardware address, address, name and client identifier' })
    return undefined
  }
  const none = (word: string): string => (word === '*' ? '' : word)
  return { address, mac, clientId: none(clientId), hostName: none(hostName), expiry: expiry === '0' ? '' : expiry }
}

type Row = { readonly [column: string]: string }

/** Columns go by the names of the first line. */
function headed(cellsOf: (row: Row, at: number, notes: ImportNote[]) => Cells | undefined): LineReader {
  let columns: readonly string[] | undefined
  return (line, at, notes) => {
    const values = line.split(',').map(value => value.trim().replace(/^"(.*)"$/, '$1'))
    if (columns === undefined) {
      columns = values.map(value => value.toLowerCase().replaceAll('-', '_'))
      if (!columns.includes('address')) notes.push({ line: at, problem: 'the first line names no column "address"', remedy: 'begin with address,mac,client-id,hostname,expiry' })
      return undefined
    }
    return cellsOf(Object.fromEntries(columns.map((column, i) => [column, values[i] ?? ''])), at, notes)
  }
}

const csvCells = (row: Row): Cells => ({
  address: row['address'] ?? '',
  mac: row['mac'] ?? '',
  clientId: row['client_id'] ?? '',
  hostName: row['hostname'] ?? '',
  expiry: row['expiry'] ?? '',
})

/** States of Kea's lease file: 0 in use, 1 declined, 2 expired and reclaimed, 3 released. */
function keaCells(row: Row, at: number, notes: ImportNote[]): Cells | undefined {
  if (row['state'] === '1') {
    notes.push({ line: at, problem: 'a declined address was not taken over', remedy: 'a probe finds out who uses it before it is offered' })
    return undefined
  }
  const isInfinite = Number(row['valid_lifetime']) === INFINITE_SECONDS
  const hasEnded = row['state'] === '2' || row['state'] === '3' || row['valid_lifetime'] === '0'
  const expiry = hasEnded ? ENDED_LONG_AGO : isInfinite ? '' : (row['expire'] ?? '?')
  return { address: row['address'] ?? '', mac: row['hwaddr'] ?? '', clientId: row['client_id'] ?? '', hostName: row['hostname'] ?? '', expiry }
}

function leaseOf(cells: Cells, line: number, notes: ImportNote[]): ForeignLease | undefined {
  const refuse = (problem: string, remedy: string): undefined => {
    notes.push({ line, problem, remedy })
    return undefined
  }
  const address = parseIpv4(cells.address)
  if (address === undefined) return refuse(`"${shown(cells.address)}" is no address`, 'an IPv4 address, as 10.53.0.100')
  const mac = parseMac(cells.mac)
  if (mac === undefined) return refuse(`"${shown(cells.mac)}" is no hardware address`, 'six octets, as 02:00:0a:35:00:64')
  const octets = fromHex(cells.clientId.toLowerCase().replaceAll(/[:-]/g, ''))
  if (octets === undefined || octets.length > MOST_CLIENT_ID_OCTETS) return refuse('the client identifier is not hexadecimal', 'pairs, as 01:02:00:0a:35:00:64')
  const expiresAt = cells.expiry === '' ? undefined : timeOf(cells.expiry)
  if (cells.expiry !== '' && expiresAt === undefined) return refuse(`"${shown(cells.expiry)}" is no time`, 'seconds since 1970 or 2026-11-22T08:00:00Z; empty for ever')
  const label = cells.hostName.toLowerCase().split('.')[0] ?? ''
  if (label !== '' && !LABEL.test(label)) notes.push({ line, problem: `the name "${shown(label)}" was left out`, remedy: 'letters, digits and hyphens' })
  return {
    line,
    address,
    mac: formatMac(mac),
    clientId: octets.length === 0 ? undefined : cells.clientId.toLowerCase().replaceAll(/[:-]/g, ''),
    hostName: LABEL.test(label) ? label : undefined,
    expiresAt,
  }
}

/** Seconds since 1970 or ISO 8601, in ms. */
function timeOf(text: string): number | undefined {
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000
  const ms = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** As much of a bad value as goes into a note. */
const shown = (text: string): string => text.slice(0, 64)
