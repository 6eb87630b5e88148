import type { ExplanationView, QueryExplanationView } from '../../services/index.ts'
import type { Command } from './command.ts'
import { printable, printJson } from './print.ts'

export const explainQuery: Command = {
  words: 'explain query',
  summary: 'show how a question is answered: rule, view, cache, each server that was asked, chain of trust',
  operands: 'NAME [TYPE]',
  fewest: 1,
  most: 2,
  options: {
    client: { type: 'string', value: 'ADDRESS', says: 'as it is answered to this client: its view, policy and forwarders' },
    fresh: { type: 'boolean', says: 'ask others even where the cache has an answer' },
  },
  examples: ['taproot explain query www.example.com', 'taproot explain query example.com MX --client 10.53.0.20', 'taproot explain query example.com DNSKEY --fresh'],
  async run({ api, terminal, operands, json, text, flag }) {
    const [name, type] = operands
    const explanation = await api.json<QueryExplanationView>('GET', 'dns/explain', { name, type, client: text('client'), fresh: flag('fresh') ? 'true' : undefined })
    if (json) printJson(terminal, explanation)
    else for (const line of explanation.lines) terminal.out(`${printable(line)}\n`)
  },
}

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
