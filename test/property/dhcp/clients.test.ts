/**
 * Random clients against the server, with commits that end in any order, fail, or are cut by a crash of the server
 * between save and reply. After every step: what the disk says is consistent, and what clients believe is on disk.
 */
import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4, mac } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { SeededRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL, leaseClientKey } from '../../../services/model/index.ts'
import type { ClientClass, DhcpConfiguration, Lease, OptionSet } from '../../../services/model/index.ts'
import { clientMessage, configuration, host, pool, segment, subnet, world } from '../../support/dhcp-bench.ts'
import type { Sent, World } from '../../support/dhcp-bench.ts'

type Client = {
  readonly mac: string
  readonly clientId: string | undefined
  offered: string | undefined
  /** Of its last message: answers to earlier ones are not for it any more. */
  xid: number
  askedAt: number
  /** What it believes to hold, and until when by the wall. */
  address: string | undefined
  until: number
}

const MACHINE = host('10.53.0.50', { mac: '02:00:00:00:00:06' })
/** Two hardware addresses that share an address, as a laptop's cable and radio do. */
const LAPTOP = host('10.53.0.60', { id: 3, identifiers: [{ kind: 'mac', value: '02:00:00:00:00:00' }, { kind: 'mac', value: '02:00:00:00:00:02' }] })
/** A second subnet on the same segment. */
const subnets = [subnet(), subnet({ id: 2, prefix: { network: ipv4('10.54.0.0'), length: 24 } })]
const IDENTIFIED: ClientClass = { id: 1, name: 'identified', priority: 1, test: 'client-id', denied: false, leaseLimit: 3, level: EMPTY_LEVEL }

/** What the administrator switches between: hosts and pools that move clients about. */
/** One message may be enough: rapid commit and BOOTP are let in. */
const segments = [segment(1, { policy: { ...DEFAULT_POLICY, rapidCommit: true, bootp: true, releaseOnLinkLoss: true } })]
const CONFIGURATIONS: readonly DhcpConfiguration[] = [
  configuration({ segments, subnets, pools: [pool('10.53.0.100', '10.53.0.104')], hosts: [MACHINE, host('10.53.0.101', { id: 2, clientId: '00a1' })] }),
  configuration({ segments, subnets, pools: [pool('10.53.0.100', '10.53.0.104')] }),
  configuration({ segments, subnets, pools: [pool('10.53.0.102', '10.53.0.106')], hosts: [MACHINE, host('10.53.0.103', { id: 2, clientId: '00a3' })] }),
  configuration({ segments, subnets, pools: [pool('10.53.0.100', '10.53.0.101'), pool('10.54.0.100', '10.54.0.102', { id: 2, subnetId: 2 })], hosts: [MACHINE, LAPTOP] }),
  configuration({
    segments,
    subnets,
    pools: [pool('10.53.0.100', '10.53.0.104', { deny: ['identified'] }), pool('10.54.0.100', '10.54.0.102', { id: 2, subnetId: 2, allow: ['identified'] })],
    classes: [IDENTIFIED],
    hosts: [LAPTOP, host('10.53.0.101', { id: 4, mac: '02:00:00:00:00:04' })],
  }),
]

const SERVER = '10.53.0.2'
/** More than there are clients. */
const XIDS = 16
const STEPS = 400
const LEASE_MS = 3_600_000

class History {
  readonly random: SeededRandom
  readonly clock = new VirtualClock()
  readonly disk = new Map<Ipv4, Lease>()
  readonly clients: Client[]
  configured = CONFIGURATIONS[0] as DhcpConfiguration
  w: World
  heard = 0
  messages = 0
  committed = 0
  crashes = 0
  /** How often the disk refuses. */
  readonly refuses: number

  constructor(seed: number, refuses = 0.15) {
    this.refuses = refuses
    this.random = new SeededRandom(seed)
    this.clients = Array.from({ length: 8 }, (_, i) => ({
      // Two clients share their hardware under different identifiers.
      mac: `02:00:00:00:00:0${Math.min(i, 6)}`,
      clientId: i % 2 === 0 ? undefined : `00a${i}`,
      offered: undefined,
      xid: 0,
      askedAt: 0,
      address: undefined,
      until: 0,
    }))
    this.w = this.start()
  }

  start(): World {
    const w = world({
      clock: this.clock,
      disk: this.disk,
      configuration: this.configured,
    })
    w.storage = 'later'
    this.heard = 0
    this.committed = 0
    return w
  }

