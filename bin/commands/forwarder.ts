/** Forwarders: who is asked for names that no zone here has. */
import type { ForwarderInput, ForwarderServerView, ForwarderTestView, ForwarderView, Page } from '../../services/index.ts'
import { type ApiClient, path } from './client.ts'
import { type Command, type Invocation, NotDone, type Options, Unsuccessful, UsageError } from './command.ts'
import { readText } from './dhcp.ts'
import { type Column, printDone, printJson, printPage } from './print.ts'

const whoOf = ({ segments, addresses }: ForwarderView): string => [...segments, ...addresses].join(',') || 'all'
const COLUMNS: readonly Column<ForwarderView>[] = [
  ['ID', forwarder => forwarder.id],
  ['DOMAIN', forwarder => forwarder.domain],
  ['SERVERS', forwarder => (forwarder.target === 'recursion' ? 'recursion' : forwarder.servers.join(','))],
  ['STRATEGY', forwarder => (forwarder.servers.length > 1 ? forwarder.strategy : null)],
  ['PATH', forwarder => forwarder.path],
  ['CLIENTS', whoOf],
  ['IF THEY FAIL', forwarder => (forwarder.failClosed ? 'nobody' : 'others')],
  ['STATE', forwarder => (forwarder.enabled ? 'on' : 'off')],
  ['KIND', forwarder => forwarder.kind],
  ['COMMENT', forwarder => forwarder.comment],
]

export const forwarderList: Command = {
  words: 'forwarder list',
  summary: 'list forwarders: who is asked for which names',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot forwarder list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<ForwarderView>>('GET', 'dns/forwarders'), COLUMNS, 'no forwarders: only names of zones are answered')
  },
}

const rtt = (ms: number | null): string | null => (ms === null ? null : `${ms} ms`)
const SERVER_COLUMNS: readonly Column<ForwarderServerView>[] = [
  ['SERVER', server => server.server],
  ['STATE', server => server.state],
  ['RTT', server => rtt(server.rttMs)],
  ['ANSWERED', server => server.answered],
  ['FAILED', server => server.failed],
  ['SIGNATURES', server => (server.signs === null ? null : server.signs ? 'yes' : 'no')],
  ['CONNECTIONS', server => server.connections],
  ['PROBLEM', server => server.problem],
]

/** Also that of the settings, whose domain is the root, and which has no id. */
async function one(api: ApiClient, named: string): Promise<ForwarderView> {
  const { items } = await api.json<Page<ForwarderView>>('GET', 'dns/forwarders')
  const domain = named.toLowerCase().replace(/(.)\.$/, '$1')
  const found = items.find(forwarder => (/^\d+$/.test(named) ? forwarder.id === Number(named) : forwarder.domain === domain))
  if (found === undefined) throw new NotDone(`there is no forwarder ${/^\d+$/.test(named) ? '' : 'for '}${named}`)
  return found
}

export const forwarderShow: Command = {
  words: 'forwarder show',
  summary: 'show how the servers of a forwarder do',
  operands: 'ID|DOMAIN',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot forwarder show corp.example', 'taproot forwarder show .'],
  async run(invocation) {
    const forwarder = await one(invocation.api, invocation.operands[0] as string)
    if (invocation.json) return printJson(invocation.terminal, forwarder)
    printPage(invocation, { items: forwarder.states, next: null }, SERVER_COLUMNS, 'these names are looked up from the root')
  },
}

const TEST_COLUMNS: readonly Column<ForwarderTestView>[] = [
  ['SERVER', result => result.server],
  ['ANSWER', result => result.rcode],
  ['TIME', result => `${result.tookMs} ms`],
  ['RECORDS', result => result.records],
  ['SIGNED', result => (result.signed ? 'yes' : 'no')],
  ['PROBLEM', result => result.problem],
]

export const forwarderTest: Command = {
  words: 'forwarder test',
  summary: 'ask each server of a forwarder, and say what it answered',
  operands: 'ID|DOMAIN [NAME [TYPE]]',
  fewest: 1,
  most: 3,
  options: {},
  examples: ['taproot forwarder test corp.example', 'taproot forwarder test . www.example.net A'],
  async run(invocation) {
    const { api, operands } = invocation
    const [named = '', name, type = name === undefined ? 'SOA' : 'A'] = operands
    const { id } = await one(api, named)
    const results = await api.json<Page<ForwarderTestView>>('POST', path('dns', 'forwarders', id ?? 0, 'test'), {}, { name: name ?? null, type })
    printPage(invocation, results, TEST_COLUMNS, 'it has no servers')
    if (results.items.some(({ rcode }) => rcode === null)) throw new Unsuccessful()
  },
}

const OPTIONS = {
  strategy: { type: 'string', value: 'HOW', says: 'ordered, parallel or fastest (default)' },
  path: { type: 'string', value: 'PATH', says: "by the host's sockets or the appliance's own stack: host (default) or stack" },
  'if-they-fail': { type: 'string', value: 'WHO', says: 'nobody (default), or others: the next shorter forwarder is asked' },
  segment: { type: 'string', multiple: true, value: 'NAME', says: 'for clients of this segment alone' },
  address: { type: 'string', multiple: true, value: 'PREFIX', says: 'for clients with these addresses alone' },
  authority: { type: 'string', value: 'FILE', says: 'certificates (PEM) by which names of servers are believed; - for standard input' },
  comment: { type: 'string', value: 'TEXT', says: 'for people' },
} as const satisfies Options

