import type { TransferPolicyView } from '../../services/index.ts'
import { list, object, text, view } from './common.ts'

const fields = {
  addresses: list(text('prefix', 'Of one address or many.', '10.53.0.9/32'), 'Who may have the zone from these addresses.'),
  keys: list(text('domain-name', 'A TSIG key.', 'transfer.lab.internal'), 'Who signs with one of these may have it from anywhere.'),
}

export const TransferPolicy = view<TransferPolicyView>()('TransferPolicy', 'Who may have the zone by AXFR and IXFR; nobody to begin with.', fields)
export const TransferPolicyInput = object('TransferPolicyInput', 'Who may have the zone by AXFR and IXFR, instead of those before.', fields)
