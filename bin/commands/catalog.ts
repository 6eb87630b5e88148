import type { CatalogView } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command } from './command.ts'
import { type Column, printDone, printPage } from './print.ts'
import { server } from './server-argument.ts'

const COLUMNS: readonly Column<CatalogView['members'][number]>[] = [
  ['ZONE', member => member.zone],
  ['GROUP', member => member.group ?? '-'],
  ['LABEL', member => member.label],
  ['CONFLICT', member => member.conflict ?? '-'],
]

export const catalogShow: Command = {
  words: 'catalog show',
  summary: 'list the zones of a catalog (RFC 9432)',
  operands: 'CATALOG',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot catalog show catalog.lab.internal'],
  async run(invocation) {
    const { api, operands, terminal, json } = invocation
    const catalog = await api.json<CatalogView>('GET', path('zones', operands[0] as string, 'catalog'))
    if (json) return printDone(invocation, '', catalog)
    if (catalog.fault !== null) terminal.out(`nothing is done about it: ${catalog.fault}\n`)
    printPage(invocation, { items: catalog.members, next: null }, COLUMNS, 'it lists no zones')
  },
}

export const catalogProduce: Command = {
  words: 'catalog produce',
  summary: 'make a catalog that lists zones of this server for others',
  operands: 'CATALOG',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot catalog produce catalog.lab.internal'],
  async run(invocation) {
    const zone = invocation.operands[0] as string
    printDone(invocation, `${zone} is a catalog of zones of this server`, await invocation.api.json<CatalogView>('PUT', path('zones', zone, 'catalog'), {}, { role: 'producer' }))
  },
}

export const catalogConsume: Command = {
  words: 'catalog consume',
  summary: 'copy the zones that a catalog lists, which is a copy itself',
  operands: 'CATALOG',
  fewest: 1,
  most: 1,
  options: {
    from: { type: 'string', multiple: true, value: 'ADDRESS[#PORT][,KEY]', says: 'where its zones are copied from (default: from where it is)' },
    group: { type: 'string', multiple: true, value: 'NAME=ADDRESS[#PORT][,KEY]', says: 'the same for the zones of a group' },
  },
  examples: ['taproot catalog consume catalog.lab.internal', 'taproot catalog consume catalog.lab.internal --group branch=10.53.0.9'],
  async run(invocation) {
    const { api, operands, texts } = invocation
    const zone = operands[0] as string
    const primaries = texts('from').map(given => server(given))
    const groups = Map.groupBy(texts('group').map(given => given.split('=')), ([name = '']) => name)
    const body = {
      role: 'consumer',
      primaries: primaries.length === 0 ? null : primaries,
      groups: [...groups].map(([name, servers]) => ({ name, primaries: servers.map(([, given = '']) => server(given)) })),
    }
    printDone(invocation, `the zones that ${zone} lists are copied`, await api.json<CatalogView>('PUT', path('zones', zone, 'catalog'), {}, body))
  },
}

export const catalogStop: Command = {
  words: 'catalog stop',
  summary: 'a zone is no catalog any more; the zones that it brought stay',
  operands: 'CATALOG',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot catalog stop catalog.lab.internal'],
  async run(invocation) {
    const zone = invocation.operands[0] as string
    printDone(invocation, `${zone} is no catalog any more`, await invocation.api.json<null>('DELETE', path('zones', zone, 'catalog')))
  },
}

export const catalogAdd: Command = {
  words: 'catalog add',
  summary: 'list a zone of this server in a catalog',
  operands: 'CATALOG ZONE',
  fewest: 2,
  most: 2,
  options: {
    group: { type: 'string', value: 'NAME', says: 'how consumers are to set it up' },
    'hand-over': { type: 'string', value: 'CATALOG', says: 'the catalog that may take it over' },
  },
  examples: ['taproot catalog add catalog.lab.internal lab.internal --group branch'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const [catalog, zone] = operands as readonly [string, string]
    const body = { group: text('group') ?? null, coo: text('hand-over') ?? null }
    printDone(invocation, `${catalog} lists ${zone}`, await api.json<CatalogView>('PUT', path('zones', catalog, 'catalog', 'members', zone), {}, body))
  },
}

export const catalogRemove: Command = {
  words: 'catalog remove',
  summary: 'take a zone out of a catalog',
  operands: 'CATALOG ZONE',
  fewest: 2,
  most: 2,
  options: {},
  examples: ['taproot catalog remove catalog.lab.internal lab.internal'],
  async run(invocation) {
    const [catalog, zone] = invocation.operands as readonly [string, string]
    printDone(invocation, `${catalog} does not list ${zone}`, await invocation.api.json<null>('DELETE', path('zones', catalog, 'catalog', 'members', zone)))
  },
}
