import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { fqdnAnswer, weUpdate } from '../../../services/dhcp/client-fqdn.ts'

const octets = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) as Uint8Array
const WIRE = '04686f7374 036c6162 00'
const answer = (hex: string, policy: { enabled: boolean; updateFromClient: boolean }, name: string | undefined = 'host.lab'): string | undefined => {
  const told = fqdnAnswer(octets(hex), name, policy)
  return told === undefined ? undefined : toHex(told)
}

describe('RFC 4702 §4 flags of the answer', () => {
  const ours = { enabled: true, updateFromClient: false }
  const theirs = { enabled: true, updateFromClient: true }
  const none = { enabled: false, updateFromClient: false }
  test.each([
    // policy        client's flags   answer's flags  we update
    ['ours', ours, 'S E', '05', '05', true],
    ['ours, overridden', ours, 'E', '04', '07', true],
    ['ours, overridden', ours, 'N E', '0c', '07', true],
    ['theirs, but they want us to', theirs, 'S E', '05', '05', true],
    ['theirs', theirs, 'E', '04', '0c', false],
    ['theirs, none wanted', theirs, 'N E', '0c', '0c', false],
    ['theirs, S and N at once', theirs, 'S N E', '0d', '0e', false],
    ['nobody', none, 'S E', '05', '0e', false],
    ['nobody', none, 'E', '04', '0c', false],
    ['nobody', none, 'N E', '0c', '0c', false],
  ] as const)('%s: %j, client sets %s', (_name, policy, _flags, sent, flags, update) => {
    expect(answer(`${sent} 0000 ${WIRE}`, policy)).toBe(`${flags}ffff${WIRE.replaceAll(' ', '')}`)
    expect(weUpdate(octets(`${sent} 0000 ${WIRE}`), policy)).toBe(update)
  })

  test('a client without the option is updated for where updates are on', () => {
    expect([weUpdate(undefined, ours), weUpdate(undefined, theirs), weUpdate(undefined, none)]).toEqual([true, true, false])
  })
})

describe('RFC 4702 §2.3 the name in the answer', () => {
  const ours = { enabled: true, updateFromClient: false }
  test.each([
    ['E set: wire format', '050000', 'a.b', '05ffff 0161 0162 00'],
    ['E clear: ASCII', '010000 61', 'a.b', '01ffff 612e62'],
    ['no name of ours: the client\'s own', '010000 61', undefined, '01ffff 61'],
    ['cut off', '0100', 'a.b', undefined],
  ] as const)('%s', (_name, sent, name, told) => {
    expect(fqdnAnswer(octets(sent), name, ours)).toEqual(told === undefined ? undefined : octets(told))
  })
})
