/**
 * What the appliance sends, as tshark sees it on a client's cable: ARP, DHCP, DNS over UDP and TCP, ICMP and its errors,
 * fragments, IGMP, HTTP over our TCP. Captured by tcpdump there and by `taproot capture` here; nothing is malformed, no
 * checksum is wrong, and tshark reports no error.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { InterfaceView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { dissect } from './dissect.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, BRIDGE, openWorld, showOnFailure, type World } from './world.ts'

/** What the traffic below makes the appliance send, by tshark's names. */
const SENT = ['arp', 'dhcp', 'dns', 'icmp', 'tcp', 'http', 'udp', 'data']

describeLab('the appliance under tshark', () => {
  let world: World
  let client: Host
  let ours: string
  const files = { tcpdump: '', taproot: '' }

  beforeAll(async () => {
    world = await openWorld()
    const [first] = await world.appliance.list<InterfaceView>('/interfaces')
    ours = first?.mac ?? ''
    client = await world.lab.hostOn(world.lan, BRIDGE, 'client')
    files.tcpdump = join(client.directory, 'tcpdump.pcap')
    files.taproot = join(world.lan.directory, 'taproot.pcapng')
    const dump = client.start('tcpdump', ['tcpdump', '-U', '-ni', 'eth0', '-w', files.tcpdump])
    await dump.line(/listening on/)
    const token = { TAPROOT_TOKEN_FILE: join(world.appliance.data, 'token') }
    const capture = world.lan.start('capture', ['sh', 'bin/taproot', 'capture', '-w', files.taproot], token)
    await capture.line(/capturing|listening/i)
    await traffic()
    await Promise.all([dump.stop(), capture.stop()])
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  async function traffic(): Promise<void> {
    const dig = (...query: readonly string[]): Promise<unknown> => client.run(['dig', '+tries=1', '+timeout=2', `@${APPLIANCE}`, ...query])
    await DhcpClient.bind(client, 'dhclient', { hostName: 'laptop' })
    const text = Array.from({ length: 12 }, (_, i) => `"${String(i).padStart(200, 'x')}"`).join(' ')
    await world.appliance.command('record', 'add', 'lab.internal', 'big', 'TXT', text)
    await world.appliance.command('record', 'add', 'lab.internal', 'nas', 'A', '10.53.0.30')
    for (const name of ['nas.lab.internal', 'laptop.lab.internal', 'nothing.lab.internal', 'localhost', 'www.example.com']) await dig(name)
    await dig('+bufsize=512', '+ignore', 'big.lab.internal', 'TXT')
    await dig('+bufsize=4096', 'big.lab.internal', 'TXT')
    await dig('+tcp', 'big.lab.internal', 'TXT')
    await dig('+noedns', '-x', '10.53.0.30')
    await dig('lab.internal', 'SOA')
    await dig('lab.internal', 'ANY')
    await dig('-p', '5353', 'nobody.listens')
    for (const size of ['0', '56', '1472', '1473', '20000']) await client.run(['ping', '-c1', '-W2', '-s', size, APPLIANCE])
    await client.run(['arping', '-c1', '-w2', '-I', 'eth0', APPLIANCE])
    await client.run(['traceroute', '-n', '-q1', '-w1', APPLIANCE])
    await client.run(['curl', '-sS', '--max-time', '5', '-o', '/dev/null', `http://${APPLIANCE}/docs/`])
    await client.run(['curl', '-sS', '--max-time', '5', '-o', '/dev/null', `http://${APPLIANCE}/api/v1/openapi.json`])
    await client.run(['curl', '-sS', '--max-time', '2', `http://${APPLIANCE}:81/`])
  }

  test.each(['tcpdump', 'taproot'] as const)('nothing is wrong in what %s has seen of us', async (by) => {
    const { wrong, frames } = await dissect(files[by], ours)
    expect(wrong).toEqual([])
    expect([...frames.keys()]).toEqual(expect.arrayContaining(SENT))
  })

  test('and tshark would have told: one frame of ours with one octet changed is found', async () => {
    const broken = join(client.directory, 'broken.pcap')
    await client.succeed([
      'sh', '-c', `tshark -n -r ${files.tcpdump} -Y 'eth.src == ${ours} && dns && udp' -c 40 -F pcap -w ${broken} 2>&1`,
    ])
    const octets = readFileSync(broken)
    octets[octets.length - 1] = (octets.at(-1) as number) ^ 0x55
    writeFileSync(broken, octets)
    expect((await dissect(broken, ours)).wrong.length).toBe(1)
  })
})
