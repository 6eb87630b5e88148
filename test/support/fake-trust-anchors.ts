/** Trust anchors in memory, for tests of the admin API and the command line. */
import type { Answer, NegativeTrustAnchorInput, NegativeTrustAnchorView, TrustAnchorInput, TrustAnchorServices, TrustAnchorView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const LAB: TrustAnchorView = { id: 1, origin: 'set', zone: 'lab.example', records: ['DS 12345 13 2 0102'], follows: false, keys: [] }
const ROOT: TrustAnchorView = {
  id: null, origin: 'from-the-start', zone: '.', records: ['DS 20326 8 2 E06D', 'DS 38696 8 2 683D'], follows: true,
  keys: [{ keyTag: 38696, algorithm: 8, state: 'valid', since: '2026-11-01T00:00:00.000Z', record: 'DNSKEY 257 3 8 AwEA' }],
}

export class FakeTrustAnchors implements TrustAnchorServices {
  anchors: readonly TrustAnchorView[] = [ROOT, LAB]
  negative: readonly NegativeTrustAnchorView[] = [{ zone: 'broken.example', since: '2026-11-22T03:11:00.000Z', endsAt: '2026-11-22T04:11:00.000Z', reason: 'expired' }]

  async listTrustAnchors(): Answer<readonly TrustAnchorView[]> {
    return ok(this.anchors)
  }

  async getTrustAnchor(id: number): Answer<TrustAnchorView> {
    const found = this.anchors.find((anchor) => anchor.id === id)
    return found === undefined ? err(refusal('not-found', '', `there is no trust anchor ${id}`, 'list what there is')) : ok(found)
  }

  async addTrustAnchor(input: TrustAnchorInput): Answer<TrustAnchorView> {
    const added: TrustAnchorView = { ...input, id: this.anchors.length, origin: 'set', keys: [] }
    this.anchors = [...this.anchors, added]
    return ok(added)
  }

  async changeTrustAnchor(id: number, change: Partial<TrustAnchorInput>): Answer<TrustAnchorView> {
    const found = await this.getTrustAnchor(id)
    if (!found.ok) return found
    const changed = { ...found.value, ...change }
    this.anchors = this.anchors.map((anchor) => (anchor.id === id ? changed : anchor))
    return ok(changed)
  }

  async removeTrustAnchor(id: number): Answer<null> {
    const found = await this.getTrustAnchor(id)
    if (!found.ok) return found
    this.anchors = this.anchors.filter((anchor) => anchor.id !== id)
    return ok(null)
  }

  async listNegativeTrustAnchors(): Answer<readonly NegativeTrustAnchorView[]> {
    return ok(this.negative)
  }

  async addNegativeTrustAnchor({ zone, seconds, reason }: NegativeTrustAnchorInput): Answer<NegativeTrustAnchorView> {
    const since = Date.UTC(2026, 10, 22)
    const added = { zone, reason, since: new Date(since).toISOString(), endsAt: new Date(since + 1000 * seconds).toISOString() }
    this.negative = [...this.negative, added]
    return ok(added)
  }

  async removeNegativeTrustAnchor(zone: string): Answer<null> {
    this.negative = this.negative.filter((anchor) => anchor.zone !== zone)
    return ok(null)
  }
}
