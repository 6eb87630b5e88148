/**
 * A DHCP client on injected time, written from RFC 2131 §4.4 without a look at the server: INIT, SELECTING, REQUESTING,
 * BOUND, RENEWING, REBINDING, INIT-REBOOT, and the check of a new address by ARP. It believes what ACKs told it and
 * nothing else, counts a lease from the moment at which it asked (§4.4.1), and drops answers to earlier questions.
 */
import { formatIpv4, type Ipv4, type Mac } from '../../stack/index.ts'
import type { Clock, Instant, Random, Timer } from '../../stack/platform/index.ts'
import { decodeOptions, MESSAGE_TYPES, parseMessage, type MessageType } from '../../services/dhcp/index.ts'
import type { OptionSet } from '../../services/index.ts'
import { clientMessage } from '../support/dhcp-bench.ts'

/** What an ACK told. */
export type ClientLease = {
  readonly address: Ipv4
  readonly server: Ipv4
  readonly seconds: number
  readonly expires: Instant
  readonly t1: Instant
  readonly t2: Instant
  /** When it was asked for, from which moment it counts. */
  readonly askedAt: Instant
  /** By the calendar of that moment; what a server that starts anew has to go by. */
  expiresWallMs: number
  /** As `expires`; earlier when the calendar ran ahead before the server started anew. */
  promisedUntil: Instant
}

export type DhcpClientOptions = {
  readonly mac: Mac
  /** Option 61 in hexadecimal. */
  readonly clientId: string | undefined
  readonly hostName: string | undefined
  /** Sends the name in option 81 instead of 12. */
  readonly fqdn: boolean
  /** Cannot hear unicasts before it has an address. */
  readonly broadcastFlag: boolean
  /** Option 51; undefined leaves it to the server. */
  readonly wishSeconds: number | undefined
  /** After a restart without an answer, goes on with what is left of its lease (RFC 2131 §3.2 step 4). */
  readonly keepsLease: boolean
  /** An address that the host, wrongly, takes for its own or would like: it came from another network, or was copied. */
  imagines(): Ipv4 | undefined
}

export type DhcpClientPorts = {
  readonly clock: Clock
  readonly random: Random
  broadcast(message: Uint8Array): void
  unicast(message: Uint8Array, server: Ipv4): void
  /** Asks by ARP whether somebody has the address. */
  probe(address: Ipv4, done: (holder: Mac | undefined) => void): void
  /** Takes the address, or lets go of the one there was. */
  configure(address: Ipv4 | undefined): void
  /** An ACK that this client accepts has come. */
  acknowledged(lease: ClientLease): void
  log(text: string): void
}

type State =
  | { readonly kind: 'off' | 'init' | 'selecting' }
  | { readonly kind: 'requesting' | 'rebooting'; readonly askedAt: Instant; readonly askedWallMs: number }
  | { readonly kind: 'renewing' | 'rebinding'; readonly askedAt: Instant; readonly askedWallMs: number }
  | { readonly kind: 'checking' | 'bound' }

export class DhcpClient {
  readonly #o: DhcpClientOptions
  readonly #ports: DhcpClientPorts
  #state: State = { kind: 'off' }
  #lease: ClientLease | undefined
  #xid = 0
  #timer: Timer | undefined
  /** Ends an ARP check that is under way. */
  #check = 0

  constructor(options: DhcpClientOptions, ports: DhcpClientPorts) {
    this.#o = options
    this.#ports = ports
  }

  get state(): State['kind'] {
    return this.#state.kind
  }

  /** The last ACK's, while it lasts; also while the host is off, because it may come back to it. */
  get lease(): ClientLease | undefined {
    const lease = this.#lease
    return lease !== undefined && lease.expires > this.#ports.clock.now() ? lease : undefined
  }

  /** The address is in use by this host now. */
  get usesAddress(): boolean {
    return this.#state.kind === 'bound' || this.#state.kind === 'renewing' || this.#state.kind === 'rebinding'
  }

