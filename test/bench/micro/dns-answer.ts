/**
 * What one DNS answer costs in the core, without stack and link: ns per hit in the answer table, per miss that a zone
 * answers, per warm cache hit. Prints and never fails. Run: node test/bench/micro/dns-answer.ts
 */
import { PLAIN_RECORD, type DnsRecord, type Zone } from '../../../services/index.ts'
import { DnsServer } from '../../../services/dns/index.ts'
import { SystemClock, SystemRandom } from '../../../stack/platform/index.ts'
import { replyTo } from '../../support/dns.ts'
import { signingKey, signingOf } from '../../support/dnssec.ts'
import { name as wireName } from '../../../services/dns/wire/name.ts'

const NAMES = 10_000
const zone: Zone = {
  id: 1, name: 'lab.internal', serial: 1, primaryServer: 'ns.lab.internal', hostmaster: 'hostmaster.lab.internal',
  refresh: 3600, retry: 600, expire: 604_800, minimum: 60, defaultTtl: 300,
}
const record = (id: number, name: string, type: string, data: string): DnsRecord => ({
  id, zoneId: 1, name, type, ttl: 300, data, owner: { kind: 'hand' }, ...PLAIN_RECORD,
})
const records = [record(1, 'lab.internal', 'NS', 'ns.lab.internal'), record(2, 'ns.lab.internal', 'A', '10.53.0.2')]
for (let i = 0; i < NAMES; i++) records.push(record(3 + i, `h${i}.lab.internal`, 'A', `10.54.${i >> 8}.${i & 255}`))

function query(name: string): Uint8Array {
  const wire = wireName(name)
  const b = new Uint8Array(12 + wire.length + 4)
  b.set([0x12, 0x34, 1, 0, 0, 1])
  b.set(wire, 12)
  b.set([0, 1, 0, 1], 12 + wire.length)
  return b
}

const into = new Uint8Array(4096)
const noLater = (): never => {
  throw new Error('every answer of this benchmark is there at once')
}

function measure(title: string, server: DnsServer, queries: readonly Uint8Array[], count: number): void {
  const rounds: number[] = []
  for (let round = 0; round < 7; round++) {
    const start = performance.now()
    for (let i = 0; i < count; i++) {
      const q = queries[i % queries.length] as Uint8Array
      if (server.receive(q, 0, q.length, into, 0, 4096, 0, noLater) <= 0) throw new Error('no answer')
    }
    rounds.push(((performance.now() - start) * 1e6) / count)
  }
  rounds.sort((a, b) => a - b)
  const [least, median, most] = [rounds[0], rounds[3], rounds[6]].map((ns) => (ns as number).toFixed(0))
  console.log(`${title.padEnd(52)} ${(median as string).padStart(6)} ns [${least}–${most}]`)
}

const ports = {
  clock: new SystemClock(), random: new SystemRandom(),
  query: () => ({ cancel: () => {} }),
}
const started = performance.now()
const server = new DnsServer(ports, { upstreams: [] }, [{ zone, records }])
console.log(`${'zone of 10,000 names loaded'.padEnd(52)} ${(performance.now() - started).toFixed(0).padStart(6)} ms`)

const known = Array.from({ length: NAMES }, (_, i) => query(`h${(i * 7919) % NAMES}.lab.internal`))
const mixed = known.map((q, i) => (i % 10 === 0 ? query(`gone${i}.lab.internal`) : q))
measure('one name, hit', server, known.slice(0, 1), 1_000_000)
measure('10,000 names, hit', server, known, 1_000_000)
measure('10,000 names, 10% NXDOMAIN, hit', server, mixed, 1_000_000)

/** The same with EDNS and the cookie that a client sends first. */
function withCookie(plain: Uint8Array): Uint8Array {
  const b = new Uint8Array(plain.length + 23)
  b.set(plain)
  b.set([0, 1], 10)
  b.set([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8], plain.length)
  return b
}
measure('10,000 names with cookies, hit', server, known.map(withCookie), 1_000_000)
const limited = new DnsServer(ports, { upstreams: [], rateLimit: { perSecond: 1e9, exempt: [] } }, [{ zone, records }])
measure('10,000 names, hit, with a limit by rate', limited, known, 1_000_000)

const uncached = new DnsServer(ports, { upstreams: [], answerSlabs: [] }, [{ zone, records }])
measure('10,000 names, zone answer without the table', uncached, known, 100_000)
measure('10,000 names, 10% NXDOMAIN, without the table', uncached, mixed, 100_000)

const signed = new DnsServer(ports, { upstreams: [] }, [{ zone, records }])
signed.setSigning(1, signingOf({ keys: [signingKey(13)] }))
// Until the names are in order.
while (signed.zones.byId(1)?.security?.isReady !== true) await new Promise((resolve) => setTimeout(resolve, 10))
/** With DO. */
function withDo(plain: Uint8Array): Uint8Array {
  const b = new Uint8Array(plain.length + 11)
  b.set(plain)
  b.set([0, 1], 10)
  b.set([0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0], plain.length)
  return b
}
const signedSince = performance.now()
measure('10,000 names, signed', signed, mixed.map(withDo), NAMES)
console.log(`${'  with their 11,000 signatures, the first time'.padEnd(52)} ${((performance.now() - signedSince) / 1000).toFixed(2).padStart(6)} s`)
measure('10,000 names, 10% NXDOMAIN, signed, hit', signed, mixed.map(withDo), 1_000_000)
measure('names never seen, signed NXDOMAIN', signed, Array.from({ length: 20_000 }, (_, i) => withDo(query(`never${i}.lab.internal`))), 20_000)

const fresh = Array.from({ length: 100_000 }, (_, i) => query(`never${i}.lab.internal`))
measure('names never seen, NXDOMAIN, into the table', server, fresh, 100_000)

const forwarding = new DnsServer({
  ...ports,
  query: (_upstream, bytes, length, received) => {
    const asked = { bytes: bytes.slice(0, length) }
    const reply = replyTo(asked, { answer: 'www.example.com 86400 CNAME a.example.com\na.example.com 86400 A 192.0.2.1' })
    received(reply, 0, reply.length)
    return { cancel: () => {} }
  },
}, { upstreams: [{ address: 1, port: 53 }] }, [])
measure('an answer from upstream, hit (TTLs age)', forwarding, [query('www.example.com')], 1_000_000)

let id = 1_000_000
const before = performance.now()
for (let i = 0; i < 20_000; i++) {
  const row = record(id++, `dyn${i}.lab.internal`, 'A', '10.55.0.1')
  const serial = server.zones.get('lab.internal')?.zone.serial as number
  server.applyEdit({ zoneId: 1, serialBefore: serial, serialAfter: serial + 1, remove: [], add: [row] })
  for (let k = 0; k < 10; k++) {
    const q = known[(i * 10 + k) % NAMES] as Uint8Array
    server.receive(q, 0, q.length, into, 0, 4096, 0, noLater)
  }
}
const perEdit = ((performance.now() - before) * 1e6) / 20_000
console.log(`${'edit of the zone and ten queries for other names'.padEnd(52)} ${perEdit.toFixed(0).padStart(6)} ns`)
console.log(JSON.stringify(server.counters))
