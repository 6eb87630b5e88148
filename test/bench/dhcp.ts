/**
 * Whole DISCOVER-OFFER-REQUEST-ACK exchanges and renewals a second, over client – veth – bridge – server: the
 * appliance, which has every lease on disk before its ACK leaves (RFC 2131 §3.1 step 4), and dnsmasq, which does not
 * wait for the disk.
 *
 *   npm run bench:dhcp -- [--rounds 3] [--clients 20000] [--outstanding 256] [--seconds 15] [--names yes|no]
 *                         [--only NAME,…]
 *
 * Every client has a MAC and a host name of its own, so a lease also publishes A and PTR. Nobody probes addresses in
 * these figures except "taproot, probing", whose offers wait for the ARP probe by design; its rate needs more exchanges
 * under way.
 * Latencies at half load are an open loop with new clients. Prints a table, writes JSON to bench-results/.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Appliance } from '../lab/appliance.ts'
import { Lab, type Host } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { median, processFigures, saveResult, table, spread, type Row } from './measure.ts'

const SERVER = '10.53.0.2'
const PREFIX_LENGTH = 16
const POOL = ['10.53.1.0', '10.53.240.255'] as const
const LEASE_SECONDS = 3600
const RENEW_SECONDS = 4
const HALF_LOAD_SECONDS = 4
/** A client waits about so long before it sends again (RFC 2131 §4.1); less would punish a slow server twice. */
const RESEND_MS = 4_000
/** dnsmasq writes its whole lease file for every ACK: with more under way it answers clients that have given up. */
const DNSMASQ_OUTSTANDING = 16
const WARM_UP_CLIENTS = 500
/** Exchanges under way while every offer waits for its probe: enough for several thousand a second. */
const PROBING_OUTSTANDING = 4096

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
type Running = { readonly pid: number; stop(): Promise<void> }
type Subject = { readonly name: string; readonly outstanding: number; start(lan: Host): Promise<Running> }
type Round = {
  readonly subject: string
  readonly dora: Phase
  readonly renew: Phase
  readonly half: Phase
  readonly rssMb: number
  readonly cpuUsPerDora: number
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '20000' },
    outstanding: { type: 'string', default: '256' },
    seconds: { type: 'string', default: '15' },
    names: { type: 'string', default: 'yes' },
    only: { type: 'string', default: '' },
  },
})

const taproot = (name: string, probe: 'yes' | 'no', outstanding: number): Subject => ({
  name,
  outstanding,
  async start(lan) {
    const data = join(lan.directory, 'data')
    rmSync(data, { recursive: true, force: true })
    const appliance = await Appliance.start(lan, {
      data,
      arguments: [
        '--bridge', 'br0', '--serve-beside-others', 'yes', '--host-address', 'none', '--gateway', 'none', '--address', `${SERVER}/${PREFIX_LENGTH}`,
        '--pool', POOL.join('-'), '--lease-time', String(LEASE_SECONDS), '--probe', probe,
      ],
    })
    return { pid: appliance.program.pid, stop: async () => void (await appliance.stop()) }
  },
})

const dnsmasq: Subject = {
  name: 'dnsmasq',
  outstanding: DNSMASQ_OUTSTANDING,
  async start(lan) {
    await lan.succeed(['ip', 'address', 'replace', `${SERVER}/${PREFIX_LENGTH}`, 'dev', 'br0'])
    const leases = join(lan.directory, 'dnsmasq.leases')
    rmSync(leases, { force: true })
    const program = lan.start('dnsmasq', [
      'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--interface=br0',
      '--bind-interfaces', `--dhcp-range=${POOL.join(',')},255.255.0.0,${LEASE_SECONDS}`,
      `--dhcp-leasefile=${leases}`, '--dhcp-lease-max=100000', '--no-ping', '--dhcp-authoritative',
      '--domain=lab.internal', '--local=/lab.internal/', '--quiet-dhcp', '--user=root', '--pid-file=',
      '--log-facility=-',
    ])
    await program.line(/DHCP, IP range/)
    return {
      pid: program.pid,
      stop: async () => {
        await program.stop()
        await lan.succeed(['ip', 'address', 'flush', 'dev', 'br0'])
      },
    }
  },
}

