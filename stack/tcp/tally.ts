/** What TCP counts. */
import type { Counters } from '../platform/index.ts'

export const TCP_COUNTERS = [
  'received', 'sent', 'truncated', 'header-length', 'checksum', 'options', 'not-unicast', 'no-connection',
  'opened', 'accepted', 'closed', 'reset-received', 'resets-sent', 'timed-out',
  'unacceptable', 'paws', 'timestamp-missing', 'bad-ack', 'reset-outside', 'syn-in-connection', 'challenge-limited',
  'no-ack', 'after-close', 'early', 'early-dropped', 'duplicate', 'urgent',
  'retransmitted', 'timeouts', 'fast-recoveries', 'tail-probes', 'window-probes', 'keep-alives', 'reneged',
  'ecn', 'ecn-marked', 'ecn-reduced',
  'syn-cookies-sent', 'syn-cookies-good', 'syn-cookies-bad', 'backlog-full', 'too-many',
  'time-wait-reused', 'time-wait-evicted', 'errors-received', 'error-outside', 'unsent',
] as const
export type TcpTally = Counters<(typeof TCP_COUNTERS)[number]>
