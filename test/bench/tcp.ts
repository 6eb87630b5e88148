/**
 * TCP and UDP of our stack over a TAP device against the Linux kernel at its other end, beside kernel to kernel over
 * veth and beside slirp4netns, all in one run with the rounds interleaved, because only ratios within one run count:
 * bulk streams both ways, HTTP connections, UDP echoes, idle connections, and what a segment costs in memory.
 *
 *   npm run bench:tcp -- [--rounds 3] [--seconds 1.5] [--connections 64] [--window 100] [--octets 64] [--idle 10000]
 *
 * Who is compared: tcp-subjects.ts. The load is C on kernel sockets in every case. Prints tables, writes JSON to
 * bench-results/, never fails on a figure.
 */
import { parseArgs } from 'node:util'
import { Lab } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { median, saveResult, spread, table, type Row } from './measure.ts'
import type { NodeFigures } from './tcp-node.ts'
import { startAll, startOnTap, TAP_OURS, type Subject, type Subjects } from './tcp-subjects.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.5' },
    connections: { type: 'string', default: '64' },
    window: { type: 'string', default: '100' },
    octets: { type: 'string', default: '64' },
    idle: { type: 'string', default: '10000' },
  },
})
const SECONDS = Number(values.seconds)
/** Long enough for V8 to have compiled what runs hot. */
const WARM_UP_SECONDS = 0.7

/** JSON lines of tcp-load. */
type Bulk = {
  readonly octets: number
  readonly seconds: number
  readonly gbits: number
  readonly retransmitted: number
}
type Counted = {
  readonly completed: number
  readonly per_second: number
  readonly p50_us: number
  readonly p99_us: number
  readonly failed?: number
  readonly lost?: number
}
/** What one round cost a Node program of ours. */
type Cost = {
  readonly segments: number
  readonly allocated: number
  readonly collections: number
  readonly pauseMs: number
}
type Way = 'send' | 'receive'
type BulkRound = { readonly subject: string; readonly way: Way; readonly load: Bulk; readonly cost?: Cost }
type Idle = { readonly connections: number; readonly before: NodeFigures; readonly after: NodeFigures }
type CountedRound = { readonly subject: string; readonly load: Counted }

const program = await cProgram('tcp-load')

async function run<T>(
  subject: Subject, mode: string, port: number, seconds: number, more: readonly string[] = [],
): Promise<T> {
  const argv = [program, mode, subject.address, String(port), String(seconds), ...more]
  return JSON.parse(await subject.client.succeed(argv, { timeoutMs: seconds * 1000 + 20_000 })) as T
}

const costOf = (before: NodeFigures, after: NodeFigures): Cost => ({
  segments: after.segmentsReceived + after.segmentsSent - before.segmentsReceived - before.segmentsSent,
  allocated: after.allocatedBytes - before.allocatedBytes,
  collections: after.collections - before.collections,
  pauseMs: after.pauseMs - before.pauseMs,
})

async function bulkRound(subject: Subjects['bulk'][number], way: Way, seconds: number): Promise<BulkRound> {
  const before = await subject.server?.figures()
  const load = await run<Bulk>(subject, way, way === 'send' ? subject.port : subject.sourcePort, seconds)
  const after = await subject.server?.figures()
  const cost = before === undefined || after === undefined ? {} : { cost: costOf(before, after) }
  return { subject: subject.name, way, load, ...cost }
}

/** Runs `one` for each subject in turn: first to warm up, then round by round. */
async function interleaved<S extends Subject, R>(
  title: string, subjects: readonly S[], one: (subject: S, seconds: number) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const results: R[] = []
  for (const subject of subjects) if (subject.server !== undefined) await one(subject, WARM_UP_SECONDS)
  for (let i = 1; i <= Number(values.rounds); i++) {
    for (const subject of subjects) results.push(...(await one(subject, SECONDS)))
    console.error(`  ${title}: round ${i}`)
  }
  return results
}

/** Ratio of a subject's figure to another's, round by round. */
function ratio<R extends { readonly subject: string }>(
  all: readonly R[], subject: string, to: string, pick: (round: R) => number,
): string {
  const figures = (name: string): readonly number[] => all.filter(round => round.subject === name).map(pick)
  const others = figures(to)
  return median(figures(subject).map((figure, i) => figure / (others[i] ?? NaN))).toFixed(2)
}

const gbits = (rounds: readonly BulkRound[]): string => {
  const all = rounds.map(round => round.load.gbits)
  return `${median(all).toFixed(2)} [${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)}]`
}

/** Per segment in either direction, acknowledgments included. */
function costText(rounds: readonly BulkRound[]): string {
  const costs = rounds.flatMap(round => (round.cost === undefined || round.cost.segments === 0 ? [] : [round.cost]))
  if (costs.length === 0) return ''
  const total = (pick: (cost: Cost) => number): number => costs.reduce((sum, cost) => sum + pick(cost), 0)
  const per = (amount: number, digits: number): string => (amount / total(cost => cost.segments)).toFixed(digits)
  const perMillion = (total(cost => cost.collections) / total(cost => cost.segments)) * 1e6
  return `${per(total(cost => cost.allocated), 0)} B, ${perMillion.toFixed(0)} GC/M`
}

