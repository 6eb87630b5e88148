/** Worlds whose one segment has a policy or boot fields of its own, and one with a segment behind a relay. */
import { ipv4 } from '../../stack/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL } from '../../services/model/index.ts'
import type { BootFields, DhcpConfiguration, OptionSet, SegmentPolicy } from '../../services/model/index.ts'
import { configuration, pool, segment, subnet, world } from './dhcp-bench.ts'
import type { World } from './dhcp-bench.ts'

export type Local = { readonly policy?: Partial<SegmentPolicy>; readonly boot?: BootFields; readonly options?: OptionSet } & Partial<DhcpConfiguration>

export function localWorld({ policy = {}, boot = {}, options = {}, ...rest }: Local = {}): World {
  return world({
    configuration: configuration({
      segments: [segment(1, { policy: { ...DEFAULT_POLICY, ...policy }, level: { ...EMPTY_LEVEL, boot, options } })],
      ...rest,
    }),
  })
}

export const RELAY = '10.60.0.1'

/** 10.53.0.0/24 on lan0, and 10.60.0.0/24 behind the relay 10.60.0.1, which its segment names. */
export function relayedWorld(policy: Partial<SegmentPolicy> = {}, options: { readonly names?: boolean } = {}): World {
  return world({
    configuration: configuration({
      segments: [
        segment(1),
        segment(2, {
          interfaceName: undefined,
          relays: options.names === false ? [] : [ipv4(RELAY)],
          policy: { ...DEFAULT_POLICY, ...policy },
        }),
      ],
      subnets: [subnet(), subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 } })],
      pools: [pool('10.53.0.100', '10.53.0.109'), pool('10.60.0.100', '10.60.0.109', { id: 2, subnetId: 2 })],
    }),
  })
}
