/** A view of a few leases for the questions of relay agents, and their questions as messages. */
import { ipv4, mac } from '../../stack/index.ts'
import { fromHex, toHex } from '../../stack/platform/index.ts'
import { clientKey } from '../../services/model/index.ts'
import type { Lease, OptionSet } from '../../services/model/index.ts'
import { decodeOptions, emitMessage, messageTypeCode } from '../../services/dhcp/index.ts'
import type { DhcpMessage, MessageType } from '../../services/dhcp/index.ts'
import type { LeaseAnswer, LeaseQueryView } from '../../services/dhcp/lease-query.ts'
import { NOON } from './leases.ts'

export const SERVER = ipv4('10.53.0.2')
export const RELAY = ipv4('10.60.0.1')

/** A quarter of an hour past NOON. */
export const view = (leases: readonly Lease[]): LeaseQueryView => ({
  wallMs: NOON + 900_000,
  server: SERVER,
  manages: address => address >>> 8 === ipv4('10.53.0.0') >>> 8,
  lease: address => leases.find(lease => lease.address === address),
  ofClientId: clientId => leases.filter(lease => clientKey(1, lease.mac, lease.clientId) === `id:${clientId}`),
  ofMac: octets => leases.filter(lease => lease.mac.replaceAll(':', '') === toHex(octets)),
  *all() {
    for (const lease of leases) {
      yield undefined
      yield lease
    }
  },
})

export type Asked = {
  readonly ciaddr?: string
  readonly mac?: string
  readonly options?: readonly (readonly [code: number, hex: string])[]
  readonly giaddr?: string
  readonly xid?: number
}

export function question(type: MessageType, { ciaddr, mac: hardware, options = [], giaddr = '10.60.0.1', xid = 7 }: Asked): DhcpMessage {
  const chaddr = new Uint8Array(16)
  if (hardware !== undefined) chaddr.set(mac(hardware))
  return {
    op: 1,
    hardwareType: hardware === undefined ? 0 : 1,
    hardwareLength: hardware === undefined ? 0 : 6,
    hops: 0,
    xid,
    secs: 0,
    flags: 0,
    ciaddr: ciaddr === undefined ? 0 : ipv4(ciaddr),
    yiaddr: 0,
    siaddr: 0,
    giaddr: ipv4(giaddr),
    chaddr,
    sname: new Uint8Array(64),
    file: new Uint8Array(128),
    options: new Map([
      [53, Uint8Array.of(messageTypeCode(type))],
      ...options.map(([code, hex]) => [code, fromHex(hex) as Uint8Array] as const),
    ]),
  }
}

export const questionBytes = (type: MessageType, asked: Asked): Uint8Array => emitMessage(question(type, asked))

export const optionsOf = (answer: LeaseAnswer | undefined): OptionSet => decodeOptions(new Map(answer?.options ?? []))
