/** The DNS servers that are compared, each started on `lan` at 10.53.0.2 in one of two topologies. */
import { Appliance } from '../lab/appliance.ts'
import type { Host, Lab } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { bind, knot, nsd } from '../lab/name-servers.ts'
import type { NameServer } from '../lab/name-servers.ts'
import type { Program } from '../lab/program.ts'
import { FOREIGN_ZONE, NAMES, NXDOMAIN_PERCENT, writeHostsFile, writeZoneFile, ZONE } from './zone.ts'

export const SERVER = '10.53.0.2'
const SERVER_MAC = '02:00:00:00:00:02'

/** bridge: client – veth – bridge – server, as deployed. direct: the client is the host at the other end of the TAP. */
export type Topology = 'bridge' | 'direct'
/**
 * zone: answers from an own zone, 10% of them that a name does not exist. plain: the same without these. signed: the
 * zone with DNSSEC (ECDSA P-256, NSEC), asked with DO. cache: answers that an upstream server gave once.
 */
export type Source = 'zone' | 'plain' | 'signed' | 'cache'
export type Setting = { readonly topology: Topology; readonly source: Source }
export const zoneOf = (source: Source): string => (source === 'cache' ? FOREIGN_ZONE : ZONE)
export const nxdomainOf = (source: Source): number => (source === 'plain' ? 0 : NXDOMAIN_PERCENT)
export type Running = {
  readonly pid: number
  /** From exec to the program's own word that it is ready. */
  readonly startMs: number
  stop(): Promise<void>
}
export type Subject = {
  readonly name: string
  /** Whether it can be at the far end of a TAP. */
  readonly topologies: readonly Topology[]
  /** Left out: an authoritative server only. */
  readonly caches?: true
  /** What it does with the signed zone: has it, has the unsigned one (the least program, for comparison), or nothing. */
  readonly signed: 'yes' | 'unsigned' | 'no'
  start(lan: Host, setting: Setting): Promise<Running>
}

const BRIDGE = 'br0'

const UPSTREAM = '192.0.2.53'
const UPSTREAM_MAC = '02:00:00:00:00:53'

/** The foreign zone's server, on a cable that only `lan` has: the C responder again, so that it never is the limit. */
export async function startUpstream(lab: Lab, lan: Host): Promise<void> {
  const outside = await lab.host('outside')
  await outside.bridge(BRIDGE)
  await lab.cable(lan, 'uplink', outside, BRIDGE)
  await lan.address('uplink', '192.0.2.1/24')
  const program = outside.start(
    'upstream', [await cProgram('responder'), 'tap0', UPSTREAM, UPSTREAM_MAC, String(NAMES), FOREIGN_ZONE, BRIDGE],
  )
  await program.line(/^ready$/)
}

async function timed(program: Program, ready: RegExp, since: number): Promise<Running> {
  await program.line(ready)
  const startMs = performance.now() - since
  return { pid: program.pid, startMs, stop: async () => void (await program.stop()) }
}

/** The kernel's address at the near end of the TAP, when the client is there. */
const nearEnd = async (lan: Host, device: string, topology: Topology): Promise<void> => {
  if (topology === 'direct') await lan.address(device, '10.53.0.1/24')
}

const responder: Subject = {
  name: 'C on TAP',
  signed: 'unsigned',
  topologies: ['bridge', 'direct'],
  caches: true,
  async start(lan, { topology, source }) {
    const program = await cProgram('responder')
    const since = performance.now()
    const argv = [
      program, 'tap0', SERVER, SERVER_MAC, String(NAMES), zoneOf(source), ...(topology === 'bridge' ? [BRIDGE] : []),
    ]
    const running = await timed(lan.start('responder', argv), /^ready$/, since)
    await nearEnd(lan, 'tap0', topology)
    return running
  },
}

const taproot: Subject = {
  name: 'taproot',
  signed: 'yes',
  topologies: ['bridge', 'direct'],
  caches: true,
  async start(lan, { topology, source }) {
    const from =
      source !== 'cache' ? ['--zone-file', `${ZONE}=${writeZoneFile(lan.directory)}`] : ['--upstreams', UPSTREAM]
    const link = topology === 'bridge' ? ['--bridge', BRIDGE, '--host-address', 'none', '--gateway', 'none'] : []
    const since = performance.now()
    const appliance = await Appliance.start(lan, { arguments: [...link, ...from] })
    const startMs = performance.now() - since
    if (source === 'signed') await appliance.command('zone', 'sign', ZONE, '--denial', 'nsec')
    return { pid: appliance.program.pid, startMs, stop: async () => void (await appliance.stop()) }
  },
}

const dnsmasq: Subject = {
  name: 'dnsmasq',
  signed: 'no',
  topologies: ['bridge'],
  caches: true,
  async start(lan, { source }) {
    const own = [`--addn-hosts=${writeHostsFile(lan.directory)}`, `--local=/${ZONE}/`]
    const from = source === 'cache' ? [`--server=${UPSTREAM}`] : own
    await lan.succeed(['ip', 'address', 'replace', `${SERVER}/24`, 'dev', BRIDGE])
    const since = performance.now()
    const program = lan.start('dnsmasq', [
      'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', ...from,
      `--interface=${BRIDGE}`, '--bind-interfaces', '--cache-size=20000', '--user=root', '--pid-file=',
      '--log-facility=-',
    ])
    const running = await timed(program, source === 'cache' ? /using nameserver/ : new RegExp(`- ${NAMES} names`), since)
    return {
      ...running,
      stop: async () => {
        await running.stop()
        await lan.succeed(['ip', 'address', 'flush', 'dev', BRIDGE])
      },
    }
  },
}

/** The zone file with keys and signatures, made by BIND's tools; its path. */
async function signedZoneFile(lan: Host): Promise<string> {
  const directory = lan.directory
  const path = writeZoneFile(directory)
  const sign = `cd ${directory} && rm -f K${ZONE}.* && dnssec-keygen -q -a ECDSAP256SHA256 -f KSK ${ZONE} && dnssec-keygen -q -a ECDSAP256SHA256 ${ZONE} && dnssec-signzone -q -S -o ${ZONE} -f ${path}.signed ${path}`
  await lan.succeed(['sh', '-c', sign], { timeoutMs: 120_000 })
  return `${path}.signed`
}

/** An authoritative server behind the kernel's own stack, with one thread for queries. */
const authoritative = (server: NameServer): Subject => ({
  name: server.name,
  signed: 'yes',
  topologies: ['bridge'],
  async start(lan, { source }) {
    const path = source === 'signed' ? await signedZoneFile(lan) : writeZoneFile(lan.directory)
    await lan.succeed(['ip', 'address', 'replace', `${SERVER}/24`, 'dev', BRIDGE])
    const since = performance.now()
    const program = await server.start(lan, SERVER, [{ zone: ZONE, path }])
    return {
      pid: program.pid,
      startMs: performance.now() - since,
      stop: async () => {
        await program.stop()
        await lan.succeed(['ip', 'address', 'flush', 'dev', BRIDGE])
      },
    }
  },
})

export const SUBJECTS: readonly Subject[] = [
  responder, taproot, dnsmasq, authoritative(knot), authoritative(nsd), authoritative(bind),
]
