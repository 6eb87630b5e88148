/** Forwarders in memory, for tests of the admin API and the command line. */
import type { Answer, ForwarderInput, ForwarderServices, ForwarderView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const CORP: ForwarderView = {
  id: 1, kind: 'rule', domain: 'corp.example', target: 'servers', servers: ['10.60.0.53', 'tls://10.60.1.53#dns.corp.example'], strategy: 'ordered', path: 'stack', failClosed: true,
  segments: [], addresses: [], authority: null, enabled: true, comment: 'the other office',
}
const SETTINGS: ForwarderView = { ...CORP, id: null, kind: 'settings', domain: '.', servers: ['192.0.2.53'], strategy: 'fastest', path: 'host', comment: null }

export class FakeForwarders implements ForwarderServices {
  forwarders: readonly ForwarderView[] = [CORP, SETTINGS]

  async listForwarders(): Answer<readonly ForwarderView[]> {
    return ok(this.forwarders)
  }

  async getForwarder(id: number): Answer<ForwarderView> {
    const found = this.forwarders.find((forwarder) => forwarder.id === id)
    return found === undefined ? err(refusal('not-found', '', `there is no forwarder ${id}`, 'list what there is')) : ok(found)
  }

  async addForwarder(input: ForwarderInput): Answer<ForwarderView> {
    if (input.servers.includes('nowhere')) return err(refusal('invalid', '/servers/0', '"nowhere" is not a server', 'as 192.0.2.1'))
    const added: ForwarderView = { ...input, id: this.forwarders.length, kind: 'rule' }
    this.forwarders = [...this.forwarders, added]
    return ok(added)
  }

  async changeForwarder(id: number, change: Partial<ForwarderInput>): Answer<ForwarderView> {
    const found = await this.getForwarder(id)
    if (!found.ok) return found
    const changed = { ...found.value, ...change }
    this.forwarders = this.forwarders.map((forwarder) => (forwarder.id === id ? changed : forwarder))
    return ok(changed)
  }

  async removeForwarder(id: number): Answer<null> {
    const found = await this.getForwarder(id)
    if (!found.ok) return found
    this.forwarders = this.forwarders.filter((forwarder) => forwarder.id !== id)
    return ok(null)
  }
}
