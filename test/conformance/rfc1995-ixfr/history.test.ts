/** Increments out of the stored history: after a restart, however far behind a secondary is. And IXFR by datagram. */
import { describe, expect, test } from 'vitest'
import type { Change } from '../../../services/dns/zone/changes.ts'
import { MAX_HISTORY_ROWS, rowsFromHistory, type ReadHistory } from '../../../services/dns/transfer/history.ts'
import { parseMessage } from '../../../services/dns/wire/message.ts'
import { name } from '../../../services/dns/wire/name.ts'
import { CLOSED_TRANSFERS, type ZoneEdit } from '../../../services/model/index.ts'
import { memoryStore, type SqliteStore } from '../../../services/storage/sqlite.ts'
import { put32 } from '../../../stack/platform/index.ts'
import { Bench, queryBytes, recordText, told, zoneOf } from '../../support/dns.ts'

const ZONE = zoneOf('lab.example', ['@ NS ns', 'ns A 10.0.0.1', ...Array.from({ length: 90 }, (_, i) => `h${i} A 10.1.0.${i}`)].join('\n'))
const OTHER = zoneOf('other.example', '@ NS ns\nns A 10.0.0.1', 2)
const soa = (serial: number): string => `lab.example 300 SOA ns.lab.example hostmaster.lab.example ${serial} 3600 600 604800 60`
const OPEN = { ...CLOSED_TRANSFERS, prefixes: [{ network: 0, length: 0 }] }

class World {
  readonly store: SqliteStore = memoryStore()
  bench: Bench
  readonly history: ReadHistory = async (zoneId, before) => this.store.historyPiece(zoneId, before)

  constructor() {
    for (const { zone, records } of [ZONE, OTHER]) {
      const edit = { zoneId: zone.id, serialBefore: zone.serial, serialAfter: zone.serial, remove: [], add: records }
      this.store.commit([[{ kind: 'zone-put', zone }, { kind: 'zone-edit', at: 0, edit }]])
    }
    this.bench = this.#started()
  }

  #started(): Bench {
    const made = new Bench(this.store.load().zones, { history: this.history })
    for (const zoneId of [1, 2]) made.server.transfers.setPolicy({ ...OPEN, zoneId })
    return made
  }

  /** What was in memory is forgotten. */
  restart(): this {
    this.bench = this.#started()
    return this
  }

  edit(add: string | undefined, remove?: string, zone = 'lab.example'): this {
    const live = this.bench.server.zones.get(zone)
    const removeIds = [...(live?.records() ?? [])].filter((r) => r.name === `${remove}.${zone}`).map((r) => r.id)
    const record = { name: add ?? '', type: 'A', ttl: null, data: '192.0.2.1', owner: { kind: 'hand' as const }, comment: undefined }
    const change: Change = { add: add === undefined ? [] : [record], removeIds }
    const planned = this.bench.server.planEdit(zone, change)
    if (!planned.ok) throw new Error(JSON.stringify(planned.error))
    return this.apply(planned.value)
  }

  apply(edit: ZoneEdit): this {
    this.store.commit([[{ kind: 'zone-edit', at: 0, edit }]])
    this.bench.server.applyEdit(edit)
    return this
  }

  /** Another SOA, which leaves no rows. */
  changeSoa(): this {
    const live = this.bench.server.zones.get('lab.example')
    const zone = { ...(live?.zone ?? ZONE.zone), serial: (live?.zone.serial ?? 0) + 1, minimum: 61 }
    this.store.commit([[{ kind: 'zone-put', zone }]])
    this.bench.server.changeZone(zone)
    return this
  }

  async ask(serial: number): Promise<readonly string[]> {
    const query = ixfr(serial)
    const transfer = this.bench.server.transfers.begin(query, 0, query.length, 1)
    if (transfer === undefined) throw new Error('refused')
    if (!transfer.isReady) await new Promise<void>((resolve) => void (transfer.onReady = resolve))
    const into = new Uint8Array(65_535)
    const records: string[] = []
    for (let length = transfer.next(into); length > 0; length = transfer.next(into)) {
      const parsed = parseMessage(into, 0, length)
      if (!parsed.ok) throw new Error(parsed.error)
      records.push(...parsed.value.answer.map(recordText))
    }
    return records
  }
}

/** An IXFR query of who has version `serial`. */
function ixfr(serial: number, edns = false): Uint8Array {
  const apex = name('lab.example')
  const rdata = new Uint8Array(22)
  put32(rdata, 2, serial)
  const opt = edns ? [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0] : []
  const query = queryBytes('lab.example', 'IXFR', { flags: 0, tail: [...apex, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, ...rdata, ...opt] })
  query[9] = 1
  query[11] = edns ? 1 : 0
  return query
}

const NEW = 'new.lab.example 300 A 192.0.2.1'
const NEWER = 'newer.lab.example 300 A 192.0.2.1'
const H3 = 'h3.lab.example 300 A 10.1.0.3'

