/** tshark's opinion on a capture: what it finds wrong with the frames that we sent. */
import { succeed } from './program.ts'

/** Verify what a kernel would leave to its network card, and look into every stream. */
const STRICT = ['ip.check_checksum', 'udp.check_checksum', 'tcp.check_checksum'].flatMap((name) => ['-o', `${name}:TRUE`])

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
 * @param forwardedFrom whose datagrams we only pass on: what that host puts into them is its own
 */
export async function dissect(file: string, ours: string, forwardedFrom?: string): Promise<Dissection> {
  const sent = `eth.src == ${ours}${forwardedFrom === undefined ? '' : ` && !(ip.src#1 == ${forwardedFrom})`}`
  const tshark = (filter: string, ...fields: readonly string[]): Promise<string> =>
    succeed(
      ['tshark', '-n', ...STRICT, '-r', file, '-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
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
