import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { SeededSecureRandom, toHex } from '../../../stack/platform/index.ts'
import { decodeOptions, parseMessage } from '../../../services/dhcp/index.ts'
import { ForceRenewKeys, asksForKey } from '../../../services/dhcp/force-renew.ts'
import { leaseClientKey } from '../../../services/index.ts'
import { lease } from '../../support/leases.ts'

const SERVER = ipv4('10.53.0.2')
const held = lease('10.53.0.100', { clientId: '01020000000001' })
const client = leaseClientKey(held)
const WAY = { interfaceName: 'lan0', server: SERVER, xid: 0x1234_5678 }
const keys = (): ForceRenewKeys => new ForceRenewKeys(new SeededSecureRandom(1), 1_000)

describe('RFC 6704 §3.1.1 who gets a key', () => {
  test.each([
    ['HMAC-MD5', Uint8Array.of(1), true],
    ['HMAC-MD5 among others', Uint8Array.of(9, 1), true],
    ['none that we can', Uint8Array.of(9), false],
    ['an empty list', new Uint8Array(0), false],
    ['no option', undefined, false],
  ])('%s', (_name, value, asks) => {
    expect(asksForKey(new Map(value === undefined ? [] : [[145, value]]))).toBe(asks)
  })
})

describe('RFC 6704 §3.1.2 the key and the digest', () => {
  test('an ACK carries 16 octets of key: the same for the same client, another for another', () => {
    const k = keys()
    const [code, first] = k.given(held.address, client, WAY)
    expect([code, toHex(first.subarray(0, 3)), first[11], first.length]).toEqual([90, '030100', 1, 28])
    expect(toHex(k.given(held.address, client, WAY)[1].subarray(12))).toBe(toHex(first.subarray(12)))
    expect(toHex(k.given(held.address, 'id:ff', WAY)[1].subarray(12))).not.toBe(toHex(first.subarray(12)))
    expect(k.size).toBe(1)
  })

  test('a FORCERENEW is signed over the whole message, the digest zero', () => {
    const k = keys()
    const key = k.given(held.address, client, WAY)[1].subarray(12)
    const bytes = k.message(held)?.bytes as Uint8Array
    const parsed = parseMessage(bytes)
    if (!parsed.ok) throw new Error(parsed.error)
    const authentication = parsed.value.options.get(90) as Uint8Array
    const digest = toHex(authentication.subarray(12))
    authentication.fill(0, 12)
    expect(digest).toBe(createHmac('md5', key).update(bytes).digest('hex'))
    expect([toHex(authentication.subarray(0, 3)), authentication[11]]).toEqual(['030100', 2])
    expect(decodeOptions(parsed.value.options)).toMatchObject({
      'message-type': 9, 'server-identifier': '10.53.0.2', 'client-identifier': '01020000000001',
    })
    const { op, ciaddr, giaddr, hops, xid } = parsed.value
    expect([op, ciaddr, giaddr, hops, xid]).toEqual([2, held.address, 0, 0, WAY.xid])
  })

  test('RFC 3118 §2 the replay counter only grows', () => {
    const k = keys()
    const replay = (option: Uint8Array): bigint => BigInt(`0x${toHex(option.subarray(3, 11))}`)
    const [a, b] = [replay(k.given(held.address, client, WAY)[1]), replay(k.given(held.address, client, WAY)[1])]
    expect(b > a && a >= 1000n).toBe(true)
  })

  test('without a key there is no FORCERENEW', () => {
    const k = keys()
    expect(k.message(held)).toBeUndefined()
    k.given(held.address, 'id:ff', WAY)
    expect(k.message(held)).toBeUndefined()
    k.given(held.address, client, WAY)
    k.forget(held.address)
    expect(k.message(held)).toBeUndefined()
  })
})
