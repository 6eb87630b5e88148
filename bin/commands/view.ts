import type { Page, ViewView } from '../../services/index.ts'
import { type Command, UsageError } from './command.ts'
import { type Column, printDone, printPage } from './print.ts'

const COLUMNS: readonly Column<ViewView>[] = [
  ['VIEW', view => view.name],
  ['ADDRESSES', view => view.addresses.join(',')],
  ['SEGMENTS', view => view.segments.join(',')],
  ['KEYS', view => view.keys.join(',')],
  ['COMMENT', view => view.comment],
]

export const viewList: Command = {
  words: 'view list',
  summary: 'list views: clients that get answers of their own, the first that fits counts',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot view list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<ViewView>>('GET', 'views'), COLUMNS, 'no views: everybody sees the same')
  },
}

export const viewAdd: Command = {
  words: 'view add',
  summary: 'add a view, or say anew who sees it',
  operands: 'VIEW',
  fewest: 1,
  most: 1,
  options: {
    address: { type: 'string', multiple: true, value: 'PREFIX', says: 'clients with these addresses' },
    segment: { type: 'string', multiple: true, value: 'NAME', says: 'clients in the subnets of this segment' },
    key: { type: 'string', multiple: true, value: 'NAME', says: 'who signs with this TSIG key' },
    before: { type: 'string', value: 'VIEW', says: 'its place in the order (default: last, or where it is)' },
    comment: { type: 'string', value: 'TEXT', says: 'for people' },
  },
  examples: [
    'taproot view add inside --address 10.53.0.0/16 --segment lab',
    'taproot view add guests --address 10.53.7.0/24 --before inside',
  ],
  async run(invocation) {
    const { api, operands, text, texts } = invocation
    const name = operands[0] as string
    const { items } = await api.json<Page<ViewView>>('GET', 'views')
    const made = { name, addresses: texts('address'), segments: texts('segment'), keys: texts('key'), comment: text('comment') }
    const others = items.filter(view => view.name !== name)
    const before = text('before')
    const old = items.findIndex(view => view.name === name)
    const at = before === undefined ? old : others.findIndex(view => view.name === before)
    if (before !== undefined && at < 0) throw new UsageError(`there is no view ${before}`)
    const views = at < 0 ? [...others, made] : [...others.slice(0, at), made, ...others.slice(at)]
    const now = await api.json<Page<ViewView>>('PUT', 'views', {}, { views })
    printDone(invocation, `views are now, in this order: ${now.items.map(view => view.name).join(', ')}`, now)
  },
}

export const viewRemove: Command = {
  words: 'view remove',
  summary: 'remove a view that has no zones',
  operands: 'VIEW',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot view remove guests'],
  async run(invocation) {
    const { api, operands } = invocation
    const name = operands[0] as string
    const { items } = await api.json<Page<ViewView>>('GET', 'views')
    if (!items.some(view => view.name === name)) throw new UsageError(`there is no view ${name}`)
    const now = await api.json<Page<ViewView>>('PUT', 'views', {}, { views: items.filter(view => view.name !== name) })
    printDone(invocation, `removed the view ${name}`, now)
  },
}
