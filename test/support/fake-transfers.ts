/** Who may have a zone, in memory, for tests of the admin API and the command line. */
import type { Answer, NotifyInput, NotifyView, TransferPolicyView, TransferServices, ZoneDigestView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const isKnown = (zone: string): boolean => zone === 'lab.internal' || zone === 'catalog.lab.internal'

export class FakeTransfers implements TransferServices {
  policy: TransferPolicyView = { addresses: ['10.53.0.9/32'], keys: [], tlsOnly: false }

  async digest(zone: string): Answer<ZoneDigestView> {
    return isKnown(zone) ? ok({ zone, serial: 2, published: 'none', records: ['2 1 1 c680'] }) : err(refusal('not-found', '', `there is no zone ${zone}`, 'list the zones'))
  }

  async getTransferPolicy(zone: string): Answer<TransferPolicyView> {
    return isKnown(zone) ? ok(this.policy) : err(refusal('not-found', '', `there is no zone ${zone}`, 'list the zones'))
  }

  async setTransferPolicy(zone: string, policy: TransferPolicyView): Answer<TransferPolicyView> {
    if (isKnown(zone)) this.policy = policy
    return this.getTransferPolicy(zone)
  }

  notifying: NotifyView = {
    targets: [{ address: '10.53.0.9', port: 53, key: null }],
    nameServers: true,
    told: [{ address: '10.53.0.9', port: 53, serial: 2, outcome: 'rejected', rcode: 'NOTAUTH', at: '2026-11-22T03:11:00.000Z' }],
  }

  async getNotify(zone: string): Answer<NotifyView> {
    return isKnown(zone) ? ok(this.notifying) : err(refusal('not-found', '', `there is no zone ${zone}`, 'list the zones'))
  }

  async setNotify(zone: string, input: NotifyInput): Answer<NotifyView> {
    if (isKnown(zone)) this.notifying = { ...this.notifying, ...input }
    return this.getNotify(zone)
  }

  notify(zone: string): Answer<NotifyView> {
    return this.getNotify(zone)
  }
}
