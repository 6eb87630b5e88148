/**
 * Large zones: what 1,000,000 records cost to load and to keep, how soon a change of one of them is answered, and what
 * queries notice of a zone of 100,000 records that goes out by AXFR all the while. The appliance on a TAP; Knot, NSD and
 * BIND behind the kernel's own stack, with one thread for queries each; all on a bridge, in turn, in one session.
 *
 *   npm run bench:dns-large -- [--rounds 1] [--seconds 5] [--records 1000000] [--transferred 100000] [--only NAME,…]
 *
 * Latencies are open loop at half the rate that a closed loop has just reached. Prints tables, writes JSON to
 * bench-results/, never fails on a figure.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Appliance } from '../lab/appliance.ts'
import { bind, knot, nsd } from '../lab/name-servers.ts'
import type { NameServer } from '../lab/name-servers.ts'
import { Lab, type Host } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { processFigures, saveResult, table, type Row } from './measure.ts'
import { SERVER } from './subjects.ts'
import { writeZoneFile, ZONE } from './zone.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '5' },
    records: { type: 'string', default: '1000000' },
    transferred: { type: 'string', default: '100000' },
    only: { type: 'string', default: '' },
  },
})
const BRIDGE = 'br0'
const CLIENT = '10.53.0.50'
/** dns-load asks for names of five digits. */
const MOST_ASKED = 100_000
const CHANGES = 20
const WARM_UP_SECONDS = 2
const LONGEST_START_MS = 300_000

type Running = {
  /** To the program's word that it answers; of a start that has the zone from before, where there is such a thing. */
  readonly startMs: number
  /** The first start, which reads the file; undefined where every start does. */
  readonly importMs: number | undefined
  readonly pid: number
  /** How the zone is changed, for dns-change.ts; undefined where the file must be read again. */
  readonly change: readonly [way: 'rest' | 'update', token: string] | undefined
  stop(): Promise<void>
}
type Subject = { readonly name: string; start(lan: Host, file: string): Promise<Running> }

const taproot: Subject = {
  name: 'taproot',
  async start(lan, file) {
    const data = mkdtempSync(join(lan.directory, 'data-'))
    const settings = [
      '--bridge', BRIDGE, '--host-address', 'none', '--gateway', 'none', '--zone-file', `${ZONE}=${file}`,
    ]
    const first = performance.now()
    const { program } = Appliance.launch(lan, { data, arguments: settings })
    await program.line(/"appliance\.ready"/, 0, LONGEST_START_MS)
    const importMs = performance.now() - first
    await program.stop(30_000)
    const since = performance.now()
    const appliance = await Appliance.start(lan, { data, arguments: settings, startTimeoutMs: LONGEST_START_MS })
    const startMs = performance.now() - since
    const allowed = await appliance.command('zone', 'transfers', ZONE, '--address', `${CLIENT}/32`)
    if (allowed.code !== 0) throw new Error(allowed.stderr)
    return {
      importMs,
      startMs,
      pid: appliance.program.pid,
      change: ['rest', readFileSync(join(data, 'token'), 'utf8').trim()],
      stop: async () => void (await appliance.stop()),
    }
  },
}

const peer = (server: NameServer): Subject => ({
  name: server.name,
  async start(lan, file) {
    await lan.succeed(['ip', 'address', 'replace', `${SERVER}/24`, 'dev', BRIDGE])
    const since = performance.now()
    const program = await server.start(lan, SERVER, [{ zone: ZONE, path: file }], true)
    return {
      importMs: undefined,
      startMs: performance.now() - since,
      pid: program.pid,
      change: server.name === 'nsd' ? undefined : ['update', ''],
      stop: async () => {
        await program.stop()
        await lan.succeed(['ip', 'address', 'flush', 'dev', BRIDGE])
      },
    }
  },
})

const SUBJECTS: readonly Subject[] = [taproot, peer(knot), peer(nsd), peer(bind)]

type Load = { readonly qps: number; readonly p50_us: number; readonly p99_us: number; readonly lost: number }
type Change = { readonly confirmed: number; readonly seen: number; readonly seenWorst: number }
type Transfers = { readonly transfers: number; readonly records: number; readonly secondsEach: number }

const node = (program: string, ...argv: readonly string[]): readonly string[] =>
  [process.execPath, join(import.meta.dirname, program), ...argv]

