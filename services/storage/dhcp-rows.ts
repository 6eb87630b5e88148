/**
 * The tables of the DHCP configuration, one row each: which columns there are, and how an entry becomes a row and back.
 * What is asked for by columns has one; lists and levels are JSON, with addresses in text.
 */
import { formatIpv4, parseIpv4, type Ipv4 } from '../../stack/index.ts'
import {
  DEFAULT_POLICY,
  type AllocatorName,
  type DhcpItem,
  type DhcpKind,
  type HostIdentifier,
  type Level,
  type SegmentPolicy,
} from '../model/index.ts'
import { orNull, orUndefined, signed, unsigned } from './rows.ts'

type Cell = string | number | null
type Row = { readonly [column: string]: Cell }

export type DhcpTable<K extends DhcpKind> = {
  readonly table: string
  /** Besides id, in the order of the table. */
  readonly columns: readonly string[]
  readonly cells: (item: DhcpItem<K>) => readonly Cell[]
  readonly item: (row: Row) => DhcpItem<K>
}

const text = (cell: Cell | undefined): string => String(cell)
const textOrNone = (cell: Cell | undefined): string | undefined => (cell === null || cell === undefined ? undefined : String(cell))
const number = (cell: Cell | undefined): number => Number(cell)
const list = <T>(cell: Cell | undefined): readonly T[] => JSON.parse(text(cell)) as readonly T[]
const address = (of: string): Ipv4 => parseIpv4(of) ?? 0

type StoredLevel = Omit<Level, 'boot'> & { readonly boot: Omit<Level['boot'], 'nextServer'> & { readonly nextServer?: string } }

function levelCell({ options, leaseTimes, boot: { nextServer, ...boot } }: Level): string {
  const stored: StoredLevel = { options, leaseTimes, boot: nextServer === undefined ? boot : { ...boot, nextServer: formatIpv4(nextServer) } }
  return JSON.stringify(stored)
}

function levelOf(cell: Cell | undefined): Level {
  const { options, leaseTimes, boot: { nextServer, ...boot } } = JSON.parse(text(cell)) as StoredLevel
  return { options, leaseTimes, boot: nextServer === undefined ? boot : { ...boot, nextServer: address(nextServer) } }
}

/** A policy that was stored by an earlier version lacks what was added since. */
function policyOf(cell: Cell | undefined): SegmentPolicy {
  const stored = JSON.parse(text(cell)) as Partial<SegmentPolicy>
  return { ...DEFAULT_POLICY, ...stored, ddns: { ...DEFAULT_POLICY.ddns, ...stored.ddns } }
}

type StoredAddress = { readonly subnetId: number; readonly address: string }

export const DHCP_TABLES: { readonly [K in DhcpKind]: DhcpTable<K> } = {
  sites: {
    table: 'sites',
    columns: ['name', 'level'],
    cells: (s) => [s.name, levelCell(s.level)],
    item: (r) => ({ id: number(r['id']), name: text(r['name']), level: levelOf(r['level']) }),
  },
  segments: {
    table: 'segments',
    columns: ['site_id', 'name', 'interface', 'relays', 'domain', 'policy', 'level'],
    cells: (s) => [
      s.siteId,
      s.name,
      orNull(s.interfaceName),
      JSON.stringify(s.relays.map(formatIpv4)),
      orNull(s.domain),
      JSON.stringify(s.policy),
      levelCell(s.level),
    ],
    item: (r) => ({
      id: number(r['id']),
      siteId: number(r['site_id']),
      name: text(r['name']),
      interfaceName: textOrNone(r['interface']),
      relays: list<string>(r['relays']).map(address),
      domain: textOrNone(r['domain']),
      policy: policyOf(r['policy']),
      level: levelOf(r['level']),
    }),
  },
  subnets: {
    table: 'subnets',
    columns: ['segment_id', 'network', 'length', 'domain', 'level'],
    cells: (s) => [s.segmentId, unsigned(s.prefix.network), s.prefix.length, orNull(s.domain), levelCell(s.level)],
    item: (r) => ({
      id: number(r['id']),
      segmentId: number(r['segment_id']),
      prefix: { network: signed(number(r['network'])), length: number(r['length']) },
      domain: textOrNone(r['domain']),
      level: levelOf(r['level']),
    }),
  },
  pools: {
    table: 'pools',
    columns: ['subnet_id', 'first', 'last', 'allow', 'deny', 'allocator', 'level'],
    cells: (p) => [
      p.subnetId,
      unsigned(p.first),
      unsigned(p.last),
      JSON.stringify(p.allow),
      JSON.stringify(p.deny),
      p.allocator,
      levelCell(p.level),
    ],
    item: (r) => ({
      id: number(r['id']),
      subnetId: number(r['subnet_id']),
      first: signed(number(r['first'])),
      last: signed(number(r['last'])),
      allow: list<string>(r['allow']),
      deny: list<string>(r['deny']),
      allocator: text(r['allocator']) as AllocatorName,
      level: levelOf(r['level']),
    }),
  },
  classes: {
    table: 'classes',
    columns: ['name', 'priority', 'test', 'denied', 'lease_limit', 'level'],
    cells: (c) => [c.name, c.priority, orNull(c.test), c.denied ? 1 : 0, orNull(c.leaseLimit), levelCell(c.level)],
    item: (r) => ({
      id: number(r['id']),
      name: text(r['name']),
      priority: number(r['priority']),
      test: textOrNone(r['test']),
      denied: r['denied'] === 1,
      leaseLimit: orUndefined(r['lease_limit'] as number | null),
      level: levelOf(r['level']),
    }),
  },
  hosts: {
    table: 'hosts',
    columns: ['name', 'identifiers', 'addresses', 'classes', 'denied', 'tags', 'comment', 'level'],
    cells: (h) => [
      orNull(h.name),
      JSON.stringify(h.identifiers),
      JSON.stringify(h.addresses.map((a): StoredAddress => ({ subnetId: a.subnetId, address: formatIpv4(a.address) }))),
      JSON.stringify(h.classes),
      h.denied ? 1 : 0,
      JSON.stringify(h.tags),
      orNull(h.comment),
      levelCell(h.level),
    ],
    item: (r) => ({
      id: number(r['id']),
      name: textOrNone(r['name']),
      identifiers: list<HostIdentifier>(r['identifiers']),
      addresses: list<StoredAddress>(r['addresses']).map((a) => ({ subnetId: a.subnetId, address: address(a.address) })),
      classes: list<string>(r['classes']),
      denied: r['denied'] === 1,
      tags: list<string>(r['tags']),
      comment: textOrNone(r['comment']),
      level: levelOf(r['level']),
    }),
  },
  optionDefinitions: {
    table: 'option_definitions',
    columns: ['code', 'name', 'type', 'array', 'space'],
    cells: (d) => [d.code, d.name, d.type, d.array ? 1 : 0, String(d.space)],
    item: (r) => ({
      id: number(r['id']),
      code: number(r['code']),
      name: text(r['name']),
      type: text(r['type']),
      array: r['array'] === 1,
      // A name of a space does not begin with a digit; an enterprise number does.
      space: /^\d+$/.test(text(r['space'])) ? number(r['space']) : text(r['space']),
    }),
  },
}
