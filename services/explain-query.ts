/**
 * How one question is answered, and why, taken apart for programs: the rule, the view, the cache, each server that was
 * asked, the chain of trust. The steps that the pipeline, the sources of answers and validation told are the source of it.
 */
import { type Ipv4, parseIpv4 } from '../stack/index.ts'
import { err, ok } from '../stack/platform/index.ts'
import { isAskable } from './dns/index.ts'
import { renderStep } from './events/catalogue.ts'
import type { Answer, QueryExplanationView, ServerAskedView } from './facade.ts'
import type { TraceStep } from './model/index.ts'
import { refusal } from './model/index.ts'
import type { NameExplanation, NetworkSide } from './network-side.ts'

export type QueryInput = {
  readonly name: string
  readonly type?: string | undefined
  readonly client?: string | undefined
  /** Asked of others even where the cache has it. */
  readonly fresh?: boolean | undefined
}

export async function explainQuery(network: NetworkSide, input: QueryInput): Answer<QueryExplanationView> {
  const name = input.name.trim().toLowerCase()
  const type = (input.type ?? 'A').toUpperCase()
  const client = input.client === undefined ? undefined : parseIpv4(input.client)
  if (input.client !== undefined && client === undefined)
    return err(refusal('invalid', '/client', `"${input.client}" is not an IPv4 address`, 'the address of who would ask, as 10.53.0.20'))
  if (!isAskable(type)) return err(refusal('invalid', '/type', `${type} is no type that is answered`, 'a mnemonic such as A or MX, or TYPE65400'))
  const explained = await network.dns.explainName(name, type, client, input.fresh)
  if (!explained.ok) return explained
  // Every question has steps: none means that it could not be one.
  if (explained.value.rcode === 'FORMERR' && explained.value.steps.length === 0)
    return err(refusal('invalid', '/name', `"${input.name}" is no domain name`, 'labels of at most 63 octets joined by dots, 255 in all, as www.example.com'))
  return ok(viewOf(name === '' ? '.' : name, type, client, explained.value))
}

function viewOf(name: string, type: string, client: Ipv4 | undefined, e: NameExplanation): QueryExplanationView {
  const { steps } = e
  const servers = serversAsked(steps)
  const validation = steps.filter(([id]) => id.startsWith('dns.validation.')).map(textOf)
  const policy = factsOf(steps, 'dns.policy.decided') ?? factsOf(steps, 'dns.policy.allowed')
  return {
    name, type, client: client === undefined ? null : e.client ?? null, view: e.view ?? null,
    rcode: e.rcode, answers: e.answers, origin: e.origin, authentic: e.authentic,
    rule: policy === undefined ? null : { action: word(policy['action']), list: word(policy['list']), rule: word(policy['rule']) },
    cache: cacheOf(steps), servers, validation,
    steps: steps.map((step) => ({ id: step[0], text: renderStep(step), facts: step[1] })),
    lines: [
      `${name} ${type}: ${e.rcode}${e.answers.length === 0 ? ', no answer records' : ''}${e.authentic ? ', validated' : ''} (from: ${ORIGINS[e.origin]})`,
      ...e.answers.map((answer) => `  ${answer}`), ...steps.map((step) => `  because ${renderStep(step)}`),
    ],
  }
}

const ORIGINS: Readonly<Record<NameExplanation['origin'], string>> = {
  own: 'a zone of ours', 'special-use': 'a special-use name', cache: 'the cache', network: 'other servers', stale: 'the cache, out of date',
  policy: 'a rule', failure: 'a failure', refused: 'nobody: it is refused',
}

const word = (fact: unknown): string => (fact === undefined || fact === null ? '' : String(fact))
const textOf = (step: TraceStep): { readonly id: string; readonly text: string } => ({ id: step[0], text: renderStep(step) })
const factsOf = (steps: readonly TraceStep[], id: string): TraceStep[1] | undefined => steps.find((step) => step[0] === id)?.[1]

function cacheOf(steps: readonly TraceStep[]): QueryExplanationView['cache'] {
  const hit = factsOf(steps, 'dns.cache.hit')
  if (hit !== undefined) return { state: 'hit', ageSeconds: Number(hit['ageSeconds']), leftSeconds: Number(hit['leftSeconds']), source: word(hit['source']) }
  const nothing = { ageSeconds: null, leftSeconds: null, source: null }
  const stale = factsOf(steps, 'dns.cache.stale')
  if (stale !== undefined) return { ...nothing, state: 'stale', source: word(stale['source']) }
  if (factsOf(steps, 'dns.cache.failure') !== undefined) return { ...nothing, state: 'failed-lately' }
  return { ...nothing, state: factsOf(steps, 'dns.forward.asked') ?? factsOf(steps, 'dns.forward.joined') ? 'miss' : 'not-looked' }
}

/** What ended a query to a server; the text of the step says the rest. */
const OUTCOMES: Readonly<Record<string, ServerAskedView['outcome']>> = {
  'dns.recursion.answered': 'answered', 'dns.recursion.referred': 'referred', 'dns.recursion.step': 'no-zone-cut', 'dns.recursion.useless': 'useless',
  'dns.forward.server-answered': 'answered', 'dns.forward.server-failed': 'useless',
}

/** Each query with its outcome, in the order in which they were sent. */
function serversAsked(steps: readonly TraceStep[]): readonly ServerAskedView[] {
  const asked: { -readonly [K in keyof ServerAskedView]: ServerAskedView[K] }[] = []
  for (const step of steps) {
    const [id, facts] = step
    const server = word(facts['server'] ?? facts['upstream'])
    if (id === 'dns.recursion.asked') {
      asked.push({ server, zone: word(facts['zone']), name: word(facts['name']), type: word(facts['type']), outcome: 'none', tookMs: null, text: renderStep(step) })
      continue
    }
    const outcome = OUTCOMES[id]
    if (outcome === undefined) continue
    const ended = { outcome, tookMs: Number(facts['tookMs']), text: renderStep(step) }
    const open = asked.find((each) => each.server === server && each.outcome === 'none')
    if (open === undefined) asked.push({ server, zone: null, name: null, type: null, ...ended })
    else Object.assign(open, ended)
  }
  return asked
}
