/**
 * Other DHCP servers on the links that we serve: searched for at the start, listened for ever after, and yielded to
 * where the link is shared with a network that is not ours. Runs a watch (watch.ts) per link on the clock.
 */
import type { Clock, Random, Timer } from '../../../stack/platform/index.ts'
import { formatIpv4, formatMac, type Ipv4, type Mac } from '../../../stack/index.ts'
import type { TraceStep } from '../../model/index.ts'
import { otherServerEvent } from './events.ts'
import { emitSearch, readSign } from './messages.ts'
import { type Sighting, Sightings, type Sign } from './sightings.ts'
import { began, deadline, isHeld, step, type WatchEvent, type WatchState, type WatchStep } from './watch.ts'

/** Links watched; each is an interface of ours. */
const MAX_LINKS = 64
/** How long the holder of a server's address may take to answer ARP. */
const MAC_WAIT_MS = 1_000
/** A server that was not seen for so long is history: health forgets it, the list does not. */
export const PRESENT_MS = 3_600_000

export type CoexistencePolicy = {
  /** The link may be somebody else's network: we yield to a server that answers there. */
  readonly yields: boolean
  /** Another server is meant to be there: it is listed, and no news. */
  readonly expectsOthers: boolean
}

export type CoexistencePorts = {
  readonly clock: Clock
  readonly random: Random
  /** Our hardware address there, or undefined when there is no such interface. */
  mac(interfaceName: string): Uint8Array | undefined
  isOwn(address: Ipv4): boolean
  /** Broadcasts a message from port 68 to port 67, with source 0.0.0.0. */
  send(interfaceName: string, bytes: Uint8Array): void
  /** Asks by ARP who has an address. */
  probe(interfaceName: string, address: Ipv4, waitMs: number, done: (holder: Mac | undefined) => void): void
  policy(interfaceName: string): CoexistencePolicy
  report(step: TraceStep): void
  /** From now on clients on the link are answered. */
  served(interfaceName: string): void
}

type WatchedLink = { state: WatchState; xid: number; timer: Timer | undefined; yields: boolean }

export class Coexistence {
  readonly #ports: CoexistencePorts
  readonly #sightings: Sightings
  readonly #links = new Map<string, WatchedLink>()

  constructor(ports: CoexistencePorts) {
    this.#ports = ports
    this.#sightings = new Sightings(ports.clock.now())
  }

