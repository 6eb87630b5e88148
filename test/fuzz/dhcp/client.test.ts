/** Random and mutated answers to the appliance's own DHCP client: no exception, bounded memory, and it still binds. */
import { describe, expect, test } from 'vitest'
import { BROADCAST, ipv4, mac } from '../../../stack/index.ts'
import { i32, SeededRandom, u32, VirtualClock } from '../../../stack/platform/index.ts'
import { DhcpClient } from '../../../services/dhcp/client/index.ts'
import { HISTORY_STEPS } from '../../../services/dhcp/client/client.ts'
import { MAX_NAME_SERVERS, MAX_ROUTES, MAX_SEARCH_NAMES } from '../../../services/dhcp/client/terms.ts'
import { emitMessage, messageTypeCode, type MessageType, parseMessage } from '../../../services/dhcp/index.ts'

const SEEDS = [1, 2, 3, 4, 5, 6]
const MAC = mac('02:00:00:00:00:05')

class Rig {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly client: DhcpClient
  /** The xid and type of the message sent last. */
  xid = 0
  type = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    this.client = new DhcpClient({ mac: MAC, clientId: Uint8Array.of(1, 2), hostName: undefined, mtu: 1500 }, {
      clock: this.clock,
      random: new SeededRandom(seed),
      send: bytes => {
        const read = parseMessage(bytes)
        if (!read.ok) throw new Error(read.error)
        this.xid = u32(bytes, 4)
        this.type = read.value.options.get(53)?.[0] ?? 0
      },
      probe: (_address, waitMs, done) => void this.clock.at(this.clock.now() + waitMs, () => done(undefined)),
      configure: terms => {
        expect(terms.routes.length).toBeLessThanOrEqual(MAX_ROUTES)
        expect(terms.nameServers.length).toBeLessThanOrEqual(MAX_NAME_SERVERS)
        expect(terms.searchList.length).toBeLessThanOrEqual(MAX_SEARCH_NAMES)
        expect(terms.renewSeconds).toBeLessThanOrEqual(terms.rebindSeconds)
        expect(terms.rebindSeconds).toBeLessThanOrEqual(terms.leaseSeconds)
        return []
      },
      unconfigure: () => {},
      linkLocal: () => {},
      remember: () => {},
      report: () => {},
    })
    this.client.start(undefined)
  }

  /** What a server would say now. */
  answer(type: MessageType): Uint8Array {
    const { random } = this
    const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => random.below(256))
    const chaddr = new Uint8Array(16)
    chaddr.set(MAC)
    const options = new Map<number, Uint8Array>([
      [53, Uint8Array.of(messageTypeCode(type))], [54, Uint8Array.of(192, 168, 1, 1)], [51, Uint8Array.of(0, 0, 2, 0)],
      [1, Uint8Array.of(255, 255, 255, 0)], [3, Uint8Array.of(192, 168, 1, 1)],
    ])
    for (const code of [1, 3, 6, 15, 26, 51, 54, 56, 58, 59, 119, 121, 249]) if (random.chance(0.15)) options.set(code, bytes(random.below(300)))
    return emitMessage({
      op: 2, hardwareType: 1, hardwareLength: 6, hops: 0, xid: this.xid, secs: 0, flags: 0, ciaddr: 0,
      yiaddr: random.chance(0.8) ? ipv4('192.168.1.23') : random.u32() | 0, siaddr: 0, giaddr: 0, chaddr,
      sname: new Uint8Array(64), file: new Uint8Array(128), options,
    })
  }

  receive(bytes: Uint8Array): void {
    this.client.receive(bytes, 0, bytes.length)
  }

  /** An honest server, until the lease is held. */
  bind(): void {
    for (let i = 0; i < 400 && this.client.report.state !== 'bound'; i++) {
      this.clock.advance(500)
      const chaddr = new Uint8Array(16)
      chaddr.set(MAC)
      const options = new Map<number, Uint8Array>([
        [53, Uint8Array.of(messageTypeCode(this.type === 1 ? 'OFFER' : 'ACK'))], [54, Uint8Array.of(192, 168, 1, 1)],
        [51, Uint8Array.of(0, 0, 2, 0)], [1, Uint8Array.of(255, 255, 255, 0)],
      ])
      this.receive(emitMessage({
        op: 2, hardwareType: 1, hardwareLength: 6, hops: 0, xid: this.xid, secs: 0, flags: 0, ciaddr: 0,
        yiaddr: ipv4('192.168.1.23'), siaddr: 0, giaddr: 0, chaddr, sname: new Uint8Array(64), file: new Uint8Array(128), options,
      }))
    }
  }
}

describe("the appliance's own DHCP client", () => {
  test.each(SEEDS)('random and mutated answers, seed %i', seed => {
    const rig = new Rig(seed)
    const { random } = rig
    const types: readonly MessageType[] = ['OFFER', 'ACK', 'NAK', 'OFFER', 'ACK', 'DISCOVER']
    for (let i = 0; i < 3_000; i++) {
      const b = random.chance(0.1) ? Uint8Array.from({ length: random.below(600) }, () => random.below(256)) : rig.answer(types[random.below(types.length)] as MessageType)
      if (b.length > 0 && random.chance(0.3)) for (let n = random.below(4); n > 0; n--) b[random.below(b.length)] = random.below(256)
      rig.receive(random.chance(0.1) ? b.subarray(0, random.below(b.length + 1)) : b)
      rig.clock.advance(random.below(3_000))
    }
    expect(rig.client.report.history.length).toBeLessThanOrEqual(HISTORY_STEPS)
    rig.client.stop(false)
    rig.clock.advance(1_000)
    expect(rig.clock.next(), 'nothing is left to do').toBeUndefined()
    rig.client.renew()
    rig.bind()
    expect([rig.client.report.state, rig.client.terms?.address]).toEqual(['bound', i32(Uint8Array.of(192, 168, 1, 23), 0)])
    expect(rig.client.terms?.address).not.toBe(BROADCAST)
  })
})
