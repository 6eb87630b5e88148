/** The lab that most files use: a LAN with a bridge, the appliance on it as 10.53.0.2, the host's end as 10.53.0.1. */
import { onTestFailed } from 'vitest'
import { Appliance, type ApplianceOptions } from './appliance.ts'
import { Lab, type Host } from './netns.ts'

export const BRIDGE = 'br0'
export const APPLIANCE = '10.53.0.2'
export const GATEWAY = '10.53.0.1'
/** The pool that the appliance makes when none is set. */
export const POOL = { first: 100, last: 199 }

export type World = { readonly lab: Lab; readonly lan: Host; appliance: Appliance }

/** Opens the lab and starts the appliance on a bridge. The caller closes `world.lab`. */
export async function openWorld(options: ApplianceOptions = {}): Promise<World> {
  const lab = await Lab.open()
  try {
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const appliance = await Appliance.start(
      lan, { ...options, arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', ...(options.arguments ?? [])] },
    )
    return { lab, lan, appliance }
  } catch (error) {
    await lab.close()
    throw error
  }
}

/** A host on the LAN with an address of its own, outside the pool. */
export async function staticHost(world: World, name: string, address: string): Promise<Host> {
  const host = await world.lab.hostOn(world.lan, BRIDGE, name)
  await host.address('eth0', `${address}/24`, GATEWAY)
  return host
}

/** To be called in beforeEach: a failing test prints what the appliance said meanwhile. */
export function showOnFailure(world: World): void {
  const from = world.appliance.program.mark()
  onTestFailed(() => console.error(world.appliance.program.lines.slice(from).slice(-40).join('\n')))
}

/** How often a condition is looked at that nothing announces. */
const LOOK_MS = 25

/** Looks again and again until `look` returns something other than undefined: for what no peer is told of. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, withinMs = 5_000): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`)
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}
