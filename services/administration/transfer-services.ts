/** Transfers of zones; all of it is asked of the network side. */
import type { Answer, NotifyInput, NotifyView, TransferPolicyView, TransferServices, ZoneDigestView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { canonical } from './inputs.ts'

export type ApplianceTransfersOptions = {
  readonly network: NetworkSide
}

export class ApplianceTransfers implements TransferServices {
  readonly #o: ApplianceTransfersOptions

  constructor(options: ApplianceTransfersOptions) {
    this.#o = options
  }

  getTransferPolicy(zone: string): Answer<TransferPolicyView> {
    return this.#o.network.transfers.transferPolicy(canonical(zone))
  }

  setTransferPolicy(zone: string, { addresses, keys, tlsOnly }: TransferPolicyView): Answer<TransferPolicyView> {
    return this.#o.network.transfers.setTransferPolicy(canonical(zone), { addresses, keys: keys.map(canonical), tlsOnly })
  }

  digest(zone: string): Answer<ZoneDigestView> {
    return this.#o.network.transfers.zoneDigest(canonical(zone))
  }

  getNotify(zone: string): Answer<NotifyView> {
    return this.#o.network.transfers.notifyPolicy(canonical(zone))
  }

  setNotify(zone: string, { targets, nameServers }: NotifyInput): Answer<NotifyView> {
    const named = targets.map((target) => ({ ...target, key: target.key === null ? null : canonical(target.key) }))
    return this.#o.network.transfers.setNotifyPolicy(canonical(zone), { targets: named, nameServers })
  }

  notify(zone: string): Answer<NotifyView> {
    return this.#o.network.transfers.notifyNow(canonical(zone))
  }
}
