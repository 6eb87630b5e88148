/** Where interfaces get their frames from; what the shell of the network thread provides. */
import type { Link } from '../../stack/index.ts'
import type { Result } from '../../stack/platform/index.ts'
import type { Medium, NetworkInterface } from '../model/index.ts'

export type MediumFault = { readonly problem: string; readonly remedy: string }

/** A TAP device that the main thread has opened. */
export type TapHandle = {
  readonly fd: number
  /** What the kernel granted. */
  readonly offloads: boolean
  /** It is not ours, or in a bridge that somebody else made: it may lead into somebody else's network. */
  readonly shared: boolean
}

/** A link that carries frames, or will as soon as it is ready. */
export type OpenMedium = {
  readonly link: Link
  /** It may lead into somebody else's network. */
  readonly shared: boolean
  /** Settles with undefined when frames can flow, else with why they never will. Not there when they can at once. */
  readonly ready?: Promise<MediumFault | undefined>
  /** Those connected to a QEMU link. */
  guests(): readonly string[]
  /** Closes the link too. */
  close(): void
}

export interface Media {
  /** Of the link that the program was started with. */
  readonly first: { readonly medium: Medium; readonly shared: boolean; guests(): readonly string[] }
  /**
   * `device`: its open TAP device; undefined at the start, when the shell knows it itself.
   * `lost` is called at most once, when no frame will come any more.
   */
  open(i: NetworkInterface, device: TapHandle | undefined, lost: (reason: string) => void): Result<OpenMedium, MediumFault>
}
