import type { NewTsigKeyView, Page, TsigKeyView } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command } from './command.ts'
import { type Column, printDone, printPage } from './print.ts'

const COLUMNS: readonly Column<TsigKeyView>[] = [
  ['NAME', each => each.name],
  ['ALGORITHM', each => each.algorithm],
]

export const tsigKeyList: Command = {
  words: 'tsig-key list',
  summary: 'list the keys that DNS messages may be signed with',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot tsig-key list'],
  async run(invocation) {
    const page = await invocation.api.json<Page<TsigKeyView>>('GET', 'tsig-keys')
    printPage(invocation, page, COLUMNS, 'no TSIG keys')
  },
}

export const tsigKeyAdd: Command = {
  words: 'tsig-key add',
  summary: 'make a TSIG key, and print its secret this once',
  operands: 'NAME',
  fewest: 1,
  most: 1,
  options: {
    algorithm: { type: 'string', value: 'ALGORITHM', says: 'hmac-sha224, -sha256, -sha384 or -sha512 (default hmac-sha256)' },
    secret: { type: 'string', value: 'BASE64', says: 'the secret that the other end has (default: a new one)' },
  },
  examples: ['taproot tsig-key add transfer.lab.internal'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const fields = { name: operands[0], algorithm: text('algorithm'), secret: text('secret') }
    const key = await api.json<NewTsigKeyView>('POST', 'tsig-keys', {}, fields)
    // As dig -y and nsupdate -y take it.
    printDone(invocation, `${key.algorithm}:${key.name}:${key.secret}`, key)
  },
}

export const tsigKeyRemove: Command = {
  words: 'tsig-key remove',
  summary: 'remove a TSIG key',
  operands: 'NAME',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot tsig-key remove transfer.lab.internal'],
  async run(invocation) {
    const name = invocation.operands[0] as string
    printDone(invocation, `removed the key ${name}`, await invocation.api.json<null>('DELETE', path('tsig-keys', name)))
  },
}
