/**
 * Link-local addresses (RFC 3927 §2): chosen from the hardware address, probed, announced, and given up to whoever
 * insists. A state machine; LinkLocal below runs it on a clock.
 *
 *   idle ──start──▶ probing ──3 probes, silence──▶ bound ──conflict again within 10 s──▶ probing the next
 *                    │  ▲ conflict: the next candidate, after ten of them one a minute
 *                    └──┘
 */
import { ipv4 } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import { SeededRandom, unreachable } from '../platform/index.ts'
import type { Clock, Instant, Random, Timer } from '../platform/index.ts'
import { ANNOUNCE_COUNT, ANNOUNCE_INTERVAL_MS, DEFEND_INTERVAL_MS } from './conflict.ts'

/** RFC 3927 §9 */
const PROBE_WAIT_MS = 1_000
export const PROBE_COUNT = 3
const PROBE_MIN_MS = 1_000
const PROBE_MAX_MS = 2_000
export const ANNOUNCE_WAIT_MS = 2_000
export const MAX_CONFLICTS = 10
export const RATE_LIMIT_MS = 60_000

/** RFC 3927 §2.1: the first and the last 256 addresses of 169.254/16 are kept for later. */
const FIRST_CANDIDATE: Ipv4 = ipv4('169.254.1.0')
const CANDIDATES = 254 * 256

export type LinkLocalState =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'probing'
      readonly address: Ipv4
      /** Candidates that were taken before this one. */
      readonly conflicts: number
      readonly probes: number
      readonly due: Instant
    }
  | {
      readonly kind: 'bound'
      readonly address: Ipv4
      readonly conflicts: number
      readonly announcements: number
      readonly due: Instant | undefined
      readonly contestedAt: Instant | undefined
    }

export type LinkLocalEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  /** deadline() has come. */
  | { readonly kind: 'due' }
  /** An ARP packet of another host uses `sender`, or (sender 0) asks whether anybody uses `target`. */
  | { readonly kind: 'arp'; readonly sender: Ipv4; readonly target: Ipv4 }

export type LinkLocalEffect =
  | { readonly kind: 'probe' | 'announce' | 'use' | 'release'; readonly address: Ipv4 }

export type LinkLocalStep = readonly [LinkLocalState, readonly LinkLocalEffect[]]

const NOTHING: readonly LinkLocalEffect[] = []
const IDLE: LinkLocalState = { kind: 'idle' }

/** The candidate after `conflicts` that were taken: the same ones in the same order for one hardware address. */
export function candidate(mac: Uint8Array, conflicts: number): Ipv4 {
  let seed = 0
  for (const octet of mac) seed = (Math.imul(seed, 31) + octet) | 0
  const random = new SeededRandom(seed)
  for (let i = 0; i < conflicts; i++) random.u32()
  return FIRST_CANDIDATE + random.below(CANDIDATES)
}

export const deadline = (state: LinkLocalState): Instant | undefined => (state.kind === 'idle' ? undefined : state.due)

/** `random` spreads the probes of hosts that start together (RFC 3927 §2.2.1). */
export function step(
  state: LinkLocalState, event: LinkLocalEvent, now: Instant, mac: Uint8Array, random: Random,
): LinkLocalStep {
  switch (event.kind) {
    case 'start': return state.kind === 'idle' ? [tryNext(mac, 0, now, random), NOTHING] : [state, NOTHING]
    case 'stop': return [IDLE, state.kind === 'bound' ? [{ kind: 'release', address: state.address }] : NOTHING]
    case 'due': return due(state, now, random)
    case 'arp': return heard(state, event.sender, event.target, now, mac, random)
    default: return unreachable(event)
  }
}

function tryNext(mac: Uint8Array, conflicts: number, now: Instant, random: Random): LinkLocalState {
  const wait = (conflicts >= MAX_CONFLICTS ? RATE_LIMIT_MS : 0) + random.below(PROBE_WAIT_MS)
  return { kind: 'probing', address: candidate(mac, conflicts), conflicts, probes: 0, due: now + wait }
}

