/**
 * Resolvers beside one another in one run: the appliance over its TAP device, Unbound and BIND with one thread, all from
 * the root of the small Internet with validation; dnsmasq, which forwards to an Unbound; the least C program for hits.
 *
 *   npm run bench:resolver -- [--rounds 2] [--seconds 3] [--names 100000] [--only NAME,…]
 *
 * hits: 10,000 names that are cached, 10% of the queries for names that are not there, closed loop of 100.
 * cold: 5,000 names of 1,000 zones, each asked once with nothing of them cached, 100 at a time; the time until all are
 *   answered. 1,000 names of 200 other zones were asked for before, so that all programs run as they do for good.
 * beside: the latency of hits at 20,000/s, open loop, while 500 new names a second are resolved.
 * memory: resident memory more for each of 100,000 names that were asked for once (in the first round).
 *
 * Only ratios within one run count. Prints tables, writes JSON to bench-results/, never fails on a figure.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Lab, type Host } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { SmallInternet } from '../lab/internet/small-internet.ts'
import { median, processFigures, type Row, saveResult, spread, table } from './measure.ts'
import { BENCH_ZONES, COLD_NAMES, endlessNames, FIRST_NAMES, type Place, SERVER, type Subject, SUBJECTS, WARM_ZONE } from './resolver-subjects.ts'
import { NAMES } from './zone.ts'

/** The JSON line of dns-load. */
type Load = {
  readonly qps: number
  readonly answered: number
  readonly lost: number
  readonly wrong: number
  readonly p50_us: number
  readonly p99_us: number
  readonly p999_us: number
}
/** What dnsperf says in the end. */
type Perf = { readonly seconds: number; readonly completed: number; readonly lost: number; readonly noerror: number; readonly averageMs: number }
type Round = {
  readonly subject: string
  readonly hits: Load
  readonly cold?: Perf
  readonly beside?: Load & { readonly resolved: Perf }
  readonly octetsEach?: number
}

const HITS_PER_SECOND = 20_000
const NEW_PER_SECOND = 500
const OUTSTANDING = 100
/** Before memory is counted: what a program takes once for its first answers is not what a name costs. */
const UNCOUNTED = 2000
const WARM_UP_SECONDS = 2

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '3' },
    names: { type: 'string', default: '100000' },
    only: { type: 'string', default: '' },
  },
})
const seconds = Number(values.seconds)

async function load(client: Host, forSeconds: number, extra: readonly string[]): Promise<Load> {
  const argv = [
    await cProgram('dns-load'), '-s', SERVER, '-z', WARM_ZONE, '-n', String(NAMES), '-x', '10', '-d', String(forSeconds), '-t', '2000', ...extra,
  ]
  return JSON.parse(await client.succeed(argv, { timeoutMs: forSeconds * 1000 + 20_000 })) as Load
}

/** Each name once, as fast as `how` allows. */
async function perf(client: Host, names: readonly string[], how: readonly string[]): Promise<Perf> {
  const file = join(client.directory, 'names')
  writeFileSync(file, names.map(one => `${one} A\n`).join(''))
  const argv = ['dnsperf', '-s', SERVER, '-d', file, '-n', '1', '-t', '8', '-T', '1', '-c', '1', ...how]
  const text = await client.succeed(argv, { timeoutMs: 180_000 })
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0)
  return {
    seconds: number(/Run time \(s\):\s+([\d.]+)/), completed: number(/Queries completed:\s+(\d+)/), lost: number(/Queries lost:\s+(\d+)/),
    noerror: number(/NOERROR (\d+)/), averageMs: 1000 * number(/Average Latency \(s\):\s+([\d.]+)/),
  }
}

const window = ['-q', String(OUTSTANDING)]
/** Those that are there, and those that are not. */
const warmNames = ['h', 'x'].flatMap(letter => Array.from({ length: NAMES }, (_, i) => `${letter}${String(i).padStart(5, '0')}.${WARM_ZONE}`))

async function beside(client: Host, stormer: Host): Promise<Load & { readonly resolved: Perf }> {
  const during = seconds + 2
  const resolving = perf(stormer, endlessNames(NEW_PER_SECOND * during, 'b'), ['-Q', String(NEW_PER_SECOND), '-q', '1000'])
  const hits = await load(client, seconds, ['-r', String(HITS_PER_SECOND)])
  return { ...hits, resolved: await resolving }
}

async function octetsEach(client: Host, pid: number): Promise<number> {
  await perf(client, endlessNames(UNCOUNTED, 'f'), window)
  const before = processFigures(pid).rssMb
  const { noerror } = await perf(client, endlessNames(Number(values.names), 'm'), window)
  return ((processFigures(pid).rssMb - before) * 2 ** 20) / noerror
}

