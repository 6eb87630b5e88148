import type { Page, SiteView } from '../../services/index.ts'
import type { ApiClient } from './client.ts'
import { CHANGE_OPTIONS, changeEntry } from './change.ts'
import { type Command, NotDone } from './command.ts'
import { LEVEL_OPTIONS, levelFields, ownLevelFields } from './level-options.ts'
import { type Column, printPage } from './print.ts'
import { putEntry, removeEntry } from './put.ts'

const COLUMNS: readonly Column<SiteView>[] = [
  ['ID', site => site.id],
  ['SITE', site => site.name],
  ['LEASE', site => site.leaseSeconds],
  ['OPTIONS', site => Object.keys(site.options).join(',') || null],
]

/** The id of the site that `text` names by id or name. */
export async function siteIdOf(api: ApiClient, text: string): Promise<number> {
  const { items } = await api.json<Page<SiteView>>('GET', 'sites')
  const site = items.find(each => String(each.id) === text || each.name === text)
  if (site === undefined) throw new NotDone(`no site is called ${text}; there is ${items.map(each => each.name).join(', ')}`)
  return site.id
}

export const siteList: Command = {
  words: 'site list',
  summary: 'list sites',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot site list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<SiteView>>('GET', 'sites'), COLUMNS, 'no sites')
  },
}

export const siteAdd: Command = {
  words: 'site add',
  summary: 'add defaults for segments',
  operands: 'NAME',
  fewest: 1,
  most: 1,
  options: LEVEL_OPTIONS,
  examples: [`taproot site add office --lease 28800 --option 'ntp-servers=["10.0.0.123"]'`],
  async run(invocation) {
    const fields = { name: invocation.operands[0], ...levelFields(invocation) }
    await putEntry<SiteView>(invocation, 'sites', fields, site => `added the site ${site.name}, id ${site.id}`)
  },
}

export const siteChange: Command = {
  words: 'site change',
  summary: 'change defaults for segments',
  operands: 'ID|NAME',
  fewest: 1,
  most: 1,
  options: { ...LEVEL_OPTIONS, ...CHANGE_OPTIONS },
  examples: ['taproot site change office --lease 3600 --unset ntp-servers'],
  async run(invocation) {
    const id = await siteIdOf(invocation.api, invocation.operands[0] as string)
    await changeEntry<SiteView>(invocation, 'sites', id, ownLevelFields(invocation), {}, site => `changed the site ${site.name}`)
  },
}

export const siteRemove: Command = {
  words: 'site remove',
  summary: 'remove a site that has no segments',
  operands: 'ID|NAME',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot site remove office'],
  async run(invocation) {
    const named = invocation.operands[0] as string
    await removeEntry(invocation, 'sites', await siteIdOf(invocation.api, named), `removed the site ${named}`)
  },
}
