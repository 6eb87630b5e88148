/** What tests of the appliance's own DHCP client share: terms, states at an instant, and effects in a line. */
import { formatIpv4, ipv4 } from '../../stack/index.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { step } from '../../services/dhcp/client/machine.ts'
import type { ClientEffect, ClientEvent, ClientState, Held } from '../../services/dhcp/client/state.ts'
import { INFINITE, type Terms } from '../../services/dhcp/client/terms.ts'

/** The instant of the tests: every lease began at 0. */
export const NOW = 1_000_000
export const SERVER = ipv4('192.168.1.1')
export const OTHER_SERVER = ipv4('192.168.1.2')
export const XID = 0x1234_5678
export const HOLDER = '02:00:00:00:00:99'

export const terms = (change: Partial<Terms> = {}): Terms => ({
  address: ipv4('192.168.1.23'),
  prefix: { network: ipv4('192.168.1.0'), length: 24 },
  server: SERVER,
  leaseSeconds: 8_000,
  renewSeconds: 4_000,
  rebindSeconds: 7_000,
  routes: [{ destination: { network: 0, length: 0 }, router: SERVER }],
  nameServers: [SERVER],
  domain: undefined,
  searchList: [],
  mtu: undefined,
  ...change,
})

export const held = (since = 0, change: Partial<Terms> = {}): Held => ({ terms: terms(change), since })
export const forEver = (): Held => held(0, { leaseSeconds: INFINITE, renewSeconds: INFINITE, rebindSeconds: INFINITE })

const attempt = (tries: number, since = NOW) => ({ xid: XID, since, tries, due: NOW })

/** States with the exchange XID under way, after `tries` messages. */
export const state = {
  stopped: (): ClientState => ({ kind: 'stopped' }),
  init: (): ClientState => ({ kind: 'init', due: NOW, wish: undefined }),
  selecting: (tries = 1): ClientState => ({ kind: 'selecting', attempt: attempt(tries), wish: undefined, secs: 0 }),
  requesting: (tries = 1): ClientState => ({ kind: 'requesting', attempt: attempt(tries), offer: terms(), secs: 7 }),
  initReboot: (): ClientState => ({ kind: 'init-reboot', due: NOW, held: held() }),
  rebooting: (tries = 1, of = held()): ClientState => ({ kind: 'rebooting', attempt: attempt(tries), held: of }),
  seekingRouter: (): ClientState => ({ kind: 'seeking-router', router: SERVER, held: held() }),
  checking: (probes = 1): ClientState => ({ kind: 'checking', held: held(NOW), probes, xid: XID }),
  bound: (of = held(), contestedAt?: number): ClientState => ({ kind: 'bound', held: of, contestedAt }),
  renewing: (of = held()): ClientState => ({ kind: 'renewing', held: of, attempt: attempt(1), contestedAt: undefined }),
  rebinding: (of = held()): ClientState => ({ kind: 'rebinding', held: of, attempt: attempt(1), contestedAt: undefined }),
} as const

export const event = {
  due: { kind: 'due' },
  offer: { kind: 'offer', xid: XID, terms: terms() },
  ack: { kind: 'ack', xid: XID, terms: terms() },
  nak: { kind: 'nak', xid: XID, server: SERVER, text: 'no' },
  free: { kind: 'probed', address: terms().address, holder: undefined },
  taken: { kind: 'probed', address: terms().address, holder: HOLDER },
  contested: { kind: 'contested', address: terms().address, holder: HOLDER },
  renew: { kind: 'renew' },
  stop: { kind: 'stop', release: false },
  release: { kind: 'stop', release: true },
} as const satisfies { readonly [name: string]: ClientEvent }

export const at = (s: ClientState, e: ClientEvent, now = NOW) => step(s, e, { now, random: new SeededRandom(1) })

/** "REQUEST to 192.168.1.1 ciaddr 192.168.1.23", "probe 192.168.1.23", "dhcp-client.bound". */
export function effectLine(effect: ClientEffect): string {
  switch (effect.kind) {
    case 'send': {
      const { type, to, ciaddr, requested, server } = effect.message
      const parts = [
        ciaddr === 0 ? '' : ` ciaddr ${formatIpv4(ciaddr)}`,
        requested === undefined ? '' : ` wants ${formatIpv4(requested)}`,
        server === undefined ? '' : ` server ${formatIpv4(server)}`,
      ]
      return `${type} to ${to === -1 ? 'all' : formatIpv4(to)}${parts.join('')}`
    }
    case 'probe': return `probe ${formatIpv4(effect.address)}`
    case 'configure': return effect.fresh ? 'configure' : 'configure again'
    case 'link-local': return `link-local ${effect.on ? 'on' : 'off'}`
    case 'remember': return effect.held === undefined ? 'forget' : 'remember'
    case 'report': return effect.step[0]
    case 'unconfigure': return 'unconfigure'
  }
}
