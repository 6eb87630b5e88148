import type { WhatIfView } from '../../services/index.ts'
import { type Command, type Options, UsageError } from './command.ts'
import { optionSet } from './dhcp-options.ts'
import { CLIENT_OPTIONS, clientFields } from './options.ts'
import { type Column, printable, printJson, printTable } from './print.ts'

const OPTIONS = {
  ...CLIENT_OPTIONS,
  type: { type: 'string', value: 'TYPE', says: 'DISCOVER, REQUEST, DECLINE, RELEASE, INFORM or BOOTP (default DISCOVER)' },
  interface: { type: 'string', value: 'NAME', says: 'where it comes in (default: where its subnet is)' },
  giaddr: { type: 'string', value: 'ADDRESS', says: 'its relay' },
  ciaddr: { type: 'string', value: 'ADDRESS', says: 'the address that it has' },
  'requested-address': { type: 'string', value: 'ADDRESS', says: 'its option 50' },
  'server-identifier': { type: 'string', value: 'ADDRESS', says: 'its option 54' },
  'request-list': { type: 'string', value: 'N,N,…', says: 'its option 55' },
  fqdn: { type: 'string', value: 'NAME', says: 'its option 81; it leaves its names to the server' },
  option: { type: 'string', multiple: true, value: 'NAME=VALUE', says: 'any other option it sends; VALUE is JSON or, if it is not JSON, text' },
  packet: { type: 'string', value: 'HEX', says: 'the whole message instead' },
} as const satisfies Options

type Row = NonNullable<WhatIfView['reply']>['options'][number]
const COLUMNS: readonly Column<Row>[] = [
  ['OPTION', row => `${row.code} ${row.name}`],
  ['VALUE', row => (typeof row.value === 'string' ? row.value : JSON.stringify(row.value))],
  ['FROM', row => row.origin],
]

export const dhcpWhatIf: Command = {
  words: 'dhcp what-if',
  summary: 'show what would happen to a request, and why; changes nothing',
  operands: '',
  fewest: 0,
  most: 0,
  options: OPTIONS,
  examples: [
    'taproot dhcp what-if --mac 02:00:0a:35:00:14',
    'taproot dhcp what-if --mac 02:00:0a:35:00:14 --fqdn cam-1.lab.internal --option option-224=0a0b',
    'taproot dhcp what-if --mac 02:00:0a:35:00:14 --type REQUEST --requested-address 10.53.0.120',
  ],
  async run(invocation) {
    const { api, text, texts, terminal, json } = invocation
    if (text('mac') === undefined && text('packet') === undefined) throw new UsageError('--mac MAC or --packet HEX is needed')
    const found = await api.json<WhatIfView>('POST', 'dhcp/what-if', {}, {
      messageType: text('type')?.toUpperCase(),
      ...clientFields(invocation),
      interface: text('interface'),
      giaddr: text('giaddr'),
      ciaddr: text('ciaddr'),
      requestedAddress: text('requested-address'),
      serverIdentifier: text('server-identifier'),
      parameterRequestList: text('request-list')?.split(',').map(Number),
      fqdn: text('fqdn'),
      options: optionSet(texts('option')),
      packet: text('packet'),
    })
    if (json) return printJson(terminal, found)
    const { reply } = found
    const answer = reply === null ? 'no answer' : `${found.sent} to ${reply.to}`
    const lines = [
      `${found.received} from ${found.mac} on ${found.interface} → ${answer}${found.address === null ? '' : `, about ${found.address}`}`,
      ...found.steps.map(step => `  ${step.text}`),
      ...found.assumed.map(what => `  assumed: ${what}`),
      ...found.whyNot.map(({ subject, because }) => `  not ${subject}: ${because}`),
    ]
    for (const line of lines) terminal.out(`${printable(line)}\n`)
    if (reply !== null) printTable(terminal, reply.options, COLUMNS, 'no options')
  },
}
