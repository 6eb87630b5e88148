/** The resolvers that bench:resolver compares, each started on `lan` at 10.53.0.2, and the zones that they are asked for. */
import { join } from 'node:path'
import { Appliance } from '../lab/appliance.ts'
import { HOSTING, type PlannedZone } from '../lab/internet/plan.ts'
import { bindResolver, type OtherResolver, unbound } from '../lab/internet/resolvers.ts'
import type { SmallInternet } from '../lab/internet/small-internet.ts'
import type { Host, Lab } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import { address, NAMES, name } from './zone.ts'

export const SERVER = '10.53.0.2'
const SERVER_MAC = '02:00:00:00:00:02'
const BRIDGE = 'br0'
const FORWARDED_TO = '10.53.0.9'

/** The names of dns-load; dnsmasq and the least program have them too. */
export const WARM_ZONE = 'bench.gamma'
/** A wildcard has every name below. */
export const ENDLESS_ZONE = 'endless.gamma'
/** Zones of their own, with so many names each: signed, and insecure by proof of a signed parent. */
const SIGNED_ZONES = 200
const INSECURE_ZONES = 1000
const NAMES_EACH = 5
/** Every so many-th zone is asked for before anything is measured: a program's first second is not what recursion costs. */
const FIRST_EVERY = 6

const leaf = (zone: string, text: string): PlannedZone => ({ zone, tier: 'leaf', text, servers: HOSTING })
const few = Array.from({ length: NAMES_EACH }, (_, i) => `n${i} A 198.19.4.${i}`).join('\n')
const coldZones: readonly PlannedZone[] = [
  ...Array.from({ length: SIGNED_ZONES }, (_, i): PlannedZone =>
    ({ ...leaf(`s${i}.alpha`, few), signing: { algorithms: ['ECDSAP256SHA256'], denial: 'nsec' } })),
  ...Array.from({ length: INSECURE_ZONES }, (_, i) => leaf(`i${i}.alpha`, few)),
]
export const BENCH_ZONES: readonly PlannedZone[] = [
  leaf(WARM_ZONE, Array.from({ length: NAMES }, (_, i) => `${name(i)} A ${address(i)}`).join('\n')),
  leaf(ENDLESS_ZONE, '* A 198.19.5.1'), ...coldZones,
]
/** Each name once, one zone after the other so that every fifth question is the first for its zone. */
const namesOf = (zones: readonly PlannedZone[]): readonly string[] =>
  Array.from({ length: NAMES_EACH }, (_, i) => zones.map(({ zone }) => `n${i}.${zone}`)).flat()
export const FIRST_NAMES: readonly string[] = namesOf(coldZones.filter((_, i) => i % FIRST_EVERY === 0))
export const COLD_NAMES: readonly string[] = namesOf(coldZones.filter((_, i) => i % FIRST_EVERY !== 0))
export const endlessNames = (count: number, label: string): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${label}${i}.${ENDLESS_ZONE}`)

export type Place = { readonly lab: Lab; readonly lan: Host; readonly internet: SmallInternet }
export type Running = { readonly pid: number; stop(): Promise<void> }
export type Subject = {
  readonly name: string
  /** Left out: it has its answers built in. */
  readonly resolves?: true
  /** With an empty cache. */
  start(place: Place): Promise<Running>
}

const responder: Subject = {
  name: 'C on TAP',
  async start({ lan }) {
    const program = lan.start('responder', [await cProgram('responder'), 'tap0', SERVER, SERVER_MAC, String(NAMES), WARM_ZONE, BRIDGE])
    await program.line(/^ready$/)
    return { pid: program.pid, stop: async () => void (await program.stop()) }
  },
}

let starts = 0
const taproot: Subject = {
  name: 'taproot',
  resolves: true,
  async start({ lan, internet }) {
    const appliance = await Appliance.start(lan, {
      // A cache outlives a restart on the same data.
      data: join(lan.directory, `data-${++starts}`),
      arguments: [
        '--bridge', BRIDGE, '--host-address', 'none', '--gateway', 'none', '--serve-beside-others', 'yes', '--upstreams', 'root',
        '--root-hints', internet.rootHintsFile, '--trust-anchors', internet.anchorFile,
      ],
    })
    return { pid: appliance.program.pid, stop: async () => void (await appliance.stop()) }
  },
}

/** A program behind the kernel's own stack. */
async function onBridge(lan: Host, start: () => Promise<Running>): Promise<Running> {
  await lan.succeed(['ip', 'address', 'replace', `${SERVER}/24`, 'dev', BRIDGE])
  const running = await start()
  return {
    pid: running.pid,
    stop: async () => {
      await running.stop()
      await lan.succeed(['ip', 'address', 'flush', 'dev', BRIDGE])
    },
  }
}

const other = (resolver: OtherResolver): Subject => ({
  name: resolver.name,
  resolves: true,
  start: ({ lan, internet }) => onBridge(lan, async () => {
    const program = await resolver.start(lan, SERVER, internet)
    return { pid: program.pid, stop: async () => void (await program.stop()) }
  }),
})

/** Forwards to an Unbound whose cache is as empty as its own. */
const dnsmasq: Subject = {
  name: 'dnsmasq',
  resolves: true,
  start: ({ lab, lan, internet }) => onBridge(lan, async () => {
    const behind = await lab.hostOn(lan, BRIDGE, 'behind')
    await behind.address('eth0', `${FORWARDED_TO}/24`)
    await internet.connect(behind)
    await unbound.start(behind, FORWARDED_TO, internet)
    const program = lan.start('dnsmasq', [
      'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', `--server=${FORWARDED_TO}`,
      `--interface=${BRIDGE}`, '--bind-interfaces', '--cache-size=20000', '--dns-forward-max=1000', '--user=root', '--pid-file=', '--log-facility=-',
    ])
    await program.line(/using nameserver/)
    return {
      pid: program.pid,
      stop: async () => {
        await program.stop()
        await behind.close()
      },
    }
  }),
}

export const SUBJECTS: readonly Subject[] = [responder, taproot, other(unbound), other(bindResolver), dnsmasq]
