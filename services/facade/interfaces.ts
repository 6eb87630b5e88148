/** The links of the appliance's own stack, and what was decided about each. */
import type { Answer } from './common.ts'

export type ImpairmentView = {
  /** Chances from 0 to 1 per frame. */
  readonly loss: number
  readonly duplication: number
  readonly reordering: number
  readonly corruption: number
  /** For how long a reordered frame is held back at most. */
  readonly reorderMs: number
  readonly delayMs: number
  readonly jitterMs: number
  readonly bitsPerSecond: number | null
  readonly queueBytes: number
  readonly direction: 'both' | 'sent' | 'received'
  readonly seed: number
}
export type HostEndView = {
  /** "10.54.0.1/24" */
  readonly address: string | null
  readonly bridge: string | null
  readonly owner: number | null
  readonly persist: boolean
}
/** What may be changed while frames flow. */
export type InterfacePropertiesView = {
  readonly enabled: boolean
  /** dhcp: our own DHCP client gives it an address, besides those given here. */
  readonly addressing: 'static' | 'dhcp'
  /** "10.54.0.2/24" */
  readonly addresses: readonly string[]
  readonly proxyArp: 'off' | 'routed' | 'ranges'
  /** With 'ranges': the blocks. */
  readonly proxyArpRanges: readonly string[]
  readonly bogons: 'accepted' | 'reserved' | 'not-global'
  readonly reversePath: 'off' | 'loose' | 'strict'
  readonly directedBroadcasts: boolean
  readonly routerDiscovery: 'off' | 'advertise' | 'discover'
  readonly impairment: ImpairmentView | null
}
export type InterfaceInput = InterfacePropertiesView & {
  readonly name: string
  readonly kind: 'tap' | 'qemu'
  /** null: made from its first address, or from its name. */
  readonly mac: string | null
  readonly mtu: number
  readonly peerMac: string | null
  /** Of a TAP device only. */
  readonly hostEnd: HostEndView | null
  /** Of a QEMU link only: the path of its unix socket, and the user id who may connect besides us. */
  readonly socket: string | null
  readonly socketOwner: number | null
}
export type InterfaceView = Omit<InterfaceInput, 'mac'> & {
  readonly mac: string
  /** The one that the program was started with; its name, MAC, MTU and first address are settings. */
  readonly first: boolean
  readonly state: 'up' | 'down'
  /** Why it is down. */
  readonly reason: string | null
  /** Addresses that it has learnt, by DHCP or as link-local ones. */
  readonly learntAddresses: readonly string[]
  /** Those connected to a QEMU link. */
  readonly guests: readonly string[]
  readonly counters: { readonly [name: string]: number }
}

export interface InterfaceServices {
  listInterfaces(): Answer<readonly InterfaceView[]>
  getInterface(name: string): Answer<InterfaceView>
  addInterface(input: InterfaceInput): Answer<InterfaceView>
  /** Also tries again to bring up one that is down. */
  changeInterface(name: string, change: Partial<InterfacePropertiesView>): Answer<InterfaceView>
  removeInterface(name: string): Answer<null>
}
