/** The real commands and views of DHCP over a store that keeps nothing and a server that hears nobody. */
import { ApplianceDhcp } from '../../services/administration/dhcp-services.ts'
import { DhcpCommands, type DhcpCommandsOptions } from '../../services/commands/dhcp-commands.ts'
import { type DhcpPorts, DhcpServer } from '../../services/dhcp/index.ts'
import type { DhcpServices } from '../../services/index.ts'
import { EMPTY_CONFIGURATION, type Refusal } from '../../services/model/index.ts'
import type { NetworkSide } from '../../services/network-side.ts'
import { ipv4 } from '../../stack/index.ts'
import { err, ok, VirtualClock } from '../../stack/platform/index.ts'

/** `refused` says why nothing can be changed now; undefined when all can. */
export function fakeDhcp(refused: () => Refusal | undefined): DhcpServices {
  const last = { sites: 1, segments: 0, subnets: 0, pools: 0, classes: 0, hosts: 0, optionDefinitions: 0 }
  const nothing = (): undefined => undefined
  const ports = { clock: new VirtualClock(), send: nothing, probe: nothing, commit: nothing, nameFor: nothing, decide: nothing }
  const server = new DhcpServer(ports as unknown as DhcpPorts, { serverAddress: () => ipv4('10.53.0.2') }, EMPTY_CONFIGURATION, [])
  const dhcp = new DhcpCommands({
    clock: new VirtualClock(),
    stack: { interfaces: [{ name: 'lan0', addresses: [] }, { name: 'lan1', addresses: [] }] },
    dhcp: server,
    configuration: EMPTY_CONFIGURATION,
    lastIds: { dhcp: last, zone: 0, record: 0 },
    turns: {
      take: (command: () => Promise<unknown>) => command(),
      store: async () => {
        const refusal = refused()
        return refusal === undefined ? ok(null) : err(refusal)
      },
    },
  } as unknown as DhcpCommandsOptions)
  const network = { dhcp } as unknown as NetworkSide
  return new ApplianceDhcp({ network, reader: { countBound: () => 0 } as never })
}
