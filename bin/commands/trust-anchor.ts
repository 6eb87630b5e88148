/** Trust anchors: where validation of DNSSEC begins, and where it is turned off for a time. */
import type { NegativeTrustAnchorView, Page, TrustAnchorView } from '../../services/index.ts'
import { type ApiClient, path } from './client.ts'
import { type Command, type Invocation, NotDone, UsageError } from './command.ts'
import { readText } from './dhcp.ts'
import { type Column, printDone, printPage, shortTime } from './print.ts'

/** "DS 20326", "DNSKEY 257 (…)": what tells one record from another; keys that follow say their state. */
const briefRecord = (record: string): string => {
  const [type, first] = record.split(' ')
  return type === 'DS' ? `DS ${first ?? ''}` : (type ?? '')
}
const keysText = ({ keys }: TrustAnchorView): string => keys.map(({ keyTag, state, since }) => `${keyTag} ${state} since ${since.slice(0, 10)}`).join(', ')

const COLUMNS: readonly Column<TrustAnchorView>[] = [
  ['ID', anchor => anchor.id],
  ['ZONE', anchor => anchor.zone],
  ['TRUSTED', anchor => anchor.records.map(briefRecord).join(', ')],
  ['FOLLOWS', anchor => (anchor.follows ? 'yes' : 'no')],
  ['KEYS', anchor => keysText(anchor) || null],
  ['ORIGIN', anchor => anchor.origin],
]

export const trustAnchorList: Command = {
  words: 'trust-anchor list',
  summary: 'list trust anchors, and the keys that have followed them',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot trust-anchor list', 'taproot trust-anchor list --json'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<TrustAnchorView>>('GET', 'dns/trust-anchors'), COLUMNS, 'no trust anchors: nothing is validated')
  },
}

const OPTIONS = {
  file: { type: 'string', value: 'FILE', says: 'the records, one a line; - for standard input' },
  fixed: { type: 'boolean', says: 'later keys of the zone do not follow by themselves (RFC 5011)' },
} as const

/** Records as operands, or the lines of a file that have one. */
function recordsOf({ text, operands }: Invocation): readonly string[] {
  const file = text('file')
  const named = operands.slice(1)
  if (file !== undefined && named.length > 0) throw new UsageError('records, or --file')
  // One record need not stand in quotes.
  if (file === undefined) return /^(?:DS|DNSKEY)$/i.test(named[0] ?? '') ? [named.join(' ')] : named
  return readText(file).split('\n').map(line => line.replace(/;.*$/, '').trim()).filter(line => line !== '')
}

export const trustAnchorAdd: Command = {
  words: 'trust-anchor add',
  summary: 'trust keys of a zone, given as DS or DNSKEY records',
  operands: 'ZONE [RECORD…]',
  fewest: 1,
  most: 17,
  options: OPTIONS,
  examples: [
    'taproot trust-anchor add lab.example DS 12345 13 2 1F8188345ADBF5BDE0A6C7A7C7B6B0AA8F3E3E2BBD53AF53A8F1D4C8B0C5E4F1',
    "taproot trust-anchor add lab.example 'DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=' --fixed",
    'taproot trust-anchor add . --file /usr/share/dns/root.key',
  ],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const body = { zone: operands[0], records: recordsOf(invocation), follows: !flag('fixed') }
    const added = await api.json<TrustAnchorView>('POST', 'dns/trust-anchors', {}, body)
    printDone(invocation, `trust in ${added.zone} begins with ${added.records.map(briefRecord).join(', ')}`, added)
  },
}

async function idOf(api: ApiClient, zone: string): Promise<number> {
  const { items } = await api.json<Page<TrustAnchorView>>('GET', 'dns/trust-anchors')
  const found = items.find(anchor => anchor.zone === zone.toLowerCase().replace(/(.)\.$/, '$1'))
  if (found === undefined) throw new NotDone(`there is no trust anchor of ${zone}`)
  if (found.id === null) throw new NotDone(`the trust anchor of ${zone} is there from the start: add another, which takes its place`)
  return found.id
}

export const trustAnchorRemove: Command = {
  words: 'trust-anchor remove',
  summary: 'remove a trust anchor; what was trusted from the start is trusted again',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot trust-anchor remove lab.example'],
  async run(invocation) {
    const { api, operands } = invocation
    const zone = operands[0] as string
    printDone(invocation, `removed the trust anchor of ${zone}`, await api.json<null>('DELETE', path('dns', 'trust-anchors', await idOf(api, zone))))
  },
}

const NEGATIVE_COLUMNS: readonly Column<NegativeTrustAnchorView>[] = [
  ['ZONE', anchor => anchor.zone],
  ['SINCE', anchor => shortTime(anchor.since)],
  ['UNTIL', anchor => shortTime(anchor.endsAt)],
  ['REASON', anchor => anchor.reason],
]

export const negativeTrustAnchorList: Command = {
  words: 'negative-trust-anchor list',
  summary: 'list zones that are not validated for a time',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot negative-trust-anchor list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<NegativeTrustAnchorView>>('GET', 'dns/negative-trust-anchors'), NEGATIVE_COLUMNS, 'every signed zone is validated')
  },
}

/** "90m", "12h", "3d": seconds; an hour unless said. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  if (match === null) throw new UsageError(`--for takes a time as 90m, 12h or 3d, not "${text}"`)
  return Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] as 's' | 'm' | 'h' | 'd']
}

export const negativeTrustAnchorAdd: Command = {
  words: 'negative-trust-anchor add',
  summary: 'do not validate a zone for a time, as when its signatures are broken',
  operands: 'ZONE REASON',
  fewest: 2,
  most: 2,
  options: { for: { type: 'string', value: 'TIME', says: 'how long: 90m, 12h, 3d; an hour unless said, a week at most' } },
  examples: ["taproot negative-trust-anchor add example.org 'their signatures have expired' --for 12h"],
  async run(invocation) {
    const { api, operands, text } = invocation
    const seconds = secondsOf(text('for'))
    const [zone, reason] = operands
    const added = await api.json<NegativeTrustAnchorView>('POST', 'dns/negative-trust-anchors', {}, { zone, reason, ...(seconds === undefined ? {} : { seconds }) })
    printDone(invocation, `${added.zone} is not validated until ${shortTime(added.endsAt) ?? ''}`, added)
  },
}

export const negativeTrustAnchorRemove: Command = {
  words: 'negative-trust-anchor remove',
  summary: 'validate a zone again',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot negative-trust-anchor remove example.org'],
  async run(invocation) {
    const zone = invocation.operands[0] as string
    printDone(invocation, `${zone} is validated again`, await invocation.api.json<null>('DELETE', path('dns', 'negative-trust-anchors', zone)))
  },
}
