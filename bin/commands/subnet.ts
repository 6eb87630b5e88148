import type { Page, SubnetView } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, UsageError } from './command.ts'
import { OPTION, optionSet } from './dhcp-options.ts'
import { type Column, printDone, printPage } from './print.ts'
import { subnetIdOf } from './which-subnet.ts'

const COLUMNS: readonly Column<SubnetView>[] = [
  ['ID', subnet => subnet.id],
  ['SUBNET', subnet => subnet.prefix],
  ['INTERFACE', subnet => subnet.interface],
  ['LEASE', subnet => subnet.leaseSeconds],
  ['DOMAIN', subnet => subnet.domain],
  ['ADDRESSES', subnet => subnet.poolSize],
  ['BOUND', subnet => subnet.bound],
]

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
  options: {
    interface: { type: 'string', value: 'NAME', says: 'the interface that its clients are on (needed)' },
    lease: { type: 'string', value: 'SECONDS', says: 'lease time for clients that ask for none (default 3600)' },
    'min-lease': { type: 'string', value: 'SECONDS', says: 'shortest lease (default 120)' },
    'max-lease': { type: 'string', value: 'SECONDS', says: 'longest lease (default 86400)' },
    domain: { type: 'string', value: 'ZONE', says: 'zone in which the names of leases appear' },
    option: OPTION,
  },
  examples: [
    'taproot subnet add 10.53.0.0/24 --interface lan0 --domain lab.internal',
    `taproot subnet add 10.54.0.0/24 --interface lan0 --option 'routers=["10.54.0.1"]'`,
  ],
  async run(invocation) {
    const { api, operands, text, texts, integer } = invocation
    if (text('interface') === undefined)
      throw new UsageError('--interface NAME is needed; taproot interface list shows them')
    const subnet = await api.json<SubnetView>(
      'POST',
      'subnets',
      {},
      {
        prefix: operands[0],
        interface: text('interface'),
        leaseSeconds: integer('lease'),
        minLeaseSeconds: integer('min-lease'),
        maxLeaseSeconds: integer('max-lease'),
        domain: text('domain'),
        options: optionSet(texts('option')),
      },
    )
    printDone(invocation, `added the subnet ${subnet.prefix}, id ${subnet.id}`, subnet)
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
    const removed = await invocation.api.json<null>('DELETE', path('subnets', await subnetIdOf(invocation.api, subnet)))
    printDone(invocation, `removed the subnet ${subnet}`, removed)
  },
}
