/** `taproot traceroute`: one line a hop, growing as answers come, as the real one prints it. */
import type { TracerouteEventView } from '../../services/index.ts'
import { type Command, type Invocation, Unsuccessful, UsageError } from './command.ts'
import { millisecondsOf } from './duration.ts'
import { printable } from './print.ts'

type Probe = Extract<TracerouteEventView, { readonly kind: 'probe' }>

/** What a probe adds to its line. `last`: who answered before it at the same hop. */
function probeText(probe: Probe, last: string | null, numeric: boolean): string {
  const { from, name, rttMs, mark } = probe
  if (from === null || rttMs === null) return ' *'
  const who = from === last ? '' : ` ${numeric ? from : `${name ?? from} (${from})`} `
  return `${who} ${rttMs.toFixed(3)} ms${mark === null ? '' : ` ${mark}`}`
}

/** Prints the events and says whether the target was reached. */
async function print(
  events: AsyncIterable<TracerouteEventView>,
  { terminal, json }: Invocation,
  numeric: boolean,
): Promise<boolean> {
  let hop = 0
  let last: string | null = null
  let reached = false
  const out = (text: string): void => terminal.out(text)
  for await (const event of events) {
    if (event.kind === 'done') reached = event.reached
    if (json) out(`${JSON.stringify(event)}\n`)
    else if (event.kind === 'start')
      out(
        printable(
          `traceroute to ${event.target} (${event.address}), ${event.maxHops} hops max, ${event.octets} byte packets`,
        ),
      )
    else if (event.kind === 'unsent') out(`\nno probe could be sent: ${event.says} (${event.errno})`)
    else if (event.kind === 'probe') {
      if (event.hop !== hop) {
        hop = event.hop
        last = null
        out(`\n${String(hop).padStart(2)} `)
      }
      out(printable(probeText(event, last, numeric)))
      last = event.from ?? last
    }
  }
  if (!json) out('\n')
  return reached
}

function methodOf(flag: Invocation['flag']): 'udp' | 'icmp' | 'tcp' {
  if (flag('icmp') && flag('tcp')) throw new UsageError('--icmp and --tcp cannot both be')
  return flag('icmp') ? 'icmp' : flag('tcp') ? 'tcp' : 'udp'
}

export const traceroute: Command = {
  words: 'traceroute',
  summary: 'show the hops from the appliance to a host',
  operands: 'ADDRESS|NAME',
  fewest: 1,
  most: 1,
  options: {
    icmp: { type: 'boolean', short: 'I', says: 'with echo requests rather than UDP datagrams' },
    tcp: { type: 'boolean', short: 'T', says: 'with TCP SYNs' },
    port: {
      type: 'string',
      short: 'p',
      value: 'N',
      says: 'the first UDP port (default 33434), or the TCP port (default 80)',
    },
    first: { type: 'string', short: 'f', value: 'N', says: 'the hop to begin with (default 1)' },
    'max-hops': { type: 'string', short: 'm', value: 'N', says: 'hops at most (default 30)' },
    queries: { type: 'string', short: 'q', value: 'N', says: 'probes for each hop (default 3)' },
    wait: { type: 'string', short: 'w', value: 'SECONDS', says: 'for each answer (default 1)' },
    numeric: { type: 'boolean', short: 'n', says: 'addresses only, no names' },
  },
  examples: ['taproot traceroute 10.54.0.9', 'taproot traceroute -T -p 443 -n 10.54.0.9'],
  async run(invocation) {
    const { api, terminal, operands, text, integer, flag } = invocation
    const body = {
      target: operands[0] as string,
      method: methodOf(flag),
      port: integer('port'),
      firstHop: integer('first'),
      maxHops: integer('max-hops'),
      probesPerHop: integer('queries'),
      timeoutMs: millisecondsOf('wait', text('wait')),
      names: !flag('numeric'),
    }
    const events = api.events<TracerouteEventView>('POST', 'traceroute', body, terminal.interrupt())
    if (!(await print(events, invocation, flag('numeric')))) throw new Unsuccessful()
  },
}
