/** `taproot capture`: frames of any interface, to a file, to a pipe, or one line each. */
import { open } from 'node:fs/promises'
import { type CaptureBlock, describeFrame, PcapngReader } from '../../stack/index.ts'
import { type Command, type Invocation, NotDone, UsageError } from './command.ts'
import { printable } from './print.ts'

const microseconds = (timeUs: number): string => String(timeUs % 1_000_000).padStart(6, '0')
const two = (value: number): string => String(value).padStart(2, '0')

/** "03:11:00.123456" of this machine's day, as tcpdump shows it. */
function clockText(timeUs: number): string {
  const at = new Date(timeUs / 1000)
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${microseconds(timeUs)}`
}

function lineOf(block: CaptureBlock, seen: Seen, json: boolean): string | undefined {
  if (block.kind !== 'frame') return undefined
  const { timeUs, direction, interfaceId, octets, originalLength } = block.frame
  if (json) {
    const second = new Date(timeUs / 1000).toISOString().slice(0, 19)
    return JSON.stringify({
      at: `${second}.${microseconds(timeUs)}Z`,
      interface: seen.interfaces[interfaceId],
      direction,
      octets: originalLength,
      says: describeFrame(octets),
    })
  }
  const way = direction === 'out' ? 'Out' : 'In '
  const cut = octets.length < originalLength ? ` (${originalLength} octets, ${octets.length} kept)` : ''
  return `${clockText(timeUs)} ${seen.placeOf(block)}${way} ${describeFrame(octets)}${cut}`
}

/** Where the octets of the file go; nowhere when lines are printed. False ends the capture. */
type Destination = { write(piece: Uint8Array): Promise<boolean>; close(): Promise<void> }

async function destination(path: string | undefined, { terminal }: Invocation): Promise<Destination> {
  if (path === undefined) return { write: async () => true, close: async () => undefined }
  if (path === '-') {
    if (terminal.isTerminal)
      throw new UsageError('a capture file is not for a terminal: -w FILE, or pipe -w - to tshark -r -')
    return { write: piece => terminal.octets(piece), close: async () => undefined }
  }
  try {
    const file = await open(path, 'w')
    return { write: async piece => (await file.writeFile(piece), true), close: () => file.close() }
  } catch (error) {
    throw new NotDone(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What came so far, for the sentence at the end. */
class Seen {
  frames = 0
  readonly interfaces: string[] = []
  readonly #missed = new Map<number, number>()

  add(block: CaptureBlock): void {
    if (block.kind === 'interface') this.interfaces.push(block.name)
    if (block.kind === 'frame') this.frames++
    if (block.kind === 'statistics') this.#missed.set(block.interfaceId, block.dropped)
  }

  get missed(): number {
    return [...this.#missed.values()].reduce((sum, missed) => sum + missed, 0)
  }

  /** Where a frame was seen, when there are several interfaces. */
  placeOf(block: CaptureBlock): string {
    return this.interfaces.length < 2 || block.kind !== 'frame'
      ? ''
      : `${this.interfaces[block.frame.interfaceId] ?? '?'} `
  }
}

async function run(invocation: Invocation): Promise<void> {
  const { api, terminal, operands, json, text, integer, flag } = invocation
  const path = text('write')
  const to = await destination(path, invocation)
  const query = {
    interface: text('interface'),
    filter: operands.length === 0 ? undefined : operands.join(' '),
    snapLength: integer('snaplen'),
    count: integer('count'),
    seconds: integer('seconds'),
    promiscuous: flag('no-promiscuous') ? 'no' : undefined,
  }
  const reader = new PcapngReader()
  const seen = new Seen()
  try {
    for await (const piece of api.octets('GET', 'capture', query, undefined, terminal.interrupt())) {
      const blocks = reader.push(piece)
      if (!blocks.ok) throw new NotDone(`what came is no capture (${blocks.error})`)
      for (const block of blocks.value) {
        seen.add(block)
        if (block.kind === 'interface') terminal.err(`capturing on ${printable(block.name)}\n`)
        const line = path === undefined ? lineOf(block, seen, json) : undefined
        if (line !== undefined) terminal.out(`${printable(line)}\n`)
      }
      if (!(await to.write(piece))) break
    }
  } finally {
    await to.close()
    terminal.err(`${seen.frames} frames captured, ${seen.missed} left out because they came too fast\n`)
  }
}

export const capture: Command = {
  words: 'capture',
  summary: 'capture frames: one line each, or pcapng for Wireshark',
  operands: '[FILTER…]',
  fewest: 0,
  most: 200,
  options: {
    interface: { type: 'string', short: 'i', value: 'NAME', says: 'the interface, or any (default: the first one)' },
    write: { type: 'string', short: 'w', value: 'FILE|-', says: 'write pcapng to a file, or to standard output' },
    count: { type: 'string', short: 'c', value: 'N', says: 'end after so many frames' },
    seconds: { type: 'string', value: 'N', says: 'end after so long' },
    snaplen: { type: 'string', short: 's', value: 'OCTETS', says: 'keep no more of each frame' },
    'no-promiscuous': { type: 'boolean', short: 'p', says: 'only frames from and for the appliance' },
  },
  examples: [
    'taproot capture -c 10 arp or icmp',
    'taproot capture -i any icmp',
    "taproot capture -i taproot0 'udp and (port 67 or port 68)' -w dhcp.pcapng",
    'taproot capture -i taproot0 -w - > lan.pcapng',
  ],
  run,
}
