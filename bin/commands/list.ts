import { readFileSync } from 'node:fs'
import type { DnsPolicyView, ListView, Page } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, type Invocation, NotDone, type Options, UsageError } from './command.ts'
import { policyBody } from './policy-body.ts'
import { type Column, printable, printDone, printJson, printPage, printTable, shortTime } from './print.ts'

const placeOf = (list: ListView): string => list.url ?? list.path ?? list.zone ?? 'typed in'
const standing = (list: ListView): string => (list.fetching ? 'fetching' : list.lastFailure !== null ? `${list.state}, failing` : list.state)

const COLUMNS: readonly Column<ListView>[] = [
  ['LIST', list => list.name],
  ['KIND', list => list.kind],
  ['STATE', standing],
  ['ENTRIES', list => list.entries],
  ['HITS', list => list.hits],
  ['POLICIES', list => list.policies.join(',')],
  ['CHECKED', list => shortTime(list.checkedAt)],
  ['FROM', placeOf],
]

const PLACE_OPTIONS = {
  url: { type: 'string', value: 'URL', says: 'fetched by http or https, again and again' },
  path: { type: 'string', value: 'PATH', says: "a file of the appliance's host, looked at again and again" },
  file: { type: 'string', value: 'PATH', says: 'a file that is read here and now' },
  zone: { type: 'string', value: 'ZONE', says: 'a response policy zone that is here; it is no longer answered from' },
} as const satisfies Options
const SETTING_OPTIONS = {
  kind: { type: 'string', value: 'KIND', says: 'block, allow or rpz (default: block; rpz with --zone)' },
  format: { type: 'string', value: 'FORMAT', says: 'auto, hosts, domains, adblock or rpz (default: auto)' },
  refresh: { type: 'string', value: 'SECONDS', says: 'how often it is asked for (default: 86400)' },
  comment: { type: 'string', value: 'TEXT', says: 'for people' },
} as const satisfies Options

/** A file of the person at the terminal. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new NotDone(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function fieldsOf({ text, integer }: Invocation): { readonly [field: string]: unknown } {
  const file = text('file')
  const zone = text('zone')
  return {
    url: text('url'), path: text('path'), zone, text: file === undefined ? undefined : readText(file),
    kind: text('kind') ?? (zone === undefined ? undefined : 'rpz'), format: text('format'), refreshSeconds: integer('refresh'), comment: text('comment'),
  }
}

const said = (list: ListView): string =>
  list.lastFailure === null ? `the list ${list.name} is ${standing(list)} with ${list.entries} entries` : `the list ${list.name} is ${standing(list)}: ${list.lastFailure.because}`

export const listList: Command = {
  words: 'list list',
  summary: 'list the lists of names that policies block or allow by',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot list list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<ListView>>('GET', 'dns/lists'), COLUMNS, 'no lists')
  },
}

export const listShow: Command = {
  words: 'list show',
  summary: 'show a list: where it is from, what it decided, which lines are not understood',
  operands: 'LIST',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot list show ads'],
  async run({ api, json, operands, terminal }) {
    const list = await api.json<ListView>('GET', path('dns', 'lists', operands[0] as string))
    if (json) return printJson(terminal, list)
    const facts: readonly (readonly [string, string | number | null])[] = [
      ['list', list.name], ['kind', `${list.kind}, ${list.format}`], ['from', placeOf(list)], ['state', standing(list)], ['entries', list.entries],
      ['hits', list.hits], ['policies', list.policies.join(', ')], ['loaded', shortTime(list.loadedAt)], ['checked', shortTime(list.checkedAt)],
      ['refresh', `${list.refreshSeconds} s`], ['comment', list.comment],
      ['failure', list.lastFailure === null ? null : `${shortTime(list.lastFailure.at)}: ${list.lastFailure.because} (${list.failures} in a row)`],
      ['not understood', `${list.notUnderstood} lines`],
    ]
    for (const [name, value] of facts) if (value !== null && value !== '') terminal.out(`${name}: ${printable(String(value))}\n`)
    printTable(terminal, list.notes, [['LINE', note => note.line], ['PROBLEM', note => note.problem]], '')
  },
}

export const listAdd: Command = {
  words: 'list add',
  summary: 'add a list; it says nothing until a policy names it',
  operands: 'LIST',
  fewest: 1,
  most: 1,
  options: { ...PLACE_OPTIONS, ...SETTING_OPTIONS, policy: { type: 'string', multiple: true, value: 'POLICY', says: 'that is to name it' } },
  examples: ['taproot list add ads --url https://lists.example/ads.txt --policy default', 'taproot list add rpz --zone rpz.example'],
  async run(invocation) {
    const { api, operands, texts } = invocation
    const added = await api.json<ListView>('POST', 'dns/lists', {}, { name: operands[0], ...fieldsOf(invocation) })
    await nameIn(invocation, added.name, texts('policy'))
    printDone(invocation, said(added), added)
  },
}

/** Puts a list into policies. */
async function nameIn({ api }: Invocation, list: string, wanted: readonly string[]): Promise<void> {
  if (wanted.length === 0) return
  const { items } = await api.json<Page<DnsPolicyView>>('GET', 'dns/policies')
  const unknown = wanted.find(policy => !items.some(item => item.name === policy))
  if (unknown !== undefined) throw new UsageError(`there is no policy ${unknown}; the list ${list} is added, and no policy names it`)
  const policies = items.map(item => (wanted.includes(item.name) && !item.lists.includes(list) ? { ...item, lists: [...item.lists, list] } : item))
  await api.json('PUT', 'dns/policies', {}, { policies: policies.map(policyBody) })
}

export const listChange: Command = {
  words: 'list change',
  summary: 'change a list, or where it is from',
  operands: 'LIST',
  fewest: 1,
  most: 1,
  options: {
    ...PLACE_OPTIONS, ...SETTING_OPTIONS,
    on: { type: 'boolean', says: 'it is fetched and looked at' },
    off: { type: 'boolean', says: 'it is neither' },
  },
  examples: ['taproot list change ads --refresh 3600', 'taproot list change ads --off'],
  async run(invocation) {
    const { api, flag, operands } = invocation
    if (flag('on') && flag('off')) throw new UsageError('--on and --off do not go together')
    const enabled = flag('on') ? true : flag('off') ? false : undefined
    const changed = await api.json<ListView>('PATCH', path('dns', 'lists', operands[0] as string), {}, { ...fieldsOf(invocation), enabled })
    printDone(invocation, said(changed), changed)
  },
}

export const listRefresh: Command = {
  words: 'list refresh',
  summary: 'fetch a list now',
  operands: 'LIST',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot list refresh ads'],
  async run(invocation) {
    const list = await invocation.api.json<ListView>('POST', path('dns', 'lists', invocation.operands[0] as string, 'refresh'))
    printDone(invocation, said(list), list)
  },
}

export const listRemove: Command = {
  words: 'list remove',
  summary: 'remove a list that no policy names',
  operands: 'LIST',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot list remove ads'],
  async run(invocation) {
    const list = invocation.operands[0] as string
    printDone(invocation, `removed the list ${list}`, await invocation.api.json<null>('DELETE', path('dns', 'lists', list)))
  },
}
