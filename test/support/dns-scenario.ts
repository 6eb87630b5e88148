/**
 * Runs text scenarios of resolving in virtual time (test/scenarios/dns/*.scenario): servers with zones and faults, steps,
 * and what must come of them. One line is one statement; deeper lines belong to the one above; "#" begins a comment.
 *
 *   resolver WORD…                 how it is set, before anything else: mix-case, no-minimise, no-validation,
 *                                  forward=ADDRESS,…  no-recursion  stale=SECONDS  ttl=LEAST-MOST
 *   include FILE                   statements of a file beside it
 *   key NAME NUMBER                a zone's key from now on (another number: another key); 0 unless said
 *   host ADDRESS [latency=MS]      a name server; said again, another one in its place
 *     zone NAME [signed] [nsec3] [keys=N,M]   signed: the first key signs, the others are published only
 *       master-file lines, and "ds NAME" for the DS record of a zone that is signed with the key it has now
 *   trust NAME                     its present key is a trust anchor (the root's is one by itself, if it is signed at first)
 *   negative NAME SECONDS          a negative trust anchor, for so long
 *   follow                         keys of anchors are looked at from now on (RFC 5011)
 *   rule DOMAIN STRATEGY ADDRESS,… [closed] [for=PREFIX]    a forward rule; several add up. STRATEGY: as forward-rule.ts, or recursion
 *   list NAME [allow]              a list of names; its lines stand below
 *   policy WORD…                   everybody's: answer=nxdomain|nodata|refused|null  rebinding=yes|no  dns64=PREFIX  from=HH:MM to=HH:MM (UTC)
 *   fault ADDRESS FAULT [NAME [TYPE]]   as in virtual-internet.ts, slow=MS, or "says"; for all questions or for that one. Faults add up.
 *     answer|authority|additional RECORD, rcode N     what "says" says; with authority if there is an answer
 *   heal ADDRESS · down ADDRESS    no fault any more · nobody is there
 *   wait TIME                      30s, 5m, 2h, 90d
 *   query NAME TYPE [do] [cd] [plain] [norec] [from=ADDRESS]     plain: without EDNS. Waits for the answer.
 *   flush [NAME]                   the cache forgets it
 *   expect RCODE [FLAG…]           of the last answer: rcode, and exactly these of aa, tc and ad
 *     records of the answer section, all of them, in any order ("*" stands for any field); RRSIGs are not compared
 *   expect nothing                 no answer came
 *   expect-authority               records of the authority section
 *   expect-error CODE              an extended error (RFC 8914) of this number is in the answer
 *   expect-asked [nothing]         questions to servers since the last `query` began, all of them, in any order
 *     ADDRESS NAME TYPE [by TCP]
 *   expect-asked-of ADDRESS COUNT  how many went to that server, or LEAST-MOST
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compileListAtOnce, PolicyEngine } from '../../services/dns/index.ts'
import type { ClientRule } from '../../services/dns/forwarding/forward-rules.ts'
import type { PolicySet } from '../../services/dns/policy/model.ts'
import { parseDns64Prefix } from '../../services/dns/resolver/dns64.ts'
import { parseTrustAnchors } from '../../services/dns/validator/anchor-file.ts'
import { keyOf } from '../../services/dns/wire/name.ts'
import type { ForwardRule } from '../../services/index.ts'
import { ipv4, parsePrefix } from '../../stack/index.ts'
import { ok, SeededRandom } from '../../stack/platform/index.ts'
import type { Told } from './dns.ts'
import { AA } from './dns-message.ts'
import { EVERYBODY } from './dns-policy.ts'
import { keyPair, signingKey } from './dnssec.ts'
import { HINTS } from './recursion-bench.ts'
import { ResolvingBench } from './resolving-bench.ts'
import { FAULTS, only, saying, signed, type SignedZone, slowBy, VirtualInternet, type Fault, type VirtualServer } from './virtual-internet.ts'

type Statement = { readonly at: string; readonly words: readonly string[]; readonly text: string; readonly below: readonly Statement[] }

/** Lines of a scenario as a tree by indentation. */
export function readScenario(path: string): readonly Statement[] {
  type Open = Statement & { readonly below: Open[]; readonly indent: number }
  const top: Open[] = []
  const open: Open[] = []
  readFileSync(path, 'utf8').split('\n').forEach((line, i) => {
    const text = line.replace(/(^|\s)#.*$/, '').trim()
    if (text === '') return
    const indent = line.length - line.trimStart().length
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop()
    const statement: Open = { at: `${path}:${i + 1}`, words: text.split(/\s+/), text, below: [], indent }
    ;(open.at(-1)?.below ?? top).push(statement)
    open.push(statement)
  })
  return top
}

/** Runs one; throws with file and line for what does not come as expected. */
export async function runScenario(path: string): Promise<void> {
  const scenario = new Scenario(path)
  for (const statement of readScenario(path)) await scenario.run(statement)
}

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const timeOf = (text: string): number => {
  const [, amount, unit = ''] = /^(\d+)([a-z]+)$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (amount === undefined || factor === undefined) throw new Error(`"${text}" is no time`)
  return Number(amount) * factor
}
/** "latency=30" → "30". */
const valueOf = (words: readonly string[], name: string): string | undefined => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)

