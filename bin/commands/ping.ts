/** `taproot ping`: what ping of iputils prints, line for line. */
import type { PingEventView } from '../../services/index.ts'
import { type Command, Unsuccessful } from './command.ts'
import { millisecondsOf } from './duration.ts'
import { printable } from './print.ts'

const HEADERS_OCTETS = 28

/** As ping does: three significant digits below 100 ms, none after the point above. */
export function timeText(ms: number): string {
  if (ms >= 100) return String(Math.floor(ms))
  return ms.toFixed(ms >= 10 ? 1 : ms >= 1 ? 2 : 3)
}

/** What was seen so far, so that the statistics can be said at any moment. */
class Tally {
  name = ''
  readonly #settled = new Set<number>()
  #received = 0
  #duplicates = 0
  #errors = 0
  #damaged = 0
  readonly #times: number[] = []
  #sum = 0
  #squares = 0
  #sent: number | undefined

  add(event: PingEventView): void {
    if (event.kind === 'start') this.name = event.target
    else if (event.kind === 'done') this.#sent = event.sent
    else {
      if (event.kind === 'reply') this.#reply(event.rttMs, event.duplicate, event.damaged)
      if (event.kind === 'error') this.#errors++
      this.#settled.add(event.sequence)
    }
  }

  #reply(ms: number, duplicate: boolean, damaged: boolean): void {
    if (damaged) this.#damaged++
    if (duplicate) {
      this.#duplicates++
      return
    }
    this.#received++
    this.#sum += ms
    this.#squares += ms * ms
    this.#times[0] = Math.min(this.#times[0] ?? ms, ms)
    this.#times[1] = Math.max(this.#times[1] ?? ms, ms)
  }

  get anyReply(): boolean {
    return this.#received > 0
  }

  statistics(elapsedMs: number): string {
    const sent = this.#sent ?? this.#settled.size
    const lost = sent === 0 ? 0 : Number((((sent - this.#received) / sent) * 100).toPrecision(6))
    const some = (count: number, what: string): string => (count === 0 ? '' : `, +${count} ${what}`)
    const besides =
      some(this.#duplicates, 'duplicates') + some(this.#damaged, 'corrupted') + some(this.#errors, 'errors')
    const time = `time ${Math.round(elapsedMs)}ms`
    const counts = `${sent} packets transmitted, ${this.#received} received${besides}, ${lost}% packet loss, ${time}`
    const mean = this.#sum / this.#received
    const deviation = Math.sqrt(Math.max(0, this.#squares / this.#received - mean * mean))
    const [least = 0, most = 0] = this.#times
    const times = [least, mean, most, deviation].map(ms => ms.toFixed(3)).join('/')
    const rtt = this.anyReply ? `rtt min/avg/max/mdev = ${times} ms` : ''
    return `\n--- ${this.name} ping statistics ---\n${counts}\n${rtt}\n`
  }
}

function lineOf(event: PingEventView, name: string): string | undefined {
  switch (event.kind) {
    case 'start':
      return `PING ${event.target} (${event.address}) ${event.octets}(${event.octets + HEADERS_OCTETS}) bytes of data.`
    case 'reply': {
      const from = name === event.from ? name : `${name} (${event.from})`
      const marks = [
        event.duplicate ? ' (DUP!)' : '',
        event.late ? ' (OUT OF ORDER!)' : '',
        event.damaged ? ' (DATA DAMAGED!)' : '',
      ]
      const what = `icmp_seq=${event.sequence} ttl=${event.ttl} time=${timeText(event.rttMs)} ms`
      return `${event.octets} bytes from ${from}: ${what}${marks.join('')}`
    }
    case 'error':
      return `From ${event.from ?? 'the appliance'} icmp_seq=${event.sequence} ${event.says}`
    case 'unsent':
      return `icmp_seq=${event.sequence} was not sent: ${event.says} (${event.errno})`
    default:
      return undefined
  }
}

export const ping: Command = {
  words: 'ping',
  summary: 'ping a host from the appliance',
  operands: 'ADDRESS|NAME',
  fewest: 1,
  most: 1,
  options: {
    count: { type: 'string', short: 'c', value: 'N', says: 'requests to send (default: until Ctrl-C)' },
    interval: { type: 'string', short: 'i', value: 'SECONDS', says: 'from one to the next (default 1; at least 0.01)' },
    size: { type: 'string', short: 's', value: 'OCTETS', says: 'data in each (default 56)' },
    ttl: { type: 'string', short: 't', value: 'N', says: 'time to live (default 64)' },
    timeout: { type: 'string', short: 'W', value: 'SECONDS', says: 'when one counts as lost (default 2)' },
    'dont-fragment': { type: 'boolean', short: 'D', says: 'routers are not to fragment' },
    source: { type: 'string', value: 'ADDRESS', says: 'an address of the appliance to send from' },
    interface: { type: 'string', short: 'I', value: 'NAME', says: 'the interface to send by' },
    quiet: { type: 'boolean', short: 'q', says: 'only the statistics' },
  },
  examples: ['taproot ping 10.53.0.100', 'taproot ping -c 3 -i 0.2 printer', 'taproot ping -D -s 1472 10.53.0.1'],
  async run({ api, terminal, operands, json, text, integer, flag }) {
    const body = {
      target: operands[0] as string,
      count: integer('count') ?? null,
      intervalMs: millisecondsOf('interval', text('interval')),
      octets: integer('size'),
      ttl: integer('ttl'),
      timeoutMs: millisecondsOf('timeout', text('timeout')),
      dontFragment: flag('dont-fragment'),
      source: text('source'),
      interface: text('interface'),
    }
    const tally = new Tally()
    const begun = performance.now()
    let elapsedMs: number | undefined
    for await (const event of api.events<PingEventView>('POST', 'ping', body, terminal.interrupt())) {
      tally.add(event)
      if (event.kind === 'done') elapsedMs = event.elapsedMs
      const line = json
        ? JSON.stringify(event)
        : flag('quiet') && event.kind !== 'start'
          ? undefined
          : lineOf(event, tally.name)
      if (line !== undefined) terminal.out(`${printable(line)}\n`)
    }
    if (!json)
      terminal.out(
        tally
          .statistics(elapsedMs ?? performance.now() - begun)
          .split('\n')
          .map(printable)
          .join('\n'),
      )
    if (!tally.anyReply) throw new Unsuccessful()
  },
}
