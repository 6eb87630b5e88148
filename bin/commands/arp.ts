/** `taproot arp`: the neighbours on the links, and those that an administrator names. */
import type { NeighbourView, Page } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command, Options } from './command.ts'
import { type Column, printDone, printPage } from './print.ts'

const COLUMNS: readonly Column<NeighbourView>[] = [
  ['INTERFACE', each => each.interface],
  ['ADDRESS', each => each.address],
  ['MAC', each => each.mac],
  ['STATE', each => each.state],
  ['EXPIRES IN', each => (each.expiresIn === null ? null : `${Math.ceil(each.expiresIn)}s`)],
]

const interfaceOption = (says: string): Options => ({ interface: { type: 'string', short: 'i', value: 'NAME', says } })

export const arpList: Command = {
  words: 'arp list',
  summary: 'list the ARP cache',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot arp'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<NeighbourView>>('GET', 'neighbours'), COLUMNS, 'no neighbours')
  },
}

export const arpAdd: Command = {
  words: 'arp add',
  summary: 'name the hardware address of a neighbour for good',
  operands: 'ADDRESS MAC',
  fewest: 2,
  most: 2,
  options: interfaceOption('the interface (default: the one on whose link ADDRESS is)'),
  examples: ['taproot arp add 10.53.0.60 02:00:00:00:00:3c'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const [address, mac] = operands as readonly [string, string]
    const added = await api.json<NeighbourView>(
      'POST',
      'neighbours',
      {},
      { address, mac, interface: text('interface') },
    )
    printDone(invocation, `${added.address} is at ${added.mac ?? ''} on ${added.interface}`, added)
  },
}

export const arpDelete: Command = {
  words: 'arp delete',
  summary: 'forget a neighbour, named or learnt',
  operands: 'ADDRESS',
  fewest: 1,
  most: 1,
  options: interfaceOption('the interface (default: the one that knows it)'),
  examples: ['taproot arp delete 10.53.0.60'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const [address] = operands as readonly [string]
    const removed = await api.json<null>('DELETE', path('neighbours', address), { interface: text('interface') })
    printDone(invocation, `forgot ${address}`, removed)
  },
}

export const arpFlush: Command = {
  words: 'arp flush',
  summary: 'forget all neighbours that were learnt',
  operands: '',
  fewest: 0,
  most: 0,
  options: interfaceOption('only those on this interface'),
  examples: ['taproot arp flush', 'taproot arp flush -i taproot0'],
  async run(invocation) {
    const { api, text } = invocation
    const done = await api.json<{ readonly flushed: number }>('DELETE', 'neighbours', { interface: text('interface') })
    printDone(invocation, `forgot ${done.flushed} neighbours`, done)
  },
}
