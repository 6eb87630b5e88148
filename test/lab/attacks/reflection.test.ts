/**
 * Reflection: queries that bear somebody else's address, for the largest answers there are. What reaches the victim is
 * bounded by the rate that answers are limited to (--rate-limit), and no datagram is larger than 1,232 octets.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { queryBytes } from '../../support/dns.ts'
import { describeLab } from '../available.ts'
import { dig } from '../dig.ts'
import { ethernet, ipv4, sendFrames, udp } from '../frames.ts'
import { openResolvingWorld, type ResolvingWorld, startSubject } from '../internet/resolving-world.ts'
import type { Host } from '../netns.ts'
import { APPLIANCE, BRIDGE } from '../world.ts'

const ATTACKER_MAC = '02:00:00:00:00:66'
const VICTIM = '10.53.0.77'
/** Ethernet's own 14 octets, IPv4's 20, UDP's 8. */
const HEADERS = 42
const ROUNDS = 200

describeLab('reflection', () => {
  let world: ResolvingWorld
  let attacker: Host
  let victim: Host
  let mac: string

  beforeAll(async () => {
    world = await openResolvingWorld(false)
    await startSubject(world, ['--rate-limit', '10', '--rate-limit-exempt', '10.53.0.50/32'])
    attacker = await world.lab.hostOn(world.lan, BRIDGE, 'attacker', ATTACKER_MAC)
    await attacker.address('eth0', '10.53.0.66/24')
    victim = await world.lab.hostOn(world.lan, BRIDGE, 'victim')
    await victim.address('eth0', `${VICTIM}/24`)
    for (const [name, type] of QUERIES) await dig(world.asker, APPLIANCE, '+dnssec', name, type)
    mac = /lladdr (\S+)/.exec(await world.asker.succeed(['ip', 'neighbour', 'show', APPLIANCE]))?.[1] ?? ''
    // The bridge learns where the victim is, and its port answers nothing of what comes.
    await dig(victim, APPLIANCE, 'www.honest.gamma')
  })
  afterAll(() => world.lab.close())

  const QUERIES = [
    ['rsa512.alpha', 'DNSKEY'], ['two.alpha', 'DNSKEY'], ['hosting.alpha', 'ANY'], ['big.alpha', 'ANY'], ['long.big.alpha', 'TXT'],
    ['many.big.alpha', 'A'], ['nothing.ed25519.alpha', 'A'], ['.', 'DNSKEY'],
  ] as const

  const received = async (): Promise<{ readonly octets: number; readonly packets: number }> => {
    const [octets, packets] = await Promise.all(['rx_bytes', 'rx_packets'].map(
      async what => Number(await victim.succeed(['cat', `/sys/class/net/eth0/statistics/${what}`]))))
    return { octets: octets ?? 0, packets: packets ?? 0 }
  }

  test('the victim gets less than the attacker sends', async () => {
    const frames = Array.from({ length: ROUNDS }, (_, i) => QUERIES.map(([name, type], j) => {
      const query = queryBytes(name, type, { id: i * 8 + j, edns: { size: 65_535, dnssecOk: true } })
      return ethernet(mac, ATTACKER_MAC, 0x0800, ipv4(VICTIM, APPLIANCE, { protocol: 17, payload: udp(1024 + i, 53, [...query]) }))
    })).flat()
    const before = await received()
    await sendFrames(attacker, frames)
    // What is answered is answered at once: from the cache.
    await dig(world.asker, APPLIANCE, 'www.honest.gamma')
    const after = await received()
    const sent = frames.reduce((sum, frame) => sum + frame.length, 0)
    const got = after.octets - before.octets
    const packets = after.packets - before.packets
    console.log(`reflection: ${frames.length} queries of ${sent} octets, the victim got ${packets} datagrams of ${got} octets: ${(got / sent).toFixed(2)}`)
    expect(packets).toBeGreaterThan(0)
    expect(got).toBeLessThan(sent)
    expect(got / packets).toBeLessThan(1232 + HEADERS)
  })

  test('no datagram is larger than 1,232 octets, whatever the query allows; the whole comes over TCP', async () => {
    for (const [name, type] of QUERIES) {
      const answer = await dig(world.asker, APPLIANCE, '+dnssec', '+bufsize=65535', '+ignore', name, type)
      expect(answer.size).toBeLessThanOrEqual(1232)
    }
    const whole = await dig(world.asker, APPLIANCE, '+dnssec', '+tcp', 'long.big.alpha', 'TXT')
    expect(whole.size).toBeGreaterThan(3000)
  })

  test('RFC 8482 §4.1: ANY is answered with little', async () => {
    const answer = await dig(world.asker, APPLIANCE, '+dnssec', '+bufsize=65535', '+notcp', 'big.alpha', 'ANY')
    expect(answer.size).toBeLessThanOrEqual(1232)
  })

  test('an answer that nobody asked for starts nothing: it is not answered', async () => {
    const before = await received()
    const answer = [...queryBytes('www.honest.gamma', 'A', { flags: 0x8180 })]
    const frame = ethernet(mac, ATTACKER_MAC, 0x0800, ipv4(VICTIM, APPLIANCE, { protocol: 17, payload: udp(53, 53, answer) }))
    await sendFrames(attacker, [frame], 50)
    await dig(world.asker, APPLIANCE, 'www.honest.gamma')
    expect((await received()).packets - before.packets).toBeLessThan(5)
  })
})
