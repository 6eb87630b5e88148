import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { OPTIONS, decodeOption, encodeOption } from '../../../services/dhcp/index.ts'
import type { OptionValue } from '../../../services/model/index.ts'

const ROW = OPTIONS['encrypted-dns']
const NAME = '03646e73036c616200'
const octets = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) as Uint8Array
const refused = (value: OptionValue): boolean => !encodeOption(ROW, value).ok

describe('RFC 9463 §5.1 the DHCPv4 option', () => {
  test.each([
    ['only a name', [{ priority: 1, name: 'dns.lab' }], `000c 0001 09 ${NAME}`],
    ['addresses', [{ priority: 1, name: 'dns.lab', addresses: ['10.53.0.2', '10.53.0.3'] }], `0015 0001 09 ${NAME} 08 0a350002 0a350003`],
    ['service parameters', [{ priority: 1, name: 'dns.lab', addresses: ['10.53.0.2'], parameters: 'alpn="dot" port=8853' }], `001f 0001 09 ${NAME} 04 0a350002 0001000403646f74 000300022295`],
    ['two resolvers, by priority', [{ priority: 2, name: 'dns.lab' }, { priority: 1, name: 'dns.lab' }], `000c 0002 09 ${NAME} 000c 0001 09 ${NAME}`],
  ] as const)('%s', (_name, value, hex) => {
    const encoded = encodeOption(ROW, value)
    expect(encoded.ok ? toHex(encoded.value) : encoded.error).toBe(hex.replaceAll(' ', ''))
    expect(decodeOption(ROW, octets(hex))).toEqual({ ok: true, value })
  })

  test.each([
    ['an instance longer than the option', `000d 0001 09 ${NAME}`],
    ['a name longer than the instance', `000c 0001 0a ${NAME}`],
    ['no name', '0003 0001 00'],
    ['no addresses after their length', `000d 0001 09 ${NAME} 00`],
    ['addresses that are none', `0010 0001 09 ${NAME} 03 0a3500`],
    ['parameters out of order', `001f 0001 09 ${NAME} 04 0a350002 000300022295 0001000403646f74`],
    ['nothing', ''],
  ])('is refused: %s', (_name, hex) => {
    expect(decodeOption(ROW, octets(hex)).ok).toBe(false)
  })
})

describe('RFC 9463 §3.1.8 what must not stand in it', () => {
  test.each(['ipv4hint=10.53.0.2', 'alpn=dot ipv6hint=2001:db8::1'])('%s', parameters => {
    expect(refused([{ priority: 1, name: 'dns.lab', addresses: ['10.53.0.2'], parameters }])).toBe(true)
  })

  test('parameters without addresses', () => {
    expect(refused([{ priority: 1, name: 'dns.lab', parameters: 'alpn=dot' }])).toBe(true)
  })
})
