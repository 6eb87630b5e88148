import { describe, expect, test } from 'vitest'
import { configuration, pool, host, subnet, world } from '../../support/dhcp-bench.ts'
import type { World } from '../../support/dhcp-bench.ts'
import type { OptionSet } from '../../../services/model/index.ts'

const rich: OptionSet = {
  routers: ['10.53.0.1'],
  'ntp-servers': ['10.53.0.42'],
  'domain-search': ['lab.internal', 'example.net'],
  'interface-mtu': 1400,
}
const serving = (options: OptionSet, reserved: OptionSet = {}): World =>
  world({
    configuration: configuration({
      subnets: [subnet({ options })],
      hosts: [host('10.53.0.50', { mac: '02:00:00:00:00:50', name: 'printer', options: reserved })],
    }),
  })

const codes = (w: World, options: OptionSet, mac = '02:00:00:00:00:01'): readonly number[] => [
  ...(w.exchange('DISCOVER', { mac, options })[0]?.message.options.keys() ?? []),
]

describe('RFC 2131 §3.5, §4.3.1 which options and in which order', () => {
  test('what the protocol needs comes first, then what was asked for in the client\'s order, each once', () => {
    expect(codes(serving(rich), { 'parameter-request-list': [42, 119, 3, 6, 3, 1, 15, 28, 44] })).toEqual([
      53, 54, 51, 58, 59, 1, 42, 119, 3, 6, 15, 28,
    ])
  })

  test('without a list everything configured is sent', () => {
    expect(codes(serving(rich), {})).toEqual([53, 54, 51, 58, 59, 1, 3, 6, 15, 26, 28, 42, 119])
  })

  test('a client cannot have the protocol\'s own options by asking for them', () => {
    expect(codes(serving({}), { 'parameter-request-list': [50, 52, 53, 55, 56, 57, 61, 82] })).toEqual([53, 54, 51, 58, 59, 1])
  })

  test('a host\'s values replace the subnet\'s; null takes a value away, also one that follows of itself', () => {
    const w = serving({ ...rich, 'domain-name': null }, { routers: ['10.53.0.9'], 'ntp-servers': null, 'domain-name-servers': null })
    const reserved = w.exchange('DISCOVER', { mac: '02:00:00:00:00:50' })[0]?.options
    const other = w.exchange('DISCOVER')[0]?.options
    expect([reserved?.['routers'], reserved?.['ntp-servers'], reserved?.['domain-name-servers']]).toEqual([['10.53.0.9'], undefined, undefined])
    expect([other?.['routers'], other?.['ntp-servers'], other?.['domain-name']]).toEqual([['10.53.0.1'], ['10.53.0.42'], undefined])
  })

  test('a reserved name is told to its client', () => {
    const w = serving({})
    expect(w.exchange('DISCOVER', { mac: '02:00:00:00:00:50', options: { 'parameter-request-list': [12] } })[0]?.options['host-name']).toBe('printer')
  })

  test('an option without a name is sent by its number', () => {
    const w = serving({ 'option-224': 'beef' })
    expect(w.exchange('DISCOVER', { options: { 'parameter-request-list': [224] } })[0]?.options['option-224']).toBe('beef')
  })
})

describe('RFC 3442 beside the older options', () => {
  const routed = { routers: ['10.53.0.1'], 'classless-static-routes': [{ destination: '0.0.0.0/0', router: '10.53.0.1' }] }

  test('a client that asks for classless routes gets no routers and no static routes beside them', () => {
    expect(codes(serving(routed), { 'parameter-request-list': [121, 3, 33] })).toEqual([53, 54, 51, 58, 59, 1, 121])
  })

  test('Windows asks for them by 249, and gets what is configured as 121', () => {
    expect(codes(serving(routed), { 'parameter-request-list': [3, 249] })).toEqual([53, 54, 51, 58, 59, 1, 249])
    expect(codes(serving(routed), { 'parameter-request-list': [249, 121, 3] })).toEqual([53, 54, 51, 58, 59, 1, 249, 121])
    expect(codes(serving({ routers: ['10.53.0.1'] }), { 'parameter-request-list': [249, 3] })).toEqual([53, 54, 51, 58, 59, 1, 3])
  })

  test('one that does not, gets the routers', () => {
    expect(codes(serving(routed), { 'parameter-request-list': [3, 33] })).toEqual([53, 54, 51, 58, 59, 1, 3])
  })

  test('asking for what is not configured takes nothing away', () => {
    expect(codes(serving({ routers: ['10.53.0.1'] }), { 'parameter-request-list': [121, 3] })).toEqual([53, 54, 51, 58, 59, 1, 3])
  })
})

