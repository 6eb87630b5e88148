/** Who may have the whole of a zone. */
import type { Answer } from './common.ts'

export type TransferPolicyView = {
  /** "10.53.0.9/32". */
  readonly addresses: readonly string[]
  /** Names of TSIG keys. */
  readonly keys: readonly string[]
}

export interface TransferServices {
  getTransferPolicy(zone: string): Answer<TransferPolicyView>
  setTransferPolicy(zone: string, policy: TransferPolicyView): Answer<TransferPolicyView>
}
