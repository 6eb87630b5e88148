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

/** Proposes addresses of one pool. All of them pass test/contract/allocator.ts. */
export interface Allocator {
  /**
   * An address that is available; undefined when there is none. The caller takes it at once or calls freed().
   * `client`: a hash of who asks, any int32.
   */
  next(view: AddressView, client: number): Ipv4 | undefined
  /** What next() would answer now, or what is as good where that is by chance. Changes nothing. */
  peek(view: AddressView, client: number): Ipv4 | undefined
  /** The address came back and may be proposed again. */
  freed(address: Ipv4): void
}
