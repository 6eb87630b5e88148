/**
 * The small Internet, and on a LAN beside it the appliance, Unbound, BIND and a host that asks. With
 * TAPROOT_LAB_SUBJECT=unbound (or bind) that program stands in the appliance's place: a test that both fail is probably wrong.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Appliance } from '../appliance.ts'
import { APPLIANCE, BRIDGE, GATEWAY } from '../world.ts'
import { Lab, type Host } from '../netns.ts'
import type { Program } from '../program.ts'
import { bindResolver, unbound } from './resolvers.ts'
import { SmallInternet } from './small-internet.ts'

export const UNBOUND = '10.53.0.3'
export const BIND = '10.53.0.4'
const OTHERS = [[unbound, UNBOUND], [bindResolver, BIND]] as const

export type ResolvingWorld = {
  readonly lab: Lab
  /** The appliance's host: it has a cable into the Internet and the LAN's bridge. */
  readonly lan: Host
  readonly internet: SmallInternet
  readonly asker: Host
  readonly others: readonly Program[]
}

/** The caller closes `lab`. */
export async function openResolvingWorld(withOthers: boolean): Promise<ResolvingWorld> {
  const lab = await Lab.open()
  try {
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const internet = await SmallInternet.open(lab)
    const uplink = await internet.connect(lan)
    // For what the appliance sends by its own stack.
    await lan.succeed(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1'])
    await internet.host.succeed(['ip', 'route', 'add', '10.53.0.0/24', 'via', uplink])
    const others: Program[] = []
    for (const [resolver, address] of withOthers ? OTHERS : []) {
      const host = await lab.hostOn(lan, BRIDGE, resolver.name)
      await host.address('eth0', `${address}/24`)
      await internet.connect(host)
      others.push(await resolver.start(host, address, internet))
    }
    const asker = await lab.hostOn(lan, BRIDGE, 'asker')
    await asker.address('eth0', '10.53.0.50/24')
    return { lab, lan, internet, asker, others }
  } catch (error) {
    await lab.close()
    throw error
  }
}

/** What asks the Internet: the appliance by host sockets or its own stack, or who stands in for it. */
export type Subject = { readonly pid: number; readonly appliance: Appliance | undefined }

/** Of the program that is asked, as the kernel counts it. */
export const residentMb = ({ pid }: Subject): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

let starts = 0
/** Starts the appliance as 10.53.0.2 with an empty cache, resolving from the small root unless `settings` say otherwise. */
export async function startSubject(world: ResolvingWorld, settings: readonly string[] = []): Promise<Subject> {
  const { lab, lan, internet } = world
  const other = OTHERS.find(([{ name }]) => name === process.env['TAPROOT_LAB_SUBJECT'])
  if (other !== undefined) {
    const host = await lab.hostOn(lan, BRIDGE, 'subject')
    await lan.address(BRIDGE, `${GATEWAY}/24`)
    await host.address('eth0', `${APPLIANCE}/24`)
    await internet.connect(host)
    return { pid: (await other[0].start(host, APPLIANCE, internet)).pid, appliance: undefined }
  }
  const upstreams = settings.includes('--upstreams') ? [] : ['--upstreams', 'root']
  const appliance = await Appliance.start(lan, {
    // A cache outlives a restart on the same data.
    data: join(lan.directory, `data-${++starts}`),
    arguments: [
      '--bridge', BRIDGE, '--serve-beside-others', 'yes', ...upstreams, '--root-hints', internet.rootHintsFile, '--trust-anchors',
      internet.anchorFile, ...settings,
    ],
  })
  return { pid: appliance.program.pid, appliance }
}
