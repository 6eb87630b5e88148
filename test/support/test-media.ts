/** Media of a stack under test: wires that lead nowhere, in place of devices and sockets. */
import { virtualWire } from '../../stack/index.ts'
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import type { Devices } from '../../services/administration/interface-services.ts'
import { type NetworkInterface, type Refusal, refusal } from '../../services/index.ts'
import type { Media, MediumFault, OpenMedium, TapHandle } from '../../services/links/media.ts'

export class TestMedia implements Media {
  readonly first: Media['first']
  /** Names of the links that are open now. */
  readonly live = new Set<string>()
  /** When set, nothing can be opened. */
  fault: MediumFault | undefined
  /** By name: as if the device of that link went away. */
  readonly lose = new Map<string, (reason: string) => void>()
  readonly #clock: Clock

  /** `shared`: the first link may lead into somebody else's network. */
  constructor(clock: Clock, shared = false) {
    this.#clock = clock
    const hostEnd = { address: undefined, bridge: undefined, owner: undefined, persist: false }
    this.first = { medium: { kind: 'tap', hostEnd }, shared, guests: () => [] }
  }

  open(i: NetworkInterface, _device: TapHandle | undefined, lost: (reason: string) => void): Result<OpenMedium, MediumFault> {
    if (this.fault !== undefined && i.medium.kind === 'tap') return err(this.fault)
    const [link] = virtualWire(this.#clock, { names: [i.name, 'nowhere'], macs: [i.mac, '02:00:00:00:ff:01'] })
    this.live.add(i.name)
    this.lose.set(i.name, lost)
    return ok({
      link,
      shared: false,
      ...(i.medium.kind === 'qemu' ? { ready: Promise.resolve(this.fault) } : {}),
      guests: () => [],
      close: () => {
        this.live.delete(i.name)
        link.close()
      },
    })
  }
}

/** The main thread's devices: a descriptor for every name, and a list of those that are open. */
export class TestDevices implements Devices {
  readonly opened = new Set<string>()
  readonly carrier = new Set<string>()
  refuse: Refusal | undefined

  open(i: NetworkInterface): Result<TapHandle, Refusal> {
    if (this.refuse !== undefined) return err(this.refuse)
    if (this.opened.has(i.name)) return err(refusal('conflict', '/name', 'opened twice', 'close it first'))
    this.opened.add(i.name)
    return ok({ fd: 100 + this.opened.size, offloads: false, shared: false })
  }

  use(name: string): void {
    this.carrier.add(name)
  }

  close(name: string): void {
    this.opened.delete(name)
    this.carrier.delete(name)
  }
}
