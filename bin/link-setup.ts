/**
 * SHELL: opens TAP devices and sets up the host's end of each, or says in words why that cannot be. A device that
 * somebody else made is attached to and otherwise left alone.
 */
import { closeTap, contains, formatIpv4, formatPrefix, hostEnd, type InterfaceAddress, openTap, type Prefix, type TapDevice, type TapError, TX_QUEUE_FRAMES } from '../stack/index.ts'
import { err, ok, type Result } from '../stack/platform/index.ts'
import type { Settings } from '../services/config/settings.ts'
import { bridgeOf, deviceExists, freeDeviceName, freePrefix, hostNetworks, isTapDevice, takenBy } from './host.ts'

export type SetupFault = { readonly problem: string; readonly remedy: string }
/** What it is about: the device's name, the block of its addresses, or the host's end. */
export type DeviceFault = SetupFault & { readonly about: 'name' | 'block' | 'host-end' }
export type OpenLink = {
  readonly device: TapDevice
  /** False when somebody else made the device, whose host end we leave alone. */
  readonly managed: boolean
  /** Somebody else may be on it now: the device is not ours, or is in a bridge that we did not make. */
  readonly shared: boolean
  /** The cable as the host sees it; left alone on a device that is not ours. */
  setCarrier(on: boolean): void
  /** Gives the device back: it disappears unless it is persistent or not ours; a bridge that we made goes too. */
  close(): void
}

export type TapPlan = {
  readonly name: string
  readonly mtu: number
  /** The host end's Ethernet address; the kernel's choice when undefined. */
  readonly hostMac: Uint8Array | undefined
  readonly hostAddress: InterfaceAddress | undefined
  readonly bridge: string | undefined
  readonly owner: number | undefined
  readonly persist: boolean
  /** Ask the kernel for them. */
  readonly offloads: boolean
}

/** The first link as the settings have it. */
export function openFirstLink(s: Settings): Result<OpenLink, SetupFault> {
  const opened = openLink({ ...s, name: s.link, persist: s.persist === 'yes', offloads: s.offloads === 'auto' })
  if (opened.ok) return opened
  const { about, problem, remedy } = opened.error
  switch (about) {
    case 'name':
      return err({ problem: `--link ${s.link}: ${problem}`, remedy: `${remedy}, as --link ${freeDeviceName(s.link)}` })
    case 'block': {
      const { prefix } = s.address
      const other = suggestion(prefix, ownDevices(s.link, s.bridge))
      return err({ problem: `--address ${formatPrefix(prefix)}: ${problem}`, remedy: remedy + other })
    }
    case 'host-end':
      return err({ problem, remedy })
  }
}

export function openLink(p: TapPlan): Result<OpenLink, DeviceFault> {
  const existed = deviceExists(p.name)
  if (existed && !isTapDevice(p.name))
    return err({ about: 'name', problem: 'the host has a device of that name, which is no TAP device', remedy: 'choose another name' })
  if (!existed) {
    const taken = blockTaken(p)
    if (taken !== undefined) return err(taken)
  }
  const opened = openTap({ name: p.name, attachOnly: existed, persist: p.persist, ownerUid: existed ? undefined : p.owner, offloads: p.offloads })
  if (!opened.ok) return err(openFault(p.name, opened.error))
  const device = opened.value
  if (existed) return ok({ device, managed: false, shared: true, setCarrier: () => {}, close: () => void closeTap(device) })
  const bridgeMade = p.bridge !== undefined && !deviceExists(p.bridge)
  const close = (): void => {
    closeTap(device)
    if (bridgeMade && p.bridge !== undefined && !p.persist) hostEnd.removeBridge(p.bridge)
  }
  const failed = configureHostEnd(device, p)
  const joined = p.bridge !== undefined && !bridgeMade
  const isShared = (): boolean => {
    const bridge = bridgeOf(p.name)
    return joined || (bridge !== undefined && bridge !== p.bridge)
  }
  if (failed === undefined) return ok({ device, managed: true, get shared() { return isShared() }, setCarrier: (on) => void hostEnd.setCarrier(device, on), close })
  close()
  return err({ about: 'host-end', problem: `the host's end of ${p.name} cannot be set up: ${failed.problem}`, remedy: failed.remedy })
}

const ownDevices = (name: string, bridge: string | undefined): readonly string[] => (bridge === undefined ? [name] : [name, bridge])

function blockTaken(p: TapPlan): DeviceFault | undefined {
  if (p.hostAddress === undefined) return undefined
  const taken = takenBy(p.hostAddress.prefix, hostNetworks(), ownDevices(p.name, p.bridge))
  if (taken === undefined) return undefined
  return { about: 'block', problem: `the host uses ${formatPrefix(taken.prefix)} on ${taken.device} already`, remedy: 'choose a block that it does not use' }
}

/** A block of the same size that the host does not use, as a setting. */
function suggestion(prefix: Prefix, own: readonly string[]): string {
  const free = freePrefix(prefix.length, hostNetworks(), own)
  return free === undefined || contains(prefix, free.network) ? '' : `, as --address ${formatIpv4(free.network + 2)}/${free.length}`
}

const openFault = (name: string, error: TapError): DeviceFault =>
  error.code === 'EBUSY'
    ? { about: 'name', problem: 'another program has this TAP device open', remedy: 'stop it, or choose another name' }
    : { about: 'host-end', problem: `the TAP device ${name} cannot be opened: ${error.problem}`, remedy: error.remedy }

/** In order, until one fails. */
function configureHostEnd(device: TapDevice, p: TapPlan): TapError | undefined {
  const { bridge, hostAddress, hostMac, name } = p
  const steps = [
    () => (hostMac === undefined ? ok(undefined) : hostEnd.setMac(name, hostMac)),
    () => hostEnd.setMtu(name, p.mtu),
    () => hostEnd.setTxQueueLength(name, TX_QUEUE_FRAMES),
    () => (bridge === undefined ? ok(undefined) : hostEnd.addBridge(bridge)),
    () => (bridge === undefined ? ok(undefined) : hostEnd.joinBridge(bridge, name)),
    () => (hostAddress === undefined ? ok(undefined) : hostEnd.setAddress(bridge ?? name, hostAddress.address, hostAddress.prefix)),
    // No cable until somebody answers at the other end.
    () => hostEnd.setCarrier(device, false),
    () => hostEnd.setUp(name, true),
    () => (bridge === undefined ? ok(undefined) : hostEnd.setUp(bridge, true)),
  ]
  for (const step of steps) {
    const done = step()
    if (!done.ok) return done.error
  }
  return undefined
}