function given(invocation: Invocation): Partial<ForwarderInput> {
  const { text, texts } = invocation
  const failing = text('if-they-fail')
  if (failing !== undefined && failing !== 'nobody' && failing !== 'others') throw new UsageError(`--if-they-fail takes nobody or others, not "${failing}"`)
  const authority = text('authority')
  const fields = {
    strategy: text('strategy') as ForwarderInput['strategy'] | undefined,
    path: text('path') as ForwarderInput['path'] | undefined,
    failClosed: failing === undefined ? undefined : failing === 'nobody',
    segments: texts('segment').length > 0 ? texts('segment') : undefined,
    addresses: texts('address').length > 0 ? texts('address') : undefined,
    authority: authority === undefined ? undefined : readText(authority),
    comment: text('comment'),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** "recursion" in place of servers. */
const whom = (words: readonly string[]): Pick<ForwarderInput, 'target' | 'servers'> =>
  words.length === 1 && words[0] === 'recursion' ? { target: 'recursion', servers: [] } : { target: 'servers', servers: words }

const brief = (forwarder: ForwarderView): string =>
  `${forwarder.domain} to ${forwarder.target === 'recursion' ? 'recursion' : forwarder.servers.join(', ')} for ${whoOf(forwarder)}${forwarder.enabled ? '' : ' (off)'}`

export const forwarderAdd: Command = {
  words: 'forwarder add',
  summary: 'forward the names of a domain to servers, or look them up from the root',
  operands: 'DOMAIN|PREFIX SERVER…|recursion',
  fewest: 2,
  most: 9,
  options: OPTIONS,
  examples: [
    'taproot forwarder add corp.example 10.60.0.53 10.60.1.53 --path stack',
    'taproot forwarder add 10.60.0.0/16 10.60.0.53',
    "taproot forwarder add . 'tls://192.0.2.1#dns.example' --strategy parallel",
    "taproot forwarder add . 'https://family.example/dns-query#192.0.2.2' --segment guests",
  ],
  async run(invocation) {
    const { api, operands } = invocation
    const [domain = '', ...words] = operands
    const added = await api.json<ForwarderView>('POST', 'dns/forwarders', {}, { domain, ...whom(words), ...given(invocation) })
    printDone(invocation, `added forwarder ${added.id ?? '?'}: ${brief(added)}`, added)
  },
}

/** People name a forwarder as they see it: by its id, or by its domain when that is clear. */
async function idOf(api: ApiClient, text: string): Promise<number> {
  if (/^\d+$/.test(text)) return Number(text)
  const { items } = await api.json<Page<ForwarderView>>('GET', 'dns/forwarders')
  const found = items.filter(({ id, domain }) => id !== null && domain === text.toLowerCase().replace(/(.)\.$/, '$1'))
  const [only] = found
  if (only?.id === undefined || only.id === null) throw new NotDone(`there is no forwarder for ${text}`)
  if (found.length > 1) throw new NotDone(`there are ${found.length} forwarders for ${text}: name one by its id (${found.map(({ id }) => id).join(', ')})`)
  return only.id
}

export const forwarderChange: Command = {
  words: 'forwarder change',
  summary: 'change a forwarder; what is not named stays',
  operands: 'ID|DOMAIN [SERVER…|recursion]',
  fewest: 1,
  most: 9,
  options: { ...OPTIONS, off: { type: 'boolean', says: 'as if it were not there' }, on: { type: 'boolean', says: 'and back' }, all: { type: 'boolean', says: 'for all clients' } },
  examples: ['taproot forwarder change corp.example --off', 'taproot forwarder change 3 10.60.0.54 --strategy ordered'],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const [which = '', ...words] = operands
    if (flag('on') && flag('off')) throw new UsageError('--on or --off')
    const body = {
      ...(words.length > 0 ? whom(words) : {}), ...(flag('all') ? { segments: [], addresses: [] } : {}), ...given(invocation),
      ...(flag('on') || flag('off') ? { enabled: flag('on') } : {}),
    }
    const changed = await api.json<ForwarderView>('PATCH', path('dns', 'forwarders', await idOf(api, which)), {}, body)
    printDone(invocation, `forwarder ${changed.id ?? '?'} is now: ${brief(changed)}`, changed)
  },
}

export const forwarderRemove: Command = {
  words: 'forwarder remove',
  summary: 'remove a forwarder',
  operands: 'ID|DOMAIN',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot forwarder remove corp.example', 'taproot forwarder remove 3'],
  async run(invocation) {
    const { api, operands } = invocation
    const named = operands[0] as string
    printDone(invocation, `removed the forwarder ${named}`, await api.json<null>('DELETE', path('dns', 'forwarders', await idOf(api, named))))
  },
}
