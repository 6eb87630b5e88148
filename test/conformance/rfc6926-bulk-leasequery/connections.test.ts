import { describe, expect, test } from 'vitest'
import { BULK_IDLE_MS, DhcpBulkEndpoint, MAX_BULK_CONNECTIONS } from '../../../services/dhcp-bulk-endpoint.ts'
import type { BulkAnswers, BulkServer } from '../../../services/dhcp-bulk-endpoint.ts'
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_ENDED } from '../../../stack/index.ts'
import type { Interface, Ipv4, TcpEndpoint } from '../../../stack/index.ts'
import { addressOn, must } from '../../support/stack-lan.ts'
import { LEFT, RIGHT, tcpWorld } from '../../support/tcp-hosts.ts'
import type { World } from '../../support/tcp-hosts.ts'

/** Answers a question of n octets with n answers of 200 octets, and rests after each; to one of one octet it hangs up. */
class Answering implements BulkServer {
  readonly requestors: Ipv4[] = []
  readonly counted: string[] = []
  pulled = 0

  bulkLeaseQuery(_buffer: Uint8Array, length: number, requestor: Ipv4): BulkAnswers | undefined {
    this.requestors.push(requestor)
    const server = this
    return length === 1 ? undefined : (function* () {
      for (let i = 0; i < length; i++) {
        server.pulled++
        yield new Uint8Array(200).fill(i)
        yield undefined
      }
    })()
  }

  countBulk(what: string): void {
    this.counted.push(what)
  }
}

class Requestor {
  readonly endpoint: TcpEndpoint
  octets = 0
  seen = 0
  reads = true
  readonly #outgoing: Uint8Array[] = []

  constructor(world: World, localAddress: Ipv4) {
    this.endpoint = must(world.left.tcp.connect({ address: RIGHT, port: 67, localAddress }))
    this.endpoint.onEvents = events => {
      this.seen |= events
      this.#go()
    }
  }

  get over(): boolean {
    return (this.seen & (EVENT_CLOSED | EVENT_ENDED)) !== 0
  }

  /** A question of that many octets. */
  ask(octets: number): void {
    this.#outgoing.push(Uint8Array.of(octets >> 8, octets & 255, ...new Uint8Array(octets)))
    this.#go()
  }

  drain(): void {
    const into = new Uint8Array(4096)
    for (let n = this.endpoint.read(into, 0, into.length); n > 0; n = this.endpoint.read(into, 0, into.length)) this.octets += n
  }

  #go(): void {
    if ((this.seen & EVENT_CONNECTED) === 0) return
    for (const message of this.#outgoing.splice(0)) this.endpoint.write(message, 0, message.length)
    if (this.reads) this.drain()
  }
}

function bench(): { world: World; server: Answering; endpoint: DhcpBulkEndpoint; ask: (octets: number, from?: Ipv4) => Requestor } {
  const world = tcpWorld()
  const server = new Answering()
  const endpoint = new DhcpBulkEndpoint(world.right, server, world.clock)
  return {
    world, server, endpoint,
    ask: (octets, from = LEFT) => {
      const requestor = new Requestor(world, from)
      requestor.ask(octets)
      return requestor
    },
  }
}

describe('RFC 6926 §6.1 and §8 bulk leasequery over TCP port 67', () => {
  test('every answer comes after its length in two octets; a further question on the same connection too', () => {
    const { world, ask, server } = bench()
    const requestor = ask(3)
    world.clock.advance(1000)
    expect(requestor.octets).toBe(3 * 202)
    requestor.ask(2)
    world.clock.advance(1000)
    expect([requestor.octets, requestor.over, server.requestors]).toEqual([5 * 202, false, [LEFT, LEFT]])
  })

  test('a requestor that does not read makes nothing grow: answers are made as they leave', () => {
    const { world, ask, server } = bench()
    const requestor = ask(4000)
    requestor.reads = false
    world.clock.advance(5000)
    const made = server.pulled
    expect(made).toBeLessThan(3000)
    requestor.reads = true
    requestor.drain()
    world.clock.advance(20_000)
    expect([server.pulled, requestor.octets]).toEqual([4000, 4000 * 202])
  })

  test('what is no question ends the connection', () => {
    const { world, ask, server, endpoint } = bench()
    const requestor = ask(1)
    world.clock.advance(1000)
    expect([requestor.over, endpoint.size, server.counted]).toEqual([true, 0, ['bulk-connections', 'bulk-closed-malformed']])
  })

  test('a message longer than any of DHCP is not waited for', () => {
    const { world, ask, endpoint } = bench()
    const requestor = ask(60_000)
    world.clock.advance(1000)
    expect([requestor.over, endpoint.size]).toEqual([true, 0])
  })

  test('the requestor ends the connection after its answers', () => {
    const { world, ask, endpoint } = bench()
    const requestor = ask(2)
    world.clock.advance(500)
    requestor.endpoint.close()
    world.clock.advance(10_000)
    expect([requestor.octets, endpoint.size]).toEqual([2 * 202, 0])
  })

  test('§6.3 an idle connection ends after five minutes', () => {
    const { world, ask, server, endpoint } = bench()
    ask(2)
    world.clock.advance(BULK_IDLE_MS - 10_000)
    expect(endpoint.size).toBe(1)
    world.clock.advance(20_000)
    expect([endpoint.size, server.counted]).toEqual([0, ['bulk-connections', 'bulk-closed-idle']])
  })

  test('connections have a bound', () => {
    const { world, ask, server, endpoint } = bench()
    const addresses = Array.from({ length: 6 }, (_, i) => addressOn(`10.53.0.${100 + i}/24`))
    world.left.changeAddresses(world.left.interfaces[0] as Interface, addresses)
    for (const { address } of addresses) for (let i = 0; i < 4; i++) ask(2, address)
    world.clock.advance(2000)
    expect([endpoint.size, server.requestors.length]).toEqual([MAX_BULK_CONNECTIONS, MAX_BULK_CONNECTIONS])
    expect(server.counted.filter(what => what === 'bulk-refused-full').length).toBe(8)
    endpoint.close()
    world.clock.advance(100)
    expect(endpoint.size).toBe(0)
  })
})
