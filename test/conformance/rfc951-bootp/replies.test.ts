import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { clientMessage, host } from '../../support/dhcp-bench.ts'
import { localWorld } from '../../support/dhcp-policy.ts'

const A = { mac: '02:00:00:00:00:0a' }
const ADDRESS = ipv4('10.53.0.100')
const hosts = [host('10.53.0.50', { mac: A.mac, name: 'terminal' })]

describe('RFC 1534 §2 [H1] requests without option 53', () => {
  test('a host gets its address: BOOTREPLY without anything that only DHCP knows', () => {
    const w = localWorld({ hosts, options: { routers: ['10.53.0.1'] } })
    const [reply] = w.exchange('BOOTP', A)
    expect([reply?.type, reply?.yiaddr, reply?.message.op]).toEqual(['BOOTP', '10.53.0.50', 2])
    expect(reply?.options).toEqual({
      'subnet-mask': '255.255.255.0',
      routers: ['10.53.0.1'],
      'domain-name-servers': ['10.53.0.2'],
      'host-name': 'terminal',
      'domain-name': 'lab.internal',
      'broadcast-address': '10.53.0.255',
    })
  })

  test('the binding is on disk, for ever, before the reply', () => {
    const w = localWorld({ hosts })
    w.storage = 'later'
    expect(w.exchange('BOOTP', A)).toEqual([])
    w.pending.shift()?.(true)
    expect([w.sent.map(sent => sent.yiaddr), w.disk.get(ipv4('10.53.0.50'))?.expiresAt]).toEqual([['10.53.0.50'], undefined])
    expect(w.disk.get(ipv4('10.53.0.50'))).toMatchObject({ state: 'bound', mac: A.mac })
  })

  test('a repeated request gets the same answer', () => {
    const w = localWorld({ policy: { bootp: true } })
    expect([w.exchange('BOOTP', A)[0]?.yiaddr, w.exchange('BOOTP', A)[0]?.yiaddr]).toEqual(['10.53.0.100', '10.53.0.100'])
    expect(w.disk.size).toBe(1)
  })

  test.each([
    ['is refused addresses of the pool', false, undefined, 'dhcp.bootp.refused'],
    ['gets one where the policy lets it', true, '10.53.0.100', 'dhcp.bootp.answered'],
  ])('a stranger %s', (_name, bootp, address, step) => {
    const w = localWorld({ policy: { bootp } })
    expect([w.exchange('BOOTP', A)[0]?.yiaddr, w.lastSteps().at(-1)]).toEqual([address, step])
  })

  test('an address is probed before it is given for ever', () => {
    const w = localWorld({ policy: { bootp: true } })
    w.holders.set('10.53.0.100', '02:00:00:00:00:99')
    expect(w.exchange('BOOTP', A)[0]?.yiaddr).toBe('10.53.0.101')
    expect(w.disk.get(ADDRESS)).toMatchObject({ state: 'declined', mac: '02:00:00:00:00:99' })
  })
})

describe('RFC 951 §3 and RFC 1542 §2.1 [H1, H2] the form of messages', () => {
  test('a request whose vendor field is all zeros, without cookie', () => {
    const w = localWorld({ policy: { bootp: true } })
    const b = clientMessage('BOOTP', A)
    b.fill(0, 236)
    w.receive(b)
    w.clock.advance(1000)
    expect(w.sent.map(sent => sent.yiaddr)).toEqual(['10.53.0.100'])
  })

  test('a reply is 300 octets, whatever is configured; what does not fit its vendor field is left out and told', () => {
    const w = localWorld({ policy: { bootp: true }, options: { 'root-path': 'r'.repeat(40), 'nis-domain': 'n'.repeat(30), routers: ['10.53.0.1'] } })
    const [reply] = w.exchange('BOOTP', A)
    expect([reply?.length, reply?.options['option-overload'], reply?.options['routers']]).toEqual([300, undefined, ['10.53.0.1']])
    expect(w.lastSteps()).toContain('dhcp.options.no-room')
  })

  test('§5 siaddr, sname and file say from where to boot', () => {
    const w = localWorld({ hosts, boot: { nextServer: ipv4('10.53.0.9'), serverName: 'tftp', bootFile: 'pxe.0' } })
    const [reply] = w.exchange('BOOTP', A)
    const text = (b: Uint8Array | undefined): string => Buffer.from(b ?? []).toString('latin1').replace(/\0+$/, '')
    expect([reply?.message.siaddr, text(reply?.message.sname), text(reply?.message.file)]).toEqual([ipv4('10.53.0.9'), 'tftp', 'pxe.0'])
  })
})

describe('RFC 2131 §4.3.1 and RFC 2132 §9.4, §9.5 boot fields', () => {
  const boot = { nextServer: ipv4('10.53.0.9'), serverName: 'tftp', bootFile: 'pxe.0' }

  test('OFFER and ACK carry them, a NAK does not', () => {
    const w = localWorld({ boot })
    const offer = w.exchange('DISCOVER', A)[0]
    const nak = w.exchange('REQUEST', { ...A, options: { 'requested-address': '192.0.2.1' } })[0]
    expect([offer?.message.siaddr, offer?.message.file[0], nak?.message.siaddr, nak?.message.file[0]]).toEqual([ipv4('10.53.0.9'), 0x70, 0, 0])
  })

  test('names that are too long for their fields go into options 66 and 67', () => {
    const w = localWorld({ boot: { serverName: 's'.repeat(64), bootFile: 'f'.repeat(128) } })
    const offer = w.exchange('DISCOVER', A)[0]
    expect([offer?.message.sname[0], offer?.message.file[0], offer?.options['tftp-server-name'], offer?.options['boot-file-name']]).toEqual([0, 0, 's'.repeat(64), 'f'.repeat(128)])
  })

  test('§9.3 a field that holds a name holds no options', () => {
    const long = { 'root-path': 'r'.repeat(250), 'extensions-path': 'e'.repeat(100), 'nis-domain': 'n'.repeat(60) }
    const w = localWorld({ boot: { bootFile: 'pxe.0' }, options: long })
    const offer = w.exchange('DISCOVER', { ...A, options: { 'parameter-request-list': [17, 18, 40] } })[0]
    expect([offer?.options['option-overload'], Buffer.from(offer?.message.file ?? []).toString('latin1', 0, 5)]).toEqual([2, 'pxe.0'])
    expect(offer?.options['extensions-path']).toBeUndefined()
    expect(w.decisions.at(-1)?.steps.find(step => step[0] === 'dhcp.options.no-room')?.[1]).toEqual({ codes: '18' })
  })
})
