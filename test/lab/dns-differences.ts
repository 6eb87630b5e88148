/**
 * What two servers said to the same question, field by field. Names are compared without letter case (RFC 4343 §4: an
 * answer may have either), sections without order (RFC 1034 §3.6: an RRset has none).
 */
import { toHex } from '../../stack/platform/index.ts'
import { RDATA } from '../../services/dns/index.ts'
import type { RrRow } from '../../services/dns/wire/rdata-table.ts'
import { FIELDS } from '../../services/dns/wire/field-table.ts'
import { FLAG, parseMessage, rcodeName } from '../../services/dns/wire/message.ts'
import type { MessageRecord } from '../../services/dns/wire/message.ts'
import { formatName, LOWER } from '../../services/dns/wire/name.ts'
import { formatRdata } from '../../services/dns/wire/rdata.ts'
import { typeName } from '../../services/dns/wire/type-names.ts'

/** An answer in which equal things are equal texts. */
export type Told = {
  readonly rcode: string
  readonly authoritative: boolean
  readonly truncated: boolean
  /** AD. */
  readonly authentic: boolean
  readonly octets: number
  /** "www.example. 60 A 192.0.2.1", in the order of the message. */
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

const ROWS = new Map<number, RrRow>(Object.values(RDATA).map((row: RrRow) => [row.code, row]))

/** Domain names in rdata to lower case. */
function folded(type: number, rdata: Uint8Array): Uint8Array {
  const row = ROWS.get(type)
  const out = rdata.slice()
  let at = 0
  for (const kind of Object.values(row?.fields ?? {})) {
    const length = FIELDS[kind].length(rdata, at, rdata.length)
    if (kind.startsWith('name')) for (let i = at; i < at + length; i++) out[i] = LOWER[out[i] as number] as number
    at += length
  }
  return out
}

function line({ name, type, ttl, rdata }: MessageRecord): string {
  const data = ROWS.has(type) ? formatRdata(type, folded(type, rdata)) : toHex(rdata)
  return `${formatName(name).toLowerCase()} ${ttl} ${typeName(type)} ${data}`
}

/** Undefined when it is no answer that can be read. */
export function told(message: Uint8Array): Told | undefined {
  const parsed = parseMessage(message, 0, message.length)
  if (!parsed.ok) return undefined
  const { rcode, flags, answer, authority, additional } = parsed.value
  return {
    rcode: rcodeName(rcode),
    authoritative: (flags & FLAG.AA) !== 0,
    truncated: (flags & FLAG.TC) !== 0,
    authentic: (flags & FLAG.AD) !== 0,
    octets: message.length,
    answer: answer.map(line),
    authority: authority.map(line),
    additional: additional.map(line),
  }
}

/** Knot says a record twice that a loop leads to twice, which RFC 2181 §5 does not count. */
const sameSet = (ours: readonly string[], theirs: readonly string[]): boolean =>
  [...ours].sort().join('\n') === [...new Set(theirs)].sort().join('\n')
/** What is in `a` and not in `b`. */
const beyond = (a: readonly string[], b: readonly string[]): readonly string[] => a.filter(one => !b.includes(one))
const typeOf = (record: string): string => record.split(' ')[2] as string
const ownerOf = (record: string): string => record.split(' ')[0] as string
const dataOf = (record: string): string => record.split(' ').slice(3).join(' ').replace(/\.$/, '')

/** One question and two answers to it; `zones` and `owners` are names in the zones of both servers, in lower case. */
export type Pair = {
  readonly name: string
  readonly type: string
  readonly ours: Told
  readonly theirs: Told
  readonly zones: readonly string[]
  readonly owners: ReadonlySet<string>
}

/** The zone with the longest name that encloses one. */
function zoneOf(name: string, zones: readonly string[]): string | undefined {
  const able = zones.filter(zone => name === zone || name.endsWith(`.${zone}`))
  return able.sort((a, b) => b.length - a.length)[0]
}

const aliases = (answer: readonly string[]): readonly string[] => answer.filter(record => typeOf(record) === 'CNAME')

/** A record of a proof of absence, or its signature. */
const isDenial = (record: string): boolean => /^(NSEC3? |RRSIG NSEC3? )/.test(`${typeOf(record)} ${dataOf(record)}`)

/** Where answers may differ although both servers are right. Each row says by what. */
const LAWFUL: readonly { readonly what: string; readonly accepts: (pair: Pair) => boolean }[] = [
  {
    what: 'RFC 8482 §4.1: ANY is answered with one RRset of the name or with more, as the server likes',
    accepts: ({ type, ours, theirs }) => type === 'ANY' && ours.rcode === theirs.rcode && ours.answer.length > 0 &&
      theirs.answer.length > 0,
  },
  {
    what: 'RFC 1034 §4.3.2 step 3a: an alias into another zone of the same server is looked up there by us, not by all',
    accepts: ({ ours, theirs, zones }) => {
      const leaves = ours.answer.findIndex(record => typeOf(record) === 'CNAME' &&
        zoneOf(ownerOf(record), zones) !== zoneOf(dataOf(record), zones))
      return leaves >= 0 && beyond(ours.answer.slice(0, leaves + 1), theirs.answer).length === 0
    },
  },
  {
    what: 'RFC 1034 §3.6.2: chains of aliases are followed as far as a server likes; Knot stops after five',
    accepts: ({ ours, theirs }) => aliases(theirs.answer).length >= 5 && aliases(ours.answer).length >= 5 &&
      (beyond(theirs.answer, ours.answer).length === 0 || beyond(ours.answer, theirs.answer).length === 0),
  },
  {
    what: 'RFC 1034 §3.6.2: a loop of aliases is an error in the zone; some say SERVFAIL with it',
    accepts: ({ ours, theirs }) => sameSet(ours.answer, theirs.answer) && theirs.rcode === 'SERVFAIL' &&
      ours.answer.map(ownerOf).includes(dataOf(aliases(ours.answer).at(-1) ?? '')),
  },
  {
    what: 'RFC 8020 §2: a name above another zone of the same server is there, delegated or not; others look at one zone',
    accepts: ({ name, ours, theirs, zones }) => {
      const last = ours.answer.at(-1)
      const asked = last === undefined ? name : dataOf(last)
      return ours.rcode === 'NOERROR' && theirs.rcode === 'NXDOMAIN' && zones.some(zone => zone.endsWith(`.${asked}`))
    },
  },
  {
    what: 'RFC 4035 §3.1.3.4: we also prove what a wildcard without records of its own says; Knot and BIND leave it open',
    accepts: ({ ours, theirs }) => ours.rcode === theirs.rcode && ours.authoritative === theirs.authoritative &&
      sameSet(ours.answer, theirs.answer) && beyond(theirs.authority, ours.authority).length === 0 &&
      beyond(ours.authority, theirs.authority).every(isDenial),
  },
  {
    what: "RFC 4035 §3.1.4.1: DS at an apex that an alias leads to, or is, is the parent's; not all look for it there",
    accepts: ({ type, ours, zones }) =>
      type === 'DS' && aliases(ours.answer).some(record =>
        zones.includes(dataOf(record)) || zones.includes(ownerOf(record))),
  },
]

/** NS records of a zone that come with a positive answer: RFC 1034 §4.3.2 allows them, most leave them out. */
const withoutServers = ({ answer, authority }: Told): readonly string[] =>
  answer.length > 0 ? authority.filter(record => typeOf(record) !== 'NS' && !dataOf(record).startsWith('NS ')) : authority

/** What only one of the two says. */
const apart = (ours: readonly string[], theirs: readonly string[]): string =>
  [...beyond(ours, theirs).map(record => `+ ${record}`), ...beyond(theirs, ours).map(record => `- ${record}`)].join(' ')

/** What differs, as far as no row of LAWFUL allows it; undefined when nothing does. Not for truncated answers. */
export function difference(pair: Pair): string | undefined {
  const { ours, theirs } = pair
  const referral = !ours.authoritative && ours.authority.some(record => typeOf(record) === 'NS')
  const fields = [
    ours.rcode === theirs.rcode ? '' : `rcode ${ours.rcode}, not ${theirs.rcode}`,
    ours.authoritative === theirs.authoritative ? '' : `AA ${ours.authoritative}`,
    sameSet(ours.answer, theirs.answer) ? '' : `answer ${apart(ours.answer, theirs.answer)}`,
    sameSet(withoutServers(ours), withoutServers(theirs))
      ? '' : `authority ${apart(withoutServers(ours), withoutServers(theirs))}`,
    // RFC 9471 §2: a referral without the glue of servers below the cut is of no use.
    referral && glueMissing(pair).length > 0 ? `glue ${glueMissing(pair).join(', ')}` : '',
  ].filter(field => field !== '')
  if (fields.length === 0 || LAWFUL.some(({ accepts }) => accepts(pair))) return undefined
  return `${pair.name} ${pair.type}: ${fields.join('; ').slice(0, 2000)}\n  ours   ${shown(ours)}\n  theirs ${shown(theirs)}`
}

/**
 * Addresses of servers at or below the cut, which the parent alone can tell. What Knot and NSD make of a wildcard below
 * the cut is not among them: nothing there is the parent's to answer from (RFC 1034 §4.2.1).
 */
const glueMissing = ({ ours, theirs, owners }: Pair): readonly string[] =>
  beyond(theirs.additional, ours.additional).filter(record => owners.has(ownerOf(record)) &&
    ours.authority.some(ns => typeOf(ns) === 'NS' && `.${ownerOf(record)}`.endsWith(`.${ownerOf(ns)}`)))

const shown = ({ rcode, authoritative, answer, authority, additional }: Told): string =>
  [`${rcode}${authoritative ? ' aa' : ''}`, answer, authority, additional].map(part => String(part).slice(0, 300)).join(' | ')
