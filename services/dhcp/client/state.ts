/**
 * What the DHCP client's machine goes by: states, events and effects. RFC 2131 §4.4, figure 5.
 *
 *   stopped ──start──▶ init ──▶ selecting ──OFFER──▶ requesting ──ACK──▶ checking ──free──▶ bound
 *              │        ▲                                │ NAK, silence     │ taken: DECLINE   │ T1
 *              │        └────────────────────────────────┴──────────────────┘                  ▼
 *              └─lease remembered─▶ init-reboot ──▶ rebooting ──ACK──▶ checking      bound ◀─ACK─ renewing
 *                                                   │ silence            ▲                       │ T2
 *                                                   └─▶ seeking-router ──┘ (still here)          ▼
 *                                                             │ (elsewhere)          bound ◀─ACK─ rebinding
 *                                                             └─▶ init                           │ end, NAK
 *                                                                                                ▼ init
 *
 * Not in the figure: checking (RFC 2131 §4.4.1 last paragraph, RFC 5227: ARP probes before the address is used) and
 * seeking-router (RFC 2131 §3.2 step 3 lets a client keep its lease when nobody answers; we do so only while a router
 * of the lease answers ARP, as RFC 4436 does).
 */
import type { Instant, Random } from '../../../stack/platform/index.ts'
import type { Ipv4, Mac } from '../../../stack/index.ts'
import type { TraceStep } from '../../model/index.ts'
import type { Terms } from './terms.ts'

/** A granted lease. Its times count from when the REQUEST for it was first sent (RFC 2131 §4.4.1). */
export type Held = { readonly terms: Terms; readonly since: Instant }

/** An exchange under way. */
export type Attempt = {
  readonly xid: number
  /** When its first message was sent. */
  readonly since: Instant
  /** Messages sent so far. */
  readonly tries: number
  readonly due: Instant
}

export type ClientState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'init'; readonly due: Instant; readonly wish: Ipv4 | undefined }
  /** `began`: when this search began, for the secs field; `secs`: as sent last. */
  | { readonly kind: 'selecting'; readonly attempt: Attempt; readonly wish: Ipv4 | undefined; readonly secs: number }
  | { readonly kind: 'requesting'; readonly attempt: Attempt; readonly offer: Terms; readonly secs: number }
  | { readonly kind: 'init-reboot'; readonly due: Instant; readonly held: Held }
  | { readonly kind: 'rebooting'; readonly attempt: Attempt; readonly held: Held }
  | { readonly kind: 'seeking-router'; readonly router: Ipv4; readonly held: Held }
  /** `probes`: sent so far. */
  | { readonly kind: 'checking'; readonly held: Held; readonly probes: number; readonly xid: number }
  | { readonly kind: 'bound'; readonly held: Held; readonly contestedAt: Instant | undefined }
  | {
      readonly kind: 'renewing' | 'rebinding'
      readonly held: Held
      readonly attempt: Attempt
      readonly contestedAt: Instant | undefined
    }

export type ClientStateKind = ClientState['kind']

export type ClientEvent =
  /** `held`: a lease of an earlier life that has not ended; `wish`: the address of one that has. */
  | { readonly kind: 'start'; readonly held: Held | undefined; readonly wish: Ipv4 | undefined }
  | { readonly kind: 'stop'; readonly release: boolean }
  /** deadline() has come. */
  | { readonly kind: 'due' }
  | { readonly kind: 'offer' | 'ack'; readonly xid: number; readonly terms: Terms }
  | { readonly kind: 'nak'; readonly xid: number; readonly server: Ipv4 | undefined; readonly text: string }
  /** A probe of `address` has ended. */
  | { readonly kind: 'probed'; readonly address: Ipv4; readonly holder: Mac | undefined }
  /** Another host claims the address that we use (RFC 5227 §2.4). */
  | { readonly kind: 'contested'; readonly address: Ipv4; readonly holder: Mac }
  /** An administrator wants the lease confirmed, or looked for, now. */
  | { readonly kind: 'renew' }

export type ClientMessage = {
  readonly type: 'DISCOVER' | 'REQUEST' | 'DECLINE' | 'RELEASE'
  readonly xid: number
  readonly secs: number
  /** Our address, once it is in use. */
  readonly ciaddr: Ipv4
  /** Options 50 and 54. */
  readonly requested: Ipv4 | undefined
  readonly server: Ipv4 | undefined
  /** BROADCAST, or the server. */
  readonly to: Ipv4
}

export type ClientEffect =
  | { readonly kind: 'send'; readonly message: ClientMessage }
  /** Ask by ARP who has the address; 'probed' is the answer, after `waitMs` at the latest. */
  | { readonly kind: 'probe'; readonly address: Ipv4; readonly waitMs: number }
  /** The address, its routes, MTU and name servers are in force; announced when the address is a new one. */
  | { readonly kind: 'configure'; readonly held: Held; readonly fresh: boolean }
  | { readonly kind: 'unconfigure' }
  /** An address of 169.254/16 is wanted while there is none from a server (RFC 3927 §1.9), or is no longer. */
  | { readonly kind: 'link-local'; readonly on: boolean }
  /** Keep the lease over a restart; undefined: forget it. */
  | { readonly kind: 'remember'; readonly held: Held | undefined }
  | { readonly kind: 'report'; readonly step: TraceStep }

export type ClientStep = readonly [ClientState, readonly ClientEffect[]]

/** What a step may ask of its surroundings. */
export type Moment = { readonly now: Instant; readonly random: Random }
