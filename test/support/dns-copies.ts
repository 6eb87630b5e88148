/**
 * A primary and a secondary, both ours, on virtual time: the primary is a whole server, the secondary's questions reach
 * it over ports that can lose, delay and be cut.
 */
import type { DnsPorts } from '../../services/dns/index.ts'
import { Secondaries, type SecondariesOptions, type VersionToStore } from '../../services/dns/transfer/secondaries.ts'
import { CLOSED_TRANSFERS, type DnsRecord, type SecondaryZone, type Zone } from '../../services/model/index.ts'
import { ipv4 } from '../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { Bench, zoneRow } from './dns.ts'

export const SECONDARY_ADDRESS = ipv4('10.0.0.2')
export const PRIMARY = { address: ipv4('10.0.0.1'), port: 53, key: undefined, tls: undefined } as const

export type Weather = { lose: () => boolean; delayMs: () => number; cut: () => boolean }
const FINE: Weather = { lose: () => false, delayMs: () => 1, cut: () => false }

/** The ports by which a secondary asks this primary, and nobody else. */
export class PrimaryPorts {
  readonly bench: Bench
  weather: Weather = FINE
  /** Nobody answers, and connections are refused. */
  down = false
  /** What was asked, "SOA", "IXFR" or "AXFR". */
  readonly asked: string[] = []
  /** Spoils a message on its way. */
  spoil: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes

  constructor(bench: Bench) {
    this.bench = bench
  }

  readonly query: DnsPorts['query'] = (_to, bytes, length, received) => {
    const asked = bytes.slice(0, length)
    let open = true
    this.asked.push('SOA')
    this.#after(() => {
      if (this.down || this.weather.lose()) return
      const into = new Uint8Array(4096)
      const octets = this.bench.server.receive(asked, 0, asked.length, into, 0, 4096, SECONDARY_ADDRESS, () => () => {})
      if (octets > 0 && !this.weather.lose()) this.#after(() => open && this.#deliver(into.slice(0, octets), received))
    })
    return { cancel: () => void (open = false) }
  }

  readonly queryStream: NonNullable<DnsPorts['queryStream']> = (_to, bytes, length, received, failed) => {
    const asked = bytes.slice(0, length)
    let open = true
    const cancel = (): void => {
      open = false
      transfer?.close()
    }
    let transfer: ReturnType<Bench['server']['transfers']['begin']>
    const end = (): void => {
      if (!open) return
      cancel()
      failed('unreachable')
    }
    const next = (): void => {
      if (!open) return
      const into = new Uint8Array(65_535)
      if (this.down || this.weather.cut()) return end()
      const octets = transfer?.next(into) ?? 0
      if (octets <= 0) return end()
      this.#deliver(into.slice(0, octets), received)
      this.#after(next)
    }
    this.#after(() => {
      if (this.down || !open) return end()
      transfer = this.bench.server.transfers.begin(asked, 0, asked.length, SECONDARY_ADDRESS)
      this.asked.push(questionType(asked))
      if (transfer !== undefined) return next()
      const into = new Uint8Array(65_535)
      const octets = this.bench.server.receiveStream(asked, 0, asked.length, into, 0, SECONDARY_ADDRESS, () => () => {})
      if (octets > 0) this.#deliver(into.slice(0, octets), received)
      this.#after(end)
    })
    return { cancel }
  }

  /** Trusted if it is to be for the name "ns.example". */
  readonly queryTls: SecondariesOptions['queryTls'] = (to, tls, bytes, length, received, failed) => {
    if (tls.serverName === 'ns.example') return this.queryStream(to, bytes, length, received, () => failed('unreachable'))
    this.#after(() => failed('untrusted'))
    return { cancel: () => {} }
  }

  #deliver(bytes: Uint8Array, received: (b: Uint8Array, at: number, length: number) => void): void {
    const spoilt = this.spoil(bytes)
    received(spoilt, 0, spoilt.length)
  }

  #after(run: () => void): void {
    this.bench.clock.at(this.bench.clock.now() + this.weather.delayMs(), run)
  }
}

