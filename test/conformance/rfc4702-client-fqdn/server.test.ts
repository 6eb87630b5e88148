import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import type { World } from '../../support/dhcp-bench.ts'
import { localWorld } from '../../support/dhcp-policy.ts'

const ADDRESS = ipv4('10.53.0.100')
const asking = (flags: number, name = 'alpha.lab.internal.'): { mac: string; options: { 'client-fqdn': { flags: number; name: string } } } => ({
  mac: '02:00:00:00:00:0a',
  options: { 'client-fqdn': { flags, name } },
})
/** The option in OFFER and ACK. */
function told(w: World, flags: number, name?: string): readonly unknown[] {
  w.acquire(asking(flags, name))
  return w.sent.map(sent => sent.options['client-fqdn'])
}

describe('RFC 4702 §4 what the server answers and does', () => {
  test.each([
    ['S: we update', false, 5, { flags: 5, name: 'alpha.lab.internal.' }, 'alpha.lab.internal'],
    ['neither S nor N, not left to clients: we override', false, 4, { flags: 7, name: 'alpha.lab.internal.' }, 'alpha.lab.internal'],
    ['N, not left to clients: we override', false, 12, { flags: 7, name: 'alpha.lab.internal.' }, 'alpha.lab.internal'],
    ['neither S nor N, left to clients', true, 4, { flags: 12, name: 'alpha.lab.internal.' }, undefined],
    ['N, left to clients', true, 12, { flags: 12, name: 'alpha.lab.internal.' }, undefined],
    ['S, left to clients that want it', true, 5, { flags: 5, name: 'alpha.lab.internal.' }, 'alpha.lab.internal'],
  ] as const)('%s', (_name, updateFromClient, flags, answer, published) => {
    const w = localWorld({ policy: { ddns: { enabled: true, updateFromClient, dhcid: false } } })
    w.nameFor = lease => (lease.hostName === undefined ? undefined : `${lease.hostName}.lab.internal`)
    const [inOffer, inAck] = told(w, flags)
    expect([inOffer, inAck]).toEqual([answer, answer])
    expect(w.disk.get(ADDRESS)?.publishedName).toBe(published)
  })

  test('a name of another domain becomes one of ours, and the client is told which', () => {
    expect(told(localWorld(), 5, 'alpha.example.net.')).toEqual([{ flags: 5, name: 'alpha.lab.internal.' }, { flags: 5, name: 'alpha.lab.internal.' }])
  })

  test('§2.3.1 a client that writes ASCII is answered in ASCII', () => {
    expect(told(localWorld(), 1, 'alpha')).toEqual([{ flags: 1, name: 'alpha.lab.internal' }, { flags: 1, name: 'alpha.lab.internal' }])
  })

  test('the name that is not to be had: the ACK says so by telling the client its own', () => {
    const w = localWorld()
    w.nameFor = () => undefined
    expect(told(w, 5).at(-1)).toEqual({ flags: 5, name: 'alpha.lab.internal.' })
  })

  test('a client without the option gets none', () => {
    const w = localWorld()
    w.acquire({ options: { 'host-name': 'beta', 'parameter-request-list': [81] } })
    expect(w.sent.map(sent => sent.options['client-fqdn'])).toEqual([undefined, undefined])
  })

  test('updates are off: it is told that nobody updates', () => {
    const w = localWorld({ policy: { ddns: { enabled: false, updateFromClient: false, dhcid: false } } })
    expect(told(w, 5)[0]).toMatchObject({ flags: 14 })
  })
})