/** Larger steps would pass over what happens in between; all that is due happens either way. */
const NO_ANSWER_MS = 15_000

class Scenario {
  readonly #path: string
  readonly #net = new VirtualInternet()
  readonly #servers = new Map<string, VirtualServer>()
  readonly #keys = new Map<string, number>()
  readonly #trusted = new Map<string, string>()
  readonly #lists = new Map<string, { readonly allow: boolean; readonly text: string }>()
  readonly #rules: ClientRule[] = []
  #settings: readonly string[] = []
  #bench: ResolvingBench | undefined
  #answer: Told | undefined

  constructor(path: string) {
    this.#path = path
  }

  async run(statement: Statement): Promise<void> {
    const { at, words } = statement
    const [verb = ''] = words
    const act = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (act === undefined) throw new Error(`${at}: there is no "${verb}"`)
    try {
      await act(this, statement)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw why.startsWith('/') ? error : new Error(`${at}: ${statement.text}\n${why}`)
    }
  }

  async include(file: string): Promise<void> {
    for (const statement of readScenario(join(dirname(this.#path), file))) await this.run(statement)
  }

  set(words: readonly string[]): void {
    this.#settings = words
  }

  key(zone: string, which: number): void {
    this.#keys.set(zone, which)
  }

  /** The zone signed with the key it has now. */
  #signed(zone: string, words: readonly string[] = []): SignedZone {
    const numbers = valueOf(words, 'keys')?.split(',').map(Number) ?? [this.#keys.get(zone) ?? 0]
    const keys = numbers.map((which, i) => signingKey(13, i === 0 ? { id: which + 1 } : { id: which + 1, signsKeys: false, signsZone: false }, keyPair(13, which)))
    const [first] = keys
    if (first === undefined) throw new Error('a signed zone has a key')
    return signed(zone, { keys, ...(words.includes('nsec3') ? { denial: 'nsec3' as const } : {}) }, first)
  }

  host({ words, below }: Statement): void {
    const [, address = ''] = words
    const zones: { [zone: string]: string } = {}
    const signings: { [zone: string]: SignedZone['signing'] } = {}
    for (const { words: zoneWords, below: records } of below) {
      const [verb, zone = ''] = zoneWords
      if (verb !== 'zone') throw new Error(`a host has zones, not "${verb ?? ''}"`)
      zones[zone] = records.map((record) => (record.words[0] === 'ds' ? this.#signed(record.words[1] ?? '').ds : record.text)).join('\n')
      if (!zoneWords.includes('signed')) continue
      signings[zone] = this.#signed(zone, zoneWords).signing
      if (zone === '.' && this.#bench === undefined) this.trust('.')
    }
    const latency = valueOf(words, 'latency')
    const options = { signed: signings, ...(latency === undefined ? {} : { latencyMs: Number(latency) }) }
    this.#servers.set(address, this.#net.server(address, zones, options))
  }

  trust(zone: string): void {
    this.#trusted.set(zone, this.#signed(zone).ds)
  }

  get bench(): ResolvingBench {
    return (this.#bench ??= this.#begin())
  }

  #begin(): ResolvingBench {
    const words = this.#settings
    const anchors = this.#trusted.size === 0 ? ok(new Map()) : parseTrustAnchors([...this.#trusted.values()].join('\n'))
    if (!anchors.ok) throw new Error(JSON.stringify(anchors.error))
    const upstreams = valueOf(words, 'forward')?.split(',').map((address) => ({ address: ipv4(address), port: 53 }))
    const stale = valueOf(words, 'stale')
    const [least, most] = valueOf(words, 'ttl')?.split('-').map(Number) ?? []
    const cache = {
      octets: 1_048_576,
      ...(stale === undefined ? {} : { staleSeconds: Number(stale) }),
      ...(least === undefined || most === undefined ? {} : { ttl: { minSeconds: least, maxSeconds: most } }),
    }
    return new ResolvingBench(this.#net, {
      anchors: anchors.value, cache, mixCase: words.includes('mix-case'), validation: words.includes('no-validation') || anchors.value.size === 0 ? 'no' : 'yes',
      ...(upstreams === undefined ? {} : { upstreams }),
      ...(words.includes('no-recursion') ? { recursion: undefined } : words.includes('no-minimise') ? { recursion: { hints: HINTS, minimise: false } } : {}),
    })
  }

  get net(): VirtualInternet {
    return this.#net
  }

  server(address: string): VirtualServer {
    const server = this.#servers.get(address)
    if (server === undefined) throw new Error(`there is no host ${address}`)
    return server
  }

  fault({ words, below }: Statement): void {
    const [, address = '', kind = '', name, type] = words
    const server = this.server(address)
    const fault = faultOf(kind, below)
    const all: Fault = name === undefined ? fault : only((query) => query.name.toLowerCase() === name && (type === undefined || query.type === type), fault)
    server.faults = [...server.faults, all]
  }

  rule(words: readonly string[]): void {
    const [, domain = '', strategy = '', addresses = ''] = words
    const prefix = valueOf(words, 'for')
    const prefixes = prefix === undefined ? [] : [parsePrefix(prefix) ?? fail(`"${prefix}" is no prefix`)]
    const servers = strategy === 'recursion' ? [] : addresses.split(',').map((address) => ({ by: 'plain' as const, address: ipv4(address), port: 53, name: undefined, pin: undefined, path: undefined }))
    const rule: ForwardRule = {
      id: this.#rules.length + 1, origin: 'rule', domain, target: strategy === 'recursion' ? 'recursion' : 'servers', servers, path: 'stack', failClosed: words.includes('closed'),
      strategy: strategy === 'recursion' ? 'ordered' : (strategy as ForwardRule['strategy']), segmentIds: [], prefixes, authority: undefined, enabled: true, comment: undefined,
    }
    this.#rules.push({ rule, prefixes })
    this.bench.server.setForwardRules(this.#rules)
  }

  list({ words, below }: Statement): void {
    this.#lists.set(words[1] ?? '', { allow: words.includes('allow'), text: below.map(({ text }) => text).join('\n') })
  }

  policy(words: readonly string[]): void {
    const { server } = this.bench
    const engine = new PolicyEngine({ clock: this.#net.clock, random: new SeededRandom(7), serversOf: () => ({ names: [], addresses: [] }), isLocal: () => false, isOwn: () => false })
    engine.setLists([...this.#lists].map(([name, { allow, text }]) => ({
      name, important: false, compiled: compileListAtOnce(Buffer.from(text), { format: 'auto', kind: allow ? 'allow' : 'block', hashKey: engine.hashKey }),
    })))
    const dns64 = valueOf(words, 'dns64')
    const set: PolicySet = {
      ...EVERYBODY, lists: [...this.#lists.keys()], answer: (valueOf(words, 'answer') ?? 'nxdomain') as PolicySet['answer'],
      rebinding: (valueOf(words, 'rebinding') ?? 'no') as PolicySet['rebinding'], dns64: dns64 === undefined ? undefined : prefixOf(dns64),
      schedule: scheduleOf(valueOf(words, 'from'), valueOf(words, 'to')),
    }
    engine.setSets([set])
    server.setPolicy(engine)
  }

  query(words: readonly string[]): void {
    const [, name = '', type = ''] = words
    const { bench } = this
    this.#net.asked()
    const flags = (words.includes('norec') ? 0 : 0x0100) | (words.includes('cd') ? 0x0010 : 0) | (words.includes('plain') ? 0 : 0x0020)
    const from = valueOf(words, 'from')
    const edns = words.includes('plain') ? {} : { edns: { dnssecOk: words.includes('do') } }
    this.#answer = bench.ask(name, type, { flags, ...edns, ...(from === undefined ? {} : { from: ipv4(from) }) }, NO_ANSWER_MS)
  }

  expect({ words, below }: Statement): void {
    const [, rcode = '', ...flags] = words
    const answer = this.#answer
    if (rcode === 'nothing') {
      if (answer !== undefined) throw new Error(`an answer came: ${shown(answer)}`)
      return
    }
    if (answer === undefined) throw new Error('no answer came')
    const told = answer.flags.split(' ').filter((flag) => ['aa', 'tc', 'ad'].includes(flag))
    if (answer.rcode !== rcode || told.join(' ') !== flags.join(' ')) throw new Error(`it was ${shown(answer)}`)
    compare(below.map(({ text }) => text), answer.answer.filter((record) => !record.includes(' RRSIG ')))
  }

  expectAuthority({ below }: Statement): void {
    compare(below.map(({ text }) => text), (this.#answer?.authority ?? []).filter((record) => !record.includes(' RRSIG ')))
  }

  expectError(code: number): void {
    const options = this.#answer?.edns?.options ?? new Uint8Array()
    const codes: number[] = []
    for (let at = 0; at + 4 <= options.length; at += 4 + (((options[at + 2] as number) << 8) | (options[at + 3] as number))) {
      if (((options[at] as number) << 8 | (options[at + 1] as number)) === 15) codes.push(((options[at + 4] as number) << 8) | (options[at + 5] as number))
    }
    if (!codes.includes(code)) throw new Error(`its extended errors are ${codes.join(', ') || 'none'}`)
  }

  expectAsked({ words, below }: Statement): void {
    const expected = words[1] === 'nothing' ? [] : below.map(({ text }) => text)
    compare(expected, this.#net.asked())
  }

  expectAskedOf(address: string, count: string): void {
    const [least = 0, most = least] = count.split('-').map(Number)
    const asked = this.#net.asked().filter((line) => line.startsWith(`${address} `))
    if (asked.length < least || asked.length > most) throw new Error(`it was asked ${asked.length} times:\n${asked.join('\n')}`)
  }
}

function prefixOf(text: string): NonNullable<PolicySet['dns64']> {
  const prefix = parseDns64Prefix(text)
  return prefix.ok ? prefix.value : fail(prefix.error)
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6] as const

const scheduleOf = (from: string | undefined, to: string | undefined): PolicySet['schedule'] =>
  from === undefined || to === undefined ? undefined : { timeZone: 'UTC', spans: [{ days: EVERY_DAY, from: minutesOf(from), to: minutesOf(to) }] }

const fail = (why: string): never => {
  throw new Error(why)
}

const shown = ({ rcode, flags, answer, authority }: Told): string => [`${rcode} ${flags}`, ...(answer.length > 0 ? answer : authority)].join('\n  ')

/** Lines in any order; a field "*" is any. */
function compare(expected: readonly string[], actual: readonly string[]): void {
  const left = [...actual]
  const missing = expected.filter((line) => {
    const fields = line.replace(/\s+/g, ' ').split(' ')
    const at = left.findIndex((other) => {
      const others = other.split(' ')
      return others.length === fields.length && fields.every((field, i) => field === '*' || field === others[i])
    })
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  if (missing.length + left.length > 0) throw new Error([...missing.map((line) => `missing  ${line}`), ...left.map((line) => `too much ${line}`)].join('\n'))
}

function faultOf(kind: string, below: readonly Statement[]): Fault {
  if (kind.startsWith('slow=')) return slowBy(Number(kind.slice(5)))
  if (kind !== 'says') return FAULTS[kind as keyof typeof FAULTS] ?? fail(`there is no fault "${kind}"`)
  const of = (section: string): { readonly [section: string]: string } => {
    const lines = below.filter(({ words }) => words[0] === section).map(({ text }) => text.slice(section.length + 1))
    return lines.length === 0 ? {} : { [section]: lines.join('\n') }
  }
  const rcode = below.find(({ words }) => words[0] === 'rcode')?.words[1]
    const hasAnswer = below.some(({ words }) => words[0] === 'answer')
  return saying({ ...of('answer'), ...of('authority'), ...of('additional'), ...(rcode === undefined ? {} : { rcode: Number(rcode) }), ...(hasAnswer ? { flags: AA } : {}) })
}

const VERBS: { readonly [verb: string]: (s: Scenario, statement: Statement) => void | Promise<void> } = {
  resolver: (s, { words }) => s.set(words.slice(1)),
  include: (s, { words }) => s.include(words[1] ?? ''),
  key: (s, { words }) => s.key(words[1] ?? '', Number(words[2])),
  host: (s, statement) => s.host(statement),
  trust: (s, { words }) => s.trust(words[1] ?? ''),
  negative: (s, { words }) => s.bench.server.trust.setNegative(new Map([[keyOf(words[1] ?? ''), { endsAt: s.net.clock.wallMs() + Number(words[2]) * 1_000, reason: 'a scenario' }]])),
  follow: (s) => s.bench.server.trust.follow(),
  rule: (s, { words }) => s.rule(words),
  list: (s, statement) => s.list(statement),
  policy: (s, { words }) => s.policy(words),
  fault: (s, statement) => s.fault(statement),
  heal: (s, { words }) => void (s.server(words[1] ?? '').faults = []),
  down: (s, { words }) => void (s.server(words[1] ?? '').faults = [FAULTS.dead]),
  wait: (s, { words }) => void (s.bench, s.net.clock.advance(timeOf(words[1] ?? ''))),
  query: (s, { words }) => s.query(words),
  flush: (s, { words }) => void s.bench.server.flushCache(words[1]),
  expect: (s, statement) => s.expect(statement),
  'expect-authority': (s, statement) => s.expectAuthority(statement),
  'expect-error': (s, { words }) => s.expectError(Number(words[1])),
  'expect-asked': (s, statement) => s.expectAsked(statement),
  'expect-asked-of': (s, { words }) => s.expectAskedOf(words[1] ?? '', words[2] ?? ''),
}