function questionType(asked: Uint8Array): string {
  let at = 12
  while (asked[at] !== 0) at += 1 + (asked[at] as number)
  const code = asked[at + 2] as number
  return code === 251 ? 'IXFR' : code === 252 ? 'AXFR' : 'SOA'
}

export type Copied = {
  readonly clock: VirtualClock
  readonly primary: Bench
  readonly ports: PrimaryPorts
  readonly secondary: Bench
  readonly secondaries: Secondaries
  readonly events: (readonly [string, unknown])[]
  /** What is on the secondary's disk. */
  readonly disk: Disk
  run(ms: number): void
  /** The zone as the secondary gives it out. */
  rows(): readonly string[]
}

/** A zone, its rows and how old the copy is, as a restart finds them. */
export class Disk {
  zone: Zone
  records: DnsRecord[] = []
  secondary: SecondaryZone
  /** What becomes of the next version. */
  fails = false
  lastId = 100_000

  constructor(zone: Zone, secondary: SecondaryZone) {
    this.zone = zone
    this.secondary = secondary
  }

  store(secondary: SecondaryZone, version: VersionToStore | undefined): boolean {
    if (this.fails) return false
    this.secondary = secondary
    if (version === undefined) return true
    const gone = new Set(version.edit.remove.map((record) => record.id))
    this.zone = version.zone
    this.records = [...this.records.filter((record) => !gone.has(record.id)), ...version.edit.add]
    return true
  }
}

export const rowsOf = (bench: Bench, zone = 'lab.example'): readonly string[] => {
  const live = bench.server.zones.get(zone)
  const soa = live?.zone
  return [
    `SOA ${soa?.serial} ${soa?.primaryServer} ${soa?.refresh} ${soa?.soaTtl ?? soa?.defaultTtl}`,
    ...Array.from(live?.records() ?? [], (r) => `${r.name} ${r.ttl} ${r.type} ${r.data}`).sort(),
  ]
}

export const emptyDisk = (primaries = 1): Disk => {
  const zone: Zone = { ...zoneRow('lab.example', 5), serial: 0, primaryServer: '.', hostmaster: '.' }
  return new Disk(zone, { zoneId: 5, primaries: Array.from({ length: primaries }, (_, i) => ({ ...PRIMARY, address: PRIMARY.address + i })), refreshedAt: undefined })
}

/** Everybody may have the primary's zone, whose id is 1. */
export function copied(
  zone: { readonly zone: Zone; readonly records: readonly DnsRecord[] },
  o: { readonly disk?: Disk; readonly seed?: number; readonly primary?: Bench; readonly ports?: PrimaryPorts } = {},
): Copied {
  const primary = o.primary ?? new Bench([zone], {}, 1, false, new VirtualClock())
  const { clock } = primary
  if (o.primary === undefined) primary.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1, prefixes: [{ network: 0, length: 0 }] })
  const ports = o.ports ?? new PrimaryPorts(primary)
  const disk = o.disk ?? emptyDisk()
  const secondary = new Bench([{ zone: disk.zone, records: disk.records }], {}, 2, false, clock)
  secondary.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 5, prefixes: [{ network: 0, length: 0 }] })
  const events: (readonly [string, unknown])[] = []
  const { server } = secondary
  const secondaries = new Secondaries({
    clock, random: new SeededSecureRandom(o.seed ?? 1), zones: server.zones, served: server.served, keys: server.tsigKeys,
    query: ports.query, queryStream: ports.queryStream, queryTls: ports.queryTls, nextRecordId: () => ++disk.lastId,
    store: (row, version, done) => {
      const durable = disk.store(row, version)
      if (durable && version !== undefined) events.push([version.event, version.facts])
      clock.at(clock.now() + 1, () => done(durable))
    },
    count: (what) => server.counters.count(what),
    emit: (...event) => events.push(event),
  }, [disk.secondary])
  server.onNotify = (...told) => secondaries.notified(...told)
  return {
    clock, primary, ports, secondary, secondaries, events, disk,
    run: (ms) => clock.runUntil(clock.now() + ms),
    rows: () => rowsOf(secondary),
  }
}
