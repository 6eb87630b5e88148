/** Forwarders in memory, for tests of the admin API and the command line. */
import type { Answer, ForwarderInput, ForwarderQuestion, ForwarderServices, ForwarderTestView, ForwarderView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const CORP: ForwarderView = {
  id: 1, kind: 'rule', domain: 'corp.example', target: 'servers', servers: ['10.60.0.53', 'tls://10.60.1.53#dns.corp.example'], strategy: 'ordered', path: 'stack', failClosed: true,
  segments: [], addresses: [], authority: null, enabled: true, comment: 'the other office',
  states: [
    { server: '10.60.0.53', state: 'answering', rttMs: 1.5, answered: 12, failed: 0, signs: false, connections: 0, problem: null },
    { server: 'tls://10.60.1.53#dns.corp.example', state: 'failing', rttMs: null, answered: 0, failed: 3, signs: false, connections: 0, problem: 'its certificate is for DNS:other.example, not dns.corp.example' },
  ],
}
const SETTINGS: ForwarderView = { ...CORP, id: null, kind: 'settings', domain: '.', servers: ['192.0.2.53'], strategy: 'fastest', path: 'host', comment: null, states: [] }

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
    const added: ForwarderView = { ...input, id: 1 + Math.max(0, ...this.forwarders.map(({ id }) => id ?? 0)), kind: 'rule', states: [] }
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

  async testForwarder(id: number, { name, type }: ForwarderQuestion): Answer<readonly ForwarderTestView[]> {
    const found = id === 0 ? ok(SETTINGS) : await this.getForwarder(id)
    if (!found.ok) return found
    return ok(found.value.servers.map((server, i) => (i === 0
      ? { server, tookMs: 3, rcode: name === null || type === 'SOA' ? 'NOERROR' : 'NXDOMAIN', records: 1, signed: false, problem: null }
      : { server, tookMs: 7, rcode: null, records: 0, signed: false, problem: 'its certificate is for DNS:other.example, not dns.corp.example' })))
  }

  async removeForwarder(id: number): Answer<null> {
    const found = await this.getForwarder(id)
    if (!found.ok) return found
    this.forwarders = this.forwarders.filter((forwarder) => forwarder.id !== id)
    return ok(null)
  }
}
