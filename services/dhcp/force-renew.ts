/**
 * FORCERENEW (RFC 3203): the administrator makes a client renew at once. Clients believe it only with the authentication
 * of RFC 6704: in the ACK the server gives a client that says it can (option 145) a key; the FORCERENEW carries an
 * HMAC-MD5 made with it.
 *
 * Option 90 (RFC 3118 §2, RFC 6704 §3.1.2): protocol 3, algorithm 1 (HMAC-MD5), replay detection method 0, replay
 * detection u64, then 1 and the key of 16 octets in an ACK, or 2 and the digest of 16 octets in a FORCERENEW.
 *
 * Keys are in memory only: after a restart a client gets a new one with its next renewal, and cannot be made to renew
 * until then.
 */
import { createHmac } from 'node:crypto'
import { fromHex, put32 } from '../../stack/platform/index.ts'
import type { SecureRandom } from '../../stack/platform/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { leaseClientKey } from '../model/index.ts'
import type { Lease } from '../model/index.ts'
import type { OutgoingOption } from './reply.ts'
import { BOOT_REPLY, emitMessage, messageTypeCode } from './wire/message.ts'
import { FILE_BYTES, OPTIONS_AT, SNAME_BYTES } from './wire/layout.ts'
import type { RawOptions } from './wire/options.ts'
import { codeOf } from './wire/options-table.ts'

const AUTHENTICATION = codeOf('authentication')
const NONCE_CAPABLE = codeOf('forcerenew-nonce-capable')
const CLIENT_ID = codeOf('client-identifier')

const PROTOCOL_NONCE = 3
const HMAC_MD5 = 1
const KEY_OCTETS = 16
const AUTHENTICATION_OCTETS = 12 + KEY_OCTETS
const REPLAY_AT = 3
const KIND_AT = 11
const SECRET_AT = 12
const KIND_KEY = 1
const KIND_DIGEST = 2

/** RFC 6704 §3.1.1: the client lists the algorithms that it can. */
export const asksForKey = (options: RawOptions): boolean => options.get(NONCE_CAPABLE)?.includes(HMAC_MD5) === true

/** RFC 6704 §3.1.1: an OFFER to such a client says that we can, too. */
export const NONCE_OFFER: OutgoingOption = [NONCE_CAPABLE, Uint8Array.of(HMAC_MD5)]

/** How the client is reached: the interface that it was heard on, what it takes for the server, and its transaction. */
export type ClientWay = {
  readonly interfaceName: string
  readonly server: Ipv4
  /** Of its last REQUEST: RFC 3203 does not say which a FORCERENEW has, and dhcpcd hears no other. */
  readonly xid: number
}
type Held = { readonly client: string; readonly key: Uint8Array; readonly way: ClientWay }

/** Keys of the clients that took one, by address: no more than there are leases. */
export class ForceRenewKeys {
  readonly #random: SecureRandom
  readonly #keys = new Map<Ipv4, Held>()
  #replay: number

  /** `wallMs` begins the replay counter: after a restart it goes on above what was sent before. */
  constructor(random: SecureRandom, wallMs: number) {
    this.#random = random
    this.#replay = Math.floor(wallMs)
  }

  /** Option 90 for an ACK: the client's key, made at its first ACK and the same as long as it keeps the address. */
  given(address: Ipv4, client: string, way: ClientWay): OutgoingOption {
    const held = this.#keys.get(address)
    const key = held?.client === client ? held.key : this.#make()
    this.#keys.set(address, { client, key, way })
    return [AUTHENTICATION, authentication(this.#replay++, KIND_KEY, key)]
  }

  forget(address: Ipv4): void {
    this.#keys.delete(address)
  }

  get size(): number {
    return this.#keys.size
  }

  /** A FORCERENEW for the holder of a lease; undefined when it has no key from us, and so would not believe it. */
  message(lease: Lease): { readonly bytes: Uint8Array; readonly interfaceName: string } | undefined {
    const held = this.#keys.get(lease.address)
    if (held?.client !== leaseClientKey(lease)) return undefined
    const options = new Map<number, Uint8Array>([[53, Uint8Array.of(messageTypeCode('FORCERENEW'))], [54, long(held.way.server)]])
    if (lease.clientId !== undefined) options.set(CLIENT_ID, fromHex(lease.clientId) ?? new Uint8Array(0))
    // Last, so that its place in the message is known.
    options.set(AUTHENTICATION, authentication(this.#replay++, KIND_DIGEST, new Uint8Array(KEY_OCTETS)))
    const hardware = fromHex(lease.mac) ?? new Uint8Array(0)
    const chaddr = new Uint8Array(16)
    chaddr.set(hardware.subarray(0, chaddr.length))
    const message = emitMessage({
      op: BOOT_REPLY,
      hardwareType: lease.hardwareType,
      hardwareLength: hardware.length,
      hops: 0,
      xid: held.way.xid,
      secs: 0,
      flags: 0,
      ciaddr: lease.address,
      yiaddr: 0,
      siaddr: 0,
      giaddr: 0,
      chaddr,
      sname: new Uint8Array(SNAME_BYTES),
      file: new Uint8Array(FILE_BYTES),
      options,
    })
    // RFC 3118 §5.2, RFC 6704 §3.1.2: over the whole message, the digest's own octets zero.
    message.set(createHmac('md5', held.key).update(message).digest(), digestAt(options))
    return { bytes: message, interfaceName: held.way.interfaceName }
  }

  #make(): Uint8Array {
    const key = new Uint8Array(KEY_OCTETS)
    this.#random.fill(key)
    return key
  }
}

function authentication(replay: number, kind: number, secret: Uint8Array): Uint8Array {
  const octets = new Uint8Array(AUTHENTICATION_OCTETS)
  octets[0] = PROTOCOL_NONCE
  octets[1] = HMAC_MD5
  put32(octets, REPLAY_AT, Math.floor(replay / 0x1_0000_0000))
  put32(octets, REPLAY_AT + 4, replay)
  octets[KIND_AT] = kind
  octets.set(secret, SECRET_AT)
  return octets
}

/** Where the digest stands in a message whose last option is the authentication. */
function digestAt(options: RawOptions): number {
  let at = OPTIONS_AT
  for (const value of options.values()) at += 2 + value.length
  return at - KEY_OCTETS
}

function long(value: number): Uint8Array {
  const octets = new Uint8Array(4)
  put32(octets, 0, value)
  return octets
}
