/**
 * DNS answers for 10,000 names, from a local zone and from a warm cache: the appliance, the least C program that does
 * the same on a TAP (it has the names built in either way), and dnsmasq, Knot, NSD and BIND as peers, with one thread
 * for queries each. Everyone in turn, several rounds in one session, because only ratios within one run count.
 *
 *   npm run bench:dns -- [--rounds 3] [--seconds 3] [--window 100] [--topology bridge|direct|both]
 *                        [--source zone|plain|signed|cache|all] [--only NAME,…]
 *
 * Rates are closed loop with `window` queries outstanding; latencies are open loop at half the rate just measured.
 * Start-up is the second start on the same data. Prints tables, writes JSON to bench-results/, never fails on a figure.
 */
import { parseArgs } from 'node:util'
import { Lab, type Host } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { median, processFigures, saveResult, table, spread, type Row } from './measure.ts'
import {
  nxdomainOf, SERVER, startUpstream, SUBJECTS, zoneOf, type Setting, type Source, type Subject, type Topology,
} from './subjects.ts'
import { NAMES } from './zone.ts'

/** The JSON line of dns-load. */
type Load = {
  readonly qps: number
  readonly answered: number
  readonly lost: number
  readonly wrong: number
  readonly held_back: number
  readonly p50_us: number
  readonly p99_us: number
  readonly p999_us: number
}
type Round = {
  readonly subject: string
  readonly topology: Topology
  readonly source: Source
  readonly closed: Load
  readonly half: Load
  readonly startMs: number
  readonly idleRssMb: number
  readonly loadedRssMb: number
  readonly userNs: number
  readonly systemNs: number
}

/** Long enough for V8 to have compiled what runs hot, and for every name to have been asked for many times. */
const WARM_UP_SECONDS = 2

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    window: { type: 'string', default: '100' },
    topology: { type: 'string', default: 'both' },
    source: { type: 'string', default: 'all' },
    only: { type: 'string', default: '' },
  },
})

async function load(client: Host, source: Source, subject: Subject, seconds: number, extra: readonly string[]): Promise<Load> {
  const program = await cProgram('dns-load')
  const argv = [
    program, '-s', SERVER, '-z', zoneOf(source), '-n', String(NAMES), '-x', String(nxdomainOf(source)), '-d',
    String(seconds), ...(source === 'signed' && subject.signed === 'yes' ? ['-k'] : []), ...extra,
  ]
  return JSON.parse(await client.succeed(argv, { timeoutMs: seconds * 1000 + 10_000 })) as Load
}

/** One subject, from its start to its end. */
async function round(lan: Host, client: Host, subject: Subject, setting: Setting): Promise<Round> {
  const seconds = Number(values.seconds)
  // The first start may make the database and read the zone; what a restart costs is what people wait for.
  await (await subject.start(lan, setting)).stop()
  const running = await subject.start(lan, setting)
  // The server before had another link address.
  await client.succeed(['ip', 'neighbour', 'flush', 'all'])
  try {
    const idle = processFigures(running.pid)
    await load(client, setting.source, subject, WARM_UP_SECONDS, ['-w', values.window])
    const before = processFigures(running.pid)
    const closed = await load(client, setting.source, subject, seconds, ['-w', values.window])
    const after = processFigures(running.pid)
    const half = await load(client, setting.source, subject, seconds, ['-r', String(Math.max(1, Math.round(closed.qps / 2)))])
    return {
      subject: subject.name,
      ...setting,
      closed,
      half,
      startMs: running.startMs,
      idleRssMb: idle.rssMb,
      loadedRssMb: after.rssMb,
      userNs: ((after.userMs - before.userMs) * 1e6) / closed.answered,
      systemNs: ((after.systemMs - before.systemMs) * 1e6) / closed.answered,
    }
  } finally {
    await running.stop()
  }
}

