/**
 * The DHCP core alone: whole DISCOVER-OFFER-REQUEST-ACK exchanges and renewals, with storage that answers at once, no
 * probe, a host name per client and every decision made. Prints µs per exchange by table size and writes no file.
 *
 *   node test/bench/micro/dora.ts [--clients 60000] [--rounds 3]
 */
import { parseArgs } from 'node:util'
import { BROADCAST, ipv4 } from '../../../stack/index.ts'
import { SystemClock, SystemRandom, put32 } from '../../../stack/platform/index.ts'
import { DhcpServer } from '../../../services/dhcp/index.ts'
import { clientMessage, pool, subnet, configuration } from '../../support/dhcp-bench.ts'

const { values } = parseArgs({
  options: { clients: { type: 'string', default: '60000' }, rounds: { type: 'string', default: '3' } },
})
const clients = Number(values.clients)
const SERVER = ipv4('10.53.0.2')
const CHADDR_AT = 28
const XID_AT = 4
const YIADDR_AT = 16
const CIADDR_AT = 12

type Run = { readonly label: string; readonly us: number }

function round(): readonly Run[] {
  let sent: Uint8Array = new Uint8Array(0)
  let decided = 0
  const server = new DhcpServer(
    {
      clock: new SystemClock(),
      random: new SystemRandom(),
      ping: (_address, done) => done(false),
      send: reply => {
        sent = reply.bytes
      },
      probe: (_interface, _address, done) => done(undefined),
      commit: (_changes, done) => done(true),
      nameFor: lease => ({ name: `${lease.hostName}.lab.internal`, trace: undefined }),
      tell: () => undefined,
      decide: decision => {
        decided += decision.steps.length
      },
    },
    { serverAddress: () => SERVER, probe: false },
    configuration({
      subnets: [
        subnet({
          prefix: { network: ipv4('10.53.0.0'), length: 16 },
          options: { routers: ['10.53.0.1'], 'ntp-servers': ['10.53.0.3'] },
        }),
      ],
      pools: [pool('10.53.1.0', '10.53.240.255')],
    }),
    [],
  )
  const common = {
    'parameter-request-list': [1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42],
    'host-name': 'client-00000',
  }
  const discover = clientMessage('DISCOVER', { options: common })
  const request = clientMessage('REQUEST', {
    options: { 'requested-address': '10.53.0.0', 'server-identifier': '10.53.0.2', ...common },
  })
  const renew = clientMessage('REQUEST', { options: common, ciaddr: '10.53.0.1' })
  const requestedAt = request.findIndex((octet, i) => octet === 50 && request[i + 1] === 4) + 2
  // Behind "client-".
  const nameAt = (b: Uint8Array): number => b.findIndex((octet, i) => octet === 0x2d && b[i - 1] === 0x74) + 1
  const arrival = { interfaceName: 'lan0', source: 0, sourcePort: 68, target: BROADCAST }
  const write = (b: Uint8Array, client: number): void => {
    put32(b, CHADDR_AT + 2, client)
    b[CHADDR_AT] = 2
    put32(b, XID_AT, client)
    const digits = String(client).padStart(5, '0')
    for (let i = 0; i < 5; i++) b[(nameAts.get(b) as number) + i] = digits.charCodeAt(i)
  }
  const nameAts = new Map([discover, request, renew].map(b => [b, nameAt(b)]))
  const addresses = new Int32Array(clients)
  const runs: Run[] = []
  const step = 10_000
  for (let from = 0; from < clients; from += step) {
    const start = performance.now()
    const to = Math.min(clients, from + step)
    for (let client = from; client < to; client++) {
      write(discover, client)
      server.receive(discover, 0, discover.length, arrival)
      for (let i = 0; i < 4; i++) request[requestedAt + i] = sent[YIADDR_AT + i] as number
      write(request, client)
      server.receive(request, 0, request.length, arrival)
      addresses[client] =
        ((sent[YIADDR_AT] as number) << 24) |
        ((sent[YIADDR_AT + 1] as number) << 16) |
        ((sent[YIADDR_AT + 2] as number) << 8) |
        (sent[YIADDR_AT + 3] as number)
    }
    runs.push({ label: `DORA, table of ${from}`, us: ((performance.now() - start) * 1000) / (to - from) })
  }
  const start = performance.now()
  for (let client = 0; client < clients; client++) {
    write(renew, client)
    put32(renew, CIADDR_AT, addresses[client] as number)
    server.receive(renew, 0, renew.length, { ...arrival, target: SERVER })
  }
  runs.push({ label: `renewal, table of ${clients}`, us: ((performance.now() - start) * 1000) / clients })
  const acks = server.counters.get('tx-ack')
  if (acks !== 2 * clients) throw new Error(`${acks} ACKs instead of ${2 * clients}; ${decided} steps`)
  server.close()
  return runs
}

const rounds = Array.from({ length: Number(values.rounds) }, round)
for (const [i, { label }] of (rounds[0] as readonly Run[]).entries()) {
  const us = rounds.map(runs => (runs[i] as Run).us).sort((a, b) => a - b)
  const text = us.map(value => value.toFixed(1)).join('  ')
  process.stdout.write(`${label.padEnd(28)} µs each: ${text}\n`)
}
