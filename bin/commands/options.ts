import type { EffectiveSettingsView } from '../../services/index.ts'
import { type Command, type Invocation, type Options, UsageError } from './command.ts'
import { type Column, printable, printJson, printTable } from './print.ts'

type Row = { readonly name: string; readonly value: unknown; readonly origin: string }

const COLUMNS: readonly Column<Row>[] = [
  ['NAME', row => row.name],
  ['VALUE', row => (row.value === null ? 'none' : typeof row.value === 'string' ? row.value : JSON.stringify(row.value))],
  ['FROM', row => row.origin],
]

/** A client as a person describes it. */
export const CLIENT_OPTIONS = {
  mac: { type: 'string', value: 'MAC', says: 'the client' },
  subnet: { type: 'string', value: 'PREFIX', says: 'where it is (default: where its host entry has an address)' },
  'client-id': { type: 'string', value: 'HEX', says: 'its option 61' },
  uuid: { type: 'string', value: 'UUID', says: 'its option 97' },
  'host-name': { type: 'string', value: 'NAME', says: 'what it calls itself' },
  'vendor-class': { type: 'string', value: 'TEXT', says: 'its option 60' },
  'user-class': { type: 'string', value: 'TEXT', says: 'its option 77' },
  architecture: { type: 'string', value: 'N', says: 'its option 93' },
  'circuit-id': { type: 'string', value: 'TEXT|0xHEX', says: 'the port of its relay' },
  'remote-id': { type: 'string', value: 'TEXT|0xHEX', says: 'its relay' },
} as const satisfies Options

/** What CLIENT_OPTIONS say of a client, as the API takes it. */
export const clientFields = ({ text, integer }: Invocation) => ({
  mac: text('mac'),
  subnet: text('subnet'),
  clientId: text('client-id'),
  uuid: text('uuid'),
  hostName: text('host-name'),
  vendorClass: text('vendor-class'),
  userClass: text('user-class'),
  architecture: integer('architecture'),
  circuitId: text('circuit-id'),
  remoteId: text('remote-id'),
})

export const optionsEffective: Command = {
  words: 'options effective',
  summary: 'what a client would be told, and which level says it',
  operands: '',
  fewest: 0,
  most: 0,
  options: CLIENT_OPTIONS,
  examples: [
    'taproot options effective --mac 02:00:0a:35:00:14',
    'taproot options effective --mac 02:00:0a:35:00:14 --vendor-class PXEClient:Arch:00007 --architecture 7',
  ],
  async run(invocation) {
    const { api, text, terminal, json } = invocation
    if (text('mac') === undefined) throw new UsageError('--mac MAC is needed')
    const found = await api.json<EffectiveSettingsView>('GET', 'dhcp/effective-options', clientFields(invocation))
    if (json) return printJson(terminal, found)
    if (terminal.isTerminal) {
      const who = [found.host ?? 'no host entry', ...found.classes.map(name => `class ${name}`)].join(', ')
      terminal.out(`${printable(`segment ${found.segment}, subnet ${found.subnet}, as for ${found.address}; ${who}`)}\n`)
    }
    printTable(terminal, [...found.settings, ...found.options], COLUMNS, 'nothing')
  },
}