  /** Power on. */
  start(): void {
    if (this.#state.kind !== 'off') return
    const lease = this.lease
    const address = lease?.address ?? this.#o.imagines()
    if (address === undefined) this.#init()
    else this.#rebooting(address)
  }

  /** Power off, without a word to anybody. */
  stop(): void {
    this.#enter({ kind: 'off' })
    this.#ports.configure(undefined)
  }

  /** Gives the address back (§4.4.6) and goes off. */
  release(): void {
    const lease = this.lease
    if (lease !== undefined && this.usesAddress) {
      this.#newQuestion()
      this.#ports.log(`releases ${formatIpv4(lease.address)}`)
      this.#ports.unicast(this.#message('RELEASE', lease.address, { 'server-identifier': formatIpv4(lease.server) }), lease.server)
      this.#lease = undefined
    }
    this.stop()
  }

  /** A datagram that came to port 68. */
  receive(octets: Uint8Array): void {
    const parsed = parseMessage(octets)
    if (!parsed.ok) throw new Error(`the server sent a malformed message: ${parsed.error}`)
    const message = parsed.value
    if (message.xid !== this.#xid) return
    const options = decodeOptions(message.options)
    const type = MESSAGE_TYPES[(message.options.get(53)?.[0] ?? 0) - 1]
    if (type === 'OFFER') this.#offered(message.yiaddr, options)
    else if (type === 'ACK') this.#acknowledged(message.yiaddr, options)
    else if (type === 'NAK') this.#refused(String(options['message'] ?? ''))
  }

  // ---- what comes -------------------------------------------------------------------------------------------------

  /** Asks for what was offered, unless it knows better, which RFC 2131 §4.3.2 does not allow. */
  #offered(offer: Ipv4, options: OptionSet): void {
    if (this.#state.kind !== 'selecting') return
    const address = this.#o.imagines() ?? offer
    const wants = { 'requested-address': formatIpv4(address), 'server-identifier': String(options['server-identifier']) }
    const { clock } = this.#ports
    this.#ask({ kind: 'requesting', askedAt: clock.now(), askedWallMs: clock.wallMs() }, 4, () => this.#ports.broadcast(this.#message('REQUEST', 0, wants)), () =>
      this.#init(),
    )
  }

  #acknowledged(address: Ipv4, options: OptionSet): void {
    const state = this.#state
    if (!('askedAt' in state)) return
    const seconds = Number(options['lease-time'])
    const at = (s: number): Instant => state.askedAt + s * 1000
    const lease: ClientLease = {
      address,
      server: ipv4Of(options['server-identifier']),
      seconds,
      expires: at(seconds),
      t1: at(Number(options['renewal-time'] ?? seconds / 2)),
      t2: at(Number(options['rebinding-time'] ?? seconds * 0.875)),
      askedAt: state.askedAt,
      expiresWallMs: state.askedWallMs + seconds * 1000,
      promisedUntil: at(seconds),
    }
    this.#lease = lease
    this.#ports.log(`hears ACK of ${formatIpv4(address)} for ${seconds} s while ${state.kind}`)
    this.#ports.acknowledged(lease)
    if (state.kind === 'requesting') this.#checkAddress(lease)
    else this.#bound(lease)
  }

