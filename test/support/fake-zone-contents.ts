/** Zones as a whole, in memory, for tests of the admin API and the command line: what was asked is what is answered. */
import type {
  Answer, Page, Paging, RecordStep, Redirect, UndoInput, ZoneContentsServices, ZoneDifferenceView, ZoneEditView, ZoneFileInput, ZoneVersionView,
} from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const EDIT: ZoneEditView = {
  zone: 'lab.internal',
  dryRun: false,
  serialBefore: 7,
  serialAfter: 8,
  added: 1,
  removed: 0,
  changes: [{ id: 9, action: 'add', name: 'www.lab.internal', type: 'A', ttl: 300, data: '10.53.0.20', owner: 'file', enabled: true }],
}

export class FakeZoneContents implements ZoneContentsServices {
  /** What was asked, without the zone. */
  readonly asked: unknown[] = []

  importZone(zone: string, input: ZoneFileInput, dryRun: boolean): Answer<ZoneEditView> {
    return this.#edit(zone, { ...input, dryRun })
  }

  changeRecords(zone: string, steps: readonly RecordStep[], ifSerial: number | undefined, dryRun: boolean): Answer<ZoneEditView> {
    return this.#edit(zone, { steps, ifSerial, dryRun })
  }

  delegateBlock(zone: string, prefix: string, servers: readonly string[], dryRun: boolean): Answer<ZoneEditView> {
    return this.#edit(zone, { prefix, servers, dryRun })
  }

  async listVersions(zone: string, _paging: Paging): Answer<Page<ZoneVersionView>> {
    const version = { serial: 8, at: '2026-11-22T03:11:00.000Z', added: 1, removed: 0, by: 'token first' }
    return zone === 'lab.internal' ? ok({ items: [version], next: null }) : missing(zone)
  }

  async compareVersions(zone: string, from: number, to: number): Answer<ZoneDifferenceView> {
    return zone === 'lab.internal' ? ok({ zone, from, to, changes: EDIT.changes }) : missing(zone)
  }

  undo(zone: string, input: UndoInput, dryRun: boolean): Answer<ZoneEditView> {
    return this.#edit(zone, { ...input, dryRun })
  }

  async hostsFile(zone: string): Answer<string> {
    return zone === 'lab.internal' ? ok('10.53.0.20      www.lab.internal\n') : missing(zone)
  }

  redirectFor(host: string, path: string): Redirect | undefined {
    return host === 'docs.lab.internal' ? { status: 302, location: `https://docs.example.com${path}` } : undefined
  }

  putHostsFile(zone: string, text: string, dryRun: boolean): Answer<ZoneEditView> {
    return this.#edit(zone, { text, dryRun })
  }

  async #edit(zone: string, asked: { readonly dryRun: boolean; readonly [field: string]: unknown }): Answer<ZoneEditView> {
    if (zone !== 'lab.internal') return missing(zone)
    this.asked.push(asked)
    return ok({ ...EDIT, dryRun: asked.dryRun })
  }
}

const missing = (zone: string) => err(refusal('not-found', '', `there is no zone ${zone}`, 'list the zones'))
