/** Routes and forwarding. */
import type { Page, RouteView, RoutingView } from '../../services/index.ts'
import { type ApiClient, path } from './client.ts'
import { type Command, NotDone, UsageError } from './command.ts'
import { type Column, printable, printDone, printJson, printPage } from './print.ts'

const COLUMNS: readonly Column<RouteView>[] = [
  ['ID', route => route.id],
  ['DESTINATION', route => route.prefix],
  ['GATEWAY', route => route.gateway],
  ['FLAGS', route => route.flags || null],
  ['METRIC', route => route.metric],
  ['INTERFACE', route => route.interface],
  ['KIND', route => route.kind],
  ['COMMENT', route => route.comment],
]

/** As `ip route` would say it. */
const brief = ({ prefix, gateway, interface: link, metric, kind, flags }: RouteView): string =>
  [
    prefix === '0.0.0.0/0' ? 'default' : prefix.replace(/\/32$/, ''),
    ...(gateway === null ? [] : ['via', gateway]),
    ...(link === null ? [] : ['dev', link]),
    ...(gateway === null ? ['scope', 'link'] : []),
    'proto', kind,
    ...(metric === 0 ? [] : ['metric', String(metric)]),
    ...(flags === '' ? ['linkdown'] : []),
  ].join(' ')

export const routeList: Command = {
  words: 'route list',
  summary: 'list the routing table',
  operands: '',
  fewest: 0,
  most: 0,
  options: { brief: { type: 'boolean', says: 'as ip route shows it' } },
  examples: ['taproot route list', 'taproot route list --brief'],
  async run(invocation) {
    const page = await invocation.api.json<Page<RouteView>>('GET', 'routes')
    if (!invocation.flag('brief') || invocation.json) return printPage(invocation, page, COLUMNS, 'no routes')
    for (const route of page.items) invocation.terminal.out(`${printable(brief(route))}\n`)
  },
}

/** "default" and a lone address, as ip route takes them. */
const prefixText = (text: string): string => (text === 'default' ? '0.0.0.0/0' : text.includes('/') ? text : `${text}/32`)

/** "via 10.53.0.7 dev lab1 metric 5" as ip route has it. */
function wordsOf(words: readonly string[]): { readonly [word: string]: string } {
  const given: { [word: string]: string } = {}
  for (let i = 0; i < words.length; i += 2) {
    const [word = '', value] = words.slice(i, i + 2)
    if (!['via', 'dev', 'metric'].includes(word)) throw new UsageError(`"${word}" is not via, dev or metric`)
    if (value === undefined) throw new UsageError(`${word} needs a value`)
    given[word] = value
  }
  return given
}

export const routeAdd: Command = {
  words: 'route add',
  summary: 'add a static route',
  operands: 'PREFIX|default [via GATEWAY] [dev INTERFACE] [metric N]',
  fewest: 3,
  most: 7,
  options: { comment: { type: 'string', value: 'TEXT', says: 'a note for people' } },
  examples: [
    'taproot route add 10.60.0.0/24 via 10.53.0.7',
    'taproot route add default via 10.53.0.1 metric 5',
    'taproot route add 10.61.0.0/24 dev lab1 --comment "the other house"',
  ],
  async run(invocation) {
    const { api, operands, text } = invocation
    const [prefix = '', ...words] = operands
    const { via, dev, metric } = wordsOf(words)
    if (metric !== undefined && !/^\d{1,5}$/.test(metric)) throw new UsageError(`metric takes a whole number, not "${metric}"`)
    const body = {
      prefix: prefixText(prefix), gateway: via, interface: dev, metric: metric === undefined ? undefined : Number(metric),
      comment: text('comment'),
    }
    const added = await api.json<RouteView>('POST', 'routes', {}, body)
    printDone(invocation, `added route ${added.id ?? '?'}: ${brief(added)}`, added)
  },
}

/** People name a route as they see it: by its id or its prefix. */
async function routeIdOf(api: ApiClient, text: string): Promise<number> {
  if (/^\d+$/.test(text)) return Number(text)
  const wanted = prefixText(text)
  const { items } = await api.json<Page<RouteView>>('GET', 'routes')
  const found = items.filter(route => route.prefix === wanted && route.id !== null)
  const [only] = found
  if (only?.id === undefined || only.id === null) throw new NotDone(`there is no static route to ${text}`)
  if (found.length > 1) {
    const ids = found.map(({ id }) => id).join(', ')
    throw new NotDone(`there are ${found.length} static routes to ${text}: name one by its id (${ids})`)
  }
  return only.id
}

export const routeRemove: Command = {
  words: 'route remove',
  summary: 'remove a static route',
  operands: 'ID|PREFIX|default',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot route remove 10.60.0.0/24', 'taproot route remove 2'],
  async run(invocation) {
    const named = invocation.operands[0] as string
    const id = await routeIdOf(invocation.api, named)
    printDone(invocation, `removed the route ${named}`, await invocation.api.json<null>('DELETE', path('routes', id)))
  },
}

export const forwarding: Command = {
  words: 'forwarding',
  summary: 'show whether the appliance is a router, or make it one',
  operands: '[on|off]',
  fewest: 0,
  most: 1,
  options: {},
  examples: ['taproot forwarding', 'taproot forwarding on'],
  async run({ api, operands, terminal, json }) {
    const [wanted] = operands
    if (wanted !== undefined && wanted !== 'on' && wanted !== 'off') throw new UsageError(`forwarding is on or off, not "${wanted}"`)
    const routing =
      wanted === undefined
        ? await api.json<RoutingView>('GET', 'routing')
        : await api.json<RoutingView>('PATCH', 'routing', {}, { forwarding: wanted === 'on' })
    if (json) printJson(terminal, routing)
    else terminal.out(`forwarding is ${routing.forwarding ? 'on' : 'off'}\n`)
  },
}
