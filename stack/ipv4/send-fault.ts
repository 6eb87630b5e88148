/** Why a datagram was not sent: codes, because send() is on the path of every answer and makes no objects. */

export const SEND_FAULT = {
  noRoute: 1,
  hostUnreachable: 2,
  tooLong: 3,
  queueFull: 4,
  noSource: 5,
  notOurs: 6,
  broadcastRefused: 7,
  invalidTarget: 8,
  closed: 9,
  cannotSegment: 10,
} as const
export type SendFault = (typeof SEND_FAULT)[keyof typeof SEND_FAULT]

/** The name that sockets give each, and a sentence for people. */
export const SEND_FAULT_TEXT: Readonly<Record<SendFault, { readonly errno: string; readonly says: string }>> = {
  1: { errno: 'ENETUNREACH', says: 'no route to the target' },
  2: { errno: 'EHOSTUNREACH', says: 'the next hop does not answer ARP' },
  3: { errno: 'EMSGSIZE', says: 'longer than a datagram may be' },
  4: { errno: 'ENOBUFS', says: 'the link or the ARP queue is full' },
  5: { errno: 'EADDRNOTAVAIL', says: 'the interface has no address to send from' },
  6: { errno: 'EADDRNOTAVAIL', says: 'the given source is not an address of ours' },
  7: { errno: 'EACCES', says: 'broadcast was not allowed for this endpoint' },
  8: { errno: 'EINVAL', says: 'not an address to send to' },
  9: { errno: 'ENOTCONN', says: 'the endpoint is closed' },
  10: { errno: 'EMSGSIZE', says: 'longer than the link cuts by itself' },
}