  step(): void {
    const client = this.clients[this.random.below(this.clients.length)] as Client
    this.answerArp()
    switch (this.random.below(15)) {
      case 0:
      case 1:
        if (this.random.chance(0.3)) this.begin('DISCOVER', client, { 'rapid-commit': true })
        else this.send('DISCOVER', client, {})
        break
      case 2:
      case 3:
      case 4:
        if (client.offered !== undefined) this.begin('REQUEST', client, { 'requested-address': client.offered, 'server-identifier': SERVER })
        break
      case 5:
        if (client.address !== undefined) this.send('REQUEST', client, {}, client.address)
        break
      case 6:
        this.begin('REQUEST', client, { 'requested-address': `10.5${3 + this.random.below(2)}.0.${100 + this.random.below(5)}` })
        break
      case 7:
        if (client.address === undefined || this.random.chance(0.5)) break
        this.send('RELEASE', client, {}, client.address)
        client.address = undefined
        break
      case 8:
        if (client.address === undefined || this.random.chance(0.8)) break
        this.send('DECLINE', client, { 'requested-address': client.address })
        client.address = undefined
        break
      case 9:
        this.clock.advance(this.random.below(this.random.chance(0.1) ? LEASE_MS : 2_000))
        break
      case 10:
        if (client.clientId === undefined && this.random.chance(0.2)) this.begin('BOOTP', client, {})
        else this.stray()
        break
      case 11:
      case 12:
        this.settleOne()
        break
      case 13:
        if (this.random.chance(0.3)) this.unplug(client)
        else if (this.random.chance(0.3)) this.bring(client)
        break
      default:
        if (this.random.chance(0.2)) this.crash()
        else if (this.random.chance(0.3)) this.configure()
    }
    this.hear()
    this.check()
  }

  /** A message that may bind the client, from a state in which it has no address (RFC 2131 figure 5). */
  begin(type: 'DISCOVER' | 'REQUEST' | 'BOOTP', client: Client, options: { [name: string]: string | boolean }): void {
    client.address = undefined
    this.send(type, client, options)
  }

  /** The machine goes, with all systems that are on it. */
  unplug({ mac: gone }: Client): void {
    for (const each of this.clients) {
      if (each.mac !== gone) continue
      each.address = undefined
      // It hears no answer any more.
      each.xid = -1
    }
    this.w.server.stationsLeft('lan0', [gone])
  }

  /** A lease that another server gave this client, who knows nothing of it any more. */
  bring({ mac: own, clientId }: Client): void {
    const address = ipv4(`10.5${3 + this.random.below(2)}.0.${100 + this.random.below(5)}`)
    const expiresAt = this.clock.wallMs() + (this.random.chance(0.2) ? -1 : this.random.below(LEASE_MS))
    this.w.server.importLeases([{ line: 1, address, mac: own, clientId, hostName: undefined, expiresAt }], false, () => undefined)
  }

  /** Somebody without a lease is heard on an address of the pool. */
  stray(): void {
    if (this.random.chance(0.3)) this.w.server.neighbourHeard('lan0', ipv4(`10.53.0.${100 + this.random.below(5)}`), mac('02:00:00:00:00:99'), 0)
  }

  send(type: 'DISCOVER' | 'REQUEST' | 'RELEASE' | 'DECLINE' | 'BOOTP', client: Client, options: { [name: string]: string | boolean }, ciaddr?: string): void {
    const id: OptionSet = client.clientId === undefined ? {} : { 'client-identifier': client.clientId }
    // The xid names the client, so that an answer finds it although two share a hardware address.
    client.askedAt = this.clock.wallMs()
    client.xid = XIDS * ++this.messages + this.clients.indexOf(client)
    this.w.receive(clientMessage(type, { mac: client.mac, xid: client.xid, options: { ...options, ...id }, ...(ciaddr === undefined ? {} : { ciaddr }) }))
  }

  /** One of the commits under way ends: any of them, well or badly. */
  settleOne(): void {
    const { pending } = this.w
    if (pending.length === 0) return
    const [finish] = pending.splice(this.random.below(pending.length), 1)
    finish?.(!this.random.chance(this.refuses))
  }

  /** The server dies: some commits reach the disk, no reply leaves any more. */
  crash(): void {
    this.crashes++
    this.w.server.close()
    for (const finish of this.w.pending) if (this.random.chance(0.5)) finish(true)
    this.w = this.start()
  }