  #refused(because: string): void {
    const { kind } = this.#state
    if (kind === 'off' || kind === 'init' || kind === 'selecting' || kind === 'checking' || kind === 'bound') return
    this.#ports.log(`hears NAK while ${kind}: ${because}`)
    this.#forget()
    this.#init()
  }

  // ---- what it does -----------------------------------------------------------------------------------------------

  /** §4.4.1: waits between one and ten seconds, so that hosts that start together do not shout together. */
  #init(): void {
    this.#enter({ kind: 'init' })
    this.#wait(1_000 + this.#ports.random.below(9_000), () => this.#selecting())
  }

  #selecting(): void {
    this.#newQuestion()
    const wish = this.#lease?.address ?? this.#o.imagines()
    const hint: OptionSet = wish === undefined ? {} : { 'requested-address': formatIpv4(wish) }
    this.#forget()
    const send = (): void => this.#ports.broadcast(this.#message('DISCOVER', 0, hint))
    this.#ask({ kind: 'selecting' }, Number.POSITIVE_INFINITY, send, () => undefined)
  }

  #checkAddress(lease: ClientLease): void {
    this.#enter({ kind: 'checking' })
    const check = ++this.#check
    this.#ports.probe(lease.address, (holder) => {
      if (check !== this.#check || this.#state.kind !== 'checking') return
      if (holder === undefined) {
        this.#bound(lease)
        return
      }
      this.#ports.log(`declines ${formatIpv4(lease.address)}, which ${holder} has`)
      this.#newQuestion()
      const which = { 'requested-address': formatIpv4(lease.address), 'server-identifier': formatIpv4(lease.server) }
      this.#ports.broadcast(this.#message('DECLINE', 0, which))
      this.#forget()
      // §3.1 step 5: ten seconds at least before the next try.
      this.#enter({ kind: 'init' })
      this.#wait(10_000, () => this.#init())
    })
  }

  #bound(lease: ClientLease): void {
    if (!this.usesAddress) this.#ports.configure(lease.address)
    this.#enter({ kind: 'bound' })
    this.#until(lease.t1, () => this.#renewing(lease))
  }

  #renewing(lease: ClientLease): void {
    this.#newQuestion()
    const send = (): void => this.#ports.unicast(this.#message('REQUEST', lease.address, {}), lease.server)
    this.#extend('renewing', lease.t2, send, () => this.#rebinding(lease))
  }

  #rebinding(lease: ClientLease): void {
    this.#newQuestion()
    const send = (): void => this.#ports.broadcast(this.#message('REQUEST', lease.address, {}))
    this.#extend('rebinding', lease.expires, send, () => {
      this.#ports.log(`loses ${formatIpv4(lease.address)}, whose lease is over`)
      this.#ports.configure(undefined)
      this.#init()
    })
  }

  #rebooting(address: Ipv4): void {
    this.#newQuestion()
    const { clock } = this.#ports
    const wants = { 'requested-address': formatIpv4(address) }
    const state: State = { kind: 'rebooting', askedAt: clock.now(), askedWallMs: clock.wallMs() }
    this.#ask(state, 3, () => this.#ports.broadcast(this.#message('REQUEST', 0, wants)), () => {
      const left = this.lease
      if (this.#o.keepsLease && left !== undefined) this.#bound(left)
      else this.#init()
    })
  }

  // ---- asking -----------------------------------------------------------------------------------------------------

  /** §4.1: again after 4, 8, 16, 32, 64 seconds, each give or take one; after `most` tries `over`. */
  #ask(state: State, most: number, send: () => void, over: () => void, tries = 0): void {
    this.#enter(state)
    send()
    // Sending may have been answered at once.
    if (this.#state !== state) return
    const wait = Math.min(64, 4 * 2 ** tries) * 1000 - 1_000 + this.#ports.random.below(2_000)
    this.#wait(wait, () => (tries + 1 < most ? this.#ask(state, most, send, over, tries + 1) : over()))
  }

  /** §4.4.5: again after half of what is left until `end`, but not sooner than after a minute. */
  #extend(kind: 'renewing' | 'rebinding', end: Instant, send: () => void, over: () => void): void {
    const { clock } = this.#ports
    this.#enter({ kind, askedAt: clock.now(), askedWallMs: clock.wallMs() })
    const again = (): void => {
      const left = end - clock.now()
      if (left <= 0) {
        over()
        return
      }
      send()
      const wait = Math.max(60_000, left / 2)
      this.#until(wait < left ? clock.now() + wait : end, again)
    }
    again()
  }

  #enter(state: State): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#state = state
  }

  #wait(ms: number, run: () => void): void {
    this.#until(this.#ports.clock.now() + ms, run)
  }

  #until(when: Instant, run: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#ports.clock.at(when, run)
  }

  #newQuestion(): void {
    this.#xid = this.#ports.random.u32()
  }

  #forget(): void {
    this.#lease = undefined
    this.#ports.configure(undefined)
  }

  #message(type: MessageType, ciaddr: Ipv4, extra: OptionSet): Uint8Array {
    const { mac, clientId, hostName, fqdn, wishSeconds, broadcastFlag } = this.#o
    const asks = type === 'DISCOVER' || type === 'REQUEST'
    const options: { [name: string]: OptionSet[string] } = { ...extra }
    if (clientId !== undefined) options['client-identifier'] = clientId
    if (asks && hostName !== undefined) {
      if (fqdn) options['client-fqdn'] = { flags: 1, name: `${hostName}.example.com` }
      else options['host-name'] = hostName
    }
    if (asks && wishSeconds !== undefined) options['lease-time'] = wishSeconds
    if (asks) options['parameter-request-list'] = [1, 3, 6, 15, 51, 58, 59]
    return clientMessage(type, { mac, xid: this.#xid, flags: broadcastFlag ? 0x8000 : 0, options, ...(ciaddr === 0 ? {} : { ciaddr: formatIpv4(ciaddr) }) })
  }
}

const ipv4Of = (value: OptionSet[string] | undefined): Ipv4 => {
  const [a = 0, b = 0, c = 0, d = 0] = String(value).split('.').map(Number)
  return (a << 24) | (b << 16) | (c << 8) | d
}
