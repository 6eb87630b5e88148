import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { world } from '../../support/dhcp-bench.ts'

const CAPABLE = { mac: '02:00:00:00:00:0a', options: { 'forcerenew-nonce-capable': [1] } }
const ADDRESS = ipv4('10.53.0.100')

describe('RFC 6704 §3.1 between the server and a client that can', () => {
  test('the OFFER says that we can, the ACK brings the key', () => {
    const w = world()
    w.acquire(CAPABLE)
    const [offer, ack] = w.sent.map(sent => sent.options)
    expect([offer?.['forcerenew-nonce-capable'], offer?.['authentication']]).toEqual([[1], undefined])
    expect(ack?.['authentication']).toMatchObject({ protocol: 3, algorithm: 1, 'replay-detection-method': 0, information: expect.stringMatching(/^01[0-9a-f]{32}$/) })
  })

  test('others get neither', () => {
    const w = world()
    w.acquire({ mac: CAPABLE.mac, options: { 'parameter-request-list': [90, 145] } })
    expect(w.sent.flatMap(sent => Object.keys(sent.options)).filter(name => name === 'authentication' || name === 'forcerenew-nonce-capable')).toEqual([])
  })
})

describe('RFC 3203 §3 FORCERENEW by the administrator', () => {
  test('goes to the client, signed with its key', () => {
    const w = world()
    w.acquire(CAPABLE)
    const key = (w.sent[1]?.options['authentication'] as { information: string }).information.slice(2)
    expect(w.server.forceRenew(ADDRESS)).toBe('sent')
    const sent = w.sent.at(-1)
    expect([sent?.type, sent?.to, sent?.options['server-identifier']]).toEqual(['FORCERENEW', { kind: 'unicast', address: ADDRESS }, '10.53.0.2'])
    const { information } = sent?.options['authentication'] as { information: string }
    // The message again, as octets, with the digest zero.
    const bytes = w.bytes.at(-1)?.slice() as Uint8Array
    const at = toHex(bytes).indexOf(information.slice(2)) / 2
    bytes.fill(0, at, at + 16)
    expect(information.slice(2)).toBe(createHmac('md5', fromHex(key) as Uint8Array).update(bytes).digest('hex'))
    expect(w.decisions.at(-1)).toMatchObject({ received: 'administrator', steps: [['dhcp.force-renew.sent', { address: '10.53.0.100' }]] })
  })

  test.each([
    ['nobody has the address', {}, '10.53.0.105', 'not-bound'],
    ['the client never said that it can', { mac: CAPABLE.mac }, '10.53.0.100', 'no-key'],
  ] as const)('%s: nothing is sent', (_name, fields, address, outcome) => {
    const w = world()
    w.acquire(fields)
    const sent = w.sent.length
    expect([w.server.forceRenew(ipv4(address)), w.sent.length]).toEqual([outcome, sent])
  })

  test('a key is of no use for the next holder, nor after a restart', () => {
    const w = world()
    w.acquire(CAPABLE)
    w.exchange('RELEASE', { mac: CAPABLE.mac, ciaddr: '10.53.0.100' })
    w.acquire({ mac: '02:00:00:00:00:0b', options: { 'requested-address': '10.53.0.100' } })
    expect(w.server.forceRenew(ADDRESS)).toBe('no-key')
    const again = world({ disk: w.disk, clock: w.clock })
    expect(again.server.forceRenew(ADDRESS)).toBe('no-key')
  })
})
