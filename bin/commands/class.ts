import type { ClassView, Page } from '../../services/index.ts'
import type { ApiClient } from './client.ts'
import { CHANGE_OPTIONS, changeEntry } from './change.ts'
import { type Command, NotDone, type Options } from './command.ts'
import { LEVEL_OPTIONS, levelFields, ownLevelFields } from './level-options.ts'
import { type Column, printPage } from './print.ts'
import { putEntry, removeEntry } from './put.ts'

const COLUMNS: readonly Column<ClassView>[] = [
  ['ID', each => each.id],
  ['CLASS', each => each.name],
  ['PRIORITY', each => each.priority],
  ['LIMIT', each => (each.denied ? 'denied' : each.leaseLimit)],
  ['TEST', each => each.test],
]

const OPTIONS = {
  priority: { type: 'string', value: 'N', says: 'where it stands among the classes; lower comes first (default 100)' },
  limit: { type: 'string', value: 'N', says: 'leases that its members may hold together' },
  deny: { type: 'boolean', says: 'its members get no address' },
  ...LEVEL_OPTIONS,
} as const satisfies Options

async function classOf(api: ApiClient, named: string): Promise<ClassView> {
  const { items } = await api.json<Page<ClassView>>('GET', 'classes')
  const found = items.find(each => String(each.id) === named || each.name === named)
  if (found === undefined) throw new NotDone(`no class is called ${named}`)
  return found
}

export const classList: Command = {
  words: 'class list',
  summary: 'list client classes',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot class list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<ClassView>>('GET', 'classes'), COLUMNS, 'no classes')
  },
}

export const classAdd: Command = {
  words: 'class add',
  summary: 'name clients that have something in common',
  operands: 'NAME [EXPRESSION]',
  fewest: 1,
  most: 2,
  options: OPTIONS,
  examples: [
    `taproot class add pxe 'vendor-class starts-with "PXEClient"' --boot-file ipxe.efi --next-server 10.53.0.3`,
    'taproot class add guests random-mac --max-lease 600',
  ],
  async run(invocation) {
    const { operands, integer, flag } = invocation
    const fields = {
      name: operands[0],
      test: operands[1],
      priority: integer('priority'),
      leaseLimit: integer('limit'),
      denied: flag('deny') ? true : undefined,
      ...levelFields(invocation),
    }
    await putEntry<ClassView>(invocation, 'classes', fields, each => `added the class ${each.name}, id ${each.id}`)
  },
}

export const classChange: Command = {
  words: 'class change',
  summary: 'change who is in a class, and what its members are told',
  operands: 'ID|NAME [EXPRESSION]',
  fewest: 1,
  most: 2,
  options: { ...OPTIONS, ...CHANGE_OPTIONS },
  examples: ["taproot class change guests 'random-mac and not known' --max-lease 300", 'taproot class change cameras --unset limit'],
  async run(invocation) {
    const { api, operands, integer, flag } = invocation
    const fields = {
      test: operands[1],
      priority: integer('priority'),
      leaseLimit: integer('limit'),
      denied: flag('deny') ? true : undefined,
      ...ownLevelFields(invocation),
    }
    const { id } = await classOf(api, operands[0] as string)
    await changeEntry<ClassView>(invocation, 'classes', id, fields, { limit: { leaseLimit: null }, deny: { denied: false }, test: { test: null } }, each => `changed the class ${each.name}`)
  },
}

export const classRemove: Command = {
  words: 'class remove',
  summary: 'remove a class that no pool and no host names',
  operands: 'ID|NAME',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot class remove guests'],
  async run(invocation) {
    const found = await classOf(invocation.api, invocation.operands[0] as string)
    await removeEntry(invocation, 'classes', found.id, `removed the class ${found.name}`)
  },
}
