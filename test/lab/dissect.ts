/** tshark's opinion on a capture: what it finds wrong with the frames that we sent. */
import { succeed } from './program.ts'

/** Verify what a kernel would leave to its network card, and look into every stream. */
const STRICT = ['ip.check_checksum', 'udp.check_checksum', 'tcp.check_checksum'].flatMap((name) => ['-o', `${name}:TRUE`])

/**
 * tshark puts streams together with fixed pieces in mind: a piece that is sent again with other bounds, as a sender may
 * (RFC 9293 §3.8.1), is a reassembly error for it, when it happens to meet one that was whole.
 */
const SEGMENT_BY_SEGMENT = ['-o', 'tcp.desegment_tcp_streams:FALSE']

/** Malformed, a wrong checksum, or anything else that tshark takes for an error rather than for news. */
const WRONG = [
  '_ws.malformed', '_ws.expert.severity == "Error"', 'eth.fcs.status == "Bad"', 'ip.checksum.status == "Bad"',
  'icmp.checksum.status == "Bad"', 'igmp.checksum.status == "Bad"', 'udp.checksum.status == "Bad"',
  'tcp.checksum.status == "Bad"',
].join(' || ')

export type Dissection = {
  /** A line per frame of ours with something wrong: number, protocols, summary, and what is wrong. */
  readonly wrong: readonly string[]
  /** How many frames of ours there are, by protocol as tshark names the topmost: arp, icmp, igmp, dns, dhcp, tcp … */
  readonly frames: ReadonlyMap<string, number>
}

/**
 * @param ours hardware address by which our frames are known
 * @param more forwardedFrom: whose datagrams we only pass on, because what that host puts into them is its own.
 *   repacketised: TCP pieces were sent again with other bounds
 */
export async function dissect(
  file: string, ours: string, more: { readonly forwardedFrom?: string; readonly repacketised?: boolean } = {},
): Promise<Dissection> {
  const { forwardedFrom, repacketised } = more
  const options = [...STRICT, ...(repacketised === true ? SEGMENT_BY_SEGMENT : [])]
  const sent = `eth.src == ${ours}${forwardedFrom === undefined ? '' : ` && !(ip.src#1 == ${forwardedFrom})`}`
  const tshark = (filter: string, ...fields: readonly string[]): Promise<string> =>
    succeed(
      ['tshark', '-n', ...options, '-r', file, '-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
      { timeoutMs: 60_000 },
    )
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')
  const all = lines(await tshark(sent, 'frame.protocols'))
  const frames = new Map<string, number>()
  for (const protocols of all) {
    for (const name of new Set(protocols.split(':'))) frames.set(name, (frames.get(name) ?? 0) + 1)
  }
  const wrong = await tshark(
    `${sent} && (${WRONG})`, 'frame.number', 'frame.protocols', '_ws.col.Info', '_ws.expert.message', '_ws.malformed',
  )
  return { wrong: lines(wrong), frames }
}
