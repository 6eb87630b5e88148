/**
 * A client's side of dynamic update, written from RFC 2136 §2 without the code under test: messages out of lines in the
 * manner of nsupdate, and a server whose store is a switch.
 *
 *   prereq yxdomain|nxdomain NAME · prereq yxrrset|nxrrset NAME TYPE [DATA] · add NAME TTL TYPE DATA
 *   delete NAME [TYPE [DATA]] · raw prereq|update NAME TYPE CLASS TTL [DATA]
 */
import type { UpdateRule, ZoneEdit } from '../../services/index.ts'
import { rcodeName } from '../../services/dns/wire/message.ts'
import { ABSOLUTE, name } from '../../services/dns/wire/name.ts'
import { parseRdataText } from '../../services/dns/wire/rdata.ts'
import { typeCode } from '../../services/dns/wire/type-names.ts'
import { ZoneBook } from '../../services/zone-book.ts'
import { Bench, CLIENT, zoneOf } from './dns.ts'
import { signed, u16be } from './dns-tsig.ts'
import type { Signing } from './dns-tsig.ts'

const CLASSES: { readonly [text: string]: number } = { IN: 1, CH: 3, NONE: 254, ANY: 255 }

/** A rule of everything for everybody, changed. */
export const rule = (change: Partial<UpdateRule> = {}): UpdateRule =>
  ({ key: undefined, prefix: { network: 0, length: 0 }, names: { kind: 'zone' }, types: [], touches: 'people', ...change })

type Record = { readonly section: 0 | 1; readonly octets: readonly number[] }

function record(section: 0 | 1, owner: string, type: string, cls: string, ttl: number, data: string): Record {
  const code = typeCode(type) as number
  const rdata = data === '' ? [] : parsedData(code, data)
  const fixed = [...u16be(code), ...u16be(CLASSES[cls] ?? Number(cls)), ...u16be(Math.floor(ttl / 65_536)), ...u16be(ttl % 65_536)]
  return { section, octets: [...name(owner), ...fixed, ...u16be(rdata.length), ...rdata] }
}

function parsedData(code: number, data: string): readonly number[] {
  const parsed = parseRdataText(code, data, ABSOLUTE)
  if (!parsed.ok) throw new Error(`${data}: ${parsed.error.what}`)
  return [...parsed.value]
}

function readLine(line: string): Record {
  const [verb = '', ...words] = line.split(' ')
  const from = (n: number): string => words.slice(n).join(' ')
  const [first = '', second = '', third = '', fourth = '', fifth = ''] = words
  switch (`${verb} ${verb === 'prereq' ? first : ''}`.trim()) {
    case 'prereq yxdomain':
      return record(0, second, 'ANY', 'ANY', 0, '')
    case 'prereq nxdomain':
      return record(0, second, 'ANY', 'NONE', 0, '')
    case 'prereq yxrrset':
      return from(3) === '' ? record(0, second, third, 'ANY', 0, '') : record(0, second, third, 'IN', 0, from(3))
    case 'prereq nxrrset':
      return record(0, second, third, 'NONE', 0, '')
    case 'add':
      return record(1, first, third, 'IN', Number(second), from(3))
    case 'delete':
      if (second === '') return record(1, first, 'ANY', 'ANY', 0, '')
      return from(2) === '' ? record(1, first, second, 'ANY', 0, '') : record(1, first, second, 'NONE', 0, from(2))
    case 'raw':
      return record(first === 'prereq' ? 0 : 1, second, third, fourth, Number(fifth), from(5))
    default:
      throw new Error(line)
  }
}

export type UpdateShape = {
  readonly zone?: string
  readonly zoneType?: string
  readonly zoneClass?: string
  readonly zones?: number
  readonly edns?: number
  readonly tail?: readonly number[]
}

export function updateBytes(lines: readonly string[], shape: UpdateShape = {}): Uint8Array {
  const records = lines.map(readLine)
  const zone = [...name(shape.zone ?? 'lab.example'), ...u16be(typeCode(shape.zoneType ?? 'SOA') as number), ...u16be(CLASSES[shape.zoneClass ?? 'IN'] as number)]
  const sections = [0, 1].map((section) => records.filter((each) => each.section === section).map((each) => each.octets))
  const opt = shape.edns === undefined ? [] : [0, 0, 41, 4, 208, 0, shape.edns, 0, 0, 0, 0]
  const counts = [shape.zones ?? 1, ...sections.map((each) => each.length), opt.length === 0 ? 0 : 1].flatMap(u16be)
  return Uint8Array.from([0xab, 0xcd, 0x28, 0x00, ...counts, ...zone, ...sections.flat(2), ...opt, ...(shape.tail ?? [])])
}

export type Answered = { readonly rcode: string; readonly bytes: Uint8Array }

/** A server with one zone, lab.example, that is stored at once unless `holding`. */
export class UpdateBench extends Bench {
  readonly book = new ZoneBook(this.server, () => 0)
  /** Batches are stored by store() alone. */
  holding = false
  edits: ZoneEdit[] = []

  constructor(zone: string, rules: readonly UpdateRule[] = [rule()]) {
    super([zoneOf('lab.example', zone)])
    this.server.updates.setPolicy({ zoneId: 1, rules })
    this.server.updates.onWaiting = () => void (this.holding || queueMicrotask(() => this.store()))
  }

  /** Stores one batch, or fails to. */
  store(durable = true): void {
    const batch = this.server.updates.begin((id) => this.book.pending(id), (edit, serial) => this.book.number(edit, serial))
    if (batch === undefined) return
    for (const { edit, soa } of batch.edits) {
      if (durable) this.edits.push(edit)
      const zone = this.server.zones.byId(edit.zoneId)?.zone
      this.book.settled(edit, durable)
      if (durable && soa !== undefined && zone !== undefined) this.server.changeZone({ ...zone, ...soa, serial: edit.serialAfter })
    }
    batch.settled(durable)
  }

  /** Fills when the answer is there. */
  send(bytes: Uint8Array, source: number = CLIENT, byStream = false): Answered[] {
    const answers: Answered[] = []
    const into = new Uint8Array(4096)
    const take = (b: Uint8Array, at: number, n: number): void => {
      answers.push({ rcode: rcodeName((b[at + 3] as number) & 15), bytes: b.slice(at, at + n) })
    }
    const length = byStream
      ? this.server.receiveStream(bytes, 0, bytes.length, into, 0, source, () => take)
      : this.server.receive(bytes, 0, bytes.length, into, 0, 4096, source, () => take)
    if (length > 0) take(into, 0, length)
    return answers
  }

  async update(...lines: readonly string[]): Promise<string> {
    return this.updateShaped(lines)
  }

  async updateShaped(lines: readonly string[], shape: UpdateShape = {}): Promise<string> {
    const answers = this.send(updateBytes(lines, shape))
    await Promise.resolve()
    return answers[0]?.rcode ?? 'no answer'
  }

  async updateSigned(lines: readonly string[], by: Partial<Signing> = {}): Promise<Answered | undefined> {
    const answers = this.send(signed(updateBytes(lines), { time: Math.floor(this.clock.wallMs() / 1000), ...by }).bytes)
    await Promise.resolve()
    return answers[0]
  }

  get serial(): number {
    return this.server.zones.get('lab.example')?.zone.serial ?? 0
  }

  /** Records of a name: "300 A 10.9.0.1", sorted. */
  at(owner: string): readonly string[] {
    const records = this.server.zones.get('lab.example')?.recordsNamed(owner) ?? []
    return records.map((each) => `${each.ttl} ${each.type} ${each.data}`).sort()
  }
}
