/** ProxyDHCP beside dnsmasq: a boot client hears an address from one and a boot file from the other. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DecisionView, SegmentView } from '../../services/index.ts'
import { emitMessage, messageTypeCode, type MessageType } from '../../services/dhcp/index.ts'
import { mac } from '../../stack/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { startServer } from './dhcp-servers.ts'
import { ethernet, ipv4, sendFrames, udp } from './frames.ts'
import { Lab, type Host } from './netns.ts'
import { APPLIANCE, BRIDGE } from './world.ts'

const EVERYBODY = 'ff:ff:ff:ff:ff:ff'
const FIRMWARE = '02:00:00:00:0b:07'
const THEIRS = { net: '10.53.0', first: 200, last: 220, leaseSeconds: 3600 }

let lab: Lab
let lan: Host
let appliance: Appliance
let firmware: Host

/** What UEFI x86-64 firmware says (RFC 4578 §2.1: architecture 7). */
function bootMessage(type: MessageType, from: string): readonly number[] {
  const chaddr = new Uint8Array(16)
  chaddr.set(mac(FIRMWARE))
  const text = (value: string): Uint8Array => Uint8Array.from(value, c => c.charCodeAt(0))
  return [...emitMessage({
    op: 1, hardwareType: 1, hardwareLength: 6, hops: 0, xid: 0x0b00_0007, secs: 0, flags: 0x8000, ciaddr: from === '0.0.0.0' ? 0 : 0x0a35_00c8,
    yiaddr: 0, siaddr: 0, giaddr: 0, chaddr, sname: new Uint8Array(64), file: new Uint8Array(128),
    options: new Map([
      [53, Uint8Array.of(messageTypeCode(type))], [60, text('PXEClient:Arch:00007:UNDI:003016')], [93, Uint8Array.of(0, 7)],
      [55, Uint8Array.of(1, 3, 43, 60, 66, 67)], [97, Uint8Array.from({ length: 17 }, (_, i) => i)],
    ]),
  })]
}

const say = (type: MessageType, from: string, to: string, toMac: string, port: number): Promise<void> =>
  sendFrames(firmware, [ethernet(toMac, FIRMWARE, 0x0800, ipv4(from, to, { protocol: 17, payload: udp(68, port, bootMessage(type, from)) }))])

/** Runs `speak` while tcpdump on the firmware's host shows what servers say. */
async function heard(lines: readonly RegExp[], speak: () => Promise<void>): Promise<string> {
  const dump = firmware.start('tcpdump', ['tcpdump', '-lnvvi', 'eth0', '--immediate-mode', 'udp and (src port 67 or src port 4011)'])
  await dump.line(/listening on/)
  await speak()
  for (const line of lines) await dump.line(line, 0, 10_000)
  await dump.stop()
  return dump.lines.join('\n')
}

describeLab('proxyDHCP beside another server', () => {
  beforeAll(async () => {
    lab = await Lab.open()
    lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const other = await lab.hostOn(lan, BRIDGE, 'other')
    await other.address('eth0', '10.53.0.1/24')
    await startServer('dnsmasq', other, THEIRS)
    firmware = await lab.hostOn(lan, BRIDGE, 'firmware', FIRMWARE)
    appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--host-address', 'none'] })
    const [segment] = await appliance.list<SegmentView>('/segments')
    const change = { policy: { mode: 'proxy' }, bootFile: 'ipxe.efi' }
    expect((await appliance.rest('PATCH', `/segments/${segment?.id}`, change)).status).toBe(200)
  })
  afterAll(() => lab.close())

  test('firmware hears an address from dnsmasq and a boot file from the appliance', async () => {
    const text = await heard([/Server-ID.*10\.53\.0\.1$/, /Server-ID.*10\.53\.0\.2$/, /Vendor-Class.*"PXEClient"/], () => say('DISCOVER', '0.0.0.0', '255.255.255.255', EVERYBODY, 67))
    const [theirs, ours] = ['10.53.0.1.67 >', `${APPLIANCE}.67 >`].map(from => text.slice(text.indexOf(from)).split(/\n(?=\S)/)[0] ?? '')
    expect(theirs).toMatch(/Your-IP 10\.53\.0\.2\d\d/)
    expect(ours).not.toContain('Your-IP')
    expect(ours).toContain(`Server-IP ${APPLIANCE}`)
    expect(ours).toContain('file "ipxe.efi"')
  }, 60_000)

  test('asked on port 4011 it answers from there', async () => {
    await firmware.succeed(['ip', 'address', 'replace', '10.53.0.200/24', 'dev', 'eth0'])
    const toMac = (await appliance.get<{ readonly mac: string }>('/interfaces/taproot0')).mac
    const text = await heard([/DHCP-Message.*ACK/], () => say('REQUEST', '10.53.0.200', APPLIANCE, toMac, 4011))
    expect(text).toContain(`${APPLIANCE}.4011 > 10.53.0.200.68`)
    expect(text).toContain('ipxe.efi')
  }, 60_000)

  test('a client that does not boot gets its address from dnsmasq alone, and health is content', async () => {
    const plain = await lab.hostOn(lan, BRIDGE, 'plain')
    const [, binding] = await DhcpClient.bind(plain, 'udhcpc', { hostName: 'plain' })
    expect(binding.address).toMatch(/^10\.53\.0\.2\d\d$/)
    const address = (await plain.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
    const reasons = await appliance.list<DecisionView>(`/decisions?mac=${encodeURIComponent(address)}`)
    expect(new Set(reasons.map(({ sent, steps }) => `${sent} ${steps.at(-1)?.id}`))).toEqual(new Set(['none dhcp.proxy.no-boot-client']))
    expect(await appliance.get('/health')).toMatchObject({ checks: expect.arrayContaining([{ name: 'dhcp-servers', status: 'ok', detail: 'no other DHCP server was seen' }]) as unknown })
  }, 60_000)
})
