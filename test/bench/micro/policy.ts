/**
 * What block lists cost: memory and time of compiling a million domains, ns per decision for a name that is blocked, one
 * below a blocked name, and one that is not. Prints and never fails. Run: node test/bench/micro/policy.ts [domains]
 */
import { compileListAtOnce, PolicyEngine } from '../../../services/dns/index.ts'
import type { PolicySet } from '../../../services/dns/index.ts'
import { keyOf } from '../../../services/dns/wire/name.ts'
import { SeededRandom, SystemClock } from '../../../stack/platform/index.ts'

const DOMAINS = Number(process.argv[2] ?? 1_000_000)
const random = new SeededRandom(1)
const SYLLABLES = ['ad', 'track', 'pix', 'el', 'met', 'rics', 'stat', 'cdn', 'click', 'load', 'edge', 'serv', 'ban', 'ner', 'tag', 'sync']
const TOPS = ['com', 'net', 'org', 'io', 'co.uk', 'de', 'info', 'xyz']
const pick = (from: readonly string[]): string => from[random.below(from.length)] as string
const domain = (i: number): string => `${pick(SYLLABLES)}${pick(SYLLABLES)}${i.toString(36)}.${random.chance(0.4) ? `${pick(SYLLABLES)}.` : ''}${pick(TOPS)}`

const engine = new PolicyEngine({ clock: new SystemClock(), random, serversOf: () => ({ names: [], addresses: [] }), isLocal: () => false, isOwn: () => false })
const domains = Array.from({ length: DOMAINS }, (_, i) => domain(i))
const octets = Buffer.from(domains.join('\n'))

console.log(`${DOMAINS} domains, a text of ${(octets.length / 2 ** 20).toFixed(1)} MiB`)
for (const format of ['domains', 'adblock', 'hosts'] as const) {
  const text = format === 'domains' ? octets : Buffer.from(domains.map((name) => (format === 'hosts' ? `0.0.0.0 ${name}` : `||${name}^`)).join('\n'))
  const started = performance.now()
  const { report } = compileListAtOnce(text, { format, kind: 'block', hashKey: engine.hashKey })
  console.log(`compiled as ${format.padEnd(8)} ${(performance.now() - started).toFixed(0).padStart(6)} ms  ${(report.octets / 2 ** 20).toFixed(1)} MiB  ${report.rules} rules`)
}

const set: PolicySet = {
  name: 'default', clients: [{ network: 0, length: 0 }], schedule: undefined, lists: ['ads'], answer: 'nxdomain', ttl: 10,
  rebinding: 'auto', rebindingExceptions: [], dns64: undefined,
}
engine.setLists([{ name: 'ads', compiled: compileListAtOnce(octets, { format: 'domains', kind: 'block', hashKey: engine.hashKey }), important: false }])
engine.setSets([set])
const some = (make: (i: number) => string): readonly string[] => Array.from({ length: 10_000 }, (_, i) => keyOf(make(i)))
const cases: readonly (readonly [string, readonly string[]])[] = [
  ['not blocked', some((i) => `www.${pick(SYLLABLES)}${i}z.${pick(TOPS)}`)],
  ['not blocked, five labels', some((i) => `a.b.www.${pick(SYLLABLES)}${i}z.${pick(TOPS)}`)],
  ['blocked', some((i) => domains[(i * 7919) % DOMAINS] as string)],
  ['below a blocked name', some((i) => `www.${domains[(i * 7919) % DOMAINS] as string}`)],
]
for (const [title, keys] of cases) {
  const rounds: number[] = []
  for (let round = 0; round < 9; round++) {
    const started = performance.now()
    for (let i = 0; i < 100_000; i++) engine.decideName(1, keys[i % keys.length] as string, 1, 0)
    rounds.push((performance.now() - started) * 10)
  }
  rounds.sort((a, b) => a - b)
  console.log(`${title.padEnd(28)} ${(rounds[4] as number).toFixed(0).padStart(6)} ns [${(rounds[0] as number).toFixed(0)}–${(rounds[8] as number).toFixed(0)}]`)
}
engine.close()