describe('RFC 1995 §4 out of the history', () => {
  test('each version between, as the journal would tell it', async () => {
    const w = new World().edit('new').edit('newer', 'h3')
    const inMemory = await w.ask(7)
    expect(inMemory).toEqual([soa(9), soa(7), soa(8), NEW, soa(8), H3, soa(9), NEWER, soa(9)])
    w.restart()
    expect(await w.ask(7)).toEqual(inMemory)
    expect(await w.ask(8)).toEqual([soa(9), soa(8), H3, soa(9), NEWER, soa(9)])
    expect(await w.ask(9)).toEqual([soa(9)])
  })

  test('of this zone alone, over many pieces', async () => {
    const w = new World().edit('new')
    for (let i = 0; i < 700; i++) w.edit(i % 2 === 0 ? 'x' : undefined, i % 2 === 0 ? undefined : 'x', 'other.example')
    w.edit('newer')
    expect(await w.restart().ask(7)).toEqual([soa(9), soa(7), soa(8), NEW, soa(8), soa(9), NEWER, soa(9)])
  })

  test('a record that was off is told of to nobody', async () => {
    const w = new World()
    const off = { ...(ZONE.records[0] as (typeof ZONE.records)[0]), id: 9000, name: 'off.lab.example', type: 'A', data: '192.0.2.9', enabled: false }
    w.apply({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: [], add: [off] }).edit('new')
    expect(await w.restart().ask(7)).toEqual([soa(9), soa(7), soa(8), soa(8), soa(9), NEW, soa(9)])
  })

  test.each<[string, (w: World) => World, number]>([
    ['a version that the history does not know', (w) => w.edit('new'), 3],
    ['one between two that it knows', (w) => w.apply({ zoneId: 1, serialBefore: 7, serialAfter: 20, remove: [], add: [] }).edit('new'), 12],
    ['another SOA between', (w) => w.edit('new').changeSoa().edit('newer'), 7],
    ['another SOA at the end', (w) => w.edit('new').changeSoa(), 7],
    ['a step that changed the SOA too', (w) => w.apply({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: [], add: [], soaChanged: true }).edit('new'), 7],
    ['changes that are more than the zone', (w) => {
      for (let i = 0; i < 60; i++) w.edit(`n${i}`, i > 0 ? `n${i - 1}` : undefined)
      return w
    }, 7],
  ])('§2 the whole zone for %s', async (_what, change, serial) => {
    const w = change(new World()).restart()
    const live = w.bench.server.zones.get('lab.example')
    const rows = await w.ask(serial)
    expect([rows.length, rows[0], rows.at(-1)]).toEqual([(live?.size ?? 0) + 2, rows[0], rows[0]])
    expect(rows[1]).not.toContain('SOA')
  })

  test('what cannot be read is no harm', async () => {
    const w = new World().edit('new').restart()
    const broken = new Bench(w.store.load().zones, { history: async () => Promise.reject(new Error('the disk')) })
    broken.server.transfers.setPolicy({ ...OPEN, zoneId: 1 })
    w.bench = broken
    expect((await w.ask(7)).length).toBe(95)
  })

  test('a reader that never ends is left at the bound', async () => {
    const live = new World().bench.server.zones.get('lab.example')
    if (live === undefined) throw new Error('no zone')
    let read = 0
    const endless: ReadHistory = async () => {
      read += 500
      const row = { name: 'x.lab.example', type: 'A', ttl: 1, data: '10.0.0.1', enabled: true, action: 'add', serial: 7, serialBefore: 6 } as const
      return { rows: Array.from({ length: 500 }, () => row), next: 1 }
    }
    expect(await rowsFromHistory(endless, live, 1)).toBeUndefined()
    expect(read).toBeLessThanOrEqual(MAX_HISTORY_ROWS)
  })

  test('it is closed while it waits: nothing is sent, and its place is free', async () => {
    const w = new World().edit('new').restart()
    for (let i = 0; i < 40; i++) {
      const query = ixfr(7)
      const transfer = w.bench.server.transfers.begin(query, 0, query.length, 1)
      expect(transfer?.isReady).toBe(false)
      transfer?.close()
      await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))))))
    }
  })
})

describe('RFC 1995 §2 by datagram', () => {
  const ask = (w: World, serial: number, edns = false) => {
    const query = ixfr(serial, edns)
    const into = new Uint8Array(4096)
    const length = w.bench.server.receive(query, 0, query.length, into, 0, 4096, 1, () => () => {})
    return { ...told(into, 0, length), length }
  }

  test('what changed, if it fits', () => {
    const w = new World().edit('new')
    expect(ask(w, 7)).toMatchObject({ rcode: 'NOERROR', flags: 'aa', question: 'lab.example IXFR', answer: [soa(8), soa(7), soa(8), NEW, soa(8)] })
    expect(ask(w, 8).answer).toEqual([soa(8)])
  })

  test('else the SOA alone: come by TCP', () => {
    const w = new World()
    for (let i = 0; i < 30; i++) w.edit(`a-rather-long-name-of-number-${i}`)
    expect(ask(w, 7)).toMatchObject({ flags: 'aa', answer: [soa(37)] })
    expect(ask(w, 3).answer).toEqual([soa(37)])
    // More room, more answer.
    expect(ask(w, 30).answer).toHaveLength(1)
    expect(ask(w, 30, true).answer.length).toBeGreaterThan(20)
  })

  test('who may not have the zone is refused', () => {
    const w = new World()
    w.bench.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1 })
    expect(ask(w, 7)).toMatchObject({ rcode: 'REFUSED', answer: [] })
  })
})
