/**
 * What TLS costs those who do not use it: UDP answers at a fixed rate while TLS handshakes storm, beside the same rate
 * alone and beside any other program that takes as much of the machine; and what those who use it get.
 *
 *   npm run bench:dns-encrypted -- [--rounds 3] [--seconds 5] [--rate 5000]
 *
 * Latencies are open loop, from the instant at which a query was due. Prints tables, writes JSON to bench-results/.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Appliance } from '../lab/appliance.ts'
import { Lab, type Host } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { median, processFigures, saveResult, table } from './measure.ts'
import { NAMES, writeZoneFile, ZONE } from './zone.ts'

const SERVER = '10.53.0.2'
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '5' }, rate: { type: 'string', default: '5000' } },
})
const seconds = Number(values.seconds)

type Load = { readonly answered: number; readonly lost: number; readonly p50_us: number; readonly p99_us: number; readonly p999_us: number }
type Figures = Load & { readonly beside: string; readonly ofThat: string }

await using lab = await Lab.open()
const lan = await lab.host('lan')
await lan.bridge('br0')
const client = await lab.hostOn(lan, 'br0', 'client')
const stormer = await lab.hostOn(lan, 'br0', 'stormer')
await client.address('eth0', '10.53.0.50/24')
await stormer.address('eth0', '10.53.0.51/24')
const appliance = await Appliance.start(lan, {
  arguments: ['--bridge', 'br0', '--serve-beside-others', 'yes', '--zone-file', `${ZONE}=${writeZoneFile(lan.directory)}`],
})
const { pid } = appliance.program
const idleRssMb = processFigures(pid).rssMb
const dnsLoad = await cProgram('dns-load')
const queries = join(stormer.directory, 'queries')
writeFileSync(queries, Array.from({ length: NAMES }, (_, i) => `h${String(i).padStart(5, '0')}.${ZONE} A\n`).join(''))

const udp = async (): Promise<Load> =>
  JSON.parse(await client.succeed([dnsLoad, '-s', SERVER, '-z', ZONE, '-n', String(NAMES), '-x', '10', '-d', String(seconds), '-r', values.rate], { timeoutMs: seconds * 1000 + 10_000 })) as Load

/** What goes on beside the UDP queries, for so many seconds, and what it says of itself. */
const BESIDE: readonly (readonly [string, (host: Host) => Promise<string>])[] = [
  ['nothing', async () => ''],
  ['a busy core', async (host) => {
    await host.run(['timeout', String(seconds + 1), 'openssl', 'speed', '-seconds', String(seconds + 1), 'sha256'], { timeoutMs: 60_000 })
    return ''
  }],
  ['a handshake storm', async (host) => {
    const before = await handshakes()
    // It gives up at the first connection that is refused, which those of one client are when they are too many.
    const again = `end=$(($(date +%s) + ${seconds + 1})); while [ $(date +%s) -lt $end ]; do openssl s_time -connect ${SERVER}:853 -new -time 1; done`
    await host.run(['sh', '-c', again], { timeoutMs: 60_000 })
    return `${Math.round(((await handshakes()) - before) / (seconds + 1))} handshakes/s`
  }],
  ['queries over TLS', async (host) => {
    const { stdout } = await host.run(['dnsperf', '-m', 'dot', '-s', SERVER, '-d', queries, '-l', String(seconds + 1), '-c', '4', '-q', '40'], { timeoutMs: 60_000 })
    return `${Math.round(Number(/Queries per second:\s+([\d.]+)/.exec(stdout)?.[1] ?? '0'))} answers/s`
  }],
]

const handshakes = async (): Promise<number> => (await appliance.get<{ readonly dns?: { readonly 'tls-handshakes'?: number } }>('/statistics')).dns?.['tls-handshakes'] ?? 0

await udp()
const results: Figures[] = []
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const [beside, run] of BESIDE) {
    const running = run(stormer)
    // The other one is under way when measuring begins.
    await new Promise((resolve) => setTimeout(resolve, 500))
    const load = await udp()
    results.push({ ...load, beside, ofThat: await running })
    console.error(`  round ${round} beside ${beside}: p99 ${load.p99_us} µs`)
  }
}
const rssMb = processFigures(pid).rssMb
await appliance.stop()
const rows = BESIDE.map(([beside]) => {
  const own = results.filter((result) => result.beside === beside)
  const middle = (pick: (load: Load) => number): number => Math.round(median(own.map(pick)))
  return {
    beside, 'p50 µs': middle((l) => l.p50_us), 'p99': middle((l) => l.p99_us), 'p99.9': middle((l) => l.p999_us),
    lost: own.reduce((sum, l) => sum + l.lost, 0), 'of that': own.at(-1)?.ofThat ?? '',
  }
})
console.log(`\n${values.rate} queries a second over UDP, beside …; ${Math.round(idleRssMb)} MB before any TLS, ${Math.round(rssMb)} MB after it all`)
console.log(table(rows))
saveResult('dns-encrypted', { options: values, idleRssMb, rssMb, results })
