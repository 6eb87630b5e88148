/**
 * Who names addresses for new clients. An allocator proposes, the lease table decides: it never hands out an address,
 * and a wrong proposal costs a look-up only.
 */
import type { Ipv4 } from '../../../stack/index.ts'

/** What an allocator may ask of the table. */
export type AddressView = {
  /** Nobody ever had it, as far as is known. */
  untouched(address: Ipv4): boolean
  /** It may be given to anybody now: free, in a pool, reserved for nobody. */
  available(address: Ipv4): boolean
}

/** Proposes addresses of one subnet's pools. */
export interface Allocator {
  /** An address that is available; undefined when there is none. The caller takes it at once or calls freed(). */
  next(view: AddressView): Ipv4 | undefined
  /** The address came back and may be proposed again. */
  freed(address: Ipv4): void
}
