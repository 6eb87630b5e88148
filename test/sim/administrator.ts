/**
 * Somebody who edits zones and takes leases back while all this goes on, and remembers what must be there for it. A
 * command whose answer was lost in a power cut may have been done or not; after the restart the disk says which.
 */
import { formatIpv4, ipv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { DnsRecord, RecordInput } from '../../services/index.ts'
import type { NetworkSide } from '../../services/network-side.ts'
import type { LoadedSnapshot } from '../../services/storage/store.ts'
import type { Instant } from '../../stack/platform/index.ts'
import { recordText } from './invariants.ts'
import type { ClientLease } from './dhcp-client.ts'
import { withHostsAndClasses } from './dhcp-model.ts'
import type { Host } from './hosts.ts'
import type { World } from './world.ts'

export const ZONE = 'lab.internal'
export const REVERSE_ZONE = '0.53.10.in-addr.arpa'
const FIRST = 100

type Wish = { readonly zone: string; readonly record: RecordInput; id: number | undefined; state: 'there' | 'perhaps' }

const input = (name: string, type: string, data: string): RecordInput => ({ name, type, ttl: null, data, comment: null })

export class Administrator {
  readonly #world: World
  readonly #names: readonly string[]
  readonly #addresses: number
  /** By what the record says. */
  readonly #wishes = new Map<string, Wish>()
  /** When an address was taken back last; infinite while that is under way. */
  readonly #takenBackAt = new Map<Ipv4, Instant>()
  #system: string | undefined
  #underWay = 0

  constructor(world: World, names: readonly string[], addresses: number) {
    this.#world = world
    this.#names = names
    this.#addresses = addresses
  }

  /** Commands that wait for their answer. */
  get underWay(): number {
    return this.#underWay
  }

  /** Before the hosts come: records that collide with some of their names and addresses; and what is kept for `hosts`. */
  async prepare(hosts: readonly Host[]): Promise<void> {
    this.#add(ZONE, input(this.#names[0] as string, 'A', '10.53.0.20'))
    this.#add(ZONE, input('router', 'TXT', '"rack 4"'))
    this.#add(REVERSE_ZONE, input(String(FIRST + 1), 'PTR', 'printer.lab.internal.'))
    if (hosts.length > 0) this.#replace(hosts)
    while (this.#underWay > 0) {
      this.#world.clock.step()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Until the disk takes it. */
  #replace(hosts: readonly Host[]): void {
    const run = async (network: NetworkSide): ReturnType<NetworkSide['dhcp']['replace']> => {
      const before = await network.dhcp.configuration()
      if (!before.ok) return before
      return network.dhcp.replace(withHostsAndClasses(before.value, ipv4(`10.53.0.${FIRST}`), this.#addresses, hosts), false)
    }
    this.#command('replacing the DHCP model', run, (done) => {
      if (done === undefined) this.#replace(hosts)
    })
  }

  /** True when a record made by hand stands at this name. */
  owns(name: string): boolean {
    return [...this.#wishes.values()].some((wish) => wish.zone === ZONE && `${wish.record.name}.${ZONE}` === name)
  }

  act(): void {
    const { random } = this.#world
    const name = this.#names[random.below(this.#names.length)] as string
    switch (random.below(6)) {
      case 0:
        return this.#add(ZONE, input(name, 'A', `10.53.0.${20 + random.below(3)}`))
      case 1:
        return this.#add(ZONE, input(name, 'CNAME', `taproot.${ZONE}.`))
      case 2:
        return this.#add(REVERSE_ZONE, input(String(FIRST + random.below(this.#addresses)), 'PTR', `by-hand.${ZONE}.`))
      case 3:
        return this.#takeBack()
      case 4:
        return this.#command('change of the zone', (network) => network.dns.changeZone(ZONE, { minimum: 30 + random.below(60) }))
      default:
        return this.#remove()
    }
  }

  /** What was under way may or may not have reached the disk. */
  lostPower(snapshot: LoadedSnapshot): void {
    this.#underWay = 0
    for (const [address, at] of this.#takenBackAt) this.#takenBackAt.set(address, Math.min(at, this.#world.clock.now()))
    const stored = new Map(handRecords(snapshot).map((record) => [recordText(record), record.id]))
    for (const [text, wish] of this.#wishes) {
      wish.id = stored.get(text)
      if (wish.state === 'perhaps' && wish.id === undefined) this.#wishes.delete(text)
      else wish.state = 'there'
    }
  }

  /** What a person or the settings put in is there, and nothing else claims to be theirs. */
  recordsAreUntouched(snapshot: LoadedSnapshot): string | undefined {
    const stored = handRecords(snapshot).map(recordText)
    const unknown = stored.find((text) => !this.#wishes.has(text))
    if (unknown !== undefined) return `nobody made ${unknown}`
    const lost = [...this.#wishes].find(([text, wish]) => wish.state === 'there' && !stored.includes(text))
    if (lost !== undefined) return `a record made by hand is gone: ${lost[0]}`
    const system = allRecords(snapshot).filter((record) => record.owner.kind === 'system').map(recordText).sort().join('\n')
    this.#system ??= system
    return system === this.#system ? undefined : `the appliance's own records were ${this.#system} and are ${system}`
  }

  #add(zone: string, record: RecordInput): void {
    const text = `${record.name}.${zone} ${record.type} ${(record.data ?? '').replace(/\.$/, '')}`
    if (this.#wishes.has(text)) return
    const wish: Wish = { zone, record, id: undefined, state: 'perhaps' }
    this.#wishes.set(text, wish)
    this.#command(`adding ${text}`, (network) => network.dns.addRecord(zone, record), (added) => {
      if (added === undefined) this.#wishes.delete(text)
      else {
        wish.id = (added as DnsRecord).id
        wish.state = 'there'
      }
    })
  }

  #remove(): void {
    const { random } = this.#world
    const known = [...this.#wishes].filter(([, wish]) => wish.state === 'there')
    const [text, wish] = known[random.below(known.length)] ?? []
    const id = wish?.id
    if (text === undefined || wish === undefined || id === undefined) return
    wish.state = 'perhaps'
    this.#command(`removing ${text}`, (network) => network.dns.removeRecord(wish.zone, id), (done) => {
      if (done === undefined) wish.state = 'there'
      else this.#wishes.delete(text)
    })
  }

  /** Nobody tells the client, so an ACK that it asked for before the end of this promises nothing. */
  takesBack(lease: ClientLease): boolean {
    return lease.askedAt <= (this.#takenBackAt.get(lease.address) ?? -1)
  }

  #takeBack(): void {
    const { random, clock } = this.#world
    const address: Ipv4 = (ipv4('10.53.0.0') + FIRST + random.below(this.#addresses)) | 0
    this.#takenBackAt.set(address, Number.POSITIVE_INFINITY)
    this.#command(`releasing ${formatIpv4(address)}`, (network) => network.dhcp.releaseLease(address), () => void this.#takenBackAt.set(address, clock.now()))
  }

  /** Undefined when it was refused; a refusal leaves everything as it was. */
  #command(what: string, run: (network: NetworkSide) => Promise<{ ok: true; value: unknown } | { ok: false; error: unknown }>, done: (value: unknown) => void = () => undefined): void {
    const network = this.#world.appliance?.network
    if (network === undefined) {
      done(undefined)
      return
    }
    this.#underWay++
    this.#world.counts.commands++
    this.#world.log(`${what} begins`)
    let answer: Awaited<ReturnType<typeof run>>
    const settle = this.#world.forThisLife(() => {
      this.#underWay--
      this.#world.log(`${what}: ${answer.ok ? 'done' : `refused ${JSON.stringify(answer.error)}`}`)
      done(answer.ok ? answer.value : undefined)
    })
    const broken = this.#world.forThisLife(() => this.#world.fail(`${what} threw`))
    run(network).then((result) => {
      answer = result
      settle()
    }).catch((error: unknown) => {
      this.#world.log(String(error))
      broken()
    })
  }
}

const allRecords = (snapshot: LoadedSnapshot): readonly DnsRecord[] => snapshot.zones.flatMap((zone) => zone.records)
const handRecords = (snapshot: LoadedSnapshot): readonly DnsRecord[] => allRecords(snapshot).filter((record) => record.owner.kind === 'hand')
