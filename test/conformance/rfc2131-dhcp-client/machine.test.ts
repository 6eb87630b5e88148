import { describe, expect, test } from 'vitest'
import { deadline, step } from '../../../services/dhcp/client/machine.ts'
import type { ClientEvent, ClientState } from '../../../services/dhcp/client/state.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { at, effectLine, event, forEver, held, NOW, OTHER_SERVER, SERVER, state, terms, XID } from '../../support/dhcp-client.ts'

const ADDRESS = '192.168.1.23'
const RENEWAL = `REQUEST to 192.168.1.1 ciaddr ${ADDRESS}`
const REBINDING = `REQUEST to all ciaddr ${ADDRESS}`
const SELECTED = `REQUEST to all wants ${ADDRESS} server 192.168.1.1`
const REBOOT = `REQUEST to all wants ${ADDRESS}`
const DECLINE = `DECLINE to all wants ${ADDRESS} server 192.168.1.1`

type Row = readonly [section: string, from: ClientState, event: ClientEvent, to: ClientState['kind'], effects: readonly string[], now?: number]

const check = ([, from, what, to, effects, now]: Row): void => {
  const [next, done] = at(from, what, now)
  expect([next.kind, done.map(effectLine)]).toEqual([to, effects])
}

/** Instants of the lease that began at 0: T1 is 4,000 s, T2 7,000 s, its end 8,000 s. */
const T1 = 4_000_000
const T2 = 7_000_000
const END = 8_000_000

