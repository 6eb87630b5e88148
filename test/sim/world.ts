/**
 * A LAN by seed: an appliance on a cable to a switch, hosts on others, and everything that can go wrong, on one virtual
 * clock. First a time of mishaps, then fair weather in which all must come right. The same seed gives the same history.
 */
import { formatIpv4, ipv4, Stack, Switch } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { SeededRandom, SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { Appliance } from '../../services/appliance.ts'
import { readSettings, type Settings } from '../../services/config/settings.ts'
import { eventRow } from '../../services/events/catalogue.ts'
import type { Decision, Lease } from '../../services/index.ts'
import { reverseName } from '../../services/dns/index.ts'
import { seed as seedWrites } from '../../services/seed.ts'
import { Administrator, REVERSE_ZONE, ZONE } from './administrator.ts'
import { Disk } from './disk.ts'
import { leasesKeepToTheModel } from './dhcp-model.ts'
import type { ClientLease } from './dhcp-client.ts'
import { Host, type HostOptions } from './hosts.ts'
import * as invariants from './invariants.ts'
import { Ledger } from './ledger.ts'
import { Questions } from './questions.ts'
import { Cable, CLEAR, someSky, waitFor, type Climate } from './weather.ts'
import { TestMedia } from '../support/test-media.ts'
import { keysForTests } from '../support/signing-keys.ts'

export type WorldOptions = {
  /** How a failure tells the reader to see it again. */
  readonly replay: string
  readonly hosts: number
  readonly climate: Climate
  /** How long mishaps go on. */
  readonly stormMs: number
  /** Host names; several hosts may get the same. */
  readonly names: readonly string[]
  /** Two pools for two kinds of clients, and addresses that are kept for hosts (dhcp-model.ts). */
  readonly hostsAndClasses?: boolean
}

const LINK = 'taproot0'
const SERVER = '10.53.0.2'
const FIRST = 100
/** Of the checks at every ACK one in so many reads the whole history too; those around a power cut all do. */
const THOROUGH_EVERY = 5
const LOG_LINES = 120
/** In fair weather everybody has an address after this: the longest pause between two tries is 65 s, and a lease of 20 min may have to run out first. */
const ALL_BOUND_MS = 30 * 60_000
/** An address that was found in use, rightly or because a probe was damaged, is set aside for an hour. */
const QUARANTINE_MS = 60 * 60_000
/** The longest T1: by then everybody has renewed once. */
const ALL_RENEWED_MS = 11 * 60_000
/** An ARP entry that a damaged packet made lives for 20 min. */
const ALL_ANSWERED_MS = 25 * 60_000

export class World {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly hosts: readonly Host[]
  readonly #seed: number
  readonly #o: WorldOptions
  readonly #settings: Settings
  readonly #ledger: Ledger
  readonly #disk: Disk
  readonly #cables: readonly Cable[]
  readonly #addresses: number
  /** What a client may choose from. */
  readonly #poolSize: number
  readonly #administrator: Administrator
  readonly questions: Questions
  readonly #squatter: Ipv4 | undefined
  #appliance: Appliance | undefined
  /** Counts starts of the appliance, so that what was set for an earlier one does nothing. */
  #life = 0
  #soon = 0
  #checks = 0
  #fair = false
  #lines: string[] = []
  #problem: string | undefined
  #jumpedAt = -1
  /** What came about, so that a run in which nothing does is noticed. */
  readonly counts = { acks: 0, powerCuts: 0, commands: 0, decisions: 0 }

  constructor(seed: number, options: WorldOptions) {
    this.#seed = seed
    this.#o = options
    this.random = new SeededRandom(seed)
    const { clock, random } = this
    this.#poolSize = 2 * options.hosts + 4
    this.#addresses = options.hostsAndClasses === true ? 2 * this.#poolSize : this.#poolSize
    this.#settings = settingsFor(FIRST + this.#addresses - 1)
    this.#ledger = new Ledger(clock, (problem) => this.fail(problem))
    this.#disk = new Disk({
      clock,
      random: new SeededRandom(random.u32()),
      badTransaction: options.climate.badTransaction,
      slow: options.climate.slowDisk,
      committed: (transaction) => this.#ledger.committed(transaction),
    })
    this.questions = new Questions(this, ipv4(SERVER), this.#ledger)
    const bridge = new Switch(clock, { ports: options.hosts + 2, delayMs: 0.1, queueFrames: 64 })
    this.#cables = bridge.ports.map((port, i) => new Cable(clock, random.u32(), port, i === 0 ? LINK : 'eth0', macOf(i)))
    this.hosts = Array.from({ length: options.hosts }, (_, i) => this.#makeHost(i))
    this.#administrator = new Administrator(this, options.names, this.#addresses)
    this.#squatter = random.chance(0.3) ? this.#placeSquatter() : undefined
  }

  // ---- the story --------------------------------------------------------------------------------------------------

  async run(): Promise<void> {
    this.#powerOn()
    await this.#administrator.prepare(this.#o.hostsAndClasses === true ? this.hosts : [])
    for (const host of this.hosts) this.#in(this.random.below(60_000), () => host.start())
    this.#mishaps()
    await this.#advance(this.#o.stormMs)
    this.#clearUp()
    await this.#everybodyIsBound()
    await this.#advance(ALL_RENEWED_MS)
    await this.#namesResolve()
    await this.#restartChangesNothing()
  }

  get appliance(): Appliance | undefined {
    return this.#appliance
  }

  /** Runs `run` after `ms`, unless the appliance has been switched off meanwhile. */
  forThisLife(run: () => void): () => void {
    const life = this.#life
    return () => {
      if (life === this.#life) run()
    }
  }

  log(text: string): void {
    this.#lines.push(`${(this.clock.now() / 1000).toFixed(3).padStart(10)} ${text}`)
    if (this.#lines.length > 2 * LOG_LINES) this.#lines = this.#lines.slice(-LOG_LINES)
  }

  /** Ends the run. Noted as well, because somebody on the way up may catch what is thrown. */
  fail(problem: string): never {
    this.#problem ??= problem
    throw new Error(this.#report(problem))
  }

  #report(problem: string): string {
    const hosts = this.hosts?.map((host) => host.text).join('\n') ?? ''
    return `seed ${this.#seed}: ${problem}\n\n${this.#lines.slice(-LOG_LINES).join('\n')}\n\n${hosts}\n\nagain: ${this.#o.replay}`
  }

  async #advance(ms: number): Promise<void> {
    const until = this.clock.now() + ms
    for (let next = this.clock.next(); next !== undefined && next <= until; next = this.clock.next()) {
      this.clock.step()
      if (this.#problem !== undefined) throw new Error(this.#report(this.#problem))
      // A command's continuations are microtasks; all run before time goes on.
      if (this.#administrator.underWay > 0) await new Promise((resolve) => setImmediate(resolve))
    }
    this.clock.runUntil(until)
  }

  #in(ms: number, run: () => void): void {
    this.clock.at(this.clock.now() + ms, run)
  }

  // ---- the appliance ----------------------------------------------------------------------------------------------

  #powerOn(): void {
    const { clock } = this
    const { store } = this.#disk
    const writes = seedWrites(store.load(), this.#settings, [], clock.wallMs())
    if (!writes.ok) return this.fail(writes.error.problem)
    if (writes.value.length > 0) {
      const fault = this.#disk.commitNow(writes.value)
      if (fault !== undefined) this.fail(`the settings could not be stored: ${fault.detail}`)
    }
    const snapshot = store.load()
    this.#checkStore()
    this.#readTheCalendar()
    const life = ++this.#life
    this.#soon = 0
    this.log(`the appliance starts with ${snapshot.leases.length} leases`)
    const appliance = new Appliance({
      keys: keysForTests(),
      clock,
      random: new SeededSecureRandom(this.random.u32()),
      link: (this.#cables[0] as Cable).link,
      media: new TestMedia(clock),
      settings: { address: this.#settings.address, gateway: undefined, gatewayMetric: 0, upstreams: [], upstreamPath: 'host', upstreamsFromUplinks: false, releaseUplinks: false, probe: true, serveBesideOthers: false, cache: { octets: 1024 * 1024 } },
      snapshot,
      answerSlabs: [{ slotOctets: 192, slots: 32 }, { slotOctets: 512, slots: 8 }],
      soon: (run) => {
        this.#soon++
        clock.at(clock.now(), () => {
          if (life !== this.#life) return
          this.#soon--
          run()
        })
      },
      post: (batch, transactions) => {
        if (life === this.#life) this.#disk.post(batch, transactions)
      },
      decide: (decision) => this.#decided(decision),
      log: (event, facts) => {
        this.log(`${event} ${JSON.stringify(facts)}`)
        if (eventRow(event) === undefined) this.fail(`event ${event} is not in the catalogue`)
        if (event === 'stack.fault') this.fail(`a frame met a bug: ${JSON.stringify(facts)}`)
      },
    })
    this.#appliance = appliance
    this.#disk.connect(({ batch, faults }) => appliance.settle(batch, faults))
    this.#check()
  }

  #powerOff(): void {
    const appliance = this.#appliance
    if (appliance === undefined) return
    this.log('power cut')
    this.counts.powerCuts++
    this.#check()
    this.#life++
    this.#appliance = undefined
    const cable = this.#cables[0] as Cable
    const { plugged } = cable
    cable.plugged = false
    appliance.close()
    cable.plugged = plugged
    this.#disk.cutPower()
    this.#checkStore()
    this.#administrator.lostPower(this.#disk.store.load())
  }

  /** A server that starts anew has only the calendar to go by, which may have run ahead. */
  #readTheCalendar(): void {
    for (const { client } of this.hosts) {
      const { lease } = client
      if (lease === undefined) continue
      const left = lease.expiresWallMs - this.clock.wallMs()
      lease.promisedUntil = Math.min(lease.promisedUntil, this.clock.now() + left)
    }
  }

  #decided(decision: Omit<Decision, 'id'>): void {
    this.counts.decisions++
    this.log(`${decision.received} of ${decision.mac}: ${decision.sent} ${decision.address ?? ''} [${decision.steps.map(([id]) => id).join(' ')}]`)
    const unknown = decision.steps.find(([id]) => eventRow(id) === undefined)
    if (unknown !== undefined) this.fail(`step ${unknown[0]} is not in the catalogue`)
  }

  // ---- the hosts --------------------------------------------------------------------------------------------------

  #makeHost(i: number): Host {
    const { random } = this
    const options: HostOptions = {
      name: `host${i}`,
      mac: macOf(i + 2),
      clientId: random.chance(0.4) ? `00c${i.toString(16)}` : undefined,
      hostName: random.chance(0.9) ? (this.#o.names[random.below(this.#o.names.length)] as string) : undefined,
      fqdn: random.chance(0.3),
      broadcastFlag: random.chance(0.5),
      wishSeconds: [undefined, 120, 300, 1_200][random.below(4)],
      keepsLease: random.chance(0.5),
      imagines: () => (this.#fair || !random.chance(0.1) ? undefined : this.#someAddress()),
      checks: random.chance(0.7),
    }
    const host = new Host(options, this.#cables[i + 2] as Cable, this.#settings.address.prefix, {
      clock: this.clock,
      random: new SeededRandom(random.u32()),
      acknowledged: (who, lease) => this.#acknowledged(who, lease),
      log: (text) => this.log(text),
    })
    const questions = (): void => {
      if (host.client.usesAddress) this.questions.askSomething(host)
      this.#in(waitFor(this.random, 40_000), questions)
    }
    this.#in(waitFor(random, 40_000), questions)
    return host
  }

  #someAddress(): Ipv4 {
    return (ipv4(SERVER) & ~0xff) | (FIRST + this.random.below(this.#addresses))
  }

  /** A host that was set up by hand on an address of the pool, and never asks anybody. */
  #placeSquatter(): Ipv4 {
    const address = this.#someAddress()
    const stack = new Stack({ clock: this.clock, random: new SeededSecureRandom(this.random.u32()) })
    stack.addInterface((this.#cables[1] as Cable).link, { addresses: [{ address, prefix: this.#settings.address.prefix }] })
    return address
  }

  #acknowledged(host: Host, lease: ClientLease): void {
    this.counts.acks++
    // A calendar that jumped while the answer was on its way reads differently here and there.
    if (this.#jumpedAt >= lease.askedAt) lease.expiresWallMs = Math.min(lease.expiresWallMs, this.#rowOf(lease.address)?.expiresAt ?? 0)
    if (!this.#administrator.takesBack(lease)) this.#must(invariants.ackIsOnDisk(this.#disk.store, host, lease))
    this.#check()
  }

  #rowOf(address: Ipv4): Lease | undefined {
    return this.#disk.store.leases({ address }, 1, undefined)[0]
  }

  // ---- mishaps ----------------------------------------------------------------------------------------------------

  #mishaps(): void {
    const { climate } = this.#o
    const { random } = this
    const often = (meanMs: number, run: () => void): void => {
      if (meanMs === 0) return
      const next = (): void => {
        this.#in(waitFor(random, meanMs), () => {
          if (this.#fair) return
          run()
          next()
        })
      }
      next()
    }
    for (const cable of this.#cables) {
      often(climate.skyMs, () => void (cable.sky = someSky(random)))
      often(climate.unplugMs, () => this.#unplug(cable))
    }
    often(climate.powerCutMs, () => this.#cutPower())
    often(climate.diskFullMs, () => this.#fillDisk())
    often(climate.jumpMs, () => this.#jump())
    often(climate.commandMs, () => this.#administrator.act())
    for (const host of this.hosts) often(climate.hostMs * this.hosts.length, () => this.#restartHost(host))
  }

  #unplug(cable: Cable): void {
    cable.plugged = false
    this.#in(waitFor(this.random, 60_000), () => void (cable.plugged = true))
  }

  #cutPower(): void {
    if (this.#appliance === undefined) return
    this.#powerOff()
    this.#in(500 + this.random.below(this.random.chance(0.2) ? 900_000 : 20_000), () => this.#powerOn())
  }

  #fillDisk(): void {
    this.log('the disk is full')
    this.#disk.fill()
    this.#in(waitFor(this.random, 60_000), () => {
      this.log('the disk has room')
      this.#disk.empty()
    })
  }

  #jump(): void {
    const by = this.random.below(4 * 3_600_000) - 2 * 3_600_000
    this.log(`the calendar jumps by ${Math.round(by / 1000)} s`)
    this.clock.jumpWall(by)
    this.#jumpedAt = this.clock.now()
  }

  #restartHost(host: Host): void {
    if (!host.isOn) return
    const how = this.random.chance(0.4) ? 'releases' : 'silently'
    this.log(`${host.name} is switched off (${how})`)
    host.stop(how)
    this.#in(waitFor(this.random, this.random.chance(0.2) ? 600_000 : 20_000), () => {
      if (!host.isOn) host.start()
    })
  }

  // ---- fair weather -----------------------------------------------------------------------------------------------

  #clearUp(): void {
    this.log('the weather clears up')
    this.#fair = true
    for (const cable of this.#cables) {
      cable.sky = CLEAR
      cable.plugged = true
    }
    this.#disk.failing = false
    this.#disk.empty()
    if (this.#appliance === undefined) this.#powerOn()
    for (const host of this.hosts) if (!host.isOn) host.start()
  }

  async #everybodyIsBound(): Promise<void> {
    const quarantined = (): number => this.#disk.store.leases({ state: 'declined' }, 1000, undefined).length
    const taken = quarantined() + (this.#squatter === undefined ? 0 : 1)
    const patience = ALL_BOUND_MS + (this.#poolSize - taken < this.hosts.length ? QUARANTINE_MS : 0)
    const until = this.clock.now() + patience
    while (!this.hosts.every((host) => host.client.usesAddress)) {
      if (this.clock.now() > until) this.fail(`not everybody has an address after ${patience / 60_000} min of fair weather`)
      await this.#advance(5_000)
    }
    this.#check()
  }

  /** Everybody's name is in DNS, unless another has it or a person took it; and everybody finds everybody. */
  async #namesResolve(): Promise<void> {
    this.#check()
    const byName = Map.groupBy(this.hosts.filter((host) => host.options.hostName !== undefined), (host) => `${host.options.hostName}.${ZONE}`)
    for (const [name, hosts] of byName) {
      const holds = (host: Host): boolean => this.#ledger.dataAt(name, 'A').includes(formatIpv4(host.client.lease?.address ?? 0))
      const holders = hosts.filter(holds)
      const wanted = this.#administrator.owns(name) ? 0 : 1
      if (holders.length !== wanted) this.fail(`${name} is wanted by ${hosts.map((host) => host.name).join(', ')} and belongs to ${holders.map((host) => host.name).join(', ') || 'nobody'}`)
      await this.#everybodyHears(name, 'A')
    }
    for (const host of this.hosts) await this.#everybodyHears(reverseName(host.client.lease?.address ?? 0), 'PTR')
  }

  async #everybodyHears(name: string, type: string): Promise<void> {
    const until = this.clock.now() + ALL_ANSWERED_MS
    const waiting = new Set(this.hosts)
    while (waiting.size > 0) {
      if (this.clock.now() > until) this.fail(`${[...waiting].map((host) => host.name).join(', ')} cannot ask for ${name} ${type}`)
      for (const host of waiting) this.questions.ask(host, name, type, (heard) => heard && waiting.delete(host))
      await this.#advance(waiting.size > 0 ? 100 : 0)
      if (waiting.size > 0) await this.#advance(5_000)
    }
  }

  async #restartChangesNothing(): Promise<void> {
    await this.#advance(10_000)
    const before = JSON.stringify(this.#disk.store.load())
    this.#powerOff()
    this.#powerOn()
    const after = JSON.stringify(this.#disk.store.load())
    if (before !== after) this.fail(`a restart changed what is stored:\n${before}\n${after}`)
    await this.#advance(60_000)
    this.#check()
  }

  // ---- what must hold ---------------------------------------------------------------------------------------------

  #must(problem: string | undefined): void {
    if (problem !== undefined) this.fail(problem)
  }

  /** What clients were told, and what nobody has taken back since. */
  #promises(): readonly invariants.Promised[] {
    const now = this.clock.now() + invariants.ROUNDING_MS
    return this.hosts.flatMap((host) => {
      const { lease } = host.client
      return lease === undefined || lease.promisedUntil <= now || this.#administrator.takesBack(lease) ? [] : [{ host, lease }]
    })
  }

  #check(): void {
    const promises = this.#promises()
    this.#must(invariants.noAddressHeldTwice(promises))
    this.#must(invariants.everyHeldLeaseIsOnDisk(this.#disk.store, promises))
    const thorough = this.#checks++ % THOROUGH_EVERY === 0
    const snapshot = this.#checkStore(thorough)
    const appliance = this.#appliance
    if (appliance === undefined) return
    this.#must(invariants.boundedAndWell(appliance, this.hosts.length, this.#addresses))
    if (thorough && this.#disk.underWay === 0 && this.#soon === 0) this.#must(invariants.liveIsStored(appliance, snapshot))
  }

  #checkStore(thorough = true): ReturnType<Disk['store']['load']> {
    const { store } = this.#disk
    const snapshot = store.load()
    this.#must(invariants.oneLeasePerClient(snapshot))
    this.#must(leasesKeepToTheModel(snapshot))
    this.#must(invariants.namesMatchLeases(snapshot, (reverse, address) => this.#ledger.clearedSince(reverse, address)))
    this.#must(invariants.aliasesStandAlone(snapshot))
    this.#must(this.#administrator.recordsAreUntouched(snapshot))
    if (!thorough) return snapshot
    this.#must(invariants.historyAccountsForRecords(store, snapshot))
    this.#must(invariants.holdingsMatchLeases(store, snapshot))
    for (const zone of [ZONE, REVERSE_ZONE]) {
      const stored = snapshot.zones.find((entry) => entry.zone.name === zone)?.zone.serial
      if (stored !== this.#ledger.serialOf(zone)) this.fail(`${zone} has serial ${stored} on disk, and its edits lead to ${this.#ledger.serialOf(zone)}`)
    }
    return snapshot
  }
}

function settingsFor(last: number): Settings {
  const flags = new Map([
    ['--link', LINK],
    ['--address', `${SERVER}/24`],
    ['--pool', `10.53.0.${FIRST}-10.53.0.${last}`],
    ['--lease-time', '600'],
    ['--domain', ZONE],
    ['--upstreams', 'none'],
  ])
  const settings = readSettings({ flags, environment: {}, file: undefined })
  if (!settings.ok) throw new Error(JSON.stringify(settings.error))
  return settings.value
}

const macOf = (i: number): string => `02:00:00:00:01:${i.toString(16).padStart(2, '0')}`

