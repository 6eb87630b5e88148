/** `taproot sockets`: what `ss -tuan` shows, and with -i what `ss -i` adds. */
import type { Page, SocketView } from '../../services/index.ts'
import { type Command, type Invocation, PAGING_OPTIONS, UsageError } from './command.ts'
import { type Column, printPage } from './print.ts'

const end = (address: string | null, port: number | null): string => `${address ?? '*'}:${port ?? '*'}`
const short = (ms: number): string => String(Number(ms.toFixed(3)))

/** "cubic rtt:0.432/0.1 cwnd:10 …", the names as in ss; windows of segments where it counts segments. */
function detailsOf({ tcp }: SocketView): string {
  if (tcp === null) return ''
  const segments = (octets: number): number => Math.floor(octets / tcp.mss)
  const timer = tcp.timer === null || tcp.timerMs === null ? [] : [`timer:(${tcp.timer},${short(tcp.timerMs)}ms)`]
  return [
    tcp.congestion,
    `rto:${short(tcp.timeoutMs)}`,
    `rtt:${short(tcp.rttMs)}/${short(tcp.rttVarianceMs)}`,
    ...(tcp.leastRttMs === null ? [] : [`minrtt:${short(tcp.leastRttMs)}`]),
    `mss:${tcp.mss}`,
    `cwnd:${segments(tcp.congestionWindow)}`,
    ...(tcp.slowStartThreshold === null ? [] : [`ssthresh:${segments(tcp.slowStartThreshold)}`]),
    `bytes_acked:${tcp.acknowledged}`,
    `bytes_received:${tcp.received}`,
    `in_flight:${tcp.inFlight}`,
    `retrans:${tcp.timeouts}/${tcp.retransmitted}`,
    `snd_wnd:${tcp.sendWindow}`,
    `rcv_wnd:${tcp.receiveWindow}`,
    ...timer,
  ].join(' ')
}

const COLUMNS: readonly Column<SocketView>[] = [
  ['NETID', each => each.protocol],
  ['STATE', each => each.state],
  ['RECV-Q', each => each.receiveQueue],
  ['SEND-Q', each => each.sendQueue],
  ['LOCAL', each => end(each.local, each.localPort)],
  ['PEER', each => end(each.remote, each.remotePort)],
]
const INFO_COLUMNS: readonly Column<SocketView>[] = [...COLUMNS, ['INFO', each => detailsOf(each)]]

function protocolOf(flag: Invocation['flag']): SocketView['protocol'] | undefined {
  return flag('tcp') === flag('udp') ? undefined : flag('tcp') ? 'tcp' : 'udp'
}

export const sockets: Command = {
  words: 'sockets',
  summary: 'list the sockets of the own network stack, as ss does',
  operands: '',
  fewest: 0,
  most: 0,
  options: {
    tcp: { type: 'boolean', short: 't', says: 'only TCP' },
    udp: { type: 'boolean', short: 'u', says: 'only UDP' },
    listening: { type: 'boolean', short: 'l', says: 'only those in LISTEN' },
    info: { type: 'boolean', short: 'i', says: 'with what TCP knows of each connection' },
    state: { type: 'string', value: 'STATE', says: 'only those in this state' },
    port: { type: 'string', value: 'N', says: 'only those with this port on either side' },
    address: { type: 'string', value: 'ADDRESS', says: 'only those with this address on either side' },
    ...PAGING_OPTIONS,
  },
  examples: ['taproot sockets', 'taproot sockets -ti --state established', 'taproot sockets --port 53'],
  async run(invocation) {
    const { api, text, integer, flag } = invocation
    if (flag('listening') && text('state') !== undefined)
      throw new UsageError('--listening is a state; --state names another')
    const page = await api.json<Page<SocketView>>('GET', 'sockets', {
      protocol: protocolOf(flag),
      state: flag('listening') ? 'LISTEN' : text('state')?.toUpperCase(),
      port: integer('port'),
      address: text('address'),
      limit: integer('limit'),
      after: text('after'),
    })
    printPage(invocation, page, flag('info') ? INFO_COLUMNS : COLUMNS, 'no sockets')
  },
}
