/** Guests that are unplugged, on a segment whose policy takes their leases back. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../stack/index.ts'
import { DEFAULT_POLICY } from '../../../../services/model/index.ts'
import { configuration, segment, world, type World } from '../../../support/dhcp-bench.ts'

const GUEST = '52:54:00:00:00:01'
const OTHER = '52:54:00:00:00:02'
const start = (releaseOnLinkLoss = true): World => world({ configuration: configuration({ segments: [segment(1, { policy: { ...DEFAULT_POLICY, releaseOnLinkLoss } })] }) })
const states = (w: World): readonly string[] => [...w.disk.values()].map(({ mac, state }) => `${mac} ${state}`)

describe('a guest goes away', () => {
  test('its lease is over, on disk and with a reason; others stay', () => {
    const w = start()
    w.acquire({ mac: GUEST })
    w.acquire({ mac: OTHER })
    w.server.stationsLeft('lan0', [GUEST])
    expect(states(w)).toEqual([`${GUEST} released`, `${OTHER} bound`])
    expect(w.decisions.at(-1)).toMatchObject({ received: 'link-loss', sent: 'none', mac: GUEST, address: '10.53.0.100', steps: [['dhcp.lease.released-by-link-loss', { address: '10.53.0.100' }]] })
  })

  test('all that it had under several client identifiers, and nothing twice', () => {
    const w = start()
    w.acquire({ mac: GUEST, options: { 'client-identifier': '00aa' } })
    w.acquire({ mac: GUEST, options: { 'client-identifier': '00bb' } })
    w.server.stationsLeft('lan0', [GUEST])
    const commits = w.commits.length
    w.server.stationsLeft('lan0', [GUEST])
    expect([states(w), w.commits.length]).toEqual([[`${GUEST} released`, `${GUEST} released`], commits])
  })

  test('when it comes back it has the same address, although another came meanwhile', () => {
    const w = start()
    w.acquire({ mac: GUEST })
    w.server.stationsLeft('lan0', [GUEST])
    expect(w.acquire({ mac: OTHER })).toBe('10.53.0.101')
    expect(w.acquire({ mac: GUEST })).toBe('10.53.0.100')
  })

  test('while its renewal is being stored: it is over after that', () => {
    const w = start()
    w.acquire({ mac: GUEST })
    w.storage = 'later'
    w.exchange('REQUEST', { mac: GUEST, ciaddr: '10.53.0.100' })
    w.server.stationsLeft('lan0', [GUEST])
    w.pending.shift()?.(true)
    w.pending.shift()?.(true)
    expect(states(w)).toEqual([`${GUEST} released`])
  })

  test('what cannot be stored is still bound', () => {
    const w = start()
    w.acquire({ mac: GUEST })
    w.storage = 'broken'
    w.server.stationsLeft('lan0', [GUEST])
    expect([states(w), w.server.lease(ipv4('10.53.0.100'))?.state]).toEqual([[`${GUEST} bound`], 'bound'])
  })

  test.each([
    ['without the policy', start(false), 'lan0', GUEST],
    ['of another link', start(), 'lan1', GUEST],
    ['of another machine', start(), 'lan0', OTHER],
  ] as const)('%s nothing happens', (_what, w, interfaceName, station) => {
    w.acquire({ mac: GUEST })
    w.server.stationsLeft(interfaceName, [station])
    expect(states(w)).toEqual([`${GUEST} bound`])
  })
})