async function load(client: Host, names: number, seconds: number, how: readonly string[]): Promise<Load> {
  const argv = ['-s', SERVER, '-z', ZONE, '-n', String(Math.min(names, MOST_ASKED)), '-x', '10', '-d', String(seconds)]
  const program = await cProgram('dns-load')
  return JSON.parse(await client.succeed([program, ...argv, ...how], { timeoutMs: seconds * 1000 + 20_000 })) as Load
}

type Measured = { readonly row: Row; readonly [figure: string]: unknown }

/** The zone of a million records: loading, memory, queries, a change. */
async function large(lan: Host, client: Host, subject: Subject, names: number): Promise<Measured> {
  const running = await subject.start(lan, writeZoneFile(lan.directory, names))
  await client.succeed(['ip', 'neighbour', 'flush', 'all'])
  try {
    const idle = processFigures(running.pid)
    await load(client, names, WARM_UP_SECONDS, ['-w', '100'])
    const closed = await load(client, names, Number(values.seconds), ['-w', '100'])
    const [way, token] = running.change ?? []
    const argv = way === undefined ? undefined : node('dns-change.ts', SERVER, ZONE, way, token ?? '', String(CHANGES))
    const change = argv === undefined ? undefined : (JSON.parse(await client.succeed(argv)) as Change)
    const loaded = processFigures(running.pid)
    return {
      closed, change, importMs: running.importMs, startMs: running.startMs, idle, loaded,
      row: {
        'subject': subject.name,
        'import ms': running.importMs === undefined ? '–' : Math.round(running.importMs),
        'start ms': Math.round(running.startMs),
        'RSS MB': Math.round(idle.rssMb),
        'after queries': Math.round(loaded.rssMb),
        'q/s': Math.round(closed.qps),
        'change confirmed ms': change?.confirmed.toFixed(1) ?? '–',
        'seen ms': change?.seen.toFixed(1) ?? '–',
        'worst': change?.seenWorst.toFixed(1) ?? '–',
      },
    }
  } finally {
    await running.stop()
  }
}

/** Queries at half load, alone and while the zone goes out again and again to another host. */
async function during(lan: Host, client: Host, subject: Subject, names: number): Promise<Measured> {
  const seconds = Number(values.seconds)
  const running = await subject.start(lan, writeZoneFile(lan.directory, names))
  await client.succeed(['ip', 'neighbour', 'flush', 'all'])
  try {
    await load(client, names, WARM_UP_SECONDS, ['-w', '100'])
    const closed = await load(client, names, seconds, ['-w', '100'])
    const half = ['-r', String(Math.max(1, Math.round(closed.qps / 2)))]
    const alone = await load(client, names, seconds, half)
    const transfer = client.succeed(node('axfr.ts', SERVER, ZONE, String(seconds)), { timeoutMs: 60_000 })
    const beside = await load(client, names, seconds, half)
    const transfers = JSON.parse(await transfer) as Transfers
    return {
      closed, alone, beside, transfers,
      row: {
        'subject': subject.name,
        'q/s': Math.round(closed.qps),
        'alone p50 µs': Math.round(alone.p50_us),
        'p99': Math.round(alone.p99_us),
        'beside AXFR p50 µs': Math.round(beside.p50_us),
        'p99 ': Math.round(beside.p99_us),
        'lost': alone.lost + beside.lost,
        'AXFR s': transfers.secondsEach.toFixed(2),
        'records': transfers.records,
      },
    }
  } finally {
    await running.stop()
  }
}

await using lab = await Lab.open()
const lan = await lab.host('lan')
await lan.bridge(BRIDGE)
const client = await lab.hostOn(lan, BRIDGE, 'client')
await client.address('eth0', `${CLIENT}/24`)
const wanted = values.only === '' ? SUBJECTS : SUBJECTS.filter(({ name }) => values.only.split(',').includes(name))
const results: object[] = []
const parts = [
  { title: `a zone of ${values.records} records`, measure: large, records: Number(values.records) },
  { title: `a zone of ${values.transferred} records, transferred all the while`, measure: during, records: Number(values.transferred) },
]
for (const { title, measure, records } of parts) {
  const rows: Row[] = []
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const subject of wanted) {
      const result = await measure(lan, client, subject, records)
      results.push({ title, round, subject: subject.name, ...result })
      rows.push({ round, ...result.row })
      console.error(`  round ${round} ${subject.name}: ${title}`)
    }
  }
  console.log(`\n${title}\n${table(rows)}`)
}
saveResult('dns-large', { options: values, results })
