import { describe, expect, test } from 'vitest'
import { BROADCAST, formatIpv4, formatPrefix, ipv4, mac } from '../../../stack/index.ts'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { clientIdOf, emitClientMessage, readAnswer } from '../../../services/dhcp/client/messages.ts'
import type { ClientMessage } from '../../../services/dhcp/client/state.ts'
import { MAX_ROUTES } from '../../../services/dhcp/client/terms.ts'
import { emitMessage, messageTypeCode, parseMessage, type DhcpMessage, type MessageType } from '../../../services/dhcp/index.ts'
import { SERVER, terms, XID } from '../../support/dhcp-client.ts'

const MAC = mac('02:00:00:00:00:05')
const WHO = { mac: MAC, clientId: clientIdOf(MAC, mac('02:00:00:00:00:01')), hostName: 'taproot', mtu: 1500 }

const message = (change: Partial<ClientMessage>): DhcpMessage => {
  const base: ClientMessage = { type: 'DISCOVER', xid: XID, secs: 3, ciaddr: 0, requested: undefined, server: undefined, to: BROADCAST }
  const read = parseMessage(emitClientMessage({ ...base, ...change }, WHO))
  if (!read.ok) throw new Error(read.error)
  return read.value
}

/** Option codes, in ascending order. */
const codes = (m: DhcpMessage): readonly number[] => [...m.options.keys()].sort((a, b) => a - b)

describe('RFC 2131 §4.4.1 table 5: what a client sends', () => {
  const address = terms().address
  test.each([
    ['DISCOVER', { type: 'DISCOVER' }, [12, 53, 55, 57, 61], true],
    ['REQUEST in SELECTING', { type: 'REQUEST', requested: address, server: SERVER }, [12, 50, 53, 54, 55, 57, 61], true],
    ['REQUEST in INIT-REBOOT', { type: 'REQUEST', requested: address }, [12, 50, 53, 55, 57, 61], true],
    ['REQUEST in RENEWING', { type: 'REQUEST', ciaddr: address, to: SERVER }, [12, 53, 55, 57, 61], false],
    ['REQUEST in REBINDING', { type: 'REQUEST', ciaddr: address }, [12, 53, 55, 57, 61], false],
    ['DECLINE', { type: 'DECLINE', requested: address, server: SERVER }, [50, 53, 54, 61], false],
    ['RELEASE', { type: 'RELEASE', ciaddr: address, server: SERVER, to: SERVER }, [53, 54, 61], false],
  ] as const)('%s', (_, change, expected, broadcast) => {
    const m = message(change)
    expect(codes(m)).toEqual(expected)
    expect([m.op, m.hardwareType, m.hardwareLength, m.hops, m.giaddr, m.yiaddr, m.siaddr]).toEqual([1, 1, 6, 0, 0, 0, 0])
    expect(m.flags).toBe(broadcast ? 0x8000 : 0)
    expect(m.chaddr.slice(0, 6)).toEqual(MAC)
  })

  test('RFC 4361 §6.1: type 255, IAID, DUID-LL', () => {
    expect(toHex(WHO.clientId)).toBe('ff' + '00000005' + '0003' + '0001' + '020000000001')
  })

  test('RFC 3442: classless routes are asked for before routers', () => {
    const asked = [...(message({}).options.get(55) as Uint8Array)]
    expect(asked.indexOf(121)).toBeGreaterThanOrEqual(0)
    expect(asked.indexOf(121)).toBeLessThan(asked.indexOf(3))
  })
})

const BASE = { 1: 'ffffff00', 51: '00001f40', 54: 'c0a80101' } as const

function answer(type: MessageType, options: { readonly [code: number]: string | undefined }, change: Partial<DhcpMessage> = {}) {
  const all = new Map<number, Uint8Array>([[53, Uint8Array.of(messageTypeCode(type))]])
  for (const [code, hex] of Object.entries({ ...BASE, ...options })) if (hex !== undefined) all.set(Number(code), fromHex(hex) as Uint8Array)
  const chaddr = new Uint8Array(16)
  chaddr.set(MAC)
  const bytes = emitMessage({
    op: 2, hardwareType: 1, hardwareLength: 6, hops: 0, xid: XID, secs: 0, flags: 0, ciaddr: 0, yiaddr: ipv4('192.168.1.23'),
    siaddr: 0, giaddr: 0, chaddr, sname: new Uint8Array(64), file: new Uint8Array(128), options: all, ...change,
  })
  return readAnswer(bytes, WHO)
}

function granted(options: { readonly [code: number]: string | undefined }, yiaddr = '192.168.1.23') {
  const read = answer('ACK', options, { yiaddr: ipv4(yiaddr) })
  if (!read.ok || read.value.kind === 'nak') throw new Error(JSON.stringify(read))
  return read.value.terms
}

const routes = (options: { readonly [code: number]: string | undefined }): readonly string[] =>
  granted(options).routes.map(({ destination, router }) => `${formatPrefix(destination)} by ${formatIpv4(router)}`)

