/**
 * HOT PATH (onBatch, reserve, commit, flush). SHELL: the TAP device of the host as a Link, over stack/link/tap/addon.
 * Watched by `npm run bench:dns`. Read docs/adr/0004-own-tap-addon.md and the addon's head comment first.
 *
 * Opening the device and driving it are apart: the main thread opens (and keeps the descriptor, so that the device and
 * its addresses outlive a network worker that dies), the worker drives.
 */
import { createRequire } from 'node:module'
import { formatMac, type Mac } from '../../address/mac.ts'
import type { Ipv4 } from '../../address/ipv4.ts'
import { maskOf, type Prefix } from '../../address/ipv4.ts'
import { ETHERNET_HEADER_BYTES, type FrameHandler, type Link, SUPER_FRAME_BYTES } from '../link.ts'
import { assert, err, ok, type Result } from '../../platform/index.ts'
import { NO_OFFLOAD, segmentBytes } from '../../wire/offload.ts'
import { readVnetHeader, UNUSABLE, VNET_HEADER_BYTES, writeVnetHeader } from './vnet-header.ts'

type Handle = { readonly opaque: unique symbol }
type Addon = {
  create(name: string, attachOnly: boolean, persist: boolean, ownerUid: number, offloads: boolean): TapDevice
  closeFd(fd: number): void
  setMac(name: string, octets: Uint8Array): void
  setMtu(name: string, octets: number): void
  setUp(name: string, up: boolean): void
  setAddress(name: string, address: number, mask: number): void
  setCarrier(fd: number, on: boolean): void
  setTxQueueLength(name: string, frames: number): void
  addBridge(name: string): void
  joinBridge(bridge: string, name: string): void
  removeBridge(name: string): void
  start(
    fd: number,
    shape: { frames: number; room: number; header: number },
    rx: Uint8Array,
    rxLengths: Uint32Array,
    tx: Uint8Array,
    txLengths: Uint32Array,
    onBatch: (count: number) => void,
    onError: (code: string) => void,
  ): Handle
  flush(handle: Handle, count: number): number
  stop(handle: Handle): void
  /** Where a frame begins in its place. */
  readonly frameAt: number
}

/** As in the addon: room for a virtio-net header before, and an IPv4 header within aligned to 4. */
const FRAME_AT = 10
const addonUrl = new URL('./addon/build/Release/tap.node', import.meta.url)
let loaded: Addon | undefined
function addon(): Addon {
  if (loaded === undefined) {
    loaded = createRequire(import.meta.url)(addonUrl.pathname) as Addon
    assert(loaded.frameAt === FRAME_AT, 'the addon is built from its present source (sh bin/setup develop)')
  }
  return loaded
}

/** What went wrong at the device: the step that failed and the errno name, with what to do about it. */
export type TapError = { readonly step: string; readonly code: string; readonly problem: string; readonly remedy: string }

const REMEDIES: { readonly [code: string]: string } = {
  EPERM: 'run as root, or give the process CAP_NET_ADMIN (for an existing device: own it)',
  EACCES: 'run as root, or let your user read and write /dev/net/tun',
  EBUSY: 'another program has this device open; stop it or choose another name',
  ENOENT: 'this kernel has no TUN/TAP driver: modprobe tun',
  ENODEV: 'create the device first (ip tuntap add mode tap …) or let taproot create it',
  EINVAL: 'the name belongs to a device that is no TAP device; choose another name',
  EEXIST: 'an address or device of that kind is there already; choose another',
}

/** Runs device calls; an errno becomes a TapError, anything else is our bug and goes on up. */
export function attempt<T>(run: () => T): Result<T, TapError> {
  try {
    return ok(run())
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !('step' in error)) throw error
    const code = String(error.code)
    return err({
      step: String(error.step),
      code,
      problem: error.message,
      remedy: REMEDIES[code] ?? 'see the kernel log (dmesg)',
    })
  }
}

export type TapOptions = {
  readonly name: string
  /** Fail with ENODEV rather than create the device. */
  readonly attachOnly: boolean
  /** Leave the device when the program ends. */
  readonly persist: boolean
  /** User who may attach later; undefined: none. */
  readonly ownerUid: number | undefined
  /** Ask for offloads (docs/adr/0006-tap-offloads.md). A kernel that refuses them is no failure. */
  readonly offloads: boolean
}

/** An open device; the network worker drives its `fd`. `offloads`: what it has got. */
export type TapDevice = {
  readonly fd: number
  readonly name: string
  readonly created: boolean
  readonly offloads: boolean
}

/** Creates the TAP device, or attaches to one that exists. Needs CAP_NET_ADMIN, or to own the existing device. */
export const openTap = (o: TapOptions): Result<TapDevice, TapError> =>
  attempt(() => addon().create(o.name, o.attachOnly, o.persist, o.ownerUid ?? -1, o.offloads))

/** Closes the descriptor; a device that is not persistent disappears with it. */
export const closeTap = (device: TapDevice): Result<void, TapError> => attempt(() => addon().closeFd(device.fd))

/**
 * Frames that the kernel keeps for us while the worker is busy. Measured at bursts of 60,000 queries a second with
 * stalls of 10 ms: 3.8 % lost with the default of 1,000, 0.2 % with this.
 */
export const TX_QUEUE_FRAMES = 10_000

