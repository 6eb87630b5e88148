/** Views in memory, for tests of the admin API and the command line. */
import type { Answer, ViewServices, ViewView } from '../../services/index.ts'
import { ok } from '../../stack/platform/index.ts'

export class FakeViews implements ViewServices {
  views: readonly ViewView[] = [{ name: 'inside', addresses: ['10.53.0.0/24'], segments: [], keys: [], comment: null }]

  async listViews(): Answer<readonly ViewView[]> {
    return ok(this.views)
  }

  async setViews(views: readonly ViewView[]): Answer<readonly ViewView[]> {
    this.views = views
    return ok(views)
  }
}
