/** Catalogs in memory, for tests of the admin API and the command line. */
import type { Answer, CatalogInput, CatalogMemberInput, CatalogServices, CatalogView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

export class FakeCatalogs implements CatalogServices {
  view: CatalogView = {
    zone: 'catalog.lab.internal', role: 'producer', primaries: null, groups: [], fault: null,
    members: [{ zone: 'lab.internal', label: 'ab', group: null, coo: null, conflict: null }],
  }

  async getCatalog(zone: string): Answer<CatalogView> {
    return zone === this.view.zone ? ok(this.view) : err(refusal('not-found', '', `there is no catalog ${zone}`, 'list what there is'))
  }

  async setCatalog(zone: string, input: CatalogInput): Answer<CatalogView> {
    this.view = { ...this.view, ...input, zone }
    return ok(this.view)
  }

  async removeCatalog(zone: string): Answer<null> {
    const found = await this.getCatalog(zone)
    return found.ok ? ok(null) : found
  }

  async setMember(catalog: string, zone: string, { group, coo }: CatalogMemberInput): Answer<CatalogView> {
    this.view = { ...this.view, members: [{ zone, label: 'cd', group, coo, conflict: null }] }
    return this.getCatalog(catalog)
  }

  removeMember(catalog: string): Answer<null> {
    return this.removeCatalog(catalog)
  }
}
