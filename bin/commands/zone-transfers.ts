import type { TransferPolicyView } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command } from './command.ts'
import { printDone } from './print.ts'
import { yesOrNo } from './server-argument.ts'

export const zoneTransfers: Command = {
  words: 'zone transfers',
  summary: 'show or say who may have the whole of a zone (AXFR)',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    address: { type: 'string', multiple: true, value: 'PREFIX', says: 'these addresses, instead of those before' },
    key: { type: 'string', multiple: true, value: 'NAME', says: 'who signs with this TSIG key, from any address' },
    'tls-only': { type: 'string', value: 'yes|no', says: 'by TLS only (RFC 9103)' },
    none: { type: 'boolean', says: 'nobody any more' },
  },
  examples: ['taproot zone transfers lab.internal --address 10.53.0.9/32 --key transfer.lab.internal'],
  async run(invocation) {
    const { api, operands, texts, text, flag } = invocation
    const zone = operands[0] as string
    const url = path('zones', zone, 'transfers')
    const before = await api.json<TransferPolicyView>('GET', url)
    const named = { addresses: texts('address'), keys: texts('key') }
    const [isNamed, tlsOnly] = [named.addresses.length + named.keys.length > 0, yesOrNo(text('tls-only'))]
    const policy = { ...before, ...(isNamed ? named : {}), ...(flag('none') ? { addresses: [], keys: [] } : {}), tlsOnly: tlsOnly ?? before.tlsOnly }
    const asks = !isNamed && tlsOnly === undefined && !flag('none')
    const now = asks ? before : await api.json<TransferPolicyView>('PUT', url, {}, policy)
    const who = [...now.addresses, ...now.keys.map(key => `who signs with ${key}`)]
    printDone(invocation, `${zone} goes to ${who.length === 0 ? 'nobody' : who.join(', ')}${now.tlsOnly ? ', by TLS only' : ''}`, now)
  },
}