const FIGURE_5: readonly Row[] = [
  ['§4.4.1 start without a lease', state.stopped(), { kind: 'start', held: undefined, wish: undefined }, 'init', []],
  ['§4.4.2 start with one', state.stopped(), { kind: 'start', held: held(), wish: undefined }, 'init-reboot', []],
  ['§4.4.1 INIT', state.init(), event.due, 'selecting', ['DISCOVER to all']],
  ['§4.4.1 the address it had is asked for', { kind: 'init', due: NOW, wish: terms().address }, event.due, 'selecting', [`DISCOVER to all wants ${ADDRESS}`]],
  ['§4.4.1 SELECTING takes the first OFFER', state.selecting(), event.offer, 'requesting', ['dhcp-client.offered', SELECTED]],
  ['§4.4.1 an OFFER of another exchange', state.selecting(), { ...event.offer, xid: XID + 1 }, 'selecting', []],
  ['§4.4.1 an OFFER too late', state.requesting(), event.offer, 'requesting', []],
  ['§4.4.1 an ACK without a REQUEST', state.selecting(), event.ack, 'selecting', []],
  ['§4.1 DISCOVER again', state.selecting(1), event.due, 'selecting', ['DISCOVER to all']],
  ['§4.4.1 REQUESTING, ACK', state.requesting(), event.ack, 'checking', [`probe ${ADDRESS}`]],
  ['§4.4.1 an ACK of another server', state.requesting(), { ...event.ack, terms: terms({ server: OTHER_SERVER }) }, 'requesting', []],
  ['§4.4.1 an ACK of another exchange', state.requesting(), { ...event.ack, xid: XID + 1 }, 'requesting', []],
  ['§3.1 (5) REQUEST again', state.requesting(3), event.due, 'requesting', [SELECTED]],
  ['§3.1 (5) after four the search begins anew', state.requesting(4), event.due, 'init', ['dhcp-client.request.unanswered']],
  ['§3.1 (4) NAK', state.requesting(), event.nak, 'init', ['dhcp-client.refused', 'forget']],
  ['§3.1 (4) a NAK of another server', state.requesting(), { ...event.nak, server: OTHER_SERVER }, 'requesting', []],
  ['§3.1 (4) a NAK without a server', state.requesting(), { ...event.nak, server: undefined }, 'init', ['dhcp-client.refused', 'forget']],
  ['§4.4.2 INIT-REBOOT', state.initReboot(), event.due, 'rebooting', [REBOOT]],
  ['§4.4.2 ACK', state.rebooting(), event.ack, 'checking', [`probe ${ADDRESS}`]],
  ['§4.4.2 ACK of any server', state.rebooting(), { ...event.ack, terms: terms({ server: OTHER_SERVER }) }, 'checking', [`probe ${ADDRESS}`]],
  ['§4.4.2 NAK: another network', state.rebooting(), { ...event.nak, server: OTHER_SERVER }, 'init', ['dhcp-client.refused', 'forget']],
  ['§4.4.2 again', state.rebooting(1), event.due, 'rebooting', [REBOOT]],
  ['§3.2 (3) silence: is its router here?', state.rebooting(2), event.due, 'seeking-router', ['probe 192.168.1.1']],
  ['§3.2 (3) the lease has ended meanwhile', state.rebooting(2, held(NOW - END)), event.due, 'selecting', [`DISCOVER to all wants ${ADDRESS}`]],
  ['§3.2 (3) a lease without a router on the link', state.rebooting(2, held(0, { routes: [] })), event.due, 'selecting', [`DISCOVER to all wants ${ADDRESS}`]],
  ['§3.2 (3) it is: the lease goes on', state.seekingRouter(), { kind: 'probed', address: SERVER, holder: '02:00:00:00:00:01' }, 'checking', ['dhcp-client.kept', `probe ${ADDRESS}`]],
  ['§3.2 (3) it is not', state.seekingRouter(), { kind: 'probed', address: SERVER, holder: undefined }, 'selecting', ['dhcp-client.elsewhere', `DISCOVER to all wants ${ADDRESS}`]],
  ['§4.4.5 T1', state.bound(), event.due, 'renewing', [RENEWAL], T1],
  ['§4.4.5 again before T2', state.renewing(), event.due, 'renewing', [RENEWAL], T1 + 60_000],
  ['§4.4.5 T2', state.renewing(), event.due, 'rebinding', [REBINDING, 'dhcp-client.rebinding'], T2],
  ['§4.4.5 again before the end', state.rebinding(), event.due, 'rebinding', [REBINDING], T2 + 60_000],
  ['§4.4.5 the end', state.rebinding(), event.due, 'selecting', ['unconfigure', 'forget', 'dhcp-client.expired', `DISCOVER to all wants ${ADDRESS}`], END],
  ['§4.4.5 ACK in RENEWING', state.renewing(), event.ack, 'bound', ['configure again', 'remember', 'dhcp-client.renewed'], T1],
  ['§4.4.5 ACK in REBINDING, of any server', state.rebinding(), { ...event.ack, terms: terms({ server: OTHER_SERVER }) }, 'bound', ['configure again', 'remember', 'dhcp-client.renewed'], T2],
  ['§4.4.5 an ACK of an earlier exchange', state.renewing(), { ...event.ack, xid: XID + 1 }, 'renewing', []],
  ['§4.4.5 an ACK with another address is checked as a first one', state.renewing(), { ...event.ack, terms: terms({ address: terms().address + 1 }) }, 'checking', ['unconfigure', 'probe 192.168.1.24']],
  ['§4.4.5 NAK in RENEWING', state.renewing(), event.nak, 'init', ['dhcp-client.refused', 'unconfigure', 'forget']],
  ['§4.4.5 NAK in REBINDING, of any server', state.rebinding(), { ...event.nak, server: OTHER_SERVER }, 'init', ['dhcp-client.refused', 'unconfigure', 'forget']],
  ['§4.4.5 a NAK out of the blue', state.bound(), event.nak, 'bound', []],
  ['§4.4.6 shut down with RELEASE', state.bound(), event.release, 'stopped', [`RELEASE to 192.168.1.1 ciaddr ${ADDRESS} server 192.168.1.1`, 'dhcp-client.released', 'forget', 'unconfigure', 'link-local off']],
  ['§4.4.6 shut down without', state.bound(), event.stop, 'stopped', ['unconfigure', 'link-local off']],
  ['§4.4.6 nothing to release', state.selecting(), event.release, 'stopped', ['link-local off']],
  ['§4.4 an ACK out of the blue', state.bound(), event.ack, 'bound', []],
]

const ADDRESS_CHECK: readonly Row[] = [
  ['§2.1.1 the second probe', state.checking(1), event.free, 'checking', [`probe ${ADDRESS}`]],
  ['§2.1.1 silence after the third', state.checking(3), event.free, 'bound', ['link-local off', 'configure', 'remember', 'dhcp-client.bound']],
  ['§2.1.1 taken (RFC 2131 §3.1 (5): DECLINE)', state.checking(2), event.taken, 'init', [DECLINE, 'forget', 'dhcp-client.declined']],
  ['§2.1.1 a probe of another address', state.checking(2), { ...event.taken, address: 5 }, 'checking', []],
  ['§2.4 (b) contested once: defended by the stack', state.bound(), event.contested, 'bound', []],
  ['§2.4 (b) again within ten seconds: given up', state.bound(held(), NOW - 9_999), event.contested, 'init', ['unconfigure', DECLINE, 'forget', 'dhcp-client.declined']],
  ['§2.4 (b) again later: defended', state.bound(held(), NOW - 10_000), event.contested, 'bound', []],
  ['§2.4 (b) another address of the interface', state.bound(), { ...event.contested, address: 5 }, 'bound', []],
]

