/**
 * SHELL: opens the TAP device and sets up the host's end of it, or says in words why that cannot be. A device that
 * somebody else made is attached to and otherwise left alone.
 */
import { closeTap, formatIpv4, formatPrefix, hostEnd, openTap, type TapDevice, type TapError, TX_QUEUE_FRAMES } from '../stack/index.ts'
import { err, ok, type Result } from '../stack/platform/index.ts'
import type { Settings } from '../services/config/settings.ts'
import { deviceExists, freeDeviceName, freePrefix, hostNetworks, isTapDevice, takenBy } from './host.ts'

export type SetupFault = { readonly problem: string; readonly remedy: string }
export type OpenLink = {
  readonly device: TapDevice
  /** False when somebody else made the device, whose host end we leave alone. */
  readonly managed: boolean
  /** The cable as the host sees it; left alone on a device that is not ours. */
  setCarrier(on: boolean): void
  /** Gives the device back: it disappears unless it is persistent or not ours; a bridge that we made goes too. */
  close(): void
}

export function openLink(s: Settings): Result<OpenLink, SetupFault> {
  const existed = deviceExists(s.link)
  if (existed && !isTapDevice(s.link))
    return err({
      problem: `--link ${s.link}: the host has a device of that name, which is no TAP device`,
      remedy: `choose another name, as --link ${freeDeviceName(s.link)}`,
    })
  if (!existed) {
    const taken = rangeTaken(s)
    if (taken !== undefined) return err(taken)
  }
  const opened = openTap({ name: s.link, attachOnly: existed, persist: s.persist === 'yes', ownerUid: existed ? undefined : s.owner, offloads: s.offloads === 'auto' })
  if (!opened.ok) return err(openFault(s.link, opened.error))
  const device = opened.value
  if (existed) return ok({ device, managed: false, setCarrier: () => {}, close: () => void closeTap(device) })
  const bridgeMade = s.bridge !== undefined && !deviceExists(s.bridge)
  const close = (): void => {
    closeTap(device)
    if (bridgeMade && s.bridge !== undefined && s.persist === 'no') hostEnd.removeBridge(s.bridge)
  }
  const failed = configureHostEnd(device, s)
  if (failed === undefined) return ok({ device, managed: true, setCarrier: (on) => void hostEnd.setCarrier(device, on), close })
  close()
  return err({ problem: `the host's end of ${s.link} cannot be set up: ${failed.problem}`, remedy: failed.remedy })
}

function rangeTaken(s: Settings): SetupFault | undefined {
  if (s.hostAddress === undefined) return undefined
  const networks = hostNetworks()
  const own = s.bridge === undefined ? [s.link] : [s.link, s.bridge]
  const taken = takenBy(s.hostAddress.prefix, networks, own)
  if (taken === undefined) return undefined
  const free = freePrefix(s.address.prefix.length, networks, own)
  const suggestion = free === undefined ? 'choose a block that it does not use' : `choose another block, as --address ${formatIpv4(free.network + 2)}/${free.length}`
  return {
    problem: `--address ${formatPrefix(s.address.prefix)}: the host uses ${formatPrefix(taken.prefix)} on ${taken.device} already`,
    remedy: suggestion,
  }
}

const openFault = (name: string, error: TapError): SetupFault =>
  error.code === 'EBUSY'
    ? { problem: `--link ${name}: another program has this TAP device open`, remedy: `stop it, or choose another name, as --link ${freeDeviceName(name)}` }
    : { problem: `the TAP device ${name} cannot be opened: ${error.problem}`, remedy: error.remedy }

/** In order, until one fails. */
function configureHostEnd(device: TapDevice, s: Settings): TapError | undefined {
  const holder = s.bridge ?? s.link
  const steps = [
    () => hostEnd.setMac(s.link, s.hostMac),
    () => hostEnd.setMtu(s.link, s.mtu),
    () => hostEnd.setTxQueueLength(s.link, TX_QUEUE_FRAMES),
    () => (s.bridge === undefined ? ok(undefined) : hostEnd.addBridge(s.bridge)),
    () => (s.bridge === undefined ? ok(undefined) : hostEnd.joinBridge(s.bridge, s.link)),
    () => (s.hostAddress === undefined ? ok(undefined) : hostEnd.setAddress(holder, s.hostAddress.address, s.hostAddress.prefix)),
    // No cable until somebody answers at the other end.
    () => hostEnd.setCarrier(device, false),
    () => hostEnd.setUp(s.link, true),
    () => (s.bridge === undefined ? ok(undefined) : hostEnd.setUp(s.bridge, true)),
  ]
  for (const step of steps) {
    const done = step()
    if (!done.ok) return done.error
  }
  return undefined
}
