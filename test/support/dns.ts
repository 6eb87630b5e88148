/** Builders and readers for DNS tests: queries as octets, zones from master-file text, responses as text. */
import type { Carrier, DnsPorts, Upstream } from '../../services/dns/index.ts'
import { DnsServer, parseZoneFile } from '../../services/dns/index.ts'
import type { DnsOptions } from '../../services/dns/index.ts'
import { FLAG, parseMessage, rcodeName } from '../../services/dns/wire/message.ts'
import type { Message, MessageRecord } from '../../services/dns/wire/message.ts'
import { ABSOLUTE, formatName, name } from '../../services/dns/wire/name.ts'
import { formatRdata, parseRdataText } from '../../services/dns/wire/rdata.ts'
import { typeCode, typeName } from '../../services/dns/wire/type-names.ts'
import { PLAIN_RECORD, type DnsRecord, type Zone } from '../../services/index.ts'
import { put16, put32, SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'

export type QueryShape = {
  readonly id?: number
  /** The header's second word; RD alone by default. */
  readonly flags?: number
  readonly class?: number
  readonly edns?: {
    readonly size?: number
    readonly dnssecOk?: boolean
    readonly version?: number
    readonly options?: readonly number[]
  }
  /** Octets after everything else. */
  readonly tail?: readonly number[]
  /** Who asks; CLIENT unless said. */
  readonly from?: number
}

/** Who asks: 198.51.100.100, as in RFC 9018 appendix A. */
export const CLIENT = 0xc633_6464 | 0

export const NO_RD = { flags: 0 } as const

export function queryBytes(text: string, type: string, shape: QueryShape = {}): Uint8Array {
  const wire = name(text)
  const code = typeCode(type) as number
  const cls = shape.class ?? 1
  const opt = shape.edns === undefined ? [] : optBytes(shape.edns)
  const head = new Uint8Array(12)
  put16(head, 0, shape.id ?? 0x1234)
  put16(head, 2, shape.flags ?? FLAG.RD)
  put16(head, 4, 1)
  put16(head, 10, shape.edns === undefined ? 0 : 1)
  return Uint8Array.from([...head, ...wire, code >> 8, code & 255, cls >> 8, cls & 255, ...opt, ...(shape.tail ?? [])])
}

function optBytes(edns: NonNullable<QueryShape['edns']>): number[] {
  const size = edns.size ?? 1232
  const options = edns.options ?? []
  return [
    0, 0, 41, size >> 8, size & 255, 0, edns.version ?? 0, edns.dnssecOk === true ? 0x80 : 0, 0,
    options.length >> 8, options.length & 255, ...options,
  ]
}

export type Told = {
  readonly rcode: string
  /** "aa tc rd ra ad cd" as far as set. */
  readonly flags: string
  readonly question: string
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  readonly edns: Message['edns']
  readonly octets: number
  readonly id: number
}

export const recordText = (r: MessageRecord): string =>
  `${formatName(r.name)} ${r.ttl} ${typeName(r.type)} ${formatRdata(r.type, r.rdata)}`

/** Reads a response; throws when it is malformed, so every use is a check of the encoder too. */
export function told(b: Uint8Array, at: number, length: number): Told {
  const parsed = parseMessage(b, at, length)
  if (!parsed.ok) throw new Error(`malformed response: ${parsed.error}`)
  const m = parsed.value
  const bits = [
    ['aa', FLAG.AA], ['tc', FLAG.TC], ['rd', FLAG.RD], ['ra', FLAG.RA], ['ad', FLAG.AD], ['cd', FLAG.CD],
  ] as const
  if ((m.flags & FLAG.QR) === 0) throw new Error('not a response')
  return {
    id: m.id,
    rcode: rcodeName(m.rcode),
    flags: bits.filter(([, bit]) => (m.flags & bit) !== 0).map(([text]) => text).join(' '),
    question: `${formatName(m.name)} ${typeName(m.type)}`,
    answer: m.answer.map(recordText), authority: m.authority.map(recordText), additional: m.additional.map(recordText),
    edns: m.edns, octets: length,
  }
}

export const zoneRow = (zoneName: string, id = 1): Zone => ({
  id, name: zoneName, serial: 7, primaryServer: `ns.${zoneName}`, hostmaster: `hostmaster.${zoneName}`,
  refresh: 3600, retry: 600, expire: 604_800, minimum: 60, defaultTtl: 300,
})

/**
 * Zone and rows out of master-file text, whose lines may be indented; the SOA fields are zoneRow's unless the text has
 * a SOA.
 */
export function zoneOf(zoneName: string, text: string, id = 1): {
  readonly zone: Zone
  readonly records: readonly DnsRecord[]
} {
  const parsed = parseZoneFile(text.replaceAll(/^ +/gm, ''), zoneName, { defaultTtl: 300 })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  const records = parsed.value.records.map((r, i) => ({
    ...r, id: 1000 * id + i, zoneId: id, owner: { kind: 'hand' as const }, ...PLAIN_RECORD,
  }))
  return { zone: { ...zoneRow(zoneName, id), ...parsed.value.soa }, records }
}

/** One query that reached a scripted upstream. */
export type Sent = {
  readonly upstream: Upstream
  readonly at: number
  readonly bytes: Uint8Array
  readonly id: number
  readonly name: string
  readonly type: string
  /** Delivers octets as if they came from that server. */
  reply(bytes: Uint8Array): void
  fail(why: 'unreachable' | 'refused' | 'no-socket'): void
  cancelled: boolean
}

export class Bench {
  readonly clock: VirtualClock
  readonly sent: Sent[] = []
  /** Those that went by stream. */
  readonly streamed: Sent[] = []
  readonly server: DnsServer
  readonly events: (readonly [string, unknown])[] = []
  /** Called for each query to an upstream, at once. */
  onSent: (sent: Sent) => void = () => {}
  onStreamed: (sent: Sent) => void = () => {}

  constructor(
    zones: readonly { zone: Zone; records: readonly DnsRecord[] }[], options: Partial<DnsOptions> = {}, seed = 1,
    upstreamStreams = false, clock = new VirtualClock(),
  ) {
    this.clock = clock
    const script = (list: Sent[], told: (sent: Sent) => void): DnsPorts['query'] =>
      (upstream, bytes, length, received, failed) => {
        const copy = bytes.slice(0, length)
        const m = parseMessage(copy, 0, length)
        if (!m.ok) throw new Error('we sent a malformed query')
        const sent: Sent = {
          upstream, at: this.clock.now(), bytes: copy, id: m.value.id, name: formatName(m.value.name),
          type: typeName(m.value.type),
          reply: (reply) => received(reply, 0, reply.length), fail: failed, cancelled: false,
        }
        list.push(sent)
        told(sent)
        return { cancel: () => void (sent.cancelled = true) }
      }
    const query = script(this.sent, (sent) => this.onSent(sent))
    const queryStream = script(this.streamed, (sent) => this.onStreamed(sent))
    const ports = {
      clock: this.clock, random: new SeededSecureRandom(seed), query, ...(upstreamStreams ? { queryStream } : {}),
    }
    const emit: DnsOptions['emit'] = (id, facts) => void this.events.push([id, facts])
    // A small answer table: most tests ask little, and each has its own server.
    const answerSlabs = [{ slotOctets: 256, slots: 128 }, { slotOctets: 1536, slots: 16 }]
    this.server = new DnsServer(ports, { upstreams: [], emit, answerSlabs, cache: { octets: 1024 * 1024 }, ...options }, zones)
  }

  /** What came back at once; undefined for nothing. Throws when the answer is to come later. */
  ask(text: string, type: string, shape: QueryShape = {}): Told {
    const answer = this.askBytes(queryBytes(text, type, shape), 4096, shape.from)
    if (answer === undefined) throw new Error('no answer')
    return answer
  }

  /** Asks twice, the second time through the answer table; both answers must be alike. */
  askTwice(text: string, type: string, shape: QueryShape = {}): Told {
    const first = this.ask(text, type, shape)
    const second = this.ask(text, type, shape)
    if (JSON.stringify(first) !== JSON.stringify(second)) {
      throw new Error(`the answer table changed the answer:\n${JSON.stringify(first)}\n${JSON.stringify(second)}`)
    }
    return first
  }

  askBytes(bytes: Uint8Array, limit = 4096, from = CLIENT): Told | undefined {
    const into = new Uint8Array(limit + 16)
    const length = this.server.receive(bytes, 0, bytes.length, into, 8, limit, from, () => {
      throw new Error('the answer is to come later')
    })
    const outside = [...into.subarray(0, 8), ...into.subarray(8 + limit)]
    if (length > limit || outside.some((octet) => octet !== 0)) throw new Error('wrote outside its room')
    return length === 0 ? undefined : told(into, 8, length)
  }

  /** Asks by stream: the list fills when the answer is there. */
  askByStream(text: string, type: string, shape: QueryShape = {}, carrier?: Carrier): Told[] {
    return this.streamBytes(queryBytes(text, type, shape), carrier)
  }

  streamBytes(bytes: Uint8Array, carrier?: Carrier): Told[] {
    const into = new Uint8Array(65_535)
    const answers: Told[] = []
    const length = this.server.receiveStream(
      bytes, 0, bytes.length, into, 0, CLIENT, () => (b, at, n) => void answers.push(told(b, at, n)), carrier,
    )
    if (length > 0) answers.push(told(into, 0, length))
    return answers
  }

  /** For questions that go upstream: the list fills when the answer is there. */
  askLater(text: string, type: string, shape: QueryShape = {}): Told[] {
    const bytes = queryBytes(text, type, shape)
    const into = new Uint8Array(4096)
    const answers: Told[] = []
    const length = this.server.receive(
      bytes, 0, bytes.length, into, 0, 4096, CLIENT, () => (b, at, n) => void answers.push(told(b, at, n)),
    )
    if (length > 0) answers.push(told(into, 0, length))
    return answers
  }
}

/** A response of an upstream server in master-file lines. */
export function replyTo(sent: Pick<Sent, 'bytes'>, shape: {
  readonly rcode?: number
  readonly flags?: number
  readonly id?: number
  readonly question?: Uint8Array
  readonly answer?: string
  readonly authority?: string
  readonly additional?: string
} = {}): Uint8Array {
  const end = 12 + name(formatName(sent.bytes.subarray(12))).length + 4
  const question = shape.question ?? sent.bytes.subarray(12, end)
  const sections = [shape.answer, shape.authority, shape.additional].map((text) => recordsBytes(text ?? ''))
  const head = new Uint8Array(12)
  put16(head, 0, shape.id ?? ((sent.bytes[0] as number) << 8) | (sent.bytes[1] as number))
  put16(head, 2, FLAG.QR | FLAG.RD | FLAG.RA | (shape.flags ?? 0) | (shape.rcode ?? 0))
  put16(head, 4, 1)
  sections.forEach((records, i) => put16(head, 6 + 2 * i, records.length))
  return Uint8Array.from([...head, ...question, ...sections.flat(2)])
}

/** One record a line: owner TTL type data, names whole. */
function recordsBytes(text: string): number[][] {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  return lines.map((line) => {
    const [owner, ttl, type] = line.split(/\s+/) as [string, string, string]
    const code = typeCode(type) as number
    const rdata = parseRdataText(code, line.replace(/^\S+\s+\S+\s+\S+\s*/, ''), ABSOLUTE)
    if (!rdata.ok) throw new Error(`${line}: ${rdata.error.what}`)
    const head = new Uint8Array(10)
    put16(head, 0, code)
    put16(head, 2, 1)
    put32(head, 4, Number(ttl))
    put16(head, 8, rdata.value.length)
    return [...name(owner), ...head, ...rdata.value]
  })
}
