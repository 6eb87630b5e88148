/** A zone's signing in memory, for tests of the admin API and the command line. */
import type { Answer, KeyImportInput, SigningInput, SigningServices, SigningView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const UNSIGNED: SigningView = {
  zone: 'lab.internal', status: 'unsigned', enabled: false,
  algorithm: 'ECDSAP256SHA256', scheme: 'csk', denial: 'nsec', zskLifetime: 7_776_000, kskLifetime: null,
  signatureValidity: 1_209_600, signatureRefresh: 432_000, dnskeyTtl: 3600, largestTtl: 86_400, propagationDelay: 300,
  parentDsTtl: 86_400, parentPropagationDelay: 3600, dsCheck: 'by-hand',
  keys: [], dsRecords: [], cdsRecords: [], cdnskeyRecords: [], coming: [], warnings: [],
}
const SIGNED: Partial<SigningView> = {
  status: 'signed',
  keys: [{
    id: 1, role: 'csk', keyTag: 43_768, algorithm: 'ECDSAP256SHA256', goal: 'serve', dnskey: 'omnipresent', signatures: 'omnipresent', ds: 'rumoured',
    madeAt: '2026-11-22T03:11:00.000Z', publishedAt: '2026-11-22T03:11:00.000Z', record: 'lab.internal. 3600 IN DNSKEY 257 3 13 AAAA', unreadable: null,
  }],
  dsRecords: ['lab.internal. 3600 IN DS 43768 13 2 BD386E89'],
  coming: [{ keyTag: 43_768, at: null, what: 'the parent has its DS record', why: 'somebody has to bring it' }],
}

export class FakeSigning implements SigningServices {
  view: SigningView = UNSIGNED
  readonly asked: unknown[] = []

  async getSigning(zone: string): Answer<SigningView> {
    return zone === 'lab.internal' ? ok(this.view) : err(refusal('not-found', '', `there is no zone ${zone}`, 'list the zones'))
  }

  setSigning(zone: string, input: SigningInput): Answer<SigningView> {
    this.view = { ...UNSIGNED, ...(input.enabled ? SIGNED : {}), ...input }
    return this.getSigning(zone)
  }

  rollKeys(zone: string, role: string | null): Answer<SigningView> {
    this.asked.push(['roll', zone, role])
    return this.getSigning(zone)
  }

  confirmDs(zone: string, by: string): Answer<SigningView> {
    this.asked.push(['ds', zone, by])
    return this.getSigning(zone)
  }

  importKeys(zone: string, input: KeyImportInput): Answer<SigningView> {
    this.asked.push(['import', zone, input])
    this.view = { ...UNSIGNED, ...SIGNED, enabled: true }
    return this.getSigning(zone)
  }
}
