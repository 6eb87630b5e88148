/** Interfaces: the main thread opens TAP devices, so that they outlive a network worker; the network side does the rest. */
import { err, type Result } from '../../stack/platform/index.ts'
import type { Answer, InterfaceInput, InterfacePropertiesView, InterfaceServices, InterfaceView } from '../facade.ts'
import { interfaceProperties, networkInterface } from '../links/inputs.ts'
import type { TapHandle } from '../links/media.ts'
import type { NetworkInterface, Refusal } from '../model/index.ts'
import type { NetworkSide } from '../network-side.ts'
import { pick } from './inputs.ts'

/** TAP devices of the interfaces besides the first. Nothing is opened twice, and nothing is left behind by a refusal. */
export interface Devices {
  /** Makes or attaches to the device; the answer is what the network side drives it by. */
  open(i: NetworkInterface): Result<TapHandle, Refusal>
  /** Frames flow: the host sees a cable. */
  use(name: string): void
  close(name: string): void
}

export type ApplianceInterfacesOptions = {
  readonly network: NetworkSide
  readonly devices: Devices
}

export class ApplianceInterfaces implements InterfaceServices {
  readonly #o: ApplianceInterfacesOptions
  /** Changes wait for the one before: a device must not be opened for a name that is just being removed. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: ApplianceInterfacesOptions) {
    this.#o = options
  }

  listInterfaces(): Answer<readonly InterfaceView[]> {
    return this.#o.network.interfaces.interfaces()
  }

  async getInterface(name: string): Answer<InterfaceView> {
    return pick(await this.listInterfaces(), (i) => i.name === name, `interface "${name}"`)
  }

  async addInterface(input: InterfaceInput): Answer<InterfaceView> {
    const added = networkInterface(input)
    if (!added.ok) return added
    return this.#next(async () => {
      const { interfaces } = this.#o.network
      const checked = await interfaces.checkInterface(added.value)
      if (!checked.ok) return checked
      const done = await this.#withDevice(added.value, added.value.enabled, (device) => interfaces.addInterface(added.value, device))
      return done.ok ? this.getInterface(added.value.name) : done
    })
  }

  async changeInterface(name: string, change: Partial<InterfacePropertiesView>): Answer<InterfaceView> {
    return this.#next(async () => {
      const before = await this.getInterface(name)
      if (!before.ok) return before
      const planned = pick(await this.#o.network.interfaces.plans(), (plan) => plan.name === name, `interface "${name}"`)
      if (!planned.ok) return planned
      const properties = interfaceProperties(change, planned.value)
      if (!properties.ok) return properties
      const plan: NetworkInterface = { ...planned.value, ...properties.value }
      const wanted = plan.enabled && before.value.state === 'down'
      const done = await this.#withDevice(plan, wanted, (device) => this.#o.network.interfaces.changeInterface(name, properties.value, device))
      if (!done.ok) return done
      if (!plan.enabled) this.#o.devices.close(name)
      return this.getInterface(name)
    })
  }

  removeInterface(name: string): Answer<null> {
    return this.#next(async () => {
      const removed = await this.#o.network.interfaces.removeInterface(name)
      if (removed.ok) this.#o.devices.close(name)
      return removed
    })
  }

  /** Opens the TAP device if there is to be one; a refusal closes it again. */
  async #withDevice(plan: NetworkInterface, wanted: boolean, run: (device: TapHandle | undefined) => Answer<null>): Answer<null> {
    const { devices } = this.#o
    if (!wanted || plan.medium.kind !== 'tap') return run(undefined)
    devices.close(plan.name)
    const device = devices.open(plan)
    if (!device.ok) return err(device.error)
    const done = await run(device.value)
    if (!done.ok) devices.close(plan.name)
    else devices.use(plan.name)
    return done
  }

  #next<T>(run: () => Answer<T>): Answer<T> {
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => undefined)
    return done
  }
}