function due(state: LinkLocalState, now: Instant, random: Random): LinkLocalStep {
  if (state.kind === 'idle') return [state, NOTHING]
  const { address, conflicts } = state
  if (state.kind === 'bound') {
    const announcements = state.announcements + 1
    const more = announcements < ANNOUNCE_COUNT ? now + ANNOUNCE_INTERVAL_MS : undefined
    return [{ ...state, announcements, due: more }, [{ kind: 'announce', address }]]
  }
  if (state.probes < PROBE_COUNT) {
    const probes = state.probes + 1
    const spread = PROBE_MIN_MS + random.below(PROBE_MAX_MS - PROBE_MIN_MS)
    const wait = probes < PROBE_COUNT ? spread : ANNOUNCE_WAIT_MS
    return [{ ...state, probes, due: now + wait }, [{ kind: 'probe', address }]]
  }
  const next = now + ANNOUNCE_INTERVAL_MS
  return [
    { kind: 'bound', address, conflicts, announcements: 1, due: next, contestedAt: undefined },
    [{ kind: 'use', address }, { kind: 'announce', address }],
  ]
}

function heard(
  state: LinkLocalState, sender: Ipv4, target: Ipv4, now: Instant, mac: Uint8Array, random: Random,
): LinkLocalStep {
  if (state.kind === 'idle') return [state, NOTHING]
  const { address, conflicts } = state
  if (state.kind === 'probing') {
    // RFC 3927 §2.2.1: in use, or probed by another at the same time.
    const taken = sender === address || (sender === 0 && target === address)
    return [taken ? tryNext(mac, conflicts + 1, now, random) : state, NOTHING]
  }
  if (sender !== address) return [state, NOTHING]
  // RFC 3927 §2.5 (b): defended once in ten seconds; against one who insists it is given up.
  if (state.contestedAt === undefined || now - state.contestedAt >= DEFEND_INTERVAL_MS) {
    return [{ ...state, contestedAt: now }, [{ kind: 'announce', address }]]
  }
  return [tryNext(mac, conflicts + 1, now, random), [{ kind: 'release', address }]]
}

export type LinkLocalPorts = {
  /** Broadcasts an ARP request for `target` in the name of `sender`; sender 0 makes it a probe. */
  readonly request: (sender: Ipv4, target: Ipv4) => void
  /** The address is ours from now on. */
  readonly use: (address: Ipv4) => void
  readonly release: (address: Ipv4) => void
}

/** Runs the machine for one interface. */
export class LinkLocal {
  readonly #clock: Clock
  readonly #random: Random
  readonly #mac: Uint8Array
  readonly #ports: LinkLocalPorts
  #state: LinkLocalState = IDLE
  #timer: Timer | undefined
  #changed: (address: Ipv4 | undefined) => void = () => {}

  constructor(clock: Clock, random: Random, mac: Uint8Array, ports: LinkLocalPorts) {
    this.#clock = clock
    this.#random = random
    this.#mac = mac
    this.#ports = ports
  }

  /** The address while it is ours. */
  get address(): Ipv4 | undefined {
    return this.#state.kind === 'bound' ? this.#state.address : undefined
  }

  /** `changed` hears which address is ours from then on, or that none is. */
  start(changed: (address: Ipv4 | undefined) => void = () => {}): void {
    this.#changed = changed
    this.#apply({ kind: 'start' })
  }

  stop(): void {
    this.#apply({ kind: 'stop' })
  }

  /** A checked ARP packet of another host. True when it was about our address, and the answer to it is given. */
  observe(sender: Ipv4, target: Ipv4): boolean {
    const contested = this.address !== undefined && sender === this.address
    this.#apply({ kind: 'arp', sender, target })
    return contested
  }

  #apply(event: LinkLocalEvent): void {
    const [state, effects] = step(this.#state, event, this.#clock.now(), this.#mac, this.#random)
    this.#state = state
    for (const effect of effects) this.#perform(effect)
    this.#timer?.cancel()
    const next = deadline(this.#state)
    this.#timer = next === undefined ? undefined : this.#clock.at(next, () => this.#apply({ kind: 'due' }))
  }

  #perform({ kind, address }: LinkLocalEffect): void {
    switch (kind) {
      case 'probe': return this.#ports.request(0, address)
      case 'announce': return this.#ports.request(address, address)
      case 'use':
        this.#ports.use(address)
        return this.#changed(address)
      case 'release':
        this.#ports.release(address)
        return this.#changed(undefined)
    }
  }
}
