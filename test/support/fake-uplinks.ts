/** The appliance's DHCP clients and the other DHCP servers in memory, for tests of the admin API and the command line. */
import type { Answer, DhcpClientView, OtherServerServices, OtherServerView, UplinkServices } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const AT = '2026-11-22T03:11:00.000Z'

export class FakeUplinks implements UplinkServices {
  client: DhcpClientView = {
    interface: 'uplink0',
    state: 'bound',
    address: '192.168.1.23/24',
    linkLocal: null,
    server: '192.168.1.1',
    leaseSeconds: 3600,
    obtainedAt: AT,
    renewsAt: AT,
    rebindsAt: AT,
    expiresAt: AT,
    nextAt: AT,
    routes: [{ destination: '0.0.0.0/0', router: '192.168.1.1' }],
    nameServers: ['192.168.1.1'],
    domain: 'office.example',
    searchList: [],
    mtu: null,
    history: [{ at: AT, id: 'dhcp-client.bound', text: '192.168.1.23 is ours for 3600 s, from 192.168.1.1' }],
    counters: { 'tx-discover': 1 },
  }

  async getDhcpClient(name: string): Answer<DhcpClientView> {
    return name === this.client.interface ? ok(this.client) : err(refusal('not-found', '', `${name} has no DHCP client`, 'list the interfaces'))
  }

  async renewDhcpClient(name: string): Answer<DhcpClientView> {
    this.client = { ...this.client, state: 'renewing' }
    return this.getDhcpClient(name)
  }

  async releaseDhcpClient(name: string): Answer<DhcpClientView> {
    this.client = { ...this.client, state: 'stopped', address: null, server: null }
    return this.getDhcpClient(name)
  }
}

export class FakeOtherServers implements OtherServerServices {
  searches = 0

  async listOtherServers(): Answer<readonly OtherServerView[]> {
    return ok([{
      interface: 'lan0', server: '10.53.0.250', mac: '02:00:0a:35:00:fa', how: 'answered-our-search', message: 'OFFER',
      offered: '10.53.0.66', client: '02:00:0a:35:00:02', routers: ['10.53.0.250'], nameServers: [], leaseSeconds: 3600,
      firstSeen: AT, lastSeen: AT, times: 2,
    }])
  }

  async searchOtherServers(): Answer<null> {
    this.searches++
    return ok(null)
  }
}
