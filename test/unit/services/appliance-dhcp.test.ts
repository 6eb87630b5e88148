/** DHCP through the whole network side: what sockets, ARP and storage make of it, seen from a host on the link. */
import { describe, expect, test } from 'vitest'
import { EVENT_CONNECTED, formatIpv4, ipv4, Stack } from '../../../stack/index.ts'
import type { TcpEndpoint } from '../../../stack/index.ts'
import { SeededSecureRandom, u16 } from '../../../stack/platform/index.ts'
import { decodeOptions, parseMessage } from '../../../services/dhcp/index.ts'
import { questionBytes } from '../../support/lease-query.ts'
import { change, lease } from '../../support/leases.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'
import type { Running } from '../../support/running-appliance.ts'
import { addressOn, must } from '../../support/stack-lan.ts'

const HOST = '10.53.0.9'
const SERVER = ipv4('10.53.0.2')
const HELD = lease('10.53.0.150', { mac: '02:00:00:00:00:0a', expiresAt: Date.UTC(2026, 0, 1, 13) })

/** The appliance with one lease, and a host on its link that the first segment names as a relay. */
async function world(address = HOST): Promise<{ readonly running: Running; readonly host: Stack; go(ms: number): Promise<void> }> {
  const running = startAppliance({ before: [{ kind: 'lease', at: HELD.startedAt, change: change(undefined, HELD) }] })
  const host = new Stack({ clock: running.clock, random: new SeededSecureRandom(2) })
  host.addInterface(running.wire, { addresses: [addressOn(`${address}/24`)] })
  const segments = await done(running.services.dhcp.list('segments'))
  await done(running.services.dhcp.change('segments', segments[0]?.id ?? 0, { relays: [HOST] }))
  const go = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      running.clock.advance(10)
      await new Promise<void>(resolve => queueMicrotask(resolve))
    }
  }
  await go(3000)
  return { running, host, go }
}

const answersIn = (octets: readonly number[]): readonly unknown[] => {
  const found: unknown[] = []
  const b = Uint8Array.from(octets)
  for (let at = 0; at + 2 <= b.length; at += 2 + u16(b, at)) {
    const parsed = parseMessage(b.slice(at + 2, at + 2 + u16(b, at)))
    if (parsed.ok) found.push([formatIpv4(parsed.value.ciaddr), decodeOptions(parsed.value.options)['message-type']])
  }
  return found
}

describe('the questions of a relay', () => {
  test('RFC 6926 §6.1 over TCP port 67', async () => {
    const { host, go } = await world()
    const came: number[] = []
    const endpoint: TcpEndpoint = must(host.tcp.connect({ address: SERVER, port: 67, localAddress: ipv4(HOST) }))
    const question = questionBytes('BULKLEASEQUERY', { giaddr: '0.0.0.0' })
    endpoint.onEvents = events => {
      if ((events & EVENT_CONNECTED) !== 0) endpoint.write(Uint8Array.of(question.length >> 8, question.length & 255, ...question), 0, question.length + 2)
      const into = new Uint8Array(4096)
      for (let n = endpoint.read(into, 0, into.length); n > 0; n = endpoint.read(into, 0, into.length)) came.push(...into.subarray(0, n))
    }
    await go(2000)
    expect(answersIn(came)).toEqual([['10.53.0.150', 13], ['0.0.0.0', 15]])
  })

  test('RFC 4388 §6.4 by datagram', async () => {
    const { host, go } = await world()
    const came: unknown[] = []
    const endpoint = must(host.bindUdp({
      port: 67,
      onDatagram: (b, at, length) => {
        const parsed = parseMessage(b.slice(at, at + length))
        if (parsed.ok) came.push(decodeOptions(parsed.value.options)['message-type'])
      },
    }))
    for (const ciaddr of ['10.53.0.150', '10.53.0.151', '192.0.2.1']) {
      const b = questionBytes('LEASEQUERY', { ciaddr, giaddr: HOST })
      endpoint.send(b, 0, b.length, SERVER, 67)
    }
    await go(100)
    expect(came).toEqual([13, 11, 12])
  })
})

describe('what ARP shows', () => {
  test('a host on an address of the pool without a lease: an event names it', async () => {
    const { running, host, go } = await world('10.53.0.160')
    host.interfaces[0]?.announce()
    await go(3000)
    expect(running.log.filter(([event]) => event === 'dhcp.address.seen-in-use').map(([, facts]) => facts['address'])).toEqual(['10.53.0.160'])
  })
})

describe('RFC 3203 forcerenew', () => {
  test('is refused with the reason for a client that would not believe it, and for nobody', async () => {
    const { running } = await world()
    expect(await refused(running.services.leases.forceRenewLease('10.53.0.150'))).toMatch(/^conflict \/address: .*no key/)
    expect(await refused(running.services.leases.forceRenewLease('10.53.0.199'))).toMatch(/^not-found/)
    expect(await refused(running.services.leases.forceRenewLease('x'))).toMatch(/^invalid \/address/)
  })
})
