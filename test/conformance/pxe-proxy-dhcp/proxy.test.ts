import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4 } from '../../../stack/index.ts'
import { toHex } from '../../../stack/platform/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL, type Level, type SegmentPolicy } from '../../../services/model/index.ts'
import { clientMessage, configuration, host, segment, SERVER, world, type RequestFields, type Sent, type World } from '../../support/dhcp-bench.ts'

const UUID = '00' + '0123456789abcdef0123456789abcdef'
const PXE: RequestFields = { options: { 'vendor-class': 'PXEClient:Arch:00007:UNDI:003016' }, raw: [[93, '0007'], [97, UUID]] }
const BOOT: Level = { ...EMPTY_LEVEL, boot: { bootFile: 'ipxe.efi', nextServer: ipv4('10.53.0.9') } }
const FIRMWARE_AT = { port: 4011, source: ipv4('10.53.0.66'), sourcePort: 68, target: SERVER } as const

const at = (policy: Partial<SegmentPolicy>, level: Level = BOOT): World =>
  world({ configuration: configuration({ segments: [segment(1, { policy: { ...DEFAULT_POLICY, mode: 'proxy', ...policy }, level })] }) })
const proxy = (): World => at({})

/** What firmware looks at. */
const shown = ({ type, to, message, yiaddr }: Sent) => ({
  type, to, yiaddr,
  file: String.fromCharCode(...message.file).replace(/\0.*$/s, ''),
  next: formatIpv4(message.siaddr),
  options: Object.fromEntries([...message.options].map(([code, octets]) => [code, toHex(octets)])),
})
const PXE_CLIENT = toHex(Uint8Array.from('PXEClient', c => c.charCodeAt(0)))

