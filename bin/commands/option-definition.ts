import type { OptionDefinitionView, Page } from '../../services/index.ts'
import { type Command, NotDone } from './command.ts'
import { type Column, printPage } from './print.ts'
import { putEntry, removeEntry } from './put.ts'

const COLUMNS: readonly Column<OptionDefinitionView>[] = [
  ['ID', each => each.id],
  ['CODE', each => each.code],
  ['NAME', each => each.name],
  ['TYPE', each => (each.array ? `${each.type}[]` : each.type)],
  ['SPACE', each => each.space],
]

export const optionDefinitionList: Command = {
  words: 'option-definition list',
  summary: 'list DHCP options that you defined',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot option-definition list'],
  async run(invocation) {
    const page = await invocation.api.json<Page<OptionDefinitionView>>('GET', 'option-definitions')
    printPage(invocation, page, COLUMNS, 'no option definitions')
  },
}

export const optionDefinitionAdd: Command = {
  words: 'option-definition add',
  summary: 'name a DHCP option that the table lacks',
  operands: 'CODE NAME TYPE',
  fewest: 3,
  most: 3,
  options: {
    array: { type: 'boolean', says: 'a list of the type' },
    space: { type: 'string', value: 'SPACE', says: 'dhcp4, a space inside option 43, or an enterprise number (default dhcp4)' },
  },
  examples: ['taproot option-definition add 230 boot-menu text'],
  async run(invocation) {
    const [code, name, type] = invocation.operands
    const space = invocation.text('space')
    const fields = {
      code: Number(code),
      name,
      type,
      array: invocation.flag('array') ? true : undefined,
      space: space !== undefined && /^\d+$/.test(space) ? Number(space) : space,
    }
    const said = (each: OptionDefinitionView): string => `option ${each.code} is ${each.name}, id ${each.id}`
    await putEntry<OptionDefinitionView>(invocation, 'option-definitions', fields, said)
  },
}

export const optionDefinitionRemove: Command = {
  words: 'option-definition remove',
  summary: 'remove an option definition that no option set uses',
  operands: 'ID|NAME',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot option-definition remove boot-menu'],
  async run(invocation) {
    const named = invocation.operands[0] as string
    const { items } = await invocation.api.json<Page<OptionDefinitionView>>('GET', 'option-definitions')
    const found = items.find(each => String(each.id) === named || each.name === named)
    if (found === undefined) throw new NotDone(`no option definition is called ${named}`)
    await removeEntry(invocation, 'option-definitions', found.id, `removed the option definition ${found.name}`)
  },
}
