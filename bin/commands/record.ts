import type { Page, RecordTypeView, RecordView } from '../../services/index.ts'
import { type ApiClient, path } from './client.ts'
import { type Command, type Invocation, NotDone, PAGING_OPTIONS, UsageError } from './command.ts'
import { type Column, printDone, printPage, shortTime } from './print.ts'

const COLUMNS: readonly Column<RecordView>[] = [
  ['ID', record => record.id],
  ['NAME', record => record.name],
  ['TTL', record => record.ttl],
  ['TYPE', record => record.type],
  ['DATA', record => record.data],
  ['OWNER', record => record.owner],
  ['STATE', record => stateOf(record)],
  ['COMMENT', record => record.comment],
]

const stateOf = ({ enabled, expiresAt }: RecordView): string =>
  [enabled ? 'on' : 'off', ...(expiresAt === null ? [] : [`until ${shortTime(expiresAt)}`])].join(', ')

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
    owner: { type: 'string', value: 'OWNER', says: 'of this owner: hand, system, file, lease, update, transfer or catalog' },
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

const EXPIRES_SAYS = 'remove it then: 2h, 7d, 2026-12-24, 2026-12-24T18:00:00+01:00, or never'
const UNIT_MS: { readonly [unit: string]: number } = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** A length of time from now, or a time, as the API takes it. */
function endOf(text: string | undefined): string | null | undefined {
  if (text === undefined || text === 'never') return text === undefined ? undefined : null
  const [, length, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const ms = length === undefined ? Date.parse(text) : Date.now() + Number(length) * (UNIT_MS[unit as string] as number)
  if (Number.isNaN(ms)) throw new UsageError(`--expires takes a time such as 2h or 2026-12-24, not "${text}"`)
  return new Date(ms).toISOString()
}

const fieldText = ({ name, form, maximum, says }: RecordTypeView['fields'][number]): string =>
  `${name}: ${says}${form === 'list' ? ' (a list)' : ''}${maximum === null ? '' : `, 0 to ${maximum}`}`

const TYPE_COLUMNS: readonly Column<RecordTypeView>[] = [
  ['TYPE', type => type.type],
  ['CODE', type => type.code],
  ['SOURCE', type => type.rfc],
  ['FIELDS', type => type.fields.map(({ name }) => name).join(' ')],
]

export const recordTypes: Command = {
  words: 'record types',
  summary: 'list the record types, or say what the fields of one take',
  operands: '[TYPE]',
  fewest: 0,
  most: 1,
  options: {},
  examples: ['taproot record types', 'taproot record types MX'],
  async run(invocation) {
    const { api, operands } = invocation
    const all = await api.json<Page<RecordTypeView>>('GET', path('dns', 'types'))
    const wanted = operands[0]?.toUpperCase()
    if (wanted === undefined) return printPage(invocation, all, TYPE_COLUMNS, 'no types')
    const found = all.items.find(({ type }) => type === wanted)
    if (found === undefined) throw new NotDone(`${wanted} has no form of its own here: give TYPE and number, and data \\# LENGTH HEX`)
    printDone(invocation, [`${found.type} (${found.code}), ${found.rfc}`, ...found.fields.map(each => `  ${fieldText(each)}`)].join('\n'), found)
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
    off: { type: 'boolean', says: 'keep it, and do not serve it' },
    ptr: { type: 'boolean', says: 'with a PTR record in the reverse zone here' },
    expires: { type: 'string', value: 'TIME', says: EXPIRES_SAYS },
  },
  examples: [
    'taproot record add lab.internal www A 10.53.0.20',
    'taproot record add lab.internal @ MX 10 mail --ttl 600',
    `taproot record add lab.internal @ TXT '"v=spf1 -all"'`,
  ],
  async run(invocation) {
    const { api, operands, text, integer, flag } = invocation
    const [zone, name, type, ...data] = operands as readonly [string, string, string, ...string[]]
    const body = {
      name, type, data: data.join(' '), ttl: integer('ttl'), comment: text('comment'), enabled: flag('off') ? false : undefined, expiresAt: endOf(text('expires')),
      ptr: flag('ptr') ? true : undefined,
    }
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

export const recordChange: Command = {
  words: 'record change',
  summary: 'change a record of a zone, or put it off and on',
  operands: 'ZONE ID | ZONE NAME TYPE [DATA…]',
  fewest: 2,
  most: Number.POSITIVE_INFINITY,
  options: {
    data: { type: 'string', value: 'DATA', says: 'its new data' },
    ttl: { type: 'string', value: 'SECONDS', says: 'how long it may be kept' },
    comment: { type: 'string', value: 'TEXT', says: 'for people' },
    off: { type: 'boolean', says: 'keep it, and serve it no more' },
    on: { type: 'boolean', says: 'serve it again' },
    ptr: { type: 'boolean', says: 'the PTR record in the reverse zone here follows' },
    expires: { type: 'string', value: 'TIME', says: EXPIRES_SAYS },
  },
  examples: ['taproot record change lab.internal www A --data 10.53.0.21', 'taproot record change lab.internal 2 --off'],
  async run(invocation) {
    const { api, operands, text, integer, flag } = invocation
    const [zone] = operands as readonly [string, ...string[]]
    if (flag('on') && flag('off')) throw new UsageError('--on and --off are one too many')
    const body = {
      data: text('data'), ttl: integer('ttl'), comment: text('comment'), enabled: flag('on') ? true : flag('off') ? false : undefined, expiresAt: endOf(text('expires')),
      ptr: flag('ptr') ? true : undefined,
    }
    const id = (await chosen(invocation))?.id ?? (operands[1] as string)
    const record = await api.json<RecordView>('PATCH', path('zones', zone, 'records', id), {}, body)
    printDone(invocation, `changed to ${told(record)}, ${stateOf(record)}`, record)
  },
}

/** The record that the operands name; undefined when they give its id. */
async function chosen({ api, operands }: Invocation): Promise<RecordView | undefined> {
  const [zone, name, type, ...data] = operands as readonly [string, string, ...string[]]
  if (type === undefined && !/^\d+$/.test(name))
    throw new UsageError(`"${name}" is not the id of a record; name the record by NAME and TYPE`)
  return type === undefined ? undefined : find(api, zone, name, type, data.join(' '))
}

export const recordRemove: Command = {
  words: 'record remove',
  summary: 'remove a record from a zone',
  operands: 'ZONE ID | ZONE NAME TYPE [DATA…]',
  fewest: 2,
  most: Number.POSITIVE_INFINITY,
  options: { ptr: { type: 'boolean', says: 'with the PTR record that leads back to it' } },
  examples: [
    'taproot record remove lab.internal 17',
    'taproot record remove lab.internal www A',
    'taproot record remove lab.internal www A 10.53.0.20',
  ],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const [zone, name] = operands as readonly [string, string, ...string[]]
    const record = await chosen(invocation)
    const removed = await api.json<null>('DELETE', path('zones', zone, 'records', record?.id ?? name), { ptr: flag('ptr') ? 'true' : undefined })
    printDone(invocation, `removed ${record === undefined ? `record ${name}` : told(record)}`, removed)
  },
}
