/** SHELL: where the interfaces of the network thread get their frames from: open TAP devices, and guests of QEMU. */
import { type Link, type Mac, mac, openGuestSocket, Switch, TapLink } from '../stack/index.ts'
import type { GuestPort } from '../stack/index.ts'
import { type Clock, err, ok, type Result } from '../stack/platform/index.ts'
import type { NetworkInterface } from '../services/index.ts'
import type { Media, MediumFault, OpenMedium, TapHandle } from '../services/links/media.ts'
import type { DeviceTable } from './devices.ts'

const NOT_OPEN: MediumFault = { problem: 'its TAP device is not open', remedy: 'try again' }

export type TapMediumOptions = { readonly name: string; readonly mac: string; readonly mtu: number; readonly device: TapHandle }

/** `lost` hears the errno name when the device is gone. */
export const openTapLink = (o: TapMediumOptions, lost: (code: string) => void): TapLink =>
  new TapLink({ ...o.device, name: o.name, mac: mac(o.mac), mtu: o.mtu, onGone: lost })

export type GuestMediumOptions = {
  readonly name: string
  readonly mac: string
  readonly mtu: number
  readonly socket: string
  readonly owner: number | undefined
}

/** By the name of the interface: the hardware addresses of a guest that went away. */
export type StationsLeft = (name: string, stations: readonly Mac[]) => void

/** Our own port of a learning switch, whose other ports are the guests at the socket. */
export function openGuestLink(clock: Clock, o: GuestMediumOptions, left: StationsLeft): Required<OpenMedium> {
  const bridge = new Switch(clock, { ports: 0, macs: [o.mac], mtu: o.mtu })
  const link: Link = bridge.addPort(o.name)
  let port: GuestPort | undefined
  let closed = false
  // When the socket is closed by us, no guest was unplugged.
  bridge.onRemoved = (stations) => {
    if (!closed) left(o.name, stations)
  }
  const ready = openGuestSocket(bridge, { path: o.socket, owner: o.owner }).then((opened) => {
    if (!opened.ok) return opened.error
    if (closed) opened.value.close()
    else port = opened.value
    return undefined
  })
  return {
    link,
    shared: false,
    ready,
    guests: () => port?.guests().map(({ name }) => name) ?? [],
    close: () => {
      closed = true
      port?.close()
      link.close()
    },
  }
}

export class WorkerMedia implements Media {
  readonly first: Media['first']
  readonly #clock: Clock
  readonly #devices: DeviceTable
  readonly #left: StationsLeft

  constructor(clock: Clock, first: Media['first'], devices: DeviceTable, left: StationsLeft) {
    this.#left = left
    this.#clock = clock
    this.first = first
    this.#devices = devices
  }

  open(i: NetworkInterface, given: TapHandle | undefined, lost: (reason: string) => void): Result<OpenMedium, MediumFault> {
    const { medium, name, mtu } = i
    if (medium.kind === 'qemu') return ok(openGuestLink(this.#clock, { name, mac: i.mac, mtu, socket: medium.socket, owner: medium.owner }, this.#left))
    const device = given ?? this.#devices[name] ?? NOT_OPEN
    if ('problem' in device) return err(device)
    const link = openTapLink({ name, mac: i.mac, mtu, device }, (code) => lost(`its TAP device is gone (${code})`))
    return ok({ link, shared: device.shared, guests: () => [], close: () => link.close() })
  }
}