describe('PXE 2.1 §2.2.1 proxyDHCP on port 67', () => {
  test('an OFFER without an address: class, machine identifier, "boot this file", server and file', () => {
    const answers = proxy().exchange('DISCOVER', PXE)
    expect(answers.map(shown)).toEqual([{
      type: 'OFFER', to: { kind: 'broadcast' }, yiaddr: '0.0.0.0', file: 'ipxe.efi', next: '10.53.0.9',
      options: { 53: '02', 54: '0a350002', 60: PXE_CLIENT, 97: UUID, 43: '060108ff' },
    }])
  })

  test('no address is set aside and nothing is stored', () => {
    const w = proxy()
    w.exchange('DISCOVER', PXE)
    expect([w.server.underWay.offers, w.server.underWay.probes, w.commits.length, w.probes.length]).toEqual([0, 0, 0, 0])
  })

  test('by a relay the answer goes to the relay', () => {
    const w = proxy()
    const [answer] = w.exchange('DISCOVER', { ...PXE, giaddr: '10.53.0.1' }, { source: ipv4('10.53.0.1'), sourcePort: 67 })
    expect(answer?.to).toMatchObject({ kind: 'relay', address: ipv4('10.53.0.1') })
  })

  test('without a next server it is this appliance', () => {
    const [answer] = at({}, { ...EMPTY_LEVEL, boot: { bootFile: 'x' } }).exchange('DISCOVER', PXE)
    expect(formatIpv4(answer?.message.siaddr ?? 0)).toBe('10.53.0.2')
  })

  test('options 66 and 67 for who asks, and vendor options of the administrator in place of ours', () => {
    const level: Level = { ...BOOT, options: { 'vendor-specific': '060100ff' } }
    const [answer] = at({}, level).exchange('DISCOVER', { ...PXE, options: { ...PXE.options, 'parameter-request-list': [43, 66, 67, 3, 6] } })
    const { options } = shown(answer as Sent)
    expect([options[43], options[66], options[67], options[3], options[6]]).toEqual([
      '060100ff', toHex(Uint8Array.from('10.53.0.9', c => c.charCodeAt(0))), toHex(Uint8Array.from('ipxe.efi', c => c.charCodeAt(0))), undefined, undefined,
    ])
  })

  test('a host may boot something else', () => {
    const level: Level = { ...EMPTY_LEVEL, boot: { bootFile: 'special.efi' } }
    const w = world({
      configuration: configuration({
        segments: [segment(1, { policy: { ...DEFAULT_POLICY, mode: 'proxy' }, level: BOOT })],
        hosts: [host('10.53.0.66', { mac: '02:00:00:00:00:07', level })],
      }),
    })
    expect(w.exchange('DISCOVER', { ...PXE, mac: '02:00:00:00:00:07' }).map(each => shown(each).file)).toEqual(['special.efi'])
    expect(w.exchange('DISCOVER', { ...PXE, mac: '02:00:00:00:00:08' }).map(each => shown(each).file)).toEqual(['ipxe.efi'])
  })

  test.each([
    ['a client that does not boot', 'DISCOVER', {}, {}, 'dhcp.proxy.no-boot-client'],
    ['a vendor class that only resembles', 'DISCOVER', { options: { 'vendor-class': 'PXEClien' } }, {}, 'dhcp.proxy.no-boot-client'],
    ['its REQUEST to the server of the address', 'REQUEST', PXE, {}, 'dhcp.proxy.not-ours'],
    ['its RELEASE', 'RELEASE', { ...PXE, ciaddr: '10.53.0.66' }, {}, 'dhcp.proxy.not-ours'],
    ['a DISCOVER at the boot server', 'DISCOVER', PXE, FIRMWARE_AT, 'dhcp.proxy.not-ours'],
  ] as const)('%s gets nothing', (_, type, fields, arrival, why) => {
    const w = proxy()
    expect(w.exchange(type, fields, arrival)).toEqual([])
    expect(w.lastSteps().at(-1)).toBe(why)
  })

  test('known clients only: an unknown one boots nothing, at either port', () => {
    const w = at({ knownOnly: true })
    expect(w.exchange('DISCOVER', PXE)).toEqual([])
    expect(w.exchange('REQUEST', { ...PXE, ciaddr: '10.53.0.66' }, FIRMWARE_AT)).toEqual([])
    expect(w.lastSteps().at(-1)).toBe('dhcp.client.denied')
  })

  test('a class for an architecture names its boot file', () => {
    const efi = { id: 1, name: 'efi', priority: 1, test: 'architecture == 7', denied: false, leaseLimit: undefined, level: BOOT }
    const policy: SegmentPolicy = { ...DEFAULT_POLICY, mode: 'proxy' }
    const bios: Level = { ...EMPTY_LEVEL, boot: { bootFile: 'undionly.kpxe' } }
    const w = world({ configuration: configuration({ segments: [segment(1, { policy, level: bios })], classes: [efi] }) })
    expect(w.exchange('DISCOVER', PXE).map(each => shown(each).file)).toEqual(['ipxe.efi'])
    expect(w.exchange('DISCOVER', { ...PXE, raw: [[93, '0000']] }).map(each => shown(each).file)).toEqual(['undionly.kpxe'])
  })

  test('nothing to boot: no answer, and the architecture in the reason', () => {
    const w = at({}, EMPTY_LEVEL)
    expect(w.exchange('DISCOVER', PXE)).toEqual([])
    expect(w.decisions.at(-1)?.steps.at(-1)).toEqual(['dhcp.proxy.nothing-to-boot', { architecture: 7 }])
  })
})

describe('PXE 2.1 §2.2.4 the boot server on port 4011', () => {
  test.each(['REQUEST', 'INFORM'] as const)('%s is answered with an ACK to the port that asked', type => {
    const w = proxy()
    const answers = w.exchange(type, { ...PXE, ciaddr: '10.53.0.66' }, { ...FIRMWARE_AT, sourcePort: 4011 })
    expect(answers.map(shown)).toMatchObject([
      { type: 'ACK', to: { kind: 'boot-client', address: ipv4('10.53.0.66'), port: 4011 }, yiaddr: '0.0.0.0', file: 'ipxe.efi' },
    ])
  })

  test('to where the datagram came from, whatever ciaddr says', () => {
    const [answer] = proxy().exchange('REQUEST', { ...PXE, ciaddr: '10.53.0.99' }, FIRMWARE_AT)
    expect(answer?.to).toEqual({ kind: 'boot-client', address: ipv4('10.53.0.66'), port: 68 })
  })

  test('a segment that gives addresses answers nobody there', () => {
    const w = at({ mode: 'serve' })
    expect(w.exchange('REQUEST', { ...PXE, ciaddr: '10.53.0.66' }, FIRMWARE_AT)).toEqual([])
    expect(w.lastSteps().at(-1)).toBe('dhcp.proxy.off')
  })
})

