import type { ExplanationView } from '../../services/index.ts'
import type { Command } from './command.ts'
import { printable, printJson } from './print.ts'

export const explain: Command = {
  words: 'explain',
  summary: 'show all that is known of a MAC, an address or a name, and why',
  operands: 'MAC|ADDRESS|NAME',
  fewest: 1,
  most: 1,
  options: {
    at: { type: 'string', value: 'TIME', says: 'as it was then: 2026-11-17T14:02, or a date (UTC)' },
    type: { type: 'string', value: 'TYPE', says: 'a name as it is answered to a query of this type (default A)' },
    client: { type: 'string', value: 'ADDRESS', says: 'a name as it is answered to this client, in its view' },
  },
  examples: [
    'taproot explain 02:00:0a:35:00:14',
    'taproot explain 10.53.0.120 --at 2026-11-17',
    'taproot explain printer.lab.internal',
    'taproot explain lab.internal --type MX',
  ],
  async run({ api, terminal, operands, json, text }) {
    const explanation = await api.json<ExplanationView>('GET', 'explain', { subject: operands[0], at: text('at'), client: text('client'), type: text('type') })
    if (json) printJson(terminal, explanation)
    else for (const line of explanation.lines) terminal.out(`${printable(line)}\n`)
  },
}
