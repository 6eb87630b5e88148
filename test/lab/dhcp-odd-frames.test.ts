/**
 * DHCP messages that no client should send, as frames on a real wire while real clients are served: malformed, forged,
 * replayed, for addresses of others, too long, in storms. Each is counted and has its reason, and nobody loses a lease.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SeededRandom } from '../../stack/platform/index.ts'
import type { DecisionView, LeaseView, StatisticsView } from '../../services/index.ts'
import { clientMessage, type RequestFields } from '../support/dhcp-bench.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { ethernet, ipv4, sendFrames, udp } from './frames.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, BRIDGE, eventually, openWorld, showOnFailure, staticHost, type World } from './world.ts'

const EVERYBODY = 'ff:ff:ff:ff:ff:ff'
const ATTACKER = '10.53.0.66'
const FRAGMENT_OCTETS = 1480
const MORE_FRAGMENTS = 0x2000

let world: World
let attacker: Host
/** Bound before any of it. It must still be when all is over. */
let served: { readonly client: DhcpClient; readonly address: string; readonly mac: string }
let made = 0

/** A hardware address that nobody had yet, so that its decisions are those of one test. */
function newMac(): string {
  made++
  return `02:aa:bb:cc:${(made >> 8).toString(16).padStart(2, '0')}:${(made & 255).toString(16).padStart(2, '0')}`
}

type Way = { readonly from?: string; readonly sourcePort?: number; readonly to?: string }

/** The frames of a DHCP message: fragments where one does not hold it. */
function framesOf(message: ArrayLike<number>, { from = '0.0.0.0', to = '255.255.255.255', sourcePort = 68 }: Way = {}): readonly (readonly number[])[] {
  const datagram = udp(sourcePort, 67, Array.from(message))
  made++
  return Array.from({ length: Math.ceil(datagram.length / FRAGMENT_OCTETS) }, (_, i) => {
    const payload = datagram.slice(i * FRAGMENT_OCTETS, (i + 1) * FRAGMENT_OCTETS)
    const more = (i + 1) * FRAGMENT_OCTETS < datagram.length ? MORE_FRAGMENTS : 0
    const fields = { protocol: 17, payload, flagsAndOffset: more | ((i * FRAGMENT_OCTETS) >> 3), identification: made & 0xffff }
    return ethernet(EVERYBODY, '02:aa:bb:00:00:01', 0x0800, ipv4(from, to, fields))
  })
}
const send = (message: ArrayLike<number>, way?: Way, times = 1): Promise<void> => sendFrames(attacker, framesOf(message, way), times)

const counter = async (name: string): Promise<number> =>
  (await world.appliance.get<StatisticsView>('/statistics?all=yes'))['dhcp']?.[name] ?? 0
const decisionsOf = (mac: string): Promise<readonly DecisionView[]> => world.appliance.list(`/decisions?mac=${encodeURIComponent(mac)}`)
const decided = (mac: string, count = 1): Promise<readonly DecisionView[]> =>
  eventually(`${count} decisions about ${mac}`, async () => {
    const found = await decisionsOf(mac)
    return found.length >= count ? found : undefined
  })
const stepsOf = (decisions: readonly DecisionView[]): readonly string[] => decisions.flatMap(({ steps }) => steps.map(({ id }) => id))
const lease = (address: string): Promise<LeaseView> => world.appliance.get(`/leases/${address}`)
const leases = (): Promise<readonly LeaseView[]> => world.appliance.list('/leases')

/** A lease for a made-up machine, taken by frames: nobody is behind it who could answer ARP. */
async function take(mac: string, address: string, xid: number): Promise<void> {
  await send(clientMessage('REQUEST', { mac, xid, options: { 'requested-address': address, 'server-identifier': APPLIANCE } }))
  await eventually(`lease of ${mac}`, async () => ((await leases()).some(each => each.address === address && each.mac === mac && each.state === 'bound') ? true : undefined))
}

