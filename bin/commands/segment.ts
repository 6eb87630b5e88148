import type { Page, SegmentView } from '../../services/index.ts'
import type { ApiClient } from './client.ts'
import { CHANGE_OPTIONS, changeEntry } from './change.ts'
import { type Command, type Invocation, NotDone, type Options } from './command.ts'
import { LEVEL_OPTIONS, levelFields, ownLevelFields } from './level-options.ts'
import { POLICY_OPTIONS, policyFields } from './policy-options.ts'
import { type Column, printPage } from './print.ts'
import { putEntry, removeEntry } from './put.ts'
import { siteIdOf } from './site.ts'

const COLUMNS: readonly Column<SegmentView>[] = [
  ['ID', segment => segment.id],
  ['SEGMENT', segment => segment.name],
  ['INTERFACE', segment => segment.interface],
  ['MODE', segment => segment.policy.mode],
  ['RELAYS', segment => segment.relays.join(',') || null],
  ['SUBNETS', segment => segment.subnets.join(',') || null],
  ['REFUSED', segment => segment.refused],
]

const OPTIONS = {
  interface: { type: 'string', value: 'NAME', says: 'the interface that its clients are on (default: behind relays)' },
  relay: { type: 'string', multiple: true, value: 'ADDRESS', says: 'a relay that stands for it' },
  site: { type: 'string', value: 'ID|NAME', says: 'the site that it belongs to (default: the first)' },
  domain: { type: 'string', value: 'ZONE', says: 'zone in which the names of leases appear' },
  ...POLICY_OPTIONS,
  ...LEVEL_OPTIONS,
} as const satisfies Options

async function ownFields(invocation: Invocation): Promise<{ readonly [field: string]: unknown }> {
  const { api, text, texts } = invocation
  const site = text('site')
  const relays = texts('relay')
  return {
    interface: text('interface'),
    siteId: site === undefined ? undefined : await siteIdOf(api, site),
    relays: relays.length === 0 ? undefined : relays,
    domain: text('domain'),
    policy: policyFields(invocation),
  }
}

/** The id of the segment that `text` names by id or name. */
export async function segmentIdOf(api: ApiClient, text: string): Promise<number> {
  const { items } = await api.json<Page<SegmentView>>('GET', 'segments')
  const segment = items.find(each => String(each.id) === text || each.name === text)
  if (segment === undefined) {
    throw new NotDone(`no segment is called ${text}; there is ${items.map(each => each.name).join(', ')}`)
  }
  return segment.id
}

export const segmentList: Command = {
  words: 'segment list',
  summary: 'list segments',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot segment list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<SegmentView>>('GET', 'segments'), COLUMNS, 'no segments')
  },
}

export const segmentAdd: Command = {
  words: 'segment add',
  summary: 'add a link, ours or behind relays',
  operands: 'NAME',
  fewest: 1,
  most: 1,
  options: OPTIONS,
  examples: ['taproot segment add lab --interface lan1', 'taproot segment add hall-b --relay 10.9.0.1'],
  async run(invocation) {
    const fields = { name: invocation.operands[0], ...(await ownFields(invocation)), ...levelFields(invocation) }
    await putEntry<SegmentView>(invocation, 'segments', fields, each => `added the segment ${each.name}, id ${each.id}`)
  },
}

export const segmentChange: Command = {
  words: 'segment change',
  summary: 'change a segment, also how it is served',
  operands: 'ID|NAME',
  fewest: 1,
  most: 1,
  options: { ...OPTIONS, ...CHANGE_OPTIONS },
  examples: [
    'taproot segment change lan --known-only yes --new-clients 20',
    'taproot segment change hall-b --mode proxy --boot-file ipxe.efi --unset domain',
  ],
  async run(invocation) {
    const id = await segmentIdOf(invocation.api, invocation.operands[0] as string)
    const fields = { ...(await ownFields(invocation)), ...ownLevelFields(invocation) }
    await changeEntry<SegmentView>(invocation, 'segments', id, fields, { domain: { domain: null }, interface: { interface: null }, relay: { relays: [] } }, each => `changed the segment ${each.name}`)
  },
}

export const segmentRemove: Command = {
  words: 'segment remove',
  summary: 'remove a segment that has no subnets',
  operands: 'ID|NAME',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot segment remove hall-b'],
  async run(invocation) {
    const named = invocation.operands[0] as string
    await removeEntry(invocation, 'segments', await segmentIdOf(invocation.api, named), `removed the segment ${named}`)
  },
}
