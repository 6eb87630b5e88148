/** What a person is told of a request that nobody sent: the way, the reply with its origins, and why not otherwise. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../../stack/index.ts'
import { toHex } from '../../../../../stack/platform/index.ts'
import type { DescribedRequest, WhatIf } from '../../../../../services/dhcp/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL } from '../../../../../services/model/index.ts'
import type { ClientClass } from '../../../../../services/model/index.ts'
import { clientMessage, configuration, host, segment, subnet, world } from '../../../../support/dhcp-bench.ts'
import type { World } from '../../../../support/dhcp-bench.ts'

const pxe = (test: string): ClientClass => ({ id: 1, name: 'pxe', priority: 1, test, denied: false, leaseLimit: undefined, level: EMPTY_LEVEL })

const MAC = '02:00:00:00:00:01'

function ask(w: World, request: Partial<DescribedRequest> = {}): WhatIf {
  const said = w.server.whatIf({ request: { mac: MAC, messageType: 'DISCOVER', ...request } })
  if (!said.ok) throw new Error(said.error.problem)
  return said.value
}
const origins = (said: WhatIf) => Object.fromEntries((said.reply?.options ?? []).map(({ name, origin }) => [name, origin]))

describe('what if', () => {
  test('a described client: the offer, where each option comes from, and what was not asked on the wire', () => {
    const w = world({ configuration: configuration({ hosts: [host('10.53.0.20', { mac: MAC, name: 'printer', options: { 'log-servers': ['10.53.0.9'] } })] }) })
    const said = ask(w, { clientId: '01020000000001', wants: [1, 7, 12] })
    expect(said.decision).toMatchObject({ sent: 'OFFER', address: '10.53.0.20', received: 'DISCOVER' })
    expect(said.reply?.to).toBe(MAC)
    expect(origins(said)).toMatchObject({
      'message-type': 'protocol', 'subnet-mask': 'built-in', 'log-servers': 'host 1', 'host-name': 'host 1',
      'lease-time': 'subnet 10.53.0.0/24', 'client-identifier': 'the client',
    })
    expect(said.assumed).toEqual(['nobody answers for 10.53.0.20'])
    expect([w.sent, w.probes, w.decisions, w.commits]).toEqual([[], [], [], []])
  })

  test('a described client and its own octets come to the same', () => {
    const w = world()
    const { request, decision } = ask(w, { hostName: 'cam-1' })
    w.receive(Uint8Array.from(request.match(/../g) ?? [], octet => Number.parseInt(octet, 16)))
    w.clock.advance(5_000)
    expect(w.decisions.at(-1)?.steps).toEqual(decision.steps)
  })

  test.each([
    ['renewing', { ciaddr: ipv4('10.53.0.100') }],
    ['init-reboot', { requestedAddress: ipv4('10.53.0.100') }],
    ['selecting', { requestedAddress: ipv4('10.53.0.100'), serverIdentifier: ipv4('10.53.0.2') }],
  ] as const)('RFC 2131 §4.3.2 a described REQUEST is %s by what it names', (stage, fields) => {
    const w = world()
    w.acquire({ mac: MAC })
    const said = ask(w, { messageType: 'REQUEST', ...fields })
    expect(said.decision.sent).toBe('ACK')
    expect(said.decision.steps.find(([id]) => id === 'dhcp.request.stage')?.[1]).toMatchObject({ stage })
  })

  test('behind a relay: by its address, or by the subnet', () => {
    const w = world({
      configuration: configuration({
        segments: [segment(1), segment(2, { interfaceName: undefined, relays: [ipv4('10.60.0.1')] })],
        subnets: [subnet(), subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 } })],
        hosts: [host('10.60.0.20', { mac: MAC, subnetId: 2 })],
      }),
    })
    for (const where of [{ giaddr: ipv4('10.60.0.1') }, { subnetId: 2 }, {}]) {
      expect(ask(w, where).reply?.to).toBe('relay 10.60.0.1')
      expect(ask(w, where).decision.address).toBe('10.60.0.20')
    }
  })

  test('what is no request is said to be none', () => {
    const w = world()
    expect(w.server.whatIf({ bytes: Uint8Array.of(1, 2, 3), interfaceName: undefined })).toMatchObject({ ok: false })
    expect(w.server.whatIf({ bytes: clientMessage('ACK'), interfaceName: undefined })).toMatchObject({ ok: false })
    expect(w.server.counters.get('rx')).toBe(0)
  })

  test('RFC 6704 a key that would be given is not told', () => {
    const w = world()
    w.acquire({ mac: MAC })
    const bytes = clientMessage('REQUEST', { mac: MAC, raw: [[145, '01']], options: { 'requested-address': '10.53.0.100' } })
    const said = w.server.whatIf({ bytes, interfaceName: 'lan0' })
    expect(said.ok && said.value.reply?.bytes).toContain(`01${'00'.repeat(16)}`)
    expect(toHex(w.bytes.at(-1) as Uint8Array)).not.toContain('00030101')
  })
})

describe('why not', () => {
  const reasons = (said: WhatIf) => said.whyNot.map(({ subject, because }) => `${subject}: ${because}`)

  test('a host by another client identifier, whose address this client holds as somebody else', () => {
    const w = world()
    expect(w.acquire({ mac: MAC })).toBe('10.53.0.100')
    w.server.configure(configuration({ hosts: [host('10.53.0.100', { name: 'printer', clientId: '01020000000001' })] }))
    const end = new Date(w.clock.wallMs() + 3_600_000).toISOString().slice(0, 15)
    const [said] = reasons(ask(w, { clientId: 'ff00000001' }))
    expect(said).toMatch(/^host 1 \(printer\): client identifier 01020000000001 differs: the client has ff00000001; /)
    expect(said).toContain(`10.53.0.100 is shadowed by this client's lease until ${end}`)
  })

  test("an address of the client's own that a stranger holds", () => {
    const w = world()
    w.acquire({ mac: '02:00:00:00:00:77' })
    w.server.configure(configuration({ hosts: [host('10.53.0.100', { mac: MAC })] }))
    const said = ask(w)
    expect(said.decision.address).toBe('10.53.0.101')
    expect(reasons(said)[0]).toMatch(/^host 1: its address 10\.53\.0\.100 is shadowed by the lease of 02:00:00:00:00:77 until /)
  })

  test.each([
    ['a slip of the pen', host('10.53.0.20', { mac: '02:00:00:00:00:11' }), {}, /hardware address 02:00:00:00:00:11 differs: the client has 02:00:00:00:00:01/],
    ['the name of another machine', host('10.53.0.20', { mac: '02:aa:00:00:00:11', name: 'cam' }), { hostName: 'cam' }, /hardware address .* differs/],
    ['an address kept for another', host('10.53.0.20', { mac: '02:aa:00:00:00:11' }), { requestedAddress: ipv4('10.53.0.20') }, /10\.53\.0\.20 is kept for it/],
    [
      'one of the two of a relay port',
      host('10.53.0.20', { identifiers: [{ kind: 'circuit-id', value: '65746837' }, { kind: 'remote-id', value: '7331' }] }),
      { circuitId: '65746837', remoteId: '7332', giaddr: ipv4('10.53.0.1') },
      /its circuit identifier fits, but both .* remote identifier 7331 differs: the client has 7332/,
    ],
  ] as const)('%s', (_what, entry, request, because) => {
    const said = ask(world({ configuration: configuration({ hosts: [entry] }) }), request)
    expect(reasons(said).join('\n')).toMatch(because)
  })

  test('a host that matches and whose address is in another segment', () => {
    const w = world({
      configuration: configuration({
        segments: [segment(1), segment(2, { interfaceName: undefined })],
        subnets: [subnet(), subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 } })],
        hosts: [host('10.60.0.20', { mac: MAC, subnetId: 2 })],
      }),
    })
    expect(reasons(ask(w, { interfaceName: 'lan0' }))).toEqual(['host 1: its address 10.60.0.20 is outside the segment segment-1'])
  })

  test.each([
    ['vendor-class starts-with "PXEClient"', {}, 'vendor-class is not there'],
    ['vendor-class starts-with "PXEClient" and architecture == 7', { vendorClass: 'PXEClient', architecture: 9 }, 'architecture is 9'],
    ['vendor-class starts-with "PXEClient" or known', { vendorClass: 'udhcp' }, 'vendor-class is "udhcp"; and "known" is false'],
    ['not mac in 02:00:00:00:00:00/24', {}, 'what follows "not" is true'],
    ['option[77] == "iPXE"', { userClass: 'gPXE' }, 'user-class is "gPXE"'],
    ['giaddr in 10.9.0.0/16', {}, 'giaddr is not there'],
  ] as const)('a class: %s', (test, request, because) => {
    const w = world({ configuration: configuration({ classes: [pxe(test)] }) })
    expect(reasons(ask(w, request))[0]?.replace('option[77]', 'user-class')).toBe(`class pxe: ${because}`)
  })

  test('nothing of hosts that are nowhere near', () => {
    const w = world({ configuration: configuration({ hosts: [host('10.53.0.20', { mac: '00:16:3e:00:00:09' })], segments: [segment(1, { policy: DEFAULT_POLICY })] }) })
    expect(ask(w).whyNot).toEqual([])
  })
})