describe('RFC 8925 §3.3 IPv6-only preferred', () => {
  const options = { 'ipv6-only-preferred': 1800 }
  test('goes only to a client that asks for it, beside an address', () => {
    const w = serving(options)
    const asking = w.exchange('DISCOVER', { options: { 'parameter-request-list': [108] } })[0]
    expect([asking?.options['ipv6-only-preferred'], asking?.yiaddr]).toEqual([1800, '10.53.0.100'])
    expect(codes(serving(options), { 'parameter-request-list': [3] })).not.toContain(108)
    expect(codes(serving(options), {})).not.toContain(108)
  })
})

describe('RFC 4578 §2.3 client machine identifier', () => {
  test('comes back as it was', () => {
    const id = { type: 0, id: '00112233445566778899aabbccddeeff' }
    expect(serving({}).exchange('DISCOVER', { options: { 'client-machine-id': id } })[0]?.options['client-machine-id']).toEqual(id)
  })
})

describe('RFC 9463 §6.1, RFC 3396 §5 a value longer than an option holds', () => {
  test('is split over instances, and one value to the client', () => {
    const resolvers = Array.from({ length: 8 }, (_, i) => ({ priority: i + 1, name: `resolver-${i}.lab.internal`, addresses: ['10.53.0.2'], parameters: 'alpn="dot"' }))
    const w = serving({ 'encrypted-dns': resolvers })
    const offer = w.exchange('DISCOVER', { options: { 'parameter-request-list': [162], 'max-message-size': 1500 } })[0]
    expect(offer?.options['encrypted-dns']).toEqual(resolvers)
  })
})

describe('RFC 2131 §4.1, RFC 2132 §9.10 how much fits', () => {
  const text = (name: string, length: number): OptionSet => ({ [name]: name.slice(0, 1).repeat(length) })
  const long: OptionSet = { ...text('root-path', 200), ...text('extensions-path', 100), ...text('merit-dump-file', 50), ...text('nis-domain', 60) }
  const list = [17, 18, 14, 40]

  test('300 octets at least, 548 at most for a client that says nothing', () => {
    const small = serving({}).exchange('DISCOVER')[0]
    const large = serving(long).exchange('DISCOVER', { options: { 'parameter-request-list': list } })[0]
    expect(small?.length).toBe(300)
    expect(large?.length).toBeLessThanOrEqual(548)
  })

  test('what does not fit goes whole to file, then to sname, and option 52 says so', () => {
    const offer = serving(long).exchange('DISCOVER', { options: { 'parameter-request-list': list } })[0]
    expect(offer?.options['option-overload']).toBe(3)
    expect([offer?.message.file[0], offer?.message.sname[0]]).toEqual([18, 40])
    expect(['root-path', 'extensions-path', 'merit-dump-file', 'nis-domain'].map(name => String(offer?.options[name]).length)).toEqual([200, 100, 50, 60])
  })

  test('a client that takes more gets it in one field', () => {
    const offer = serving(long).exchange('DISCOVER', { options: { 'parameter-request-list': list, 'max-message-size': 1500 } })[0]
    expect([offer?.options['option-overload'], offer?.options['root-path']]).toEqual([undefined, 'r'.repeat(200)])
    expect(offer?.length).toBeGreaterThan(548)
  })

  test('what fits nowhere is left out, and the trace says which', () => {
    const w = serving({ ...long, ...text('tftp-server-name', 250) })
    const offer = w.exchange('DISCOVER', { options: { 'parameter-request-list': [...list, 66] } })[0]
    expect(offer?.options['tftp-server-name']).toBeUndefined()
    expect(w.decisions.at(-1)?.steps.find(step => step[0] === 'dhcp.options.no-room')?.[1]).toEqual({ codes: '66' })
  })

  test('a reply never exceeds an Ethernet frame, whatever the client claims to take', () => {
    const w = serving({ ...text('root-path', 255), ...text('extensions-path', 255), ...text('merit-dump-file', 255), ...text('nis-domain', 255), ...text('nis-plus-domain', 255) })
    const offer = w.exchange('DISCOVER', { options: { 'parameter-request-list': [17, 18, 14, 40, 64], 'max-message-size': 65_535 } })[0]
    expect(offer?.length).toBeLessThanOrEqual(1472)
  })
})

describe('subnets without a broadcast address', () => {
  test('RFC 3021 a /31 has neither broadcast address nor option 28', () => {
    const w = world({
      configuration: configuration({
        subnets: [subnet({ prefix: { network: 0x0a35_0002, length: 31 } })],
        pools: [pool('10.53.0.2', '10.53.0.3')],
      }),
    })
    const offer = w.exchange('DISCOVER')[0]
    expect([offer?.yiaddr, offer?.options['broadcast-address'], offer?.options['subnet-mask']]).toEqual(['10.53.0.3', undefined, '255.255.255.254'])
  })
})
