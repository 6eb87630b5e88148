/** Who may update a zone, in memory, for tests of the admin API and the command line. */
import type { Answer, PastUpdateView, UpdatePolicyView, UpdateServices } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

export class FakeUpdates implements UpdateServices {
  policy: UpdatePolicyView = {
    rules: [{ key: 'update.lab.internal', address: null, names: 'subdomain', name: 'dyn.lab.internal', types: ['A', 'TXT'], touches: 'updates' }],
  }
  past: PastUpdateView[] = [{
    at: '2026-11-22T03:11:00.000Z', source: '10.53.0.9', key: 'update.lab.internal', rcode: 'REFUSED', because: 'dns.update.name-not-allowed',
    text: 'no rule lets this sender change A records of www.lab.internal',
  }]

  async getUpdatePolicy(zone: string): Answer<UpdatePolicyView> {
    return zone === 'lab.internal' ? ok(this.policy) : err(refusal('not-found', '', `there is no zone ${zone}`, 'list the zones'))
  }

  async setUpdatePolicy(zone: string, policy: UpdatePolicyView): Answer<UpdatePolicyView> {
    if (zone === 'lab.internal') this.policy = policy
    return this.getUpdatePolicy(zone)
  }

  async recentUpdates(zone: string): Answer<readonly PastUpdateView[]> {
    const known = await this.getUpdatePolicy(zone)
    return known.ok ? ok(this.past) : known
  }
}