  /** Watches these links, as far as they are up, and no others. */
  follow(interfaceNames: ReadonlySet<string>): void {
    for (const name of [...this.#links.keys()]) {
      if (!interfaceNames.has(name) || this.#ports.mac(name) === undefined) this.unwatch(name)
    }
    for (const name of interfaceNames) this.watch(name)
  }

  /** Begins to watch a link that is served. Nothing when it is watched already, or not up. */
  watch(interfaceName: string): void {
    if (this.#links.has(interfaceName) || this.#links.size === MAX_LINKS) return
    if (this.#ports.mac(interfaceName) === undefined) return
    const { yields } = this.#ports.policy(interfaceName)
    const first = began(yields, this.#ports.clock.now())
    const link: WatchedLink = { state: first[0], xid: 0, timer: undefined, yields }
    this.#links.set(interfaceName, link)
    this.#go(interfaceName, link, first)
  }

  /** The interface is gone. */
  unwatch(interfaceName: string): void {
    this.#links.get(interfaceName)?.timer?.cancel()
    this.#links.delete(interfaceName)
  }

  /** Undefined when requests on the link are to be answered; else the servers that are yielded to, or 'a search'. */
  silentBecause(interfaceName: string): string | undefined {
    // A link is served from the first request that comes by it, so it is watched from then on at the latest.
    this.watch(interfaceName)
    const link = this.#links.get(interfaceName)
    if (link === undefined || !isHeld(link.state)) return undefined
    const servers = this.#serversOn(interfaceName)
    return servers === '' ? 'a search for other servers that has just begun' : servers
  }

  /** A datagram to port 68. */
  heard(interfaceName: string, buffer: Uint8Array, at: number, length: number): void {
    const link = this.#links.get(interfaceName)
    const mac = this.#ports.mac(interfaceName)
    if (link === undefined || mac === undefined) return
    const searching = link.state.kind === 'searching' ? link.xid : undefined
    const sign = readSign(buffer.subarray(at, at + length), interfaceName, searching, formatMac(mac))
    if (sign !== undefined) this.seen(sign)
  }

  /** A sign of another server, such as a client's REQUEST that names it. */
  seen(sign: Sign): void {
    const { clock } = this.#ports
    const { interfaceName, server } = sign
    if (this.#ports.isOwn(server)) return
    const link = this.#links.get(interfaceName)
    if (link === undefined) return
    const news = this.#sightings.add(sign, clock.now(), clock.wallMs())
    this.#apply(interfaceName, link, { kind: 'seen', answer: sign.kind === 'answered-our-search' })
    if (!news) return
    this.#ports.probe(interfaceName, server, MAC_WAIT_MS, holder => {
      if (holder !== undefined) this.#sightings.found(sign, holder)
      if (!this.#ports.policy(interfaceName).expectsOthers) this.#report(sign, holder)
    })
  }

  /** Looks for other servers now, on every link. */
  search(): void {
    for (const [name, link] of this.#links) this.#apply(name, link, { kind: 'search' })
  }

  /** The policy may have changed. */
  reconsider(): void {
    for (const [name, link] of this.#links) {
      const { yields } = this.#ports.policy(name)
      if (yields === link.yields) continue
      link.yields = yields
      this.#apply(name, link, { kind: 'policy', yields })
    }
  }

  /** A link came into a network that may be somebody else's, which is searched before it is served again; or left it. */
  linkShared(interfaceName: string, shared: boolean): void {
    if (shared) this.#ports.report(otherServerEvent('other-server.link-shared', { interface: interfaceName }))
    this.reconsider()
  }

  /** All that were seen, the latest first. */
  sightings(): readonly Sighting[] {
    return this.#sightings.list()
  }

  /** Servers that are there now where none is expected, and links that are not served because of one. */
  get troubles(): { readonly seen: readonly string[]; readonly silentOn: readonly string[] } {
    const since = this.#ports.clock.now() - PRESENT_MS
    const seen = this.#sightings.list(since).filter(({ sign }) => !this.#ports.policy(sign.interfaceName).expectsOthers)
    return {
      seen: seen.map(({ sign }) => `${formatIpv4(sign.server)} on ${sign.interfaceName}`),
      silentOn: [...this.#links].filter(([, { state }]) => isSilent(state)).map(([name]) => name),
    }
  }

  /** 'searching', 'silent' or 'serving'; undefined for a link that is not watched. */
  stateOf(interfaceName: string): WatchState['kind'] | undefined {
    return this.#links.get(interfaceName)?.state.kind
  }

  close(): void {
    for (const name of [...this.#links.keys()]) this.unwatch(name)
  }

  #apply(interfaceName: string, link: WatchedLink, event: WatchEvent): void {
    this.#go(interfaceName, link, step(link.state, event, this.#ports.clock.now()))
  }

  #go(interfaceName: string, link: WatchedLink, [state, effects]: WatchStep): void {
    const { clock } = this.#ports
    if (state.kind === 'searching' && state.asked === 0) link.xid = this.#ports.random.u32()
    if (state.kind === 'serving' && link.state.kind !== 'serving') this.#ports.served(interfaceName)
    link.state = state
    link.timer?.cancel()
    const due = deadline(state)
    link.timer = due === undefined ? undefined : clock.at(due, () => this.#apply(interfaceName, link, { kind: 'due' }))
    for (const effect of effects) {
      switch (effect) {
        case 'ask': this.#ask(interfaceName, link.xid); break
        case 'fell-silent':
          this.#ports.report(otherServerEvent('other-server.silent', {
            interface: interfaceName, servers: this.#serversOn(interfaceName),
          }))
          break
        case 'began-to-serve':
          this.#ports.report(otherServerEvent('other-server.gone', { interface: interfaceName }))
          break
      }
    }
  }

  #ask(interfaceName: string, xid: number): void {
    const mac = this.#ports.mac(interfaceName)
    if (mac !== undefined) this.#ports.send(interfaceName, emitSearch(xid, mac))
  }

  #serversOn(interfaceName: string): string {
    const since = this.#ports.clock.now() - PRESENT_MS
    const servers = this.#sightings.list(since).filter(({ sign }) => sign.interfaceName === interfaceName)
    return servers.map(({ sign }) => formatIpv4(sign.server)).join(', ')
  }

  #report(sign: Sign, holder: Mac | undefined): void {
    this.#ports.report(otherServerEvent('other-server.seen', {
      interface: sign.interfaceName,
      server: formatIpv4(sign.server),
      mac: holder ?? null,
      how: HOW[sign.kind],
      message: sign.message,
      offered: sign.offered === undefined ? null : formatIpv4(sign.offered),
      client: sign.client ?? null,
    }))
  }
}

const isSilent = (state: WatchState): boolean =>
  state.kind === 'silent' || (state.kind === 'searching' && state.held && state.wasSilent)

const HOW: { readonly [Kind in Sign['kind']]: string } = {
  'answered-our-search': 'answered our search',
  'answered-a-client': 'answered a client',
  'chosen-by-a-client': 'was chosen by a client',
}

