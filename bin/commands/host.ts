import type { HostView, IdentifierView, Page } from '../../services/index.ts'
import type { ApiClient } from './client.ts'
import { CHANGE_OPTIONS, changeEntry, type Unsettable } from './change.ts'
import { type Command, type Invocation, NotDone, type Options } from './command.ts'
import { LEVEL_OPTIONS, levelFields, ownLevelFields } from './level-options.ts'
import { type Column, printPage } from './print.ts'
import { putEntry, removeEntry, someOf } from './put.ts'

const shown = (items: readonly string[]): string | null => (items.length === 0 ? null : items.join(','))

const COLUMNS: readonly Column<HostView>[] = [
  ['ID', host => host.id],
  ['NAME', host => host.name],
  ['ADDRESSES', host => shown(host.addresses)],
  ['IDENTIFIERS', host => shown(host.identifiers.map(each => (each.kind === 'mac' ? each.value : `${each.kind}=${each.value}`)))],
  ['TAGS', host => shown(host.tags)],
  ['COMMENT', host => host.comment],
]

const several = (value: string, says: string) => ({ type: 'string', multiple: true, value, says }) as const
const IDENTIFIERS = {
  mac: several('MAC', 'the client, by hardware address'),
  'client-id': several('HEX', 'the client, by option 61'),
  uuid: several('UUID', 'the client, by option 97'),
  'circuit-id': several('TEXT|0xHEX', 'the port of a relay, by option 82 sub-option 1'),
  'remote-id': several('TEXT|0xHEX', 'the relay, by option 82 sub-option 2'),
  'host-name': several('NAME', 'the client, by what it calls itself'),
} as const satisfies { readonly [K in IdentifierView['kind']]: Options[string] }

const OPTIONS = {
  ...IDENTIFIERS,
  name: { type: 'string', value: 'NAME', says: 'host name to give and to publish' },
  class: several('NAME', 'a class that it is put in'),
  tag: several('WORD', 'for people'),
  comment: { type: 'string', value: 'TEXT', says: 'for people' },
  deny: { type: 'boolean', says: 'give it no address' },
  ...LEVEL_OPTIONS,
} as const satisfies Options

const UNSETTABLE: Unsettable = {
  name: { name: null }, comment: { comment: null }, deny: { denied: false }, class: { classes: [] }, tag: { tags: [] }, addresses: { addresses: [] },
}

const identifiersOf = ({ texts }: Invocation): readonly IdentifierView[] =>
  (Object.keys(IDENTIFIERS) as IdentifierView['kind'][]).flatMap(kind => texts(kind).map(value => ({ kind, value })))

export const hostList: Command = {
  words: 'host list',
  summary: 'list hosts',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot host list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<HostView>>('GET', 'hosts'), COLUMNS, 'no hosts')
  },
}

export const hostAdd: Command = {
  words: 'host add',
  summary: 'name a machine, and keep addresses for it',
  operands: '[ADDRESS…]',
  fewest: 0,
  most: 64,
  options: OPTIONS,
  examples: [
    'taproot host add 10.53.0.20 --mac 02:00:0a:35:00:14 --name printer',
    'taproot host add 10.53.0.21 --mac 02:00:0a:35:00:15 --mac 02:00:0a:35:00:16 --name laptop',
    'taproot host add 10.53.0.22 --circuit-id eth7 --remote-id switch-3',
  ],
  async run(invocation) {
    const { operands, text, texts, flag } = invocation
    const fields = {
      identifiers: identifiersOf(invocation),
      addresses: someOf(operands),
      name: text('name'),
      classes: someOf(texts('class')),
      tags: someOf(texts('tag')),
      comment: text('comment'),
      denied: flag('deny') ? true : undefined,
      ...levelFields(invocation),
    }
    await putEntry<HostView>(invocation, 'hosts', fields, sentence)
  },
}

function sentence(host: HostView): string {
  const who = host.name ?? host.identifiers.map(each => each.value).join(', ')
  const what = host.denied ? `${who} gets no address` : shown(host.addresses)
  return host.denied || what === null ? `added ${host.denied ? what : who}, id ${host.id}` : `kept ${what} for ${who}, id ${host.id}`
}

async function hostOf(api: ApiClient, text: string): Promise<HostView> {
  const named = text.toLowerCase()
  const { items } = await api.json<Page<HostView>>('GET', 'hosts')
  const names = (each: HostView): readonly (string | null)[] => [
    String(each.id),
    each.name,
    ...each.addresses,
    ...each.identifiers.map(identifier => identifier.value),
  ]
  const found = items.filter(each => names(each).includes(named))
  const [host, ...others] = found
  if (host === undefined) throw new NotDone(`no host has the id, the name, the address or the identifier ${named}`)
  if (others.length > 0) throw new NotDone(`${found.length} hosts have ${named}; name one by its id`)
  return host
}

export const hostChange: Command = {
  words: 'host change',
  summary: 'change a host; identifiers, addresses and classes are replaced whole',
  operands: 'ID|NAME|ADDRESS|MAC [ADDRESS…]',
  fewest: 1,
  most: 65,
  options: { ...OPTIONS, ...CHANGE_OPTIONS },
  examples: ['taproot host change printer 10.53.0.30 --lease 864000', 'taproot host change laptop --mac 02:00:0a:35:00:15 --unset comment'],
  async run(invocation) {
    const { api, operands, text, texts, flag } = invocation
    const [named, ...addresses] = operands
    const fields = {
      identifiers: someOf(identifiersOf(invocation)),
      addresses: someOf(addresses),
      name: text('name'),
      classes: someOf(texts('class')),
      tags: someOf(texts('tag')),
      comment: text('comment'),
      denied: flag('deny') ? true : undefined,
      ...ownLevelFields(invocation),
    }
    const { id } = await hostOf(api, named as string)
    await changeEntry<HostView>(invocation, 'hosts', id, fields, UNSETTABLE, host => `changed the host ${host.name ?? host.id}`)
  },
}

export const hostRemove: Command = {
  words: 'host remove',
  summary: 'remove a host',
  operands: 'ID|NAME|ADDRESS|MAC',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot host remove printer', 'taproot host remove 10.53.0.20'],
  async run(invocation) {
    const host = await hostOf(invocation.api, invocation.operands[0] as string)
    await removeEntry(invocation, 'hosts', host.id, `removed the host ${host.name ?? host.id}`)
  },
}
