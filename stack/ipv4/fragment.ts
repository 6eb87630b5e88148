/**
 * How a datagram is cut (RFC 791 §3.2, fragmentation): pieces of as many whole units of 8 octets as fit the MTU; the
 * last takes the rest. Pure; the output writes them.
 */
import { IPV4_HEADER_BYTES } from '../wire/ipv4.ts'

/** RFC 791 §3.2: every internet module forwards 68 octets without fragmentation. */
export const MIN_MTU = 68

/** Octets of payload in every fragment but the last. */
export const fragmentPayload = (mtu: number): number => (mtu - IPV4_HEADER_BYTES) & ~7
