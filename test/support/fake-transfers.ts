/** Who may have a zone, in memory, for tests of the admin API and the command line. */
import type { Answer, TransferPolicyView, TransferServices } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

export class FakeTransfers implements TransferServices {
  policy: TransferPolicyView = { addresses: ['10.53.0.9/32'], keys: [] }

  async getTransferPolicy(zone: string): Answer<TransferPolicyView> {
    return zone === 'lab.internal' ? ok(this.policy) : err(refusal('not-found', '', `there is no zone ${zone}`, 'list the zones'))
  }

  async setTransferPolicy(zone: string, policy: TransferPolicyView): Answer<TransferPolicyView> {
    if (zone === 'lab.internal') this.policy = policy
    return this.getTransferPolicy(zone)
  }
}
