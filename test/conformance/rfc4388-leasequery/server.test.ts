import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { emitMessage, decodeOptions, parseMessage } from '../../../services/dhcp/index.ts'
import type { World } from '../../support/dhcp-bench.ts'
import { RELAY, relayedWorld } from '../../support/dhcp-policy.ts'
import { question, questionBytes } from '../../support/lease-query.ts'
import type { Asked } from '../../support/lease-query.ts'

const A = '02:00:00:00:00:0a'
const VIA = { sourcePort: 67, source: ipv4(RELAY), target: ipv4('10.53.0.2') }

function bound(options: { readonly names?: boolean } = {}): World {
  const w = relayedWorld({}, options)
  w.acquire({ mac: A, giaddr: RELAY, options: { 'client-identifier': '01020000000a', 'relay-agent-information': { 'circuit-id': '65746837' } } })
  w.sent.length = 0
  return w
}
function ask(w: World, asked: Asked): readonly unknown[] {
  w.receive(emitMessage(question('LEASEQUERY', asked)), VIA)
  return w.sent.map(sent => [sent.type, sent.to.kind, sent.message.giaddr === ipv4(RELAY), sent.message.xid])
}

describe('RFC 4388 §6.4 the server', () => {
  test.each([
    ['by address', { ciaddr: '10.60.0.100' }, 'LEASEACTIVE'],
    ['by client identifier', { options: [[61, '01020000000a']] }, 'LEASEACTIVE'],
    ['by hardware address, though the client has an identifier', { mac: A }, 'LEASEACTIVE'],
    ['an address without a lease', { ciaddr: '10.60.0.105' }, 'LEASEUNASSIGNED'],
    ['an address that we do not give out', { ciaddr: '10.60.0.5' }, 'LEASEUNKNOWN'],
  ] as const)('answers a relay that its segment names: %s', (_name, asked, type) => {
    const w = bound()
    expect(ask(w, asked)).toEqual([[type, 'relay', true, 7]])
    expect(w.decisions.at(-1)).toMatchObject({ received: 'LEASEQUERY', sent: type })
  })

  test('tells what the relay forgot', () => {
    const w = bound()
    ask(w, { ciaddr: '10.60.0.100', options: [[55, '3352']] })
    expect(w.sent[0]?.options).toMatchObject({ 'lease-time': 3600 - 2, 'relay-agent-information': { 'circuit-id': '65746837' } })
  })

  test.each([
    ['§6.4.1 no giaddr', { ciaddr: '10.60.0.100', giaddr: '0.0.0.0' }, true, 'lease-query-refused'],
    ['§7 a relay that no segment names', { ciaddr: '10.60.0.100', giaddr: '10.60.0.7' }, true, 'lease-query-refused'],
    ['a segment that names none', { ciaddr: '10.60.0.100' }, false, 'lease-query-refused'],
    ['two questions at once', { ciaddr: '10.60.0.100', mac: A }, true, 'lease-query-malformed'],
  ] as const)('does not answer: %s', (_name, asked, names, counter) => {
    const w = bound({ names })
    expect(ask(w, asked)).toEqual([])
    expect([w.server.counters.get(counter), w.lastSteps()]).toEqual([1, ['dhcp.lease-query.refused']])
  })

  test('questions that look at every row have a limit', () => {
    const w = bound()
    for (let i = 0; i < 30; i++) ask(w, { mac: A })
    expect([w.sent.length, w.server.counters.get('lease-query-limited')]).toEqual([20, 10])
    w.clock.advance(1000)
    ask(w, { mac: A })
    expect(w.sent.length).toBe(21)
  })
})

describe('RFC 6926 §8 the server', () => {
  const answers = (w: World, bytes: Uint8Array, requestor = RELAY): readonly unknown[] =>
    [...(w.server.bulkLeaseQuery(bytes, bytes.length, ipv4(requestor)) ?? [])].flatMap(octets => {
      const parsed = octets === undefined ? undefined : parseMessage(octets)
      return parsed?.ok === true ? [decodeOptions(parsed.value.options)['message-type'], parsed.value.xid] : []
    })

  test('answers in bulk, the xid of the question in each', () => {
    expect(answers(bound(), questionBytes('BULKLEASEQUERY', { giaddr: '0.0.0.0' }))).toEqual([13, 7, 15, 7])
  })

  test('§8.2 tells others that they may not', () => {
    const w = bound()
    expect(answers(w, questionBytes('BULKLEASEQUERY', {}), '10.60.0.7')).toEqual([15, 7])
    expect(w.server.counters.get('lease-query-refused')).toBe(1)
  })

  test.each([
    ['a question that is not one of bulk', questionBytes('LEASEQUERY', { ciaddr: '10.60.0.100' })],
    ['a client\'s message', questionBytes('DISCOVER', { mac: A })],
    ['octets that are no message', new Uint8Array(300)],
    ['too few', new Uint8Array(3)],
  ])('hangs up on %s', (_name, bytes) => {
    expect(bound().server.bulkLeaseQuery(bytes, bytes.length, ipv4(RELAY))).toBeUndefined()
  })
})
