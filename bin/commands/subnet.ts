import type { Page, SubnetView, ZoneView } from '../../services/index.ts'
import { CHANGE_OPTIONS, changeEntry } from './change.ts'
import { ProblemAnswer } from './client.ts'
import { type Command, type Invocation, type Options } from './command.ts'
import { LEVEL_OPTIONS, levelFields, ownLevelFields } from './level-options.ts'
import { type Column, printPage } from './print.ts'
import { putEntry, removeEntry } from './put.ts'
import { segmentIdOf } from './segment.ts'
import { subnetIdOf } from './which-subnet.ts'

const COLUMNS: readonly Column<SubnetView>[] = [
  ['ID', subnet => subnet.id],
  ['SUBNET', subnet => subnet.prefix],
  ['SEGMENT', subnet => subnet.segment],
  ['INTERFACE', subnet => subnet.interface],
  ['LEASE', subnet => subnet.leaseSeconds],
  ['DOMAIN', subnet => subnet.domain],
  ['ADDRESSES', subnet => subnet.poolSize],
  ['BOUND', subnet => subnet.bound],
]

const OPTIONS = {
  interface: { type: 'string', value: 'NAME', says: 'the interface that its clients are on; its segment is made if need be' },
  segment: { type: 'string', value: 'ID|NAME', says: 'the segment that it belongs to (default: one of its own)' },
  domain: { type: 'string', value: 'ZONE', says: 'zone in which the names of leases appear' },
  ...LEVEL_OPTIONS,
} as const satisfies Options

export const subnetList: Command = {
  words: 'subnet list',
  summary: 'list subnets',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot subnet list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<SubnetView>>('GET', 'subnets'), COLUMNS, 'no subnets')
  },
}

export const subnetAdd: Command = {
  words: 'subnet add',
  summary: 'serve DHCP to a subnet',
  operands: 'PREFIX',
  fewest: 1,
  most: 1,
  options: { ...OPTIONS, 'reverse-zone': { type: 'boolean', says: 'make the zone of its reverse names, if it is not here' } },
  examples: [
    'taproot subnet add 10.53.0.0/24 --interface lan0 --domain lab.internal --reverse-zone',
    `taproot subnet add 10.54.0.0/24 --option 'routers=["10.54.0.1"]'`,
  ],
  async run(invocation) {
    const { api, operands, text } = invocation
    const segment = text('segment')
    const fields = {
      prefix: operands[0],
      interface: text('interface'),
      segmentId: segment === undefined ? undefined : await segmentIdOf(api, segment),
      domain: text('domain'),
      ...levelFields(invocation),
    }
    await putEntry<SubnetView>(invocation, 'subnets', fields, each => `added the subnet ${each.prefix}, id ${each.id}`)
    if (invocation.flag('reverse-zone')) await addReverseZone(invocation, operands[0] as string)
  },
}

/** The zone of whole octets: who has a subnet of private addresses has nobody who would delegate a part of it. */
async function addReverseZone({ api, terminal, json }: Invocation, text: string): Promise<void> {
  const [{ reverseZoneName }, { parsePrefix }] = await Promise.all([import('../../services/index.ts'), import('../../stack/index.ts')])
  const prefix = parsePrefix(text)
  if (prefix === undefined) return
  const name = reverseZoneName(prefix)
  try {
    await api.json<ZoneView>('POST', 'zones', {}, { name })
    if (!json) terminal.out(`added the zone ${name}\n`)
  } catch (error) {
    if (!(error instanceof ProblemAnswer) || error.problem.status !== 409) throw error
    terminal.err(`taproot: ${name} is a zone here already\n`)
  }
}

export const subnetChange: Command = {
  words: 'subnet change',
  summary: 'change what is said to the clients of a subnet',
  operands: 'ID|PREFIX',
  fewest: 1,
  most: 1,
  options: { ...OPTIONS, ...CHANGE_OPTIONS },
  examples: [`taproot subnet change 10.53.0.0/24 --lease 3600 --option 'ntp-servers=["10.53.0.9"]'`, 'taproot subnet change 2 --unset max-lease'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const segment = text('segment')
    const fields = {
      interface: text('interface'),
      segmentId: segment === undefined ? undefined : await segmentIdOf(api, segment),
      domain: text('domain'),
      ...ownLevelFields(invocation),
    }
    const id = await subnetIdOf(api, operands[0] as string)
    await changeEntry<SubnetView>(invocation, 'subnets', id, fields, { domain: { domain: null } }, each => `changed the subnet ${each.prefix}`)
  },
}

export const subnetRemove: Command = {
  words: 'subnet remove',
  summary: 'stop serving DHCP to a subnet',
  operands: 'ID|PREFIX',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot subnet remove 10.54.0.0/24', 'taproot subnet remove 2'],
  async run(invocation) {
    const subnet = invocation.operands[0] as string
    await removeEntry(invocation, 'subnets', await subnetIdOf(invocation.api, subnet), `removed the subnet ${subnet}`)
  },
}
