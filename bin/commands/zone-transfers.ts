import type { TransferPolicyView } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command } from './command.ts'
import { printDone } from './print.ts'

export const zoneTransfers: Command = {
  words: 'zone transfers',
  summary: 'show or say who may have the whole of a zone (AXFR)',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    address: { type: 'string', multiple: true, value: 'PREFIX', says: 'these addresses, instead of those before' },
    key: { type: 'string', multiple: true, value: 'NAME', says: 'who signs with this TSIG key, from any address' },
    none: { type: 'boolean', says: 'nobody any more' },
  },
  examples: ['taproot zone transfers lab.internal --address 10.53.0.9/32 --key transfer.lab.internal'],
  async run(invocation) {
    const { api, operands, texts, flag } = invocation
    const zone = operands[0] as string
    const policy = { addresses: texts('address'), keys: texts('key') }
    const asked = policy.addresses.length === 0 && policy.keys.length === 0 && !flag('none')
    const url = path('zones', zone, 'transfers')
    const now = await (asked ? api.json<TransferPolicyView>('GET', url) : api.json<TransferPolicyView>('PUT', url, {}, flag('none') ? { addresses: [], keys: [] } : policy))
    const who = [...now.addresses, ...now.keys.map(key => `who signs with ${key}`)]
    printDone(invocation, `${zone} goes to ${who.length === 0 ? 'nobody' : who.join(', ')}`, now)
  },
}
