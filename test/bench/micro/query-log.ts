/**
 * What the query log costs the packets' thread: ns per hit in the answer table and per answer of a zone, with the log and
 * without, in turns. The reader passes over what was noted. Prints and never fails. Run: node test/bench/micro/query-log.ts
 */
import { DnsServer } from '../../../services/dns/index.ts'
import { droppedOf, ringMemory, RingReader, setMode } from '../../../services/dns/query-log/ring.ts'
import { SystemClock, SystemRandom } from '../../../stack/platform/index.ts'
import { queryOf, record, zoneOf } from '../../support/query-log.ts'

const NAMES = 10_000
const COUNT = 100_000
const ROUNDS = 21

const records = [record(1, 'lab.internal', 'NS', 'ns.lab.internal')]
for (let i = 0; i < NAMES; i++) records.push(record(2 + i, `h${i}.lab.internal`, 'A', `10.54.${i >> 8}.${i & 255}`))

const queries = Array.from({ length: NAMES }, (_, i) => queryOf(`h${(i * 7919) % NAMES}.lab.internal`))
const into = new Uint8Array(4096)
const noLater = (): never => {
  throw new Error('every answer of this benchmark is there at once')
}

/** ns per query. */
function run(server: DnsServer, count: number): number {
  const start = performance.now()
  for (let i = 0; i < count; i++) {
    const q = queries[i % NAMES] as Uint8Array
    if (server.receive(q, 0, q.length, into, 0, 4096, 0, noLater) <= 0) throw new Error('no answer')
  }
  return ((performance.now() - start) * 1e6) / count
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number

function compare(title: string, answerSlabs: readonly [] | undefined, count: number): void {
  const memory = ringMemory(16 * 1024 * 1024)
  const reader = new RingReader(memory)
  const ports = { clock: new SystemClock(), random: new SystemRandom(), query: () => ({ cancel: () => {} }) }
  const options = { upstreams: [], queryLog: memory, ...(answerSlabs === undefined ? {} : { answerSlabs }) }
  const server = new DnsServer(ports, options, [{ zone: zoneOf('lab.internal'), records }])
  const without: number[] = []
  const withLog: number[] = []
  let noted = 0
  for (let round = 0; round < ROUNDS; round++) {
    setMode(memory, 'off')
    without.push(run(server, count))
    setMode(memory, 'full')
    withLog.push(run(server, count))
    noted += reader.drain(Number.MAX_SAFE_INTEGER)
  }
  const difference = median(withLog) - median(without)
  console.log(`${title.padEnd(36)} ${median(without).toFixed(0)} ns without, ${median(withLog).toFixed(0)} ns with: ${difference.toFixed(0)} ns more (${noted} noted, ${droppedOf(memory)} dropped)`)
}

compare('10,000 names, hit', undefined, COUNT)
compare('10,000 names, answered by the zone', [], COUNT / 4)