const SUBJECTS: readonly Subject[] = [
  taproot('taproot', 'no', Number(values.outstanding)),
  taproot('taproot, probing', 'yes', PROBING_OUTSTANDING),
  dnsmasq,
]

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

async function round(lan: Host, client: Host, subject: Subject): Promise<Round> {
  const running = await subject.start(lan)
  try {
    const clients = Number(values.clients)
    // The code that all exchanges take is compiled by then; a server of C loses nothing.
    await load(client, ['-o', '900000', '-c', String(WARM_UP_CLIENTS), '-k', String(subject.outstanding), '-s', '5'])
    const before = processFigures(running.pid)
    const dora = only(
      await load(client, ['-c', String(clients), '-k', String(subject.outstanding), '-s', values.seconds]), 'dora',
    )
    const after = processFigures(running.pid)
    const renewals = await load(client, [
      '-c', String(WARM_UP_CLIENTS), '-k', String(subject.outstanding), '-s', values.seconds,
      '-R', String(RENEW_SECONDS),
    ])
    const rate = Math.max(1, Math.round(dora.per_second / 2))
    const half = await load(client, [
      '-o', '500000', '-c', String(Math.min(25_000, rate * HALF_LOAD_SECONDS)), '-k', '65536',
      '-r', String(rate), '-s', String(HALF_LOAD_SECONDS + 4),
    ])
    return {
      subject: subject.name,
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
  const peer = all.filter(result => result.subject === dnsmasq.name)
  return [...new Set(all.map(result => result.subject))].map(name => {
    const own = all.filter(result => result.subject === name)
    const middle = (pick: (result: Round) => number): number => median(own.map(pick))
    const ratios = own.map((result, i) => result.dora.per_second / (peer[i]?.dora.per_second ?? NaN))
    const count = (pick: (phase: Phase) => number): number =>
      own.reduce((sum, result) => sum + pick(result.dora) + pick(result.renew) + pick(result.half), 0)
    return {
      subject: name,
      'DORA/s': spread(own.map(result => result.dora.per_second)),
      'of dnsmasq': ratios.some(Number.isNaN) ? '–' : median(ratios).toFixed(1),
      'renewals/s': spread(own.map(result => result.renew.per_second)),
      'half p50 ms': (middle(result => result.half.p50_us) / 1000).toFixed(2),
      'p99': (middle(result => result.half.p99_us) / 1000).toFixed(2),
      'REQUEST→ACK p99': (middle(result => result.half.ack_p99_us) / 1000).toFixed(2),
      'CPU µs/DORA': Math.round(middle(result => result.cpuUsPerDora)),
      'sent again': count(phase => phase.resent),
      'failed': count(phase => phase.gave_up + phase.naks),
      'RSS MB': Math.round(middle(result => result.rssMb)),
    }
  })
}

await using lab = await Lab.open()
const lan = await lab.host('lan')
await lan.bridge('br0')
const client = await lab.hostOn(lan, 'br0', 'client')
const wanted = values.only === '' ? SUBJECTS.map(subject => subject.name) : values.only.split(',')
const subjects = SUBJECTS.filter(subject => wanted.includes(subject.name))
const results: Round[] = []
for (let i = 1; i <= Number(values.rounds); i++) {
  for (const subject of subjects) {
    const result = await round(lan, client, subject)
    results.push(result)
    console.error(`  round ${i} ${subject.name.padEnd(17)} ${Math.round(result.dora.per_second)} DORA/s`)
  }
}
console.log(table(summary(results)))
saveResult('dhcp', { options: values, rounds: results })
