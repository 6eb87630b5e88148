import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { OPTIONS, decodeOption, encodeOption } from '../../../services/dhcp/index.ts'
import type { OptionName } from '../../../services/dhcp/index.ts'
import type { OptionValue } from '../../../services/model/index.ts'

/** Every row of the table: name, section, JSON value, octets. */
const VECTORS: readonly (readonly [OptionName, OptionValue, string])[] = [
  ['subnet-mask', '255.255.255.0', 'ffffff00'],
  ['time-offset', -18_000, 'ffffb9b0'],
  ['routers', ['10.53.0.1', '10.53.0.254'], '0a3500010a3500fe'],
  ['time-servers', ['10.53.0.4'], '0a350004'],
  ['name-servers', ['10.53.0.5'], '0a350005'],
  ['domain-name-servers', ['10.53.0.2', '192.0.2.53'], '0a350002c0000235'],
  ['log-servers', ['10.53.0.7'], '0a350007'],
  ['cookie-servers', ['10.53.0.8'], '0a350008'],
  ['lpr-servers', ['10.53.0.9'], '0a350009'],
  ['impress-servers', ['10.53.0.10'], '0a35000a'],
  ['resource-location-servers', ['10.53.0.11'], '0a35000b'],
  ['host-name', 'printer', '7072696e746572'],
  ['boot-file-size', 1024, '0400'],
  ['merit-dump-file', '/var/dump', '2f7661722f64756d70'],
  ['domain-name', 'lab.internal', '6c61622e696e7465726e616c'],
  ['swap-server', '10.53.0.16', '0a350010'],
  ['root-path', '/srv/root', '2f7372762f726f6f74'],
  ['extensions-path', 'ext', '657874'],
  ['ip-forwarding', true, '01'],
  ['non-local-source-routing', false, '00'],
  ['policy-filters', [['10.0.0.0', '255.0.0.0']], '0a000000ff000000'],
  ['max-datagram-reassembly', 576, '0240'],
  ['default-ip-ttl', 64, '40'],
  ['path-mtu-aging-timeout', 600, '00000258'],
  ['path-mtu-plateau-table', [68, 1500], '004405dc'],
  ['interface-mtu', 1400, '0578'],
  ['all-subnets-local', true, '01'],
  ['broadcast-address', '10.53.0.255', '0a3500ff'],
  ['perform-mask-discovery', false, '00'],
  ['mask-supplier', true, '01'],
  ['perform-router-discovery', true, '01'],
  ['router-solicitation-address', '224.0.0.2', 'e0000002'],
  ['static-routes', [['10.9.9.9', '10.53.0.1'], ['10.8.8.8', '10.53.0.3']], '0a0909090a3500010a0808080a350003'],
  ['trailer-encapsulation', false, '00'],
  ['arp-cache-timeout', 1200, '000004b0'],
  ['ethernet-encapsulation', true, '01'],
  ['default-tcp-ttl', 255, 'ff'],
  ['tcp-keepalive-interval', 7200, '00001c20'],
  ['tcp-keepalive-garbage', false, '00'],
  ['nis-domain', 'nis', '6e6973'],
  ['nis-servers', ['10.53.0.41'], '0a350029'],
  ['ntp-servers', ['10.53.0.42', '10.53.0.43'], '0a35002a0a35002b'],
  ['vendor-specific', '0104c0000201', '0104c0000201'],
  ['netbios-name-servers', ['10.53.0.44'], '0a35002c'],
  ['netbios-datagram-servers', ['10.53.0.45'], '0a35002d'],
  ['netbios-node-type', 8, '08'],
  ['netbios-scope', 'scope', '73636f7065'],
  ['x-font-servers', ['10.53.0.48'], '0a350030'],
  ['x-display-managers', ['10.53.0.49'], '0a350031'],
  ['requested-address', '10.53.0.100', '0a350064'],
  ['lease-time', 4_294_967_295, 'ffffffff'],
  ['option-overload', 3, '03'],
  ['message-type', 5, '05'],
  ['server-identifier', '10.53.0.2', '0a350002'],
  ['parameter-request-list', [1, 3, 6, 15], '0103060f'],
  ['message', 'no', '6e6f'],
  ['max-message-size', 1500, '05dc'],
  ['renewal-time', 1800, '00000708'],
  ['rebinding-time', 3150, '00000c4e'],
  ['vendor-class', 'MSFT 5.0', '4d53465420352e30'],
  ['client-identifier', '01020000000001', '01020000000001'],
  ['nis-plus-domain', 'np', '6e70'],
  ['nis-plus-servers', ['10.53.0.65'], '0a350041'],
  ['tftp-server-name', 'boot', '626f6f74'],
  ['boot-file-name', 'pxe.0', '7078652e30'],
  ['mobile-ip-home-agents', [], ''],
  ['smtp-servers', ['10.53.0.69'], '0a350045'],
  ['pop3-servers', ['10.53.0.70'], '0a350046'],
  ['nntp-servers', ['10.53.0.71'], '0a350047'],
  ['www-servers', ['10.53.0.72'], '0a350048'],
  ['finger-servers', ['10.53.0.73'], '0a350049'],
  ['irc-servers', ['10.53.0.74'], '0a35004a'],
  ['streettalk-servers', ['10.53.0.75'], '0a35004b'],
  ['streettalk-directory-servers', ['10.53.0.76'], '0a35004c'],
  ['client-fqdn', { flags: 5, name: 'host.lab.' }, '05000004686f7374036c616200'],
  ['relay-agent-information', '0104deadbeef', '0104deadbeef'],
  ['ipv6-only-preferred', 1800, '00000708'],
  ['captive-portal', 'https://portal/', '68747470733a2f2f706f7274616c2f'],
  ['domain-search', ['eng.apple.com', 'marketing.apple.com'], '03656e67056170706c6503636f6d00096d61726b6574696e67c004'],
  ['classless-static-routes', [{ destination: '10.17.0.0/16', router: '10.53.0.1' }], '100a110a350001'],
]

