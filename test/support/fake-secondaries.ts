/** Copies of zones, in memory, for tests of the admin API and the command line. */
import type { Answer, SecondaryInput, SecondaryServices, SecondaryView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const AT = '2026-11-22T03:11:00.000Z'

export class FakeSecondaries implements SecondaryServices {
  copy: SecondaryView = {
    zone: 'copy.internal', primaries: [{ address: '10.53.0.9', port: 53, key: null, tls: null }], state: 'waiting', serial: 7, served: true,
    refreshedAt: AT, nextLookAt: AT, expiresAt: AT, lastFailure: { primary: '10.53.0.9#53', at: AT, because: 'it answers REFUSED' },
  }

  async getSecondary(zone: string): Answer<SecondaryView> {
    return zone === this.copy.zone ? ok(this.copy) : err(refusal('not-found', '', `there is no secondary zone ${zone}`, 'list what there is'))
  }

  async setSecondary(zone: string, { primaries }: SecondaryInput): Answer<SecondaryView> {
    this.copy = { ...this.copy, zone, primaries }
    return ok(this.copy)
  }

  async promote(zone: string): Answer<null> {
    const copy = await this.getSecondary(zone)
    return copy.ok ? ok(null) : copy
  }

  async refresh(zone: string, full: boolean): Answer<SecondaryView> {
    this.copy = { ...this.copy, state: full ? 'transferring' : 'asking', nextLookAt: null }
    return this.getSecondary(zone)
  }
}
