/** The DHCP servers that are measured side by side, and how each gets its leases of earlier before it starts. */
import { createWriteStream, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from 'node:events'
import Sqlite from 'better-sqlite3'
import { KEYED_HOLDINGS, RunKeys } from '../../services/storage/run-keys.ts'
import { Appliance } from '../lab/appliance.ts'
import type { Host } from '../lab/netns.ts'

export const SERVER = '10.53.0.2'
export const PREFIX_LENGTH = 8
const POOL = ['10.64.0.0', '10.95.255.255'] as const
const POOL_FIRST = 10 * 2 ** 24 + 64 * 2 ** 16
const MASK = '255.0.0.0'
const LEASE_SECONDS = 3600
/** Leases of earlier last longer than any run: nothing expires while it is measured. */
const EARLIER_SECONDS = 86_400
/** dnsmasq writes its whole lease file for every ACK: with more under way it answers clients that have given up. */
const DNSMASQ_OUTSTANDING = 16
/** With more under way its socket loses some, and those clients wait for 4 s before they send again. */
const KEA_OUTSTANDING = 128
/** Exchanges under way while every offer waits for its probe: enough for several thousand a second. */
const PROBING_OUTSTANDING = 4096

export type Running = { readonly pid: number; stop(): Promise<void> }
export type Subject = {
  readonly name: string
  readonly outstanding: number
  /** Leases that it can be given beforehand at most. */
  readonly most: number
  readonly answersDns: boolean
  /** Writes so many leases down where it will find them; none: begins anew. */
  prepare(lan: Host, leases: number): Promise<void>
  /** Returns when it says that it serves. */
  start(lan: Host): Promise<Running>
}

/** Clients of earlier: 02:20 and their number, scattered as MACs of a LAN are; address by address from the beginning of the pool. */
const macOf = (n: number): string => `02:20:${(Math.imul(n, 0x9e37_79b1) >>> 0).toString(16).padStart(8, '0').replace(/(..)(..)(..)(..)/, '$1:$2:$3:$4')}`
const addressOf = (n: number): string => [24, 16, 8, 0].map(shift => ((POOL_FIRST + n) >>> shift) & 255).join('.')

function taproot(name: string, probe: 'yes' | 'no', outstanding: number): Subject {
  const data = (lan: Host): string => join(lan.directory, 'data')
  const start = async (lan: Host): Promise<Running> => {
    const appliance = await Appliance.start(lan, {
      data: data(lan),
      arguments: [
        '--bridge', 'br0', '--serve-beside-others', 'yes', '--host-address', 'none', '--gateway', 'none',
        '--address', `${SERVER}/${PREFIX_LENGTH}`, '--pool', POOL.join('-'), '--lease-time', String(LEASE_SECONDS),
        '--probe', probe,
      ],
    })
    return { pid: appliance.program.pid, stop: async () => void (await appliance.stop()) }
  }
  return {
    name, outstanding, start, most: 1_000_000, answersDns: true,
    async prepare(lan, leases) {
      rmSync(data(lan), { recursive: true, force: true })
      if (leases === 0) return
      await (await start(lan)).stop()
      writeLeases(join(data(lan), 'taproot.db'), leases)
    },
  }
}

/** Bound leases with their history, as an appliance without a domain leaves them. */
function writeLeases(file: string, leases: number): void {
  const db = new Sqlite(file)
  const { id } = db.prepare('SELECT min(id) AS id FROM subnets').get() as { id: number }
  const now = Date.now()
  const lease = db.prepare(`INSERT INTO leases (address, subnet_id, state, hardware_type, mac, started_ms, renewed_ms, expires_ms)
    VALUES (?, ?, 'bound', 1, ?, ?, ?, ?)`)
  const holding = db.prepare('INSERT INTO lease_history (id, address, mac, from_ms) VALUES (?, ?, ?, ?)')
  const keys = new RunKeys(db, KEYED_HOLDINGS)
  db.transaction(() => {
    for (let n = 0; n < leases; n++) {
      lease.run(POOL_FIRST + n, id, macOf(n), now, now, now + EARLIER_SECONDS * 1000)
      holding.run(n + 1, POOL_FIRST + n, macOf(n), now)
      keys.add(n + 1, { mac: macOf(n) })
      keys.store()
    }
  })()
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

/** A text file line by line: a million leases are more than one string should hold. */
async function writeLines(file: string, head: string, leases: number, line: (n: number) => string): Promise<void> {
  const out = createWriteStream(file)
  out.write(head)
  for (let n = 0; n < leases; n++) if (!out.write(`${line(n)}\n`)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
}

async function onBridge(lan: Host, name: string, argv: readonly string[], ready: RegExp, env: Record<string, string>): Promise<Running> {
  await lan.succeed(['ip', 'address', 'replace', `${SERVER}/${PREFIX_LENGTH}`, 'dev', 'br0'])
  const program = lan.start(name, argv, env)
  await program.line(ready, 0, 60_000)
  return {
    pid: program.pid,
    stop: async () => {
      await program.stop()
      await lan.succeed(['ip', 'address', 'flush', 'dev', 'br0'])
    },
  }
}

const dnsmasqLeases = (lan: Host): string => join(lan.directory, 'dnsmasq.leases')
const dnsmasq: Subject = {
  name: 'dnsmasq', outstanding: DNSMASQ_OUTSTANDING, most: 20_000, answersDns: true,
  prepare: (lan, leases) =>
    writeLines(dnsmasqLeases(lan), '', leases, n =>
      `${Math.floor(Date.now() / 1000) + EARLIER_SECONDS} ${macOf(n)} ${addressOf(n)} * *`),
  start: lan =>
    onBridge(lan, 'dnsmasq', [
      'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--interface=br0',
      '--bind-interfaces', `--dhcp-range=${POOL.join(',')},${MASK},${LEASE_SECONDS}`,
      `--dhcp-leasefile=${dnsmasqLeases(lan)}`, '--dhcp-lease-max=2000000', '--no-ping', '--dhcp-authoritative',
      '--domain=lab.internal', '--local=/lab.internal/', '--quiet-dhcp', '--user=root', '--pid-file=',
      '--log-facility=-',
    ], /DHCP, IP range/, {}),
}

const keaFile = (lan: Host, name: string): string => join(lan.directory, name)
/** The columns that Kea 2.2 writes at the top of its own file. */
const KEA_COLUMNS =
  'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n'
/** Its memfile, without its clean-up process: nothing runs beside it. */
const kea = (name: string, threads: boolean, outstanding: number): Subject => ({
  name, outstanding, most: 1_000_000, answersDns: false,
  async prepare(lan, leases) {
    await writeFile(keaFile(lan, 'kea.json'), JSON.stringify({
      Dhcp4: {
        'interfaces-config': { interfaces: ['br0'], 'dhcp-socket-type': 'raw' },
        'lease-database': { type: 'memfile', persist: true, name: keaFile(lan, 'kea.csv'), 'lfc-interval': 0 },
        'multi-threading': { 'enable-multi-threading': threads, 'thread-pool-size': 2 },
        authoritative: true,
        'valid-lifetime': LEASE_SECONDS, 'min-valid-lifetime': LEASE_SECONDS, 'max-valid-lifetime': LEASE_SECONDS,
        subnet4: [{
          id: 1, subnet: '10.0.0.0/8', interface: 'br0', pools: [{ pool: POOL.join(' - ') }],
          'option-data': [
            { name: 'routers', data: '10.0.0.1' }, { name: 'domain-name-servers', data: SERVER },
            { name: 'domain-name', data: 'lab.internal' },
          ],
        }],
        loggers: [{ name: 'kea-dhcp4', output_options: [{ output: 'stdout', flush: true }], severity: 'INFO' },
          // A line for every lease would be measured too.
          { name: 'kea-dhcp4.leases', output_options: [{ output: 'stdout', flush: true }], severity: 'WARN' }],
      },
    }))
    const expire = Math.floor(Date.now() / 1000) + EARLIER_SECONDS
    await writeLines(keaFile(lan, 'kea.csv'), KEA_COLUMNS, leases, n =>
      `${addressOf(n)},${macOf(n)},,${EARLIER_SECONDS},${expire},1,0,0,,0,`)
  },
  start: lan =>
    onBridge(lan, 'kea', ['kea-dhcp4', '-c', keaFile(lan, 'kea.json')], /DHCP4_STARTED/, {
      KEA_PIDFILE_DIR: lan.directory, KEA_LOCKFILE_DIR: lan.directory,
    }),
})

export const dhcpSubjects = (outstanding: number): readonly Subject[] => [
  taproot('taproot', 'no', outstanding),
  taproot('taproot, probing', 'yes', PROBING_OUTSTANDING),
  kea('kea', false, Math.min(outstanding, KEA_OUTSTANDING)),
  kea('kea, threads', true, Math.min(outstanding, KEA_OUTSTANDING)),
  dnsmasq,
]
