/**
 * SHELL: the TAP devices of the interfaces besides the first. The main thread keeps their descriptors, so that devices and
 * addresses outlive a network worker that dies.
 */
import { mac } from '../stack/index.ts'
import { err, ok, type Result } from '../stack/platform/index.ts'
import { type NetworkInterface, type Refusal, refusal } from '../services/index.ts'
import type { Devices } from '../services/administration/interface-services.ts'
import type { TapHandle } from '../services/links/media.ts'
import { type DeviceFault, type OpenLink, openLink } from './link-setup.ts'

/** By the name of the interface: the open device, or why there is none. */
export type DeviceTable = { readonly [name: string]: TapHandle | { readonly problem: string; readonly remedy: string } }

/** Our end has 0x54 (T) as its second octet when it is derived, the host's has 0x48 (H). */
const HOST_END = 0x48

const FIELDS = { name: '/name', block: '/hostEnd/address', 'host-end': '/hostEnd' } as const satisfies { readonly [about in DeviceFault['about']]: string }

export const tapHandle = ({ device, shared }: OpenLink): TapHandle => ({ fd: device.fd, offloads: device.offloads, shared })

export class TapDevices implements Devices {
  readonly #offloads: boolean
  readonly #open = new Map<string, OpenLink>()
  readonly #failed = new Map<string, DeviceFault>()

  constructor(options: { readonly offloads: boolean }) {
    this.#offloads = options.offloads
  }

  /** At the start: one that cannot be opened keeps nothing else from starting. */
  openAll(planned: readonly NetworkInterface[]): void {
    for (const plan of planned) {
      if (!plan.enabled || plan.medium.kind !== 'tap') continue
      const opened = this.#attempt(plan)
      if (!opened.ok) this.#failed.set(plan.name, opened.error)
    }
  }

  open(plan: NetworkInterface): Result<TapHandle, Refusal> {
    const opened = this.#attempt(plan)
    if (opened.ok) return opened
    const { about, problem, remedy } = opened.error
    return err(refusal('conflict', FIELDS[about], `${plan.name}: ${problem}`, remedy))
  }

  use(name: string): void {
    this.#open.get(name)?.setCarrier(true)
  }

  close(name: string): void {
    this.#failed.delete(name)
    this.#open.get(name)?.close()
    this.#open.delete(name)
  }

  /** The cables of all, as the host sees them. */
  setCarrier(on: boolean): void {
    for (const link of this.#open.values()) link.setCarrier(on)
  }

  /** Whether each that is open may lead into somebody else's network now. */
  sharing(): readonly (readonly [name: string, shared: boolean])[] {
    return [...this.#open].map(([name, { shared }]) => [name, shared])
  }

  /** For a network worker that begins. */
  table(): DeviceTable {
    const open = [...this.#open].map(([name, link]) => [name, tapHandle(link)] as const)
    const failed = [...this.#failed].map(([name, { problem, remedy }]) => [name, { problem, remedy }] as const)
    return Object.fromEntries([...failed, ...open])
  }

  closeAll(): void {
    for (const name of [...this.#open.keys()]) this.close(name)
  }

  #attempt(plan: NetworkInterface): Result<TapHandle, DeviceFault> {
    if (plan.medium.kind !== 'tap') throw new Error(`${plan.name} is no TAP device`)
    const { address, bridge, owner, persist } = plan.medium.hostEnd
    const opened = openLink({
      name: plan.name, mtu: plan.mtu, hostMac: hostMac(plan), hostAddress: address, bridge, owner, persist, offloads: this.#offloads,
    })
    if (!opened.ok) return opened
    this.#failed.delete(plan.name)
    this.#open.set(plan.name, opened.value)
    return ok(tapHandle(opened.value))
  }
}

/** The kernel would draw one that differs at every start. */
function hostMac(plan: NetworkInterface): Uint8Array {
  const octets = mac(plan.mac)
  return new Uint8Array([octets[0] as number, octets[1] === HOST_END ? HOST_END + 1 : HOST_END, ...octets.subarray(2)])
}