function bulkRows(rounds: readonly BulkRound[]): readonly Row[] {
  const names = [...new Set(rounds.map(round => round.subject))]
  return names.map(subject => {
    const own = rounds.filter(round => round.subject === subject)
    const ratios = ['kernel', 'kernel, no offloads', 'slirp4netns'].map(
      peer => [`of ${peer}`, ratio(rounds, subject, peer, round => round.load.gbits)] as const,
    )
    return {
      subject,
      'Gbit/s': gbits(own),
      ...Object.fromEntries(ratios),
      'retransmitted': own.reduce((sum, round) => sum + round.load.retransmitted, 0),
      'heap per segment': costText(own),
    }
  })
}

function countedRows(rounds: readonly CountedRound[], peers: readonly string[]): readonly Row[] {
  const names = [...new Set(rounds.map(round => round.subject))]
  return names.map(subject => {
    const own = rounds.filter(round => round.subject === subject)
    const ratios = peers.map(
      peer => [`of ${peer}`, ratio(rounds, subject, peer, round => round.load.per_second)] as const,
    )
    return {
      subject,
      'a second': spread(own.map(round => round.load.per_second)),
      ...Object.fromEntries(ratios),
      'p50 µs': Math.round(median(own.map(round => round.load.p50_us))),
      'p99 µs': Math.round(median(own.map(round => round.load.p99_us))),
      'failed or lost': own.reduce((sum, { load: { failed = 0, lost = 0 } }) => sum + failed + lost, 0),
    }
  })
}

/** Memory of so many connections that say nothing, in a server of their own, after a garbage collection. */
async function idle(lab: Lab): Promise<Idle> {
  const host = await lab.host('idle')
  const server = await startOnTap(host, 'on')
  const before = await server.figures('collect')
  const connections = Number(values.idle)
  const client = host.start('idle', [program, 'idle', TAP_OURS, '11', String(connections)])
  await client.line(/^open$/)
  const after = await server.figures('collect')
  await client.stop()
  return { connections, before, after }
}

/** Octets moved by set() and copy() for each octet of payload, in a server of its own, because counting takes time. */
async function copies(lab: Lab): Promise<Readonly<Record<string, number>>> {
  const host = await lab.host('copies')
  const server = await startOnTap(host, 'on')
  const subject = { name: 'copies', client: host, address: TAP_OURS, port: 9 }
  await server.figures('count-copies')
  const found: Record<string, number> = {}
  const cases = [
    ['received by the endpoint', 'send', 9], ['sent by the endpoint', 'receive', 19],
    ['received by a stream', 'send', 1009], ['sent by a stream', 'receive', 1019],
  ] as const
  for (const [name, mode, port] of cases) {
    const before = await server.figures()
    const { octets } = await run<Bulk>(subject, mode, port, 0.5)
    found[name] = ((await server.figures()).copiedBytes - before.copiedBytes) / octets
  }
  return found
}

const mb = (bytes: number): string => (bytes / 1e6).toFixed(1)

await using lab = await Lab.open()
const subjects = await startAll(lab)
const bulk = await interleaved('bulk', subjects.bulk, async (subject, seconds) => [
  await bulkRound(subject, 'send', seconds), await bulkRound(subject, 'receive', seconds),
])
for (const [way, title] of [['send', 'to it'], ['receive', 'from it']] as const) {
  console.log(`\nOne TCP stream ${title}, MTU 1500 where nothing else is said`)
  console.log(table(bulkRows(bulk.filter(round => round.way === way))))
}

const http = await interleaved('HTTP', subjects.http, async (subject, seconds) => [
  { subject: subject.name, load: await run<Counted>(subject, 'requests', subject.port, seconds, [values.connections]) },
])
console.log(`\nnode:http, a connection for each request, ${values.connections} at a time`)
console.log(table(countedRows(http, ['kernel', 'slirp4netns'])))

const udp = await interleaved('UDP', subjects.udp, async (subject, seconds) => [
  {
    subject: subject.name,
    load: await run<Counted>(subject, 'echo', subject.port, seconds, [values.window, values.octets]),
  },
])
console.log(`\nUDP echo, ${values.octets} octets, ${values.window} under way`)
console.log(table(countedRows(udp, ['kernel', 'slirp4netns'])))

const open = await idle(lab)
const grown = (pick: (figures: NodeFigures) => number): number => pick(open.after) - pick(open.before)
console.log(`\n${open.connections} idle connections: resident memory +${mb(grown(f => f.rssBytes))} MB to ` +
  `${mb(open.after.rssBytes)} MB; heap +${mb(grown(f => f.heapBytes))} MB, ` +
  `buffers +${mb(grown(f => f.bufferBytes))} MB: ` +
  `${(grown(f => f.heapBytes + f.bufferBytes) / open.connections).toFixed(0)} octets each`)

const copied = await copies(lab)
console.log(`\nOctets copied for each octet of payload: ${
  Object.entries(copied).map(([name, times]) => `${name} ${times.toFixed(2)}`).join(', ')}`)
saveResult('tcp', { options: values, bulk, http, udp, idle: open, copies: copied })
