import type { Page, RecordView } from '../../services/index.ts'
import { type ApiClient, path } from './client.ts'
import { type Command, NotDone, PAGING_OPTIONS, UsageError } from './command.ts'
import { type Column, printDone, printPage } from './print.ts'

const COLUMNS: readonly Column<RecordView>[] = [
  ['ID', record => record.id],
  ['NAME', record => record.name],
  ['TTL', record => record.ttl],
  ['TYPE', record => record.type],
  ['DATA', record => record.data],
  ['OWNER', record => record.owner],
  ['COMMENT', record => record.comment],
]

const told = (record: RecordView): string => `${record.name} ${record.type} ${record.data}`

export const recordList: Command = {
  words: 'record list',
  summary: 'list the records of a zone',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    name: { type: 'string', value: 'NAME', says: 'of this name' },
    type: { type: 'string', value: 'TYPE', says: 'of this type' },
    owner: { type: 'string', value: 'OWNER', says: 'of this owner: hand, system, file or lease' },
    ...PAGING_OPTIONS,
  },
  examples: ['taproot record list lab.internal', 'taproot record list lab.internal --type A --owner lease'],
  async run(invocation) {
    const { api, operands, text, integer } = invocation
    const query = {
      name: text('name'),
      type: text('type'),
      owner: text('owner'),
      limit: integer('limit'),
      after: text('after'),
    }
    const page = await api.json<Page<RecordView>>('GET', path('zones', operands[0] as string, 'records'), query)
    printPage(invocation, page, COLUMNS, 'no records')
  },
}

export const recordAdd: Command = {
  words: 'record add',
  summary: 'add a record to a zone',
  operands: 'ZONE NAME TYPE DATA…',
  fewest: 4,
  most: Number.POSITIVE_INFINITY,
  options: {
    ttl: { type: 'string', value: 'SECONDS', says: "how long it may be kept (default: the zone's)" },
    comment: { type: 'string', value: 'TEXT', says: 'for people' },
  },
  examples: [
    'taproot record add lab.internal www A 10.53.0.20',
    'taproot record add lab.internal @ MX 10 mail --ttl 600',
    `taproot record add lab.internal @ TXT '"v=spf1 -all"'`,
  ],
  async run(invocation) {
    const { api, operands, text, integer } = invocation
    const [zone, name, type, ...data] = operands as readonly [string, string, string, ...string[]]
    const body = { name, type, data: data.join(' '), ttl: integer('ttl'), comment: text('comment') }
    const record = await api.json<RecordView>('POST', path('zones', zone, 'records'), {}, body)
    printDone(invocation, `added ${told(record)}`, record)
  },
}

/** As people compare: letter case and the dot at the end do not count. */
const alike = (a: string, b: string): boolean => {
  const plain = (text: string): string => text.toLowerCase().replace(/\.$/, '')
  return plain(a) === plain(b)
}

/** The one record of that name and type, and with that data if given. */
async function find(api: ApiClient, zone: string, name: string, type: string, data: string): Promise<RecordView> {
  const records = path('zones', zone, 'records')
  const { items } = await api.json<Page<RecordView>>('GET', records, { name, type, limit: 1000 })
  const found = items.filter(record => data === '' || alike(record.data, data))
  const [record, ...others] = found
  if (record === undefined) throw new NotDone(`${zone} has no record ${[name, type, data].join(' ').trim()}`)
  if (others.length > 0) {
    const listed = found.map(each => `  ${each.id}  ${told(each)}`).join('\n')
    throw new NotDone(`${found.length} records match; name one by its data or its id:\n${listed}`)
  }
  return record
}

export const recordRemove: Command = {
  words: 'record remove',
  summary: 'remove a record from a zone',
  operands: 'ZONE ID | ZONE NAME TYPE [DATA…]',
  fewest: 2,
  most: Number.POSITIVE_INFINITY,
  options: {},
  examples: [
    'taproot record remove lab.internal 17',
    'taproot record remove lab.internal www A',
    'taproot record remove lab.internal www A 10.53.0.20',
  ],
  async run(invocation) {
    const { api, operands } = invocation
    const [zone, name, type, ...data] = operands as readonly [string, string, ...string[]]
    if (type === undefined && !/^\d+$/.test(name))
      throw new UsageError(`"${name}" is not the id of a record; name the record by NAME and TYPE`)
    const record = type === undefined ? undefined : await find(api, zone, name, type, data.join(' '))
    const removed = await api.json<null>('DELETE', path('zones', zone, 'records', record?.id ?? name))
    printDone(invocation, `removed ${record === undefined ? `record ${name}` : told(record)}`, removed)
  },
}