describe('RFC 2131 §4.3.1 table 3: what a server grants', () => {
  test.each([
    ['T1 and T2 by default: 0.5 and 0.875', {}, [4000, 7000]],
    ['as the server says', { 58: '000003e8', 59: '000007d0' }, [1000, 2000]],
    ['T1 after T2: not believed', { 58: '00001b59', 59: '000007d0' }, [2000, 2000]],
    ['T2 after the end: not believed', { 58: '000003e8', 59: '00001f41' }, [1000, 7000]],
    ['T1 of 0: not believed', { 58: '00000000' }, [4000, 7000]],
    ['a lease for ever', { 51: 'ffffffff' }, [0xffff_ffff, 0xffff_ffff]],
  ] as const)('times: %s', (_, options, expected) => {
    const { renewSeconds, rebindSeconds } = granted(options)
    expect([renewSeconds, rebindSeconds]).toEqual(expected)
  })

  test.each([
    ['ffffff00', '192.168.1.23', 24],
    ['fffffffe', '192.168.1.22', 31],
    ['ffffffff', '192.168.1.23', 32],
    [undefined, '10.1.2.3', 8],
    [undefined, '172.16.2.3', 16],
    [undefined, '192.168.1.23', 24],
    ['ffff00ff', '192.168.1.23', 24],
  ] as const)('mask %s of %s', (mask, address, length) => {
    expect(granted({ 1: mask }, address).prefix.length).toBe(length)
  })

  test.each([
    ['routers: the first is the default route', { 3: 'c0a80101c0a80102' }, ['0.0.0.0/0 by 192.168.1.1']],
    ['RFC 3442 classless routes win over routers', { 3: 'c0a80101', 121: '18' + '0a0203' + 'c0a80109' + '00' + 'c0a80107' }, ['10.2.3.0/24 by 192.168.1.9', '0.0.0.0/0 by 192.168.1.7']],
    ['option 249 in their place', { 3: 'c0a80101', 249: '08' + '0a' + 'c0a80109' }, ['10.0.0.0/8 by 192.168.1.9']],
    ['RFC 3442 router 0.0.0.0: on the link', { 121: '20' + '0a020304' + '00000000' }, ['10.2.3.4/32 by 0.0.0.0']],
    ['host bits of a destination are cleared', { 121: '0c' + 'ac1f' + 'c0a80109' }, ['172.16.0.0/12 by 192.168.1.9']],
    ['malformed classless routes: the routers', { 3: 'c0a80101', 121: '21' + '0a020304' + 'c0a80109' }, ['0.0.0.0/0 by 192.168.1.1']],
    ['cut off', { 3: 'c0a80101', 121: '18' + '0a0203c0a8' }, ['0.0.0.0/0 by 192.168.1.1']],
    ['a router that no host can be', { 3: 'ffffffffc0a80101' }, ['0.0.0.0/0 by 192.168.1.1']],
    ['none', {}, []],
  ] as const)('routes: %s', (_, options, expected) => expect(routes(options)).toEqual(expected))

  test('no more routes than a bound', () => {
    expect(routes({ 121: ('08' + '0a' + 'c0a80109').repeat(200) })).toHaveLength(MAX_ROUTES)
  })

  test('name servers, domain, search list and MTU', () => {
    const read = granted({ 6: 'c0a801017f000001c0a80101c0a80102', 15: '6f66666963652e4578616d706c6500', 119: '016103636f6d000162c002', 26: '0578' })
    expect([read.nameServers.map(formatIpv4), read.domain, read.searchList, read.mtu]).toEqual([['192.168.1.1', '192.168.1.2'], 'office.example', ['a.com', 'b.com'], 1400])
  })

  test('what would harm is not taken: an MTU of 68, a domain that is none', () => {
    const read = granted({ 26: '0044', 15: '20202e2e' })
    expect([read.mtu, read.domain]).toEqual([undefined, undefined])
  })
})

describe('RFC 2131 §4.4 answers that are dropped, by reason', () => {
  const other = new Uint8Array(16).fill(7)
  test.each([
    ['a request', answer('OFFER', {}, { op: 1 }), 'not-a-reply'],
    ['for another client', answer('OFFER', {}, { chaddr: other }), 'for-another'],
    ['a DISCOVER', answer('DISCOVER', {}), 'no-server-message'],
    ['without a server identifier', answer('OFFER', { 54: undefined }), 'no-server-identifier'],
    ['with a server that no host can be', answer('ACK', { 54: 'ffffffff' }), 'no-server-identifier'],
    ['without a lease time', answer('ACK', { 51: undefined }), 'no-lease-time'],
    ['with a lease of no time', answer('ACK', { 51: '00000000' }), 'no-lease-time'],
    ['with address 0.0.0.0', answer('OFFER', {}, { yiaddr: 0 }), 'unusable-address'],
    ['with the broadcast address of its subnet', answer('OFFER', {}, { yiaddr: ipv4('192.168.1.255') }), 'unusable-address'],
    ['with a multicast address', answer('OFFER', {}, { yiaddr: ipv4('224.1.1.1') }), 'unusable-address'],
    ['with a loopback address', answer('OFFER', {}, { yiaddr: ipv4('127.0.0.1') }), 'unusable-address'],
    ['too short', readAnswer(new Uint8Array(100), WHO), 'truncated'],
  ] as const)('%s', (_, read, fault) => expect(read).toMatchObject({ ok: false, error: { fault } }))

  test('a NAK needs neither address nor time, and its text is made printable', () => {
    const read = answer('NAK', { 1: undefined, 51: undefined, 54: undefined, 56: '6e6f1b5b306d' }, { yiaddr: 0 })
    expect(read).toEqual({ ok: true, value: { kind: 'nak', xid: XID, server: undefined, text: 'no[0m' } })
  })
})

describe('RFC 6704 §3.1.1 without a key no FORCERENEW is believed, and our client asks for none', () => {
  test.each([
    ['bare', {}],
    ['with an authentication of RFC 6704', { 90: '030100' + '0000000000000001' + '02' + '00'.repeat(16) }],
  ] as const)('a FORCERENEW %s is dropped and counted', (_, options) => {
    expect(answer('FORCERENEW', options)).toMatchObject({ ok: false, error: { fault: 'no-server-message' } })
  })

  test('option 145 is in none of its messages', () => {
    for (const type of ['DISCOVER', 'REQUEST'] as const) expect(codes(message({ type }))).not.toContain(145)
  })
})