describe('RFC 2132 §3 to §9 option values', () => {
  test.each(VECTORS)('%s', (name, value, hex) => {
    const row = OPTIONS[name]
    const encoded = encodeOption(row, value)
    expect(encoded.ok ? toHex(encoded.value) : encoded.error).toBe(hex)
    expect(decodeOption(row, fromHex(hex) as Uint8Array)).toEqual({ ok: true, value })
  })

  test('every row of the table has a vector', () => {
    expect(VECTORS.map(vector => vector[0])).toEqual(Object.keys(OPTIONS))
  })
})

describe('RFC 2132 §2 text', () => {
  test('trailing NULs of a text are deleted', () => {
    expect(decodeOption(OPTIONS['domain-name'], fromHex('6c6162000000') as Uint8Array)).toEqual({ ok: true, value: 'lab' })
  })
})

describe('RFC 2132 lengths and ranges: what does not fit is refused both ways', () => {
  test.each([
    ['§3.3', 'subnet-mask', '0a3500'],
    ['§3.5', 'routers', ''],
    ['§3.5', 'routers', '0a350001ff'],
    ['§4.1', 'ip-forwarding', '02'],
    ['§4.3', 'policy-filters', '0a000000'],
    ['§4.4', 'max-datagram-reassembly', '0010'],
    ['§4.5', 'default-ip-ttl', '00'],
    ['§5.1', 'interface-mtu', '0043'],
    ['§9.14', 'client-identifier', '01'],
    ['RFC 4702 §2.1', 'client-fqdn', '0000'],
  ] as const)('%s %s refuses octets "%s"', (_section, name, hex) => {
    expect(decodeOption(OPTIONS[name], fromHex(hex) as Uint8Array).ok).toBe(false)
  })

  test.each([
    ['subnet-mask', '10.53.0.300'],
    ['routers', []],
    ['routers', '10.53.0.1'],
    ['interface-mtu', 67],
    ['interface-mtu', 65_536],
    ['interface-mtu', 1400.5],
    ['time-offset', 2_147_483_648],
    ['host-name', ''],
    ['host-name', 'näme'],
    ['vendor-specific', 'xyz'],
    ['ip-forwarding', 1],
    ['policy-filters', [['10.0.0.0']]],
    ['domain-search', ['bad..name']],
    ['domain-search', []],
    ['classless-static-routes', [{ destination: '10.0.0.1/8', router: '10.53.0.1' }]],
    ['classless-static-routes', [{ destination: '10.0.0.0/8' }]],
    ['client-fqdn', { flags: 256, name: 'a.' }],
  ] as const)('%s refuses %j and says what is right', (name, value) => {
    const encoded = encodeOption(OPTIONS[name], value as OptionValue)
    expect(encoded.ok ? 'accepted' : encoded.error).toMatch(/\w+ .*\w/)
  })
})
