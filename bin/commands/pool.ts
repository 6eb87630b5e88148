import { ALLOCATOR_NAMES, type Page, type PoolView } from '../../services/index.ts'
import type { ApiClient } from './client.ts'
import { CHANGE_OPTIONS, changeEntry } from './change.ts'
import { type Command, NotDone, type Options } from './command.ts'
import { LEVEL_OPTIONS, levelFields, ownLevelFields } from './level-options.ts'
import { type Column, printPage } from './print.ts'
import { putEntry, removeEntry, someOf } from './put.ts'
import { subnetIdOf } from './which-subnet.ts'

const COLUMNS: readonly Column<PoolView>[] = [
  ['ID', pool => pool.id],
  ['SUBNET', pool => pool.subnetId],
  ['FIRST', pool => pool.first],
  ['LAST', pool => pool.last],
  ['FOR', pool => [...pool.allow, ...pool.deny.map(name => `not ${name}`)].join(',') || null],
  ['IN ORDER OF', pool => pool.allocator],
  ['ADDRESSES', pool => pool.size],
  ['BOUND', pool => pool.bound],
]

const OPTIONS = {
  allow: { type: 'string', multiple: true, value: 'CLASS', says: 'a class that may use it (default: all clients)' },
  deny: { type: 'string', multiple: true, value: 'CLASS', says: 'a class that may not' },
  allocator: {
    type: 'string',
    value: 'ORDER',
    says: `which free address a new client gets: ${ALLOCATOR_NAMES.join(', ')}`,
  },
  ...LEVEL_OPTIONS,
} as const satisfies Options

async function poolOf(api: ApiClient, named: string): Promise<PoolView> {
  const { items } = await api.json<Page<PoolView>>('GET', 'pools')
  const pool = items.find(each => String(each.id) === named || each.first === named)
  if (pool === undefined) throw new NotDone(`no pool has the id or the first address ${named}`)
  return pool
}

export const poolList: Command = {
  words: 'pool list',
  summary: 'list pools',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot pool list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<PoolView>>('GET', 'pools'), COLUMNS, 'no pools')
  },
}

export const poolAdd: Command = {
  words: 'pool add',
  summary: 'let any client of a subnet have addresses of a range',
  operands: 'FIRST LAST',
  fewest: 2,
  most: 2,
  options: {
    subnet: { type: 'string', value: 'ID|PREFIX', says: 'the subnet (default: the one that FIRST is in)' },
    ...OPTIONS,
  },
  examples: ['taproot pool add 10.53.0.100 10.53.0.199', 'taproot pool add 10.53.2.0 10.53.3.255 --allocator hashed'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const [first, last] = operands as readonly [string, string]
    const subnetId = await subnetIdOf(api, text('subnet') ?? first)
    const fields = {
      subnetId,
      first,
      last,
      allow: someOf(invocation.texts('allow')),
      deny: someOf(invocation.texts('deny')),
      allocator: text('allocator'),
      ...levelFields(invocation),
    }
    const said = (pool: PoolView): string =>
      `added the pool ${pool.first} to ${pool.last}, ${pool.size} addresses, id ${pool.id}`
    await putEntry(invocation, 'pools', fields, said)
  },
}

export const poolChange: Command = {
  words: 'pool change',
  summary: 'change whom a pool is for, and what its clients are told',
  operands: 'ID|FIRST',
  fewest: 1,
  most: 1,
  options: {
    first: { type: 'string', value: 'ADDRESS', says: 'its first address from now on' },
    last: { type: 'string', value: 'ADDRESS', says: 'its last address from now on' },
    ...OPTIONS,
    ...CHANGE_OPTIONS,
  },
  examples: ['taproot pool change 10.53.0.100 --last 10.53.0.220 --deny guests', 'taproot pool change 1 --max-lease 600'],
  async run(invocation) {
    const { api, operands, text, texts } = invocation
    const fields = {
      first: text('first'),
      last: text('last'),
      allow: someOf(texts('allow')),
      deny: someOf(texts('deny')),
      allocator: text('allocator'),
      ...ownLevelFields(invocation),
    }
    const { id } = await poolOf(api, operands[0] as string)
    await changeEntry<PoolView>(invocation, 'pools', id, fields, { allow: { allow: [] }, deny: { deny: [] } }, pool => `changed the pool ${pool.first} to ${pool.last}, ${pool.size} addresses`)
  },
}

export const poolRemove: Command = {
  words: 'pool remove',
  summary: 'give addresses of a pool to nobody any more',
  operands: 'ID|FIRST',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot pool remove 1', 'taproot pool remove 10.53.0.100'],
  async run(invocation) {
    const pool = await poolOf(invocation.api, invocation.operands[0] as string)
    await removeEntry(invocation, 'pools', pool.id, `removed the pool ${pool.first} to ${pool.last}`)
  },
}
