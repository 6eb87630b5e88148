/**
 * Whole DISCOVER-OFFER-REQUEST-ACK exchanges and renewals a second, over client – veth – bridge – server, with few and
 * with many leases in the table: the appliance, which has every lease on disk before its ACK leaves (RFC 2131 §3.1
 * step 4), and Kea with its memfile and dnsmasq, which do not wait for the disk.
 *
 *   npm run bench:dhcp -- [--rounds 3] [--leases 0,20000,1000000] [--clients 20000] [--outstanding 256] [--seconds 15]
 *                         [--names yes|no] [--only NAME,…]
 *
 * Every client has a MAC and a host name of its own, so a lease of the appliance also publishes A and PTR. Leases of
 * earlier have no names. Nobody probes addresses in these figures except "taproot, probing", whose offers wait for the
 * ARP probe by design; its rate needs more exchanges under way.
 * Latencies at half load are an open loop with new clients, while the server also answers DNS queries, if it does that.
 * "start" is from the start of the program to its line that says that it serves, with those leases.
 * Prints a table, writes JSON to bench-results/.
 */
import { parseArgs } from 'node:util'
import { Lab, type Host } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { dhcpSubjects, SERVER, type Subject } from './dhcp-subjects.ts'
import { median, processFigures, saveResult, table, spread, type Row } from './measure.ts'

const RENEW_SECONDS = 4
const HALF_LOAD_SECONDS = 4
/** A client waits about so long before it sends again (RFC 2131 §4.1); less would punish a slow server twice. */
const RESEND_MS = 4_000
const WARM_UP_CLIENTS = 40_000
const RENEWING_CLIENTS = 500
/** Beside half the load of DHCP. */
const DNS_QUERIES_PER_SECOND = 5_000

/** A JSON line of dhcp-load. */
type Phase = {
  readonly phase: 'dora' | 'renew'
  readonly completed: number
  readonly naks: number
  readonly resent: number
  readonly gave_up: number
  readonly per_second: number
  readonly p50_us: number
  readonly p99_us: number
  readonly ack_p50_us: number
  readonly ack_p99_us: number
}
type Round = {
  readonly subject: string
  readonly leases: number
  readonly startMs: number
  readonly dora: Phase
  readonly renew: Phase
  readonly half: Phase
  readonly rssMb: number
  readonly cpuUsPerDora: number
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    leases: { type: 'string', default: '0,20000,1000000' },
    clients: { type: 'string', default: '20000' },
    outstanding: { type: 'string', default: '256' },
    seconds: { type: 'string', default: '15' },
    names: { type: 'string', default: 'yes' },
    only: { type: 'string', default: '' },
  },
})

async function load(client: Host, argv: readonly string[]): Promise<readonly Phase[]> {
  const names = values.names === 'yes' ? ['-H'] : []
  const text = await client.succeed(
    [await cProgram('dhcp-load'), '-i', 'eth0', '-t', String(RESEND_MS), ...names, ...argv], { timeoutMs: 120_000 },
  )
  return text.trim().split('\n').map(line => JSON.parse(line) as Phase)
}

const only = (phases: readonly Phase[], name: Phase['phase']): Phase => {
  const found = phases.find(phase => phase.phase === name)
  if (found === undefined) throw new Error(`dhcp-load printed no phase ${name}`)
  return found
}

/** Negative answers: no zone has to be prepared for them. */
async function askNames(client: Host): Promise<void> {
  const argv = ['-s', SERVER, '-z', 'lab.internal', '-n', '1000', '-x', '100', '-r', String(DNS_QUERIES_PER_SECOND)]
  await client.succeed([await cProgram('dns-load'), ...argv, '-d', String(HALF_LOAD_SECONDS)], { timeoutMs: 60_000 })
}