/** One subject with a cache that fills, and once more with an empty one. */
async function round(place: Place, client: Host, stormer: Host, subject: Subject, withMemory: boolean): Promise<Round> {
  const started = async () => {
    const running = await subject.start(place)
    // The server before had another link address.
    for (const host of [client, stormer]) await host.succeed(['ip', 'neighbour', 'flush', 'all'])
    return running
  }
  const first = await started()
  let figures: Round
  try {
    if (subject.resolves === true) await perf(client, FIRST_NAMES, window)
    const cold = subject.resolves === true ? await perf(client, COLD_NAMES, window) : undefined
    if (subject.resolves === true) await perf(client, warmNames, window)
    await load(client, WARM_UP_SECONDS, ['-w', String(OUTSTANDING)])
    const hits = await load(client, seconds, ['-w', String(OUTSTANDING)])
    const both = subject.resolves === true ? { beside: await beside(client, stormer) } : {}
    figures = { subject: subject.name, hits, ...(cold && { cold }), ...both }
  } finally {
    await first.stop()
  }
  if (!withMemory || subject.resolves !== true || subject.name === 'dnsmasq') return figures
  const second = await started()
  try {
    return { ...figures, octetsEach: await octetsEach(client, second.pid) }
  } finally {
    await second.stop()
  }
}

/** Median of a subject's figure over another's, round by round. */
function ratio(all: readonly Round[], subject: string, to: string, pick: (one: Round) => number | undefined): string {
  const of = (name: string): readonly (number | undefined)[] => all.filter(one => one.subject === name).map(pick)
  const others = of(to)
  const ratios = of(subject).flatMap((mine, i) => {
    const theirs = others[i]
    return mine === undefined || theirs === undefined || theirs === 0 ? [] : [mine / theirs]
  })
  return ratios.length === 0 ? '–' : median(ratios).toFixed(2)
}

function summary(all: readonly Round[]): readonly Row[] {
  return [...new Set(all.map(one => one.subject))].map(name => {
    const own = all.filter(one => one.subject === name)
    const some = (pick: (one: Round) => number | undefined): readonly number[] => own.flatMap(one => pick(one) ?? [])
    const middle = (pick: (one: Round) => number | undefined, digits = 0): string => {
      const known = some(pick)
      return known.length === 0 ? '–' : median(known).toFixed(digits)
    }
    const coldMs = (one: Round): number | undefined => one.cold && one.cold.seconds * 1000
    return {
      'subject': name,
      'hits/s': spread(own.map(one => one.hits.qps)),
      'of C': ratio(all, name, 'C on TAP', one => one.hits.qps),
      'of unb.': ratio(all, name, 'unbound', one => one.hits.qps),
      'cold ms': middle(coldMs),
      'times unb.': ratio(all, name, 'unbound', coldMs),
      'right': middle(one => one.cold?.noerror),
      'beside p50 µs': middle(one => one.beside?.p50_us),
      'p99': middle(one => one.beside?.p99_us),
      'p99.9': middle(one => one.beside?.p999_us),
      'lost': String(own.reduce((sum, one) => sum + one.hits.lost + (one.beside?.lost ?? 0) + (one.beside?.resolved.lost ?? 0), 0)),
      'wrong': String(own.reduce((sum, one) => sum + one.hits.wrong + (one.beside?.wrong ?? 0), 0)),
      'octets each': middle(one => one.octetsEach),
      'times unbound': ratio(all, name, 'unbound', one => one.octetsEach),
    }
  })
}

await using lab = await Lab.open()
const lan = await lab.host('lan')
await lan.bridge('br0')
const internet = await SmallInternet.open(lab, BENCH_ZONES)
await internet.connect(lan)
const [client, stormer] = [await lab.hostOn(lan, 'br0', 'client'), await lab.hostOn(lan, 'br0', 'stormer')]
await client.address('eth0', '10.53.0.50/24')
await stormer.address('eth0', '10.53.0.51/24')
const wanted = values.only === '' ? SUBJECTS : SUBJECTS.filter(({ name }) => values.only.split(',').includes(name))
const rounds: Round[] = []
for (let i = 1; i <= Number(values.rounds); i++) {
  for (const subject of wanted) {
    const result = await round({ lab, lan, internet }, client, stormer, subject, i === 1)
    rounds.push(result)
    console.error(`  round ${i} ${subject.name.padEnd(9)} ${Math.round(result.hits.qps)} hits/s, cold ${result.cold?.seconds.toFixed(2) ?? '–'} s`)
  }
}
console.log(`${COLD_NAMES.length} cold names; hits at ${HITS_PER_SECOND}/s beside ${NEW_PER_SECOND} new names/s`)
console.log(table(summary(rounds)))
saveResult('resolver', { options: values, rounds })
