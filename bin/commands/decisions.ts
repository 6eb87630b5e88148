import type { DecisionView, Page } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, PAGING_OPTIONS, UsageError } from './command.ts'
import { type Column, printable, printJson, printPage, shortTime } from './print.ts'

const COLUMNS: readonly Column<DecisionView>[] = [
  ['ID', each => each.id],
  ['AT', each => shortTime(each.at)],
  ['MAC', each => each.mac],
  ['RECEIVED', each => each.received],
  ['SENT', each => each.sent],
  ['ADDRESS', each => each.address],
  ['WHY', each => each.steps.at(-1)?.text ?? null],
]

/** One decision with its steps, as text. */
function told(decision: DecisionView): string {
  const { id, at, received, sent, mac, address } = decision
  const outcome = address === null ? sent : `${sent} ${address}`
  const first = `${id}  ${shortTime(at) ?? ''}  ${received} from ${mac} on ${decision.interface}: ${outcome}`
  return [first, ...decision.steps.map((step, i) => `  ${i + 1}. ${step.text}`)].map(printable).join('\n')
}

export const decisions: Command = {
  words: 'decisions',
  summary: 'list what was decided about DHCP messages, or show one decision with every step',
  operands: '[ID]',
  fewest: 0,
  most: 1,
  options: {
    mac: { type: 'string', value: 'MAC', says: 'about this client' },
    address: { type: 'string', value: 'ADDRESS', says: 'about this address' },
    host: { type: 'string', value: 'NAME', says: 'about clients with this host name' },
    received: { type: 'string', value: 'KIND', says: 'what came: DISCOVER, REQUEST, …, malformed' },
    sent: { type: 'string', value: 'KIND', says: 'what went out: OFFER, ACK, NAK, none' },
    until: { type: 'string', value: 'TIME', says: 'no later than then: 2026-11-17T14:02, or a date (UTC)' },
    ...PAGING_OPTIONS,
  },
  examples: ['taproot decisions --sent none', 'taproot decisions --mac 02:00:0a:35:00:14', 'taproot decisions 4711'],
  async run(invocation) {
    const { api, terminal, operands, json, text, integer } = invocation
    const [id] = operands
    if (id !== undefined) {
      if (!/^\d+$/.test(id))
        throw new UsageError(`"${id}" is not the number of a decision; to filter, use --mac, --address or --host`)
      const decision = await api.json<DecisionView>('GET', path('decisions', id))
      if (json) printJson(terminal, decision)
      else terminal.out(`${told(decision)}\n`)
      return
    }
    const page = await api.json<Page<DecisionView>>('GET', 'decisions', {
      mac: text('mac'),
      address: text('address'),
      hostName: text('host'),
      received: text('received'),
      sent: text('sent'),
      until: text('until'),
      limit: integer('limit'),
      after: text('after'),
    })
    printPage(invocation, page, COLUMNS, 'no decisions so far')
  },
}
