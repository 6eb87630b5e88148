/** Other DHCP servers on our links: taproot dhcp servers, taproot dhcp search. */
import type { OtherServerView, Page } from '../../services/index.ts'
import type { Command } from './command.ts'
import { type Column, printDone, printPage, shortTime } from './print.ts'

const COLUMNS: readonly Column<OtherServerView>[] = [
  ['INTERFACE', each => each.interface],
  ['SERVER', each => each.server],
  ['MAC', each => each.mac],
  ['HOW', each => each.how],
  ['MESSAGE', each => each.message],
  ['OFFERED', each => each.offered],
  ['CLIENT', each => each.client],
  ['LAST SEEN', each => shortTime(each.lastSeen)],
]

export const dhcpServers: Command = {
  words: 'dhcp servers',
  summary: 'list other DHCP servers that were seen, with the evidence',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot dhcp servers'],
  async run(invocation) {
    const page = await invocation.api.json<Page<OtherServerView>>('GET', 'dhcp/servers-seen')
    printPage(invocation, page, COLUMNS, 'no other DHCP server was seen')
  },
}

export const dhcpSearch: Command = {
  words: 'dhcp search',
  summary: 'ask on every link that is served whether another DHCP server answers',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot dhcp search'],
  async run(invocation) {
    const begun = await invocation.api.json<null>('POST', 'dhcp/servers-seen/search')
    printDone(invocation, 'asked; who answers within five seconds is listed by: taproot dhcp servers', begun)
  },
}
