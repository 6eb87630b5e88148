/**
 * How a datagram is cut (RFC 791 §3.2, fragmentation): pieces of as many whole units of 8 octets as fit the MTU; the
 * last takes the rest. Pure; the output writes them.
 */
/** RFC 791 §3.2: every internet module forwards 68 octets without fragmentation. */
export const MIN_MTU = 68

/** Octets of payload in a fragment that is not the last, behind a header of `header` octets. */
export const fragmentPayload = (mtu: number, header: number): number => (mtu - header) & ~7
