/** What the DHCP core asks of the world, and its settings. */
import type { Clock, SecureRandom } from '../../stack/platform/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import type { Decision, Lease, LeaseChange, TraceStep } from '../model/index.ts'
import type { ReplyDestination } from './reply.ts'

export type DhcpReply = {
  readonly interfaceName: string
  /** The message is its first `length` octets. */
  readonly bytes: Uint8Array
  readonly length: number
  readonly to: ReplyDestination
}

export type PublishedName = {
  /** The full name under which A and PTR are to stand; undefined publishes none. */
  readonly name: string | undefined
  /** Why, when the wish could not be met. */
  readonly trace: TraceStep | undefined
}

export type DhcpPorts = {
  readonly clock: Clock
  /** For keys. */
  readonly random: SecureRandom
  /** Sends one message. `to` says where by RFC 2131 §4.1. The bytes may be reused after return. */
  send(reply: DhcpReply): void
  /** Probes by ARP; calls back once, with the holder's address or, after the wait, with undefined. */
  probe(interfaceName: string, address: Ipv4, done: (holder: Mac | undefined) => void): void
  /** Asks by one ICMP echo; calls back once, with whether anybody answered within the wait. */
  ping(address: Ipv4, done: (answered: boolean) => void): void
  /**
   * Makes the changes durable in one transaction; the implementation adds names, zone serial and events to it.
   * done(true) only when it is on disk; called once, at once or later.
   */
  commit(changes: readonly LeaseChange[], done: (durable: boolean) => void): void
  /** The name that this lease would be published under in the zone `domain`. The lease carries its name until now, if it is a renewal. */
  nameFor(lease: Lease, domain: string | undefined): PublishedName
  decide(decision: Omit<Decision, 'id'>): void
  /** An event that no lease changes with, kept with the others. */
  tell(event: TraceStep): void
  /** What the administrator says has been replaced. */
  configured?(): void
  /** A client on the link of an interface named another server in a message of its own. */
  namesOtherServer?(sign: NamedServer): void
}

export type NamedServer = {
  readonly interfaceName: string
  readonly server: Ipv4
  readonly message: string
  readonly client: Mac
  readonly address: Ipv4 | undefined
}

export type DhcpSettings = {
  /** The appliance's own address on an interface: the server identifier there. Undefined while it has none. */
  serverAddress(interfaceName: string): Ipv4 | undefined
  /**
   * Why clients on the link of an interface are not answered: the other servers there, as text. Undefined, or absent:
   * they are.
   */
  silentBecause?(interfaceName: string): string | undefined
  /** ARP probe before the first offer of an address; true unless set. */
  readonly probe?: boolean
  /** How long an offered address is kept for a client that does not answer; 60,000 unless set. */
  readonly offerMs?: number
  /** How long an address is set aside after a conflict; 3,600,000 (an hour) unless set. */
  readonly quarantineMs?: number
}