async function round(lan: Host, client: Host, subject: Subject, leases: number): Promise<Round> {
  await subject.prepare(lan, leases)
  const began = performance.now()
  const running = await subject.start(lan)
  const startMs = performance.now() - began
  try {
    const clients = Number(values.clients)
    // The code that all exchanges take is compiled by then, which takes some tens of thousands of them; a server of C
    // loses nothing.
    await load(client, ['-o', '900000', '-c', String(WARM_UP_CLIENTS), '-k', String(subject.outstanding), '-s', '5'])
    const before = processFigures(running.pid)
    const dora = only(
      await load(client, ['-c', String(clients), '-k', String(subject.outstanding), '-s', values.seconds]), 'dora',
    )
    const after = processFigures(running.pid)
    const renewals = await load(client, [
      '-c', String(RENEWING_CLIENTS), '-k', String(subject.outstanding), '-s', values.seconds,
      '-R', String(RENEW_SECONDS),
    ])
    const rate = Math.max(1, Math.round(dora.per_second / 2))
    const [half] = await Promise.all([
      load(client, [
        '-o', '500000', '-c', String(Math.min(25_000, rate * HALF_LOAD_SECONDS)), '-k', '65536',
        '-r', String(rate), '-s', String(HALF_LOAD_SECONDS + 4),
      ]),
      subject.answersDns ? askNames(client) : undefined,
    ])
    return {
      subject: subject.name,
      leases,
      startMs,
      dora,
      renew: only(renewals, 'renew'),
      half: only(half, 'dora'),
      rssMb: after.rssMb,
      cpuUsPerDora: ((after.userMs + after.systemMs - before.userMs - before.systemMs) * 1000) / dora.completed,
    }
  } finally {
    await running.stop()
  }
}

function summary(all: readonly Round[]): readonly Row[] {
  const kinds = [...new Set(all.map(result => `${result.leases} ${result.subject}`))]
  return kinds.map(kind => {
    const own = all.filter(result => `${result.leases} ${result.subject}` === kind)
    const [{ subject, leases }] = own as [Round]
    const peer = all.filter(result => result.subject === 'kea' && result.leases === leases)
    const middle = (pick: (result: Round) => number): number => median(own.map(pick))
    const ratios = own.map((result, i) => result.dora.per_second / (peer[i]?.dora.per_second ?? NaN))
    const count = (pick: (phase: Phase) => number): number =>
      own.reduce((sum, result) => sum + pick(result.dora) + pick(result.renew) + pick(result.half), 0)
    return {
      leases,
      subject,
      'DORA/s': spread(own.map(result => result.dora.per_second)),
      'of kea': ratios.some(Number.isNaN) ? '–' : median(ratios).toFixed(2),
      'renewals/s': spread(own.map(result => result.renew.per_second)),
      'half p50 ms': (middle(result => result.half.p50_us) / 1000).toFixed(2),
      'p99': (middle(result => result.half.p99_us) / 1000).toFixed(2),
      'REQUEST→ACK p99': (middle(result => result.half.ack_p99_us) / 1000).toFixed(2),
      'CPU µs/DORA': Math.round(middle(result => result.cpuUsPerDora)),
      'sent again': count(phase => phase.resent),
      'failed': count(phase => phase.gave_up + phase.naks),
      'RSS MB': Math.round(middle(result => result.rssMb)),
      'start s': (middle(result => result.startMs) / 1000).toFixed(1),
    }
  })
}

await using lab = await Lab.open()
const lan = await lab.host('lan')
await lan.bridge('br0')
const client = await lab.hostOn(lan, 'br0', 'client')
await client.succeed(['ip', 'address', 'replace', '10.53.0.9/8', 'dev', 'eth0'])
const all = dhcpSubjects(Number(values.outstanding))
const wanted = values.only === '' ? all.map(subject => subject.name) : values.only.split(',')
const subjects = all.filter(subject => wanted.includes(subject.name))
const results: Round[] = []
for (const leases of values.leases.split(',').map(Number)) {
  for (let i = 1; i <= Number(values.rounds); i++) {
    for (const subject of subjects.filter(each => leases <= each.most)) {
      const result = await round(lan, client, subject, leases)
      results.push(result)
      console.error(`  ${leases} leases, round ${i}: ${subject.name.padEnd(17)} ${Math.round(result.dora.per_second)} DORA/s`)
    }
  }
}
console.log(table(summary(results)))
saveResult('dhcp', { options: values, rounds: results })