const WISHES: readonly Row[] = [
  ['renew while bound', state.bound(), event.renew, 'renewing', [RENEWAL]],
  ['renew while renewing sends at once', state.renewing(), event.renew, 'renewing', [RENEWAL]],
  ['renew a lease for ever', state.bound(forEver()), event.renew, 'renewing', [RENEWAL]],
  ['… and nobody answers: it stays', state.renewing(forEver()), event.due, 'bound', []],
  ['renew while waiting to search', state.init(), event.renew, 'selecting', ['DISCOVER to all']],
  ['renew while searching', state.selecting(9), event.renew, 'selecting', ['DISCOVER to all']],
  ['renew after a release', state.stopped(), event.renew, 'init', []],
  ['renew while the address is checked changes nothing', state.checking(), event.renew, 'checking', []],
]

describe('RFC 2131 §4.4 [H5] figure 5', () => {
  for (const row of FIGURE_5) test(row[0], () => check(row))
})

describe('RFC 5227 an address from a server is checked, and defended once', () => {
  for (const row of ADDRESS_CHECK) test(row[0], () => check(row))
})

describe('RFC 3927 §1.9 [H5, I12] a link-local address while no server answers', () => {
  test.each([
    [1, ['DISCOVER to all']],
    [2, ['DISCOVER to all', 'link-local on', 'dhcp-client.no-server']],
    [3, ['DISCOVER to all', 'link-local on']],
  ] as const)('after %i unanswered requests', (tries, effects) => check(['', state.selecting(tries), event.due, 'selecting', effects]))
})

describe("the administrator's wishes", () => {
  for (const row of WISHES) test(row[0], () => check(row))
})

describe('RFC 2131 §4.1 times', () => {
  test('DISCOVERs wait 4, 8, 16, 32, 64 s and then 64 s for ever, each by a second more or less', () => {
    const waits: number[] = []
    let now = NOW
    const random = new SeededRandom(1)
    let s = state.init()
    for (let i = 0; i < 7; i++) {
      s = step(s, event.due, { now, random })[0]
      waits.push((deadline(s) as number) - now)
      now = deadline(s) as number
    }
    for (const [i, expected] of [4, 8, 16, 32, 64, 64, 64].entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(expected * 1000 - 1000)
      expect(waits[i]).toBeLessThanOrEqual(expected * 1000 + 1000)
    }
    expect(new Set(waits).size, 'chance is in them').toBe(7)
  })

  test('§4.4.1 secs counts from the first DISCOVER, and the REQUEST repeats it', () => {
    const [second, effects] = at(state.selecting(1), event.due, NOW + 5_400)
    expect(effects[0]).toMatchObject({ message: { secs: 5, xid: XID } })
    const [, answer] = at(second, event.offer, NOW + 7_000)
    expect(answer.at(-1)).toMatchObject({ message: { secs: 5, xid: XID } })
  })

  test('§4.4.1 the lease counts from the first REQUEST, not from its ACK', () => {
    const [checking] = at(state.requesting(3), event.ack, NOW + 20_000)
    expect(checking).toMatchObject({ held: { since: NOW } })
  })

  test('§4.4.5 T1 and T2 from the ACK, and half of what is left between tries, but a minute at least', () => {
    expect(deadline(state.bound())).toBe(T1)
    const [renewing] = at(state.bound(), event.due, T1)
    expect(deadline(renewing)).toBe(T1 + 1_500_000)
    const [again] = at(renewing, event.due, T2 - 80_000)
    expect(deadline(again)).toBe(T2 - 20_000)
    const [last] = at(renewing, event.due, T2 - 30_000)
    expect(deadline(last)).toBe(T2)
    const [rebinding] = at(renewing, event.due, T2)
    expect(deadline(rebinding)).toBe(T2 + 500_000)
  })

  test('§3.3 a lease for ever has no T1', () => expect(deadline(state.bound(forEver()))).toBeUndefined())

  test('§3.1 (5) after a DECLINE ten seconds at least; after a NAK one at least', () => {
    expect((deadline(at(state.checking(), event.taken)[0]) as number) - NOW).toBeGreaterThanOrEqual(10_000)
    expect((deadline(at(state.renewing(), event.nak)[0]) as number) - NOW).toBeGreaterThanOrEqual(1_000)
  })
})