const damaged = (message: Uint8Array, change: (b: Uint8Array) => void): Uint8Array => {
  change(message)
  return message
}
/** A DISCOVER with octets in place of its options. */
const withOptions = (mac: string, octets: readonly number[]): Uint8Array => {
  const b = clientMessage('DISCOVER', { mac })
  b.fill(0, 240)
  b.set(octets, 240)
  return b
}

describeLab('DHCP: odd messages on the wire, while clients are served', () => {
  beforeAll(async () => {
    world = await openWorld()
    attacker = await staticHost(world, 'attacker', ATTACKER)
    const on = await world.lab.hostOn(world.lan, BRIDGE, 'served')
    const [client, { address }] = await DhcpClient.bind(on, 'udhcpc', { hostName: 'served' })
    served = { client, address, mac: (await on.succeed(['cat', '/sys/class/net/eth0/address'])).trim() }
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  describe('dropped, counted, and with a reason', () => {
    const TIMES = 3
    type Row = readonly [what: string, name: string, message: (mac: string) => ArrayLike<number>, way?: Way]
    const rows: readonly Row[] = [
      ['cut off in the fixed part', 'dropped-truncated', mac => clientMessage('DISCOVER', { mac }).subarray(0, 100)],
      ['op 3', 'dropped-bad-op', mac => damaged(clientMessage('DISCOVER', { mac }), b => void (b[0] = 3))],
      ['a reply', 'dropped-not-a-request', mac => damaged(clientMessage('DISCOVER', { mac }), b => void (b[0] = 2))],
      ['another cookie', 'dropped-bad-cookie', mac => damaged(clientMessage('DISCOVER', { mac }), b => void (b[239] = 0))],
      ['hlen 16', 'dropped-bad-hardware', mac => damaged(clientMessage('DISCOVER', { mac }), b => void (b[2] = 16))],
      ['hlen 0', 'dropped-bad-hardware', mac => damaged(clientMessage('DISCOVER', { mac }), b => void (b[2] = 0))],
      ['hlen 255', 'dropped-bad-hardware', mac => damaged(clientMessage('DISCOVER', { mac }), b => void (b[2] = 255))],
      ['htype 32', 'dropped-bad-hardware', mac => damaged(clientMessage('DISCOVER', { mac }), b => void (b[1] = 32))],
      ['a group address as hardware', 'dropped-bad-hardware-address', mac => damaged(clientMessage('DISCOVER', { mac }), b => void (b[28] = 3))],
      ['giaddr 255.255.255.255', 'dropped-bad-relay-address', mac => clientMessage('DISCOVER', { mac, giaddr: '255.255.255.255' })],
      ['giaddr 127.0.0.1', 'dropped-bad-relay-address', mac => clientMessage('DISCOVER', { mac, giaddr: '127.0.0.1' })],
      ['giaddr 224.0.0.1', 'dropped-bad-relay-address', mac => clientMessage('DISCOVER', { mac, giaddr: '224.0.0.1' })],
      ['message type 0', 'dropped-unknown-message-type', mac => withOptions(mac, [53, 1, 0, 255])],
      ['message type 200', 'dropped-unknown-message-type', mac => withOptions(mac, [53, 1, 200, 255])],
      ['an OFFER as request', 'dropped-server-message', mac => clientMessage('OFFER', { mac })],
      ['an ACK as request', 'dropped-server-message', mac => clientMessage('ACK', { mac })],
      ['a requested address of 3 octets', 'dropped-bad-option-length', mac => withOptions(mac, [53, 1, 1, 50, 3, 10, 53, 0, 255])],
      ['a server identifier of 5 octets', 'dropped-bad-option-length', mac => withOptions(mac, [53, 1, 3, 54, 5, 10, 53, 0, 2, 0, 255])],
      ['a message type twice', 'dropped-bad-option-length', mac => withOptions(mac, [53, 1, 1, 53, 1, 3, 255])],
      ['an option past the end', 'dropped-option-overrun', mac => withOptions(mac, [53, 1, 1, 12, 250, 65])],
      ['an option past the end of sname (overload)', 'dropped-option-overrun', mac => damaged(withOptions(mac, [53, 1, 1, 52, 1, 2, 255]), b => b.set([12, 200], 44))],
      ['from port 4000', 'dropped-bad-port', mac => clientMessage('DISCOVER', { mac }), { from: ATTACKER, sourcePort: 4000 }],
      ['from port 53', 'dropped-bad-port', mac => clientMessage('REQUEST', { mac }), { sourcePort: 53 }],
      ['4,097 octets', 'dropped-over-long', mac => damaged(new Uint8Array(4097), b => b.set(clientMessage('DISCOVER', { mac })))],
    ]
    test.each(rows.map(([what, name, message, way = {}]) => ({ what, name, message, way })))('$what: $name', async ({ name, message, way }) => {
      const mac = newMac()
      const [before, acks] = [await counter(name), await counter('tx-offer')]
      for (let i = 0; i < TIMES; i++) await send(message(mac), way)
      await eventually(name, async () => ((await counter(name)) === before + TIMES ? true : undefined))
      expect(await counter('tx-offer')).toBe(acks)
      if (name !== 'dropped-bad-hardware-address') expect(stepsOf(await decided(mac, TIMES))).toContain('dhcp.message.malformed')
    })
  })

  describe('answered by silence, with a reason', () => {
    test.each<readonly [what: string, step: string, type: 'DISCOVER' | 'REQUEST' | 'BOOTP' | 'RELEASE' | 'DECLINE', fields: () => RequestFields]>([
      ['a giaddr that no segment knows', 'dhcp.subnet.unknown-relay', 'DISCOVER', () => ({ giaddr: '10.99.0.1' })],
      ['a subnet selection of a network that is not ours', 'dhcp.subnet.unknown-selection', 'DISCOVER', () => ({ raw: [[118, '0a630000']] })],
      ['BOOTP without option 53, for whom nothing is set up', 'dhcp.bootp.refused', 'BOOTP', () => ({})],
      ['a REQUEST for another server', 'dhcp.request.other-server', 'REQUEST', () => ({ options: { 'requested-address': '10.53.0.120', 'server-identifier': '10.53.0.77' } })],
      ['a REQUEST without an address', 'dhcp.request.no-address', 'REQUEST', () => ({})],
      ['a REQUEST of one who was never here', 'dhcp.request.unknown-client', 'REQUEST', () => ({ options: { 'requested-address': '10.53.0.170' } })],
      ['a RELEASE of an address that another has', 'dhcp.lease.not-owner', 'RELEASE', () => ({ ciaddr: served.address })],
      ['a RELEASE of an address that nobody has', 'dhcp.lease.not-owner', 'RELEASE', () => ({ ciaddr: '10.53.0.180' })],
      ['a RELEASE of an address of another network', 'dhcp.lease.not-owner', 'RELEASE', () => ({ ciaddr: '192.0.2.1' })],
      ['a RELEASE meant for another server', 'dhcp.message.other-server', 'RELEASE', () => ({ ciaddr: served.address, mac: served.mac, options: { 'server-identifier': '10.53.0.77' } })],
      ['a DECLINE of an address that another has', 'dhcp.lease.not-owner', 'DECLINE', () => ({ options: { 'requested-address': served.address } })],
      ['a DECLINE of the appliance itself', 'dhcp.lease.not-owner', 'DECLINE', () => ({ options: { 'requested-address': APPLIANCE } })],
      ['a DECLINE without an address', 'dhcp.request.no-address', 'DECLINE', () => ({})],
    ])('%s: %s', async (_what, step, type, fields) => {
      const request: RequestFields = { mac: newMac(), ...fields() }
      const before = new Set((await decisionsOf(request.mac ?? '')).map(({ id }) => id))
      await send(clientMessage(type, request))
      const found = await eventually('the decision', async () => (await decisionsOf(request.mac ?? '')).find(({ id }) => !before.has(id)))
      expect([found.sent, stepsOf([found])]).toEqual(['none', expect.arrayContaining([step]) as readonly string[]])
      expect(await lease(served.address)).toMatchObject({ state: 'bound', mac: served.mac })
    })

    test('a forged giaddr of the own network: the answer goes to that address, not to who forged it', async () => {
      const mac = newMac()
      await send(clientMessage('DISCOVER', { mac, giaddr: '10.53.0.77' }))
      const [decision] = await decided(mac)
      expect(decision?.steps.at(-1)?.text).toMatch(/to relay 10\.53\.0\.77$/)
    })
  })

  describe('replayed', () => {
    const OWNER = { mac: '02:aa:bb:ee:00:01', address: '10.53.0.140', xid: 0x5eed_0001 } as const
    beforeAll(() => take(OWNER.mac, OWNER.address, OWNER.xid))
    const replay = (mac: string): Uint8Array =>
      clientMessage('REQUEST', { mac, xid: OWNER.xid, options: { 'requested-address': OWNER.address, 'server-identifier': APPLIANCE } })

    test('the same REQUEST again: acknowledged again, still one lease', async () => {
      await send(replay(OWNER.mac), {}, 5)
      expect((await decided(OWNER.mac, 6)).filter(({ received }) => received === 'REQUEST').every(({ sent }) => sent === 'ACK' || sent === 'none')).toBe(true)
      expect((await leases()).filter(({ mac }) => mac === OWNER.mac).map(({ address, state }) => [address, state])).toEqual([[OWNER.address, 'bound']])
    })

    test('the same transaction from another machine: NAK, and the owner keeps it', async () => {
      const mac = newMac()
      await send(replay(mac))
      const [decision] = await decided(mac)
      expect(decision?.sent).toBe('NAK')
      expect(await lease(OWNER.address)).toMatchObject({ state: 'bound', mac: OWNER.mac })
    })
  })

  test.each([1473, 3000, 4096])('a DISCOVER of %i octets, in fragments, is answered', async length => {
    const mac = newMac()
    const b = new Uint8Array(length)
    b.set(clientMessage('DISCOVER', { mac }))
    await send(b)
    expect((await decided(mac)).map(({ sent }) => sent)).toContain('OFFER')
  })

  test('every option with no octet, one, and 255 of them: each message is taken note of, and clients are served meanwhile', async () => {
    const before = await counter('rx')
    const mac = newMac()
    const values = ['', 'ff', 'ff'.repeat(255), '00'.repeat(255)]
    const messages = Array.from({ length: 254 }, (_, i) => i + 1).flatMap(code => values.map(value => clientMessage('DISCOVER', { mac, raw: [[code, value]] })))
    const flood = sendFrames(attacker, messages.flatMap(message => framesOf(message)))
    const [client, binding] = await DhcpClient.bind(await world.lab.hostOn(world.lan, BRIDGE, 'meanwhile'), 'udhcpc')
    expect(binding.address).toMatch(/^10\.53\.0\.1\d\d$/)
    await flood
    await eventually('all of them', async () => ((await counter('rx')) >= before + messages.length ? true : undefined))
    await client.release()
  })

  describe('a storm of DECLINEs', () => {
    const declinedNow = async (): Promise<number> => (await leases()).filter(({ state }) => state === 'declined').length

    test('by one machine: four addresses are set aside, the rest of them only given back', async () => {
      const before = await declinedNow()
      const mac = newMac()
      for (let i = 0; i < 7; i++) {
        const address = `10.53.0.${190 + i}`
        await take(mac, address, i)
        await send(clientMessage('DECLINE', { mac, options: { 'requested-address': address } }))
        await eventually('its end', async () => ((await lease(address)).state === 'bound' ? undefined : true))
      }
      expect(await declinedNow()).toBe(before + 4)
      expect(stepsOf(await decisionsOf(mac))).toContain('dhcp.decline.limited')
    })

    test('by as many machines as there are addresses: 64 in all, and a new client still gets one', async () => {
      const free = Array.from({ length: 100 }, (_, i) => `10.53.0.${100 + i}`)
      const known = new Set((await leases()).filter(({ state }) => state !== 'released' && state !== 'expired').map(({ address }) => address))
      const storm = free.filter(address => !known.has(address)).map(address => ({ mac: newMac(), address }))
      const frames = (type: 'REQUEST' | 'DECLINE', more: { readonly [name: string]: string }): readonly (readonly number[])[] =>
        storm.flatMap(({ mac, address }) => framesOf(clientMessage(type, { mac, options: { 'requested-address': address, ...more } })))
      await sendFrames(attacker, frames('REQUEST', { 'server-identifier': APPLIANCE }))
      // Those that are not on offer to somebody since an earlier test: more than may be declined.
      await eventually('their leases', async () => ((await leases()).filter(({ state }) => state === 'bound').length >= 80 ? true : undefined))
      const limited = await counter('declines-limited')
      await sendFrames(attacker, frames('DECLINE', {}))
      await eventually('the limit', async () => ((await counter('declines-limited')) > limited ? true : undefined))
      const [client, binding] = await DhcpClient.bind(await world.lab.hostOn(world.lan, BRIDGE, 'after-the-storm'), 'udhcpc')
      expect(binding.address).toMatch(/^10\.53\.0\.1\d\d$/)
      // One more each ten seconds.
      expect(await declinedNow()).toBeLessThan(64 + 12)
      await client.vanish()
    })
  })

  test('scapy: random fields and options, and then an exchange as scapy understands it', async () => {
    const before = await counter('rx')
    const on = await world.lab.hostOn(world.lan, BRIDGE, 'scapy')
    const text = await on.succeed(['/usr/bin/python3', 'test/lab/dhcp-scapy.py', '500', '20261122', APPLIANCE])
    expect(await counter('rx')).toBeGreaterThan(before + 400)
    const answers = text.trim().split('\n')
    expect(answers.map(line => line.split(' ')[0])).toEqual([expect.stringMatching(/^10\.53\.0\.1\d\d$/), answers[0]?.split(' ')[0]])
    expect(answers[0]).toContain("'message-type': 2")
    for (const fact of ["'message-type': 5", `'server_id': '${APPLIANCE}'`, "'subnet_mask': '255.255.255.0'", "'router': '10.53.0.1'", "'lease_time': 3600", "'domain': b'lab.internal'"]) expect(answers[1]).toContain(fact)
  })

  test('damaged at random: no message ends the service', async () => {
    const random = new SeededRandom(20261122)
    const before = await counter('rx')
    const shapes = [
      (mac: string) => clientMessage('DISCOVER', { mac, options: { 'host-name': 'odd' }, raw: [[55, '0103060c0f'], [82, '0104dead0001'], [81, '000000036f6464']] }),
      (mac: string) => clientMessage('REQUEST', { mac, options: { 'requested-address': '10.53.0.160', 'server-identifier': APPLIANCE } }),
      (mac: string) => clientMessage('INFORM', { mac, ciaddr: ATTACKER }),
    ]
    const messages = Array.from({ length: 2_000 }, () => {
      const b = (shapes[random.below(shapes.length)] as (mac: string) => Uint8Array)(newMac())
      // What is behind the hardware address: options, names, and the length of it all.
      for (let n = 1 + random.below(6); n > 0; n--) b[random.chance(0.2) ? random.below(28) : 44 + random.below(b.length - 44)] = random.below(256)
      return random.chance(0.2) ? b.subarray(0, random.below(b.length)) : b
    })
    await sendFrames(attacker, messages.flatMap(message => framesOf(message)))
    await eventually('most of them', async () => ((await counter('rx')) >= before + messages.length / 2 ? true : undefined))
    expect(await served.client.renew()).toMatchObject({ address: served.address })
  })

  test('after all of that: who was served before has the same lease and renews it', async () => {
    expect(await served.client.renew()).toMatchObject({ address: served.address, server: APPLIANCE })
    expect(await lease(served.address)).toMatchObject({ state: 'bound', mac: served.mac })
    expect(world.appliance.program.lines.filter(line => /"level":"?(error|50|60|fatal)/.test(line) && !line.includes('exhausted'))).toEqual([])
  })
})
