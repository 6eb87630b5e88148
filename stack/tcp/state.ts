/** The states of RFC 9293 §3.3.2, in the order of its diagram. LISTEN is a Listener, not a connection. */
export const CLOSED = 0
export const LISTEN = 1
export const SYN_SENT = 2
export const SYN_RECEIVED = 3
export const ESTABLISHED = 4
export const CLOSE_WAIT = 5
export const FIN_WAIT_1 = 6
export const FIN_WAIT_2 = 7
export const CLOSING = 8
export const LAST_ACK = 9
export const TIME_WAIT = 10

export type State = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10

export const STATE_NAMES = [
  'CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'CLOSE-WAIT', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSING',
  'LAST-ACK', 'TIME-WAIT',
] as const
