/** The small Internet, and on a LAN beside it Unbound, BIND and a host that asks. */
import { BRIDGE } from '../world.ts'
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
    await internet.connect(lan)
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
