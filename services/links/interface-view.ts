/** An interface between the model and the facade: addresses become text, absent becomes null. */
import { formatPrefix } from '../../stack/index.ts'
import type { HostEndView, ImpairmentView, InterfaceView } from '../facade.ts'
import type { HostEnd, Impairment } from '../model/index.ts'
import { addressText } from './check-interfaces.ts'
import type { InterfaceState } from './interfaces.ts'

const hostEndView = (h: HostEnd): HostEndView => ({
  address: h.address === undefined ? null : addressText(h.address),
  bridge: h.bridge ?? null,
  owner: h.owner ?? null,
  persist: h.persist,
})

const impairmentView = (i: Impairment): ImpairmentView => ({ ...i, bitsPerSecond: i.bitsPerSecond ?? null })

export function interfaceView({ plan, first, reason, guests, learnt, counters }: InterfaceState): InterfaceView {
  const { medium, proxyArp, sourcePolicy } = plan
  return {
    name: plan.name,
    kind: medium.kind,
    first,
    state: reason === undefined ? 'up' : 'down',
    reason: reason ?? null,
    enabled: plan.enabled,
    addressing: plan.addressing,
    mac: plan.mac,
    mtu: plan.mtu,
    addresses: plan.addresses.map(addressText),
    peerMac: plan.peerMac ?? null,
    proxyArp: typeof proxyArp === 'string' ? proxyArp : 'ranges',
    proxyArpRanges: typeof proxyArp === 'string' ? [] : proxyArp.map(formatPrefix),
    bogons: sourcePolicy.bogons,
    reversePath: sourcePolicy.reversePath,
    directedBroadcasts: plan.directedBroadcasts,
    routerDiscovery: plan.routerDiscovery,
    impairment: plan.impairment === undefined ? null : impairmentView(plan.impairment),
    hostEnd: medium.kind === 'tap' ? hostEndView(medium.hostEnd) : null,
    socket: medium.kind === 'qemu' ? medium.socket : null,
    socketOwner: medium.kind === 'qemu' ? (medium.owner ?? null) : null,
    learntAddresses: learnt.map(addressText),
    guests,
    counters,
  }
}