/** The host's end of the cable. Each call is one system call with a TapError of its own. */
export const hostEnd = {
  setMac: (name: string, octets: Uint8Array) => attempt(() => addon().setMac(name, octets)),
  setMtu: (name: string, mtu: number) => attempt(() => addon().setMtu(name, mtu)),
  setUp: (name: string, up: boolean) => attempt(() => addon().setUp(name, up)),
  setAddress: (name: string, address: Ipv4, prefix: Prefix) =>
    attempt(() => addon().setAddress(name, address >>> 0, maskOf(prefix.length) >>> 0)),
  setCarrier: (device: TapDevice, on: boolean) => attempt(() => addon().setCarrier(device.fd, on)),
  setTxQueueLength: (name: string, frames: number) => attempt(() => addon().setTxQueueLength(name, frames)),
  addBridge: (name: string) => attempt(() => addon().addBridge(name)),
  joinBridge: (bridge: string, name: string) => attempt(() => addon().joinBridge(bridge, name)),
  removeBridge: (name: string) => attempt(() => addon().removeBridge(name)),
} as const

/** Frames per batch: beyond 64 the gain ends (measured 8: 237k, 64: 262k, 256: 266k queries a second). */
const FRAMES = 64
/** As in the addon: where the next place may begin. */
const PLACE_ALIGN = 64
/** A frame of a VLAN is that much longer. */
const VLAN_TAG_BYTES = 4
/** A batch of super-segments stays within a usual second-level cache. */
const SUPER_BUFFER_BYTES = 512 << 10

const nextPlace = (place: number, length: number): number => (place + FRAME_AT + length + PLACE_ALIGN - 1) & -PLACE_ALIGN

export type TapLinkOptions = {
  readonly fd: number
  readonly name: string
  /** Our end's Ethernet address, six octets; must differ from the host end's. */
  readonly mac: Uint8Array
  readonly mtu: number
  /** As openTap() said. */
  readonly offloads: boolean
  /** The device is gone (errno name); no frame will come any more. */
  readonly onGone: (code: string) => void
}

/** Drives an open TAP device. */
export class TapLink implements Link {
  readonly name: string
  readonly mtu: number
  readonly mac: Mac
  readonly offloads: boolean
  onFrame: FrameHandler = () => {}
  onBatchEnd: () => void = () => {}
  readonly txBuffer: Uint8Array
  readonly #rx: Uint8Array
  readonly #room: number
  readonly #rxLengths = new Uint32Array(FRAMES)
  readonly #txLengths = new Uint32Array(FRAMES)
  readonly #addon = addon()
  #handle: Handle | undefined
  #queued = 0
  /** Where in txBuffer the frame reserved last, or next, has its place. */
  #place = 0
  #rxFrames = 0
  #rxBytes = 0
  #rxSuperFrames = 0
  #rxUnusable = 0
  #txFrames = 0
  #txBytes = 0
  #txSuperFrames = 0
  #txDropped = 0

  constructor(options: TapLinkOptions) {
    this.name = options.name
    this.mtu = options.mtu
    this.mac = formatMac(options.mac)
    this.offloads = options.offloads
    const largest = options.offloads ? SUPER_FRAME_BYTES : options.mtu + ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES
    this.#room = nextPlace(0, largest)
    // Pages that no frame has touched cost no memory.
    const bytes = options.offloads ? SUPER_BUFFER_BYTES : FRAMES * this.#room
    this.txBuffer = new Uint8Array(bytes)
    this.#rx = new Uint8Array(bytes)
    this.#handle = this.#addon.start(
      options.fd,
      { frames: FRAMES, room: this.#room, header: options.offloads ? VNET_HEADER_BYTES : 0 },
      this.#rx,
      this.#rxLengths,
      this.txBuffer,
      this.#txLengths,
      (count) => this.#onBatch(count),
      (code) => {
        this.close()
        options.onGone(code)
      },
    )
  }

  #onBatch(count: number): void {
    const b = this.#rx
    let place = 0
    for (let i = 0; i < count; i++) {
      const length = this.#rxLengths[i] as number
      const at = place + FRAME_AT
      this.#rxFrames++
      this.#rxBytes += length
      place = nextPlace(place, length)
      const offload = this.offloads ? readVnetHeader(b, at - VNET_HEADER_BYTES, length) : NO_OFFLOAD
      if (offload === UNUSABLE) {
        this.#rxUnusable++
        continue
      }
      if (segmentBytes(offload) > 0) this.#rxSuperFrames++
      this.onFrame(b, at, length, offload)
    }
    this.onBatchEnd()
  }

  reserve(): number {
    // A full buffer goes to the device at once: a batch may answer with more frames than it brought.
    if (this.#queued === FRAMES || this.#place + this.#room > this.txBuffer.length) this.flush()
    return this.#handle === undefined ? -1 : this.#place + FRAME_AT
  }

  commit(length: number, offload = NO_OFFLOAD): void {
    if (this.offloads) writeVnetHeader(this.txBuffer, this.#place + FRAME_AT - VNET_HEADER_BYTES, offload)
    if (segmentBytes(offload) > 0) this.#txSuperFrames++
    this.#txLengths[this.#queued++] = length
    this.#place = nextPlace(this.#place, length)
    this.#txBytes += length
  }

  flush(): void {
    if (this.#queued === 0 || this.#handle === undefined) return
    const taken = this.#addon.flush(this.#handle, this.#queued)
    this.#txFrames += taken
    this.#txDropped += this.#queued - taken
    this.#queued = 0
    this.#place = 0
  }

  counters(): Record<string, number> {
    return {
      'rx-frames': this.#rxFrames,
      'rx-bytes': this.#rxBytes,
      'tx-frames': this.#txFrames,
      'tx-bytes': this.#txBytes,
      'tx-dropped': this.#txDropped,
      'rx-super-frames': this.#rxSuperFrames,
      'tx-super-frames': this.#txSuperFrames,
      'rx-unusable': this.#rxUnusable,
    }
  }

  /** Stops driving. The descriptor stays open: whoever opened it closes it. */
  close(): void {
    if (this.#handle === undefined) return
    this.#addon.stop(this.#handle)
    this.#handle = undefined
  }
}
