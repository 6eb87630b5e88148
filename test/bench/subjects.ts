/** The DNS servers that are compared, each started on `lan` at 10.53.0.2 in one of two topologies. */
import { Appliance } from '../lab/appliance.ts'
import type { Host } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import type { Program } from '../lab/program.ts'
import { NAMES, writeHostsFile, writeZoneFile, ZONE } from './zone.ts'

export const SERVER = '10.53.0.2'
const SERVER_MAC = '02:00:00:00:00:02'

/** bridge: client – veth – bridge – server, as deployed. direct: the client is the host at the other end of the TAP. */
export type Topology = 'bridge' | 'direct'
export type Running = { readonly pid: number; /** From exec to the program's own word that it is ready. */ readonly startMs: number; stop(): Promise<void> }
export type Subject = { readonly name: string; /** Whether it can be at the far end of a TAP. */ readonly topologies: readonly Topology[]; start(lan: Host, topology: Topology): Promise<Running> }

const BRIDGE = 'br0'

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
  topologies: ['bridge', 'direct'],
  async start(lan, topology) {
    const program = await cProgram('responder')
    const since = performance.now()
    const argv = [program, 'tap0', SERVER, SERVER_MAC, String(NAMES), ZONE, ...(topology === 'bridge' ? [BRIDGE] : [])]
    const running = await timed(lan.start('responder', argv), /^ready$/, since)
    await nearEnd(lan, 'tap0', topology)
    return running
  },
}

const taproot: Subject = {
  name: 'taproot',
  topologies: ['bridge', 'direct'],
  async start(lan, topology) {
    const zone = writeZoneFile(lan.directory)
    const link = topology === 'bridge' ? ['--bridge', BRIDGE, '--host-address', 'none', '--gateway', 'none'] : []
    const since = performance.now()
    const appliance = await Appliance.start(lan, { arguments: [...link, '--zone-file', `${ZONE}=${zone}`] })
    const startMs = performance.now() - since
    return { pid: appliance.program.pid, startMs, stop: async () => void (await appliance.stop()) }
  },
}

const dnsmasq: Subject = {
  name: 'dnsmasq',
  topologies: ['bridge'],
  async start(lan) {
    const hosts = writeHostsFile(lan.directory)
    await lan.succeed(['ip', 'address', 'replace', `${SERVER}/24`, 'dev', BRIDGE])
    const since = performance.now()
    const program = lan.start('dnsmasq', [
      'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', `--addn-hosts=${hosts}`,
      `--local=/${ZONE}/`, `--interface=${BRIDGE}`, '--bind-interfaces', '--cache-size=20000', '--user=root', '--pid-file=',
      '--log-facility=-',
    ])
    const running = await timed(program, new RegExp(`- ${NAMES} names`), since)
    return {
      ...running,
      stop: async () => {
        await running.stop()
        await lan.succeed(['ip', 'address', 'flush', 'dev', BRIDGE])
      },
    }
  },
}

export const SUBJECTS: readonly Subject[] = [responder, taproot, dnsmasq]