async function rounds(setting: Setting): Promise<readonly Round[]> {
  await using lab = await Lab.open()
  const lan = await lab.host('lan')
  let client = lan
  if (setting.topology === 'bridge') {
    await lan.bridge('br0')
    client = await lab.hostOn(lan, 'br0', 'client')
    await client.address('eth0', '10.53.0.50/24')
  }
  if (setting.source === 'cache') await startUpstream(lab, lan)
  const wanted = values.only === '' ? SUBJECTS.map(subject => subject.name) : values.only.split(',')
  const able = SUBJECTS.filter(subject => 
    subject.topologies.includes(setting.topology) && (subject.caches === true || setting.source !== 'cache') &&
    (subject.signed !== 'no' || setting.source !== 'signed'))
  const subjects = able.filter(subject => wanted.includes(subject.name))
  const results: Round[] = []
  for (let i = 1; i <= Number(values.rounds); i++) {
    for (const subject of subjects) {
      const result = await round(lan, client, subject, setting)
      results.push(result)
      const what = `${setting.topology.padEnd(6)} ${setting.source.padEnd(5)} ${subject.name.padEnd(9)}`
      console.error(`  round ${i} ${what} ${Math.round(result.closed.qps)} q/s`)
    }
  }
  return results
}

const rates = (all: readonly Round[], name: string): readonly number[] =>
  all.filter(result => result.subject === name).map(result => result.closed.qps)

/** Ratio of a subject's rate to another's, round by round. */
function ratio(all: readonly Round[], subject: string, to: string): string {
  const others = rates(all, to)
  const ratios = rates(all, subject).map((rate, i) => rate / (others[i] ?? NaN))
  return ratios.length === 0 || ratios.some(Number.isNaN) ? '–' : median(ratios).toFixed(2)
}

/** The fastest of those behind the kernel's own stack. */
function bestPeer(all: readonly Round[]): string {
  const peers = [...new Set(all.map(result => result.subject))].filter(name => name !== 'C on TAP' && name !== 'taproot')
  const [best] = peers.sort((a, b) => median(rates(all, b)) - median(rates(all, a)))
  return best ?? 'none'
}

function summary(all: readonly Round[]): readonly Row[] {
  const names = [...new Set(all.map(result => result.subject))]
  return names.map(name => {
    const own = all.filter(result => result.subject === name)
    const middle = (pick: (result: Round) => number): number => median(own.map(pick))
    return {
      subject: name,
      'q/s': spread(own.map(result => result.closed.qps)),
      'of C': ratio(all, name, 'C on TAP'),
      [`of ${bestPeer(all)}`]: ratio(all, name, bestPeer(all)),
      'half p50 µs': Math.round(middle(result => result.half.p50_us)),
      'p99': Math.round(middle(result => result.half.p99_us)),
      'p99.9': Math.round(middle(result => result.half.p999_us)),
      'user/sys ns': `${Math.round(middle(result => result.userNs))}/${Math.round(middle(result => result.systemNs))}`,
      'lost': own.reduce((sum, result) => sum + result.closed.lost + result.half.lost + result.half.held_back, 0),
      'wrong': own.reduce((sum, result) => sum + result.closed.wrong + result.half.wrong, 0),
      'start ms': Math.round(middle(result => result.startMs)),
      'idle RSS MB': Math.round(middle(result => result.idleRssMb)),
      'loaded': Math.round(middle(result => result.loadedRssMb)),
    }
  })
}

const topologies = (['bridge', 'direct'] as const).filter(one => values.topology === 'both' || values.topology === one)
const sources = (['zone', 'plain', 'signed', 'cache'] as const).filter(one => values.source === 'all' || values.source === one)
const titles = {
  bridge: 'client – veth – bridge – server (as deployed)',
  direct: 'client on the host at the other end of the TAP',
  zone: 'local zone, 10% of the names do not exist',
  plain: 'local zone, every name exists',
  signed: 'local zone with DNSSEC, asked with DO, 10% of the names do not exist (C on TAP: without)',
  cache: 'warm cache',
} as const
const results: Round[] = []
for (const source of sources) {
  // The cache differs from the zone by what the server does, not by the way: as deployed is enough.
  for (const topology of source === 'zone' ? topologies : (['bridge'] as const)) {
    const some = await rounds({ topology, source })
    results.push(...some)
    console.log(`\n${titles[source]}, ${titles[topology]}`)
    console.log(table(summary(some)))
  }
}
saveResult('dns', { options: values, rounds: results })