  configure(): void {
    this.configured = CONFIGURATIONS[this.random.below(CONFIGURATIONS.length)] as DhcpConfiguration
    this.w.server.configure(this.configured)
  }

  /** Who believes to hold an address answers for it. */
  answerArp(): void {
    this.w.holders.clear()
    for (const { address, mac: own, until } of this.clients) if (address !== undefined && until > this.clock.wallMs()) this.w.holders.set(address, own)
  }

  /** What is kept for a host goes to that host only, and a class never holds more than it may. */
  judgeCommits(): void {
    for (; this.committed < this.w.commits.length; this.committed++) {
      for (const { after, because } of this.w.commits[this.committed] ?? []) {
        // Whoever another server gave an address keeps it until it renews.
        if (after.state !== 'bound' || because === 'dhcp.lease.imported') continue
        const owner = this.configured.hosts.find((each) => each.addresses.some(({ address }) => address === after.address))
        expect([formatIpv4(after.address), after.hostId]).toEqual([formatIpv4(after.address), owner?.id])
      }
    }
    const limited = this.configured.classes[0]
    if (limited === undefined) return
    const count = [...this.disk.values()].filter((row) => row.state === 'bound' && row.countedUnder?.includes(`class ${limited.id}`)).length
    expect(count).toBeLessThanOrEqual(limited.leaseLimit ?? 0)
  }

  hear(): void {
    this.judgeCommits()
    for (; this.heard < this.w.sent.length; this.heard++) {
      const sent = this.w.sent[this.heard] as Sent
      const client = this.clients[sent.message.xid % XIDS] as Client
      if (sent.message.xid !== client.xid) continue
      if (sent.type === 'OFFER') client.offered = sent.yiaddr
      else if (sent.type === 'NAK') client.address = undefined
      else {
        client.address = sent.yiaddr
        // A client of BOOTP is told no time: its address is its own for ever.
        const seconds = sent.options['lease-time']
        // RFC 2131 §4.4.1: from when it asked, however long the disk took.
        client.until = seconds === undefined ? Number.POSITIVE_INFINITY : client.askedAt + Number(seconds) * 1000
        // H4: on disk before the client hears of it.
        const row = this.disk.get(ipv4(sent.yiaddr))
        expect([row?.state, row && leaseClientKey(row)]).toEqual(['bound', keyOf(client)])
      }
    }
  }

  check(): void {
    const rows = [...this.disk.values()].filter(row => row.state === 'bound')
    expect(new Set(rows.map(leaseClientKey)).size, 'one bound lease per client').toBe(rows.length)
    // No address is held by two clients, by what they were told and what has not run out.
    const held = this.clients.filter(client => client.address !== undefined && client.until > this.clock.wallMs())
    const byAddress = Map.groupBy(held, client => client.address)
    for (const [address, holders] of byAddress) {
      // The address reserved for a hardware address goes to whichever system of that machine runs.
      const machines = new Set(holders.map(client => (['10.53.0.50', '10.53.0.60', '10.53.0.101'].includes(address ?? '') ? client.mac : keyOf(client))))
      expect(machines.size, `${address} at ${this.clock.now()}`).toBe(1)
    }
  }
}

const keyOf = (client: Client): string => (client.clientId === undefined ? `hw:1:${client.mac}` : `id:${client.clientId}`)

const seeds = (count: number, from = 1): readonly number[] => Array.from({ length: count }, (_, i) => from + i)
/** A takeover that the disk refused, after its configuration was dropped, while the client that lost nothing asked elsewhere. */
const REFUSED_TAKEOVERS = [3163, 3310, 3317, 3426, 3628, 4082]

describe('random clients', () => {
  test.each([
    ...seeds(60).map(seed => [seed, 0.15] as const),
    ...[...seeds(40, 2001), ...REFUSED_TAKEOVERS].map(seed => [seed, 0.6] as const),
  ])('history %i, a disk that refuses %d of all', (seed, refuses) => {
    const history = new History(seed, refuses)
    for (let i = 0; i < STEPS; i++) history.step()
    for (let i = 0; i < 50; i++) {
      history.settleOne()
      history.hear()
      history.answerArp()
      history.clock.advance(1_000)
      history.hear()
    }
    history.check()
    // The server and the disk agree when nothing is under way.
    const rows = [...history.w.server.leases()].map(row => formatIpv4(row.address)).sort()
    if (history.w.pending.length === 0) expect(rows).toEqual([...history.disk.keys()].map(formatIpv4).sort())
  })
})