describe('UEFI 2.10 §24.7.3.1 HTTP boot', () => {
  test('its class is answered with its class, the URI in option 67', () => {
    const uri = 'http://10.53.0.9/boot.efi'
    const [answer] = at({}, { ...EMPTY_LEVEL, boot: { bootFile: uri } }).exchange('DISCOVER', {
      options: { 'vendor-class': 'HTTPClient:Arch:00016:UNDI:003001', 'parameter-request-list': [67] }, raw: [[93, '0010']],
    })
    const { options } = shown(answer as Sent)
    const hex = (text: string): string => toHex(Uint8Array.from(text, c => c.charCodeAt(0)))
    expect([options[60], options[67]]).toEqual([hex('HTTPClient'), hex(uri)])
  })
})

describe('policy mode off', () => {
  test('nobody is answered, and the reason says so', () => {
    const w = at({ mode: 'off' })
    for (const fields of [{}, PXE]) expect(w.exchange('DISCOVER', fields)).toEqual([])
    expect(w.lastSteps().at(-1)).toBe('dhcp.segment.not-served')
  })
})

describe('policy offerDelayMs', () => {
  const slow = (change: Partial<SegmentPolicy> = {}): World => at({ mode: 'serve', offerDelayMs: 3_000, ...change })
  /** Sends, and waits for the probe only. */
  const discover = (w: World, fields: RequestFields = {}): number => {
    w.exchange('DISCOVER', fields)
    return w.sent.length
  }

  test('the offer is held back', () => {
    const w = slow()
    expect(discover(w)).toBe(0)
    w.clock.advance(1_000)
    expect(w.sent.length).toBe(0)
    w.clock.advance(1_000)
    expect(w.sent.map(({ type }) => type)).toEqual(['OFFER'])
    expect(w.decisions.map(({ sent }) => sent)).toEqual(['OFFER'])
  })

  test('a client that has asked for so long is answered at once (secs)', () => {
    expect(discover(slow(), { secs: 3 })).toBe(1)
    expect(discover(slow(), { secs: 2 })).toBe(0)
  })

  test('who takes another server\'s offer meanwhile gets none', () => {
    const w = slow()
    discover(w)
    w.exchange('REQUEST', { options: { 'requested-address': '10.53.0.200', 'server-identifier': '10.53.0.250' } })
    w.clock.advance(5_000)
    expect(w.sent).toEqual([])
    expect(w.lastSteps().at(-1)).toBe('dhcp.offer.overtaken')
  })

  test('proxy offers are held back too', () => {
    const w = slow({ mode: 'proxy' })
    expect(discover(w, PXE)).toBe(0)
    w.clock.advance(3_000)
    expect(w.sent.map(({ type }) => type)).toEqual(['OFFER'])
  })

  test('a flood of clients is held back up to a bound; more are answered at once', () => {
    const w = slow({ mode: 'proxy' })
    for (let i = 0; i < 4_200; i++) w.receive(pxeFrom(i))
    expect(w.sent.length).toBe(4_200 - 4_096)
    w.clock.advance(3_000)
    expect(w.sent.length).toBe(4_200)
  })

  test('after the end nothing is sent', () => {
    const w = slow()
    discover(w)
    w.server.close()
    w.clock.advance(10_000)
    expect(w.sent).toEqual([])
  })
})

const pxeFrom = (i: number): Uint8Array =>
  clientMessage('DISCOVER', { ...PXE, mac: `02:00:00:00:${(i >>> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}` })
