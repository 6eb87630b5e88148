import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../stack/index.ts'
import { clientKey } from '../../../../services/model/index.ts'
import type { Lease } from '../../../../services/model/index.ts'
import { deadline, ownerOf, settled, step } from '../../../../services/dhcp/lease-machine.ts'
import type { BindingState, ClientIdentity, LeaseEvent } from '../../../../services/dhcp/lease-machine.ts'

const ADDRESS = ipv4('10.53.0.100')
const AT = { now: 1000, wallMs: 1_000_000 }
const HOUR = 3600

const client = (letter: string): ClientIdentity => {
  const mac = `02:00:00:00:00:0${letter}`
  return { key: clientKey(1, mac, undefined), hardwareType: 1, mac, clientId: undefined }
}
const row = (letter: string, state: Lease['state'] = 'bound'): Lease => ({
  address: ADDRESS, subnetId: 1, state, hardwareType: 1, mac: client(letter).mac, clientId: undefined,
  hostName: undefined, publishedName: undefined, hostId: undefined, relayInformation: undefined, countedUnder: undefined,
  startedAt: 900_000, renewedAt: 900_000, expiresAt: 900_000 + HOUR * 1000,
})

const free: BindingState = { kind: 'free', row: undefined }
const freed = (letter: string): BindingState => ({ kind: 'free', row: row(letter, 'released') })
const probing = (letter: string): BindingState => ({ kind: 'probing', row: undefined, client: client(letter).key })
const offered = (letter: string): BindingState => ({ kind: 'offered', row: undefined, client: client(letter).key, until: 5000 })
const bound = (letter: string): BindingState & { kind: 'bound' } => ({ kind: 'bound', row: row(letter), until: 9000 })
const declined: BindingState = { kind: 'declined', row: row('e', 'declined'), until: 9000 }
const binding = (letter: string): BindingState => ({ kind: 'saving', back: { kind: 'free', row: undefined }, next: bound(letter), client: client(letter).key })
const releasing = (letter: string): BindingState => ({ kind: 'saving', back: bound(letter), next: { kind: 'free', row: row(letter, 'released') }, client: client(letter).key })

const discover = (letter: string, probe = true): LeaseEvent => ({ kind: 'offer', client: client(letter).key, byHardware: undefined, probe, offerMs: 60_000 })
const request = (letter: string, stage: 'selecting' | 'init-reboot' | 'renewing' | 'rebinding' = 'selecting'): LeaseEvent => ({
  kind: 'request', stage, byHardware: undefined, refusal: undefined, authoritative: true, recordElsewhere: false,
  grant: { address: ADDRESS, subnetId: 1, client: client(letter), hostName: undefined, hostId: undefined, relayInformation: undefined, countedUnder: undefined, seconds: HOUR },
})
const decline = (letter: string): LeaseEvent => ({ kind: 'decline', address: ADDRESS, subnetId: 1, client: client(letter), quarantineMs: 10_000 })
const release = (letter: string): LeaseEvent => ({ kind: 'release', client: client(letter).key })
const withdraw = (letter: string): LeaseEvent => ({ kind: 'withdraw', client: client(letter).key })
const move = (letter: string): LeaseEvent => ({ kind: 'move', client: client(letter).key })
const clear: LeaseEvent = { kind: 'probe-clear', offerMs: 60_000 }
const taken: LeaseEvent = { kind: 'probe-taken', address: ADDRESS, subnetId: 1, holder: '02:ee:ee:ee:ee:ee', quarantineMs: 10_000 }
const found: LeaseEvent = { kind: 'holder-found', holder: '02:ee:ee:ee:ee:ee' }
const revoke: LeaseEvent = { kind: 'revoke' }
const timeout: LeaseEvent = { kind: 'timeout' }

/** Effects in order, by kind; a save with its reason, a silence or refusal with its own. */
const ROWS: readonly (readonly [string, BindingState, LeaseEvent, string, string])[] = [
  // offers
  ['untouched', free, discover('a'), 'probing', 'probe'],
  ['no probe needed', free, discover('a', false), 'offered', 'OFFER'],
  ['held before', freed('a'), discover('a', false), 'offered', 'OFFER'],
  ['asked again while probing', probing('a'), discover('a'), 'probing', 'silence probing'],
  ['probing for another', probing('b'), discover('a'), 'probing', 'next-candidate'],
  ['asked again', offered('a'), discover('a'), 'offered', 'OFFER'],
  ['on offer to another', offered('b'), discover('a'), 'offered', 'next-candidate'],
  ['its own', bound('a'), discover('a'), 'bound', 'OFFER'],
  ['held by another', bound('b'), discover('a'), 'bound', 'next-candidate'],
  ['set aside', declined, discover('a'), 'declined', 'next-candidate'],
  ['being stored', binding('a'), discover('a'), 'saving', 'defer'],
  ['nobody answered', probing('a'), clear, 'offered', 'OFFER'],
  ['nobody answered, too late', free, clear, 'free', ''],
  ['somebody answered', probing('a'), taken, 'saving', 'next-candidate, save dhcp.lease.conflict'],
  ['somebody answered, too late', offered('a'), taken, 'offered', ''],
  // requests; the matrix of stages is in the conformance tables
  ['the offered address', offered('a'), request('a'), 'saving', 'save dhcp.lease.bound, ACK'],
  ['offered to another', offered('b'), request('a'), 'offered', 'refuse in-use'],
  ['no offer known', free, request('a'), 'saving', 'save dhcp.lease.bound, ACK'],
  ['a renewal', bound('a'), request('a', 'renewing'), 'saving', 'save dhcp.lease.renewed, ACK'],
  ['held by another', bound('b'), request('a', 'renewing'), 'bound', 'refuse in-use'],
  ['set aside', declined, request('a'), 'declined', 'refuse quarantined'],
  ['not known at a reboot', free, request('a', 'init-reboot'), 'free', 'silence unknown-client'],
  ['not known at rebinding', freed('b'), request('a', 'rebinding'), 'free', 'silence unknown-client'],
  ['known from before', freed('a'), request('a', 'init-reboot'), 'saving', 'save dhcp.lease.bound, ACK'],
  ['repeated while stored', binding('a'), request('a'), 'saving', 'silence being-stored'],
  ['while another is stored', binding('b'), request('a'), 'saving', 'defer'],
  ['while its release is stored', releasing('a'), request('a', 'renewing'), 'saving', 'defer'],
  // ends
  ['released', bound('a'), release('a'), 'saving', 'save dhcp.lease.released'],
  ['released by another', bound('b'), release('a'), 'bound', 'silence not-owner'],
  ['released while stored', binding('a'), release('a'), 'saving', 'defer'],
  ['released while free', freed('a'), release('a'), 'free', 'silence not-owner'],
  ['declined', bound('a'), decline('a'), 'saving', 'save dhcp.lease.declined'],
  ['declined on offer', offered('a'), decline('a'), 'saving', 'save dhcp.lease.declined'],
  ['declined by another', bound('b'), decline('a'), 'bound', 'silence not-owner'],
  ['declined after the end', freed('a'), decline('a'), 'free', 'silence not-owner'],
  ['declined while stored', binding('a'), decline('a'), 'saving', 'defer'],
  ['revoked', bound('a'), revoke, 'saving', 'save dhcp.lease.released-by-administrator'],
  ['revoked while free', free, revoke, 'free', ''],
  ['revoked while stored', binding('a'), revoke, 'saving', 'defer'],
  ['moved away', bound('a'), move('a'), 'saving', 'save dhcp.lease.moved'],
  ['moved, with an offer', offered('a'), move('a'), 'free', ''],
  ['moved by another', bound('b'), move('a'), 'bound', ''],
  ['withdrawn', offered('a'), withdraw('a'), 'free', ''],
  ['withdrawn while probing', probing('a'), withdraw('a'), 'free', ''],
  ['withdrawn by another', offered('b'), withdraw('a'), 'offered', ''],
  // time
  ['offer not taken', offered('a'), timeout, 'free', ''],
  ['lease over', bound('a'), timeout, 'saving', 'save dhcp.lease.expired'],
  ['quarantine over', declined, timeout, 'free', ''],
  ['who has it is found', declined, found, 'saving', 'save dhcp.decline.holder'],
  ['found too late', bound('a'), found, 'bound', ''],
  ['nothing due', probing('a'), timeout, 'probing', ''],
  // storage
  ['stored', binding('a'), { kind: 'saved' }, 'bound', ''],
  ['not stored', binding('a'), { kind: 'save-failed' }, 'free', ''],
  ['release stored', releasing('a'), { kind: 'saved' }, 'free', ''],
  ['release not stored', releasing('a'), { kind: 'save-failed' }, 'bound', ''],
]

describe('the lease machine', () => {
  test.each(ROWS)('%s', (_name, from, event, to, effects) => {
    const [next, done] = step(from, event, AT)
    const shown = done.map(effect => {
      if (effect.kind === 'reply') return effect.message
      if (effect.kind === 'save') return `save ${effect.change.because}`
      return 'because' in effect ? `${effect.kind} ${effect.because}` : effect.kind
    })
    expect([next.kind, shown.join(', ')]).toEqual([to, effects])
  })

  test('RFC 2131 §3.1 step 4: a reply never stands before its save', () => {
    for (const [, from, event] of ROWS) {
      const kinds = step(from, event, AT)[1].map(effect => (effect.kind === 'reply' ? effect.message : effect.kind))
      const ack = kinds.indexOf('ACK')
      if (ack >= 0) expect(kinds.indexOf('save')).toBe(ack - 1)
    }
  })

  test('a lease whose DECLINE is being stored is still its client\'s; an address that a probe found taken is nobody\'s', () => {
    expect(ownerOf(step(bound('a'), decline('a'), AT)[0])).toBe(client('a').key)
    expect(ownerOf(step(offered('a'), decline('a'), AT)[0])).toBeUndefined()
    expect(ownerOf(step(probing('a'), taken, AT)[0])).toBeUndefined()
  })

  test('a save that failed leaves the state that is on disk, with its own end', () => {
    const [saving] = step(bound('a'), request('a', 'renewing'), AT)
    expect(step(saving, { kind: 'save-failed' }, AT)[0]).toEqual(bound('a'))
    expect(step(step(offered('a'), request('a'), AT)[0], { kind: 'save-failed' }, AT)[0]).toEqual(free)
  })

  test('the same hardware takes over what is reserved for it, also an offer', () => {
    const byHardware = { ...request('a'), byHardware: client('a').mac } as LeaseEvent
    const other: BindingState = { kind: 'bound', row: { ...row('a'), clientId: '00f1' }, until: 9000 }
    const [next, effects] = step(other, byHardware, AT)
    expect([next.kind, effects[0]?.kind === 'save' && effects[0].change.because]).toEqual(['saving', 'dhcp.lease.taken-over'])
    expect(step(bound('b'), byHardware, AT)[1]).toEqual([{ kind: 'refuse', because: 'in-use' }])
    expect(step(offered('x'), { ...discover('a'), byHardware: client('a').mac } as LeaseEvent, AT)[0]).toMatchObject({ client: client('a').key })
  })
})

describe('the state of a stored row at start', () => {
  test.each([
    ['bound, half over', row('a'), 900_000 + 1_800_000, 'bound', 1000 + 1_800_000],
    ['bound, over', row('a'), 900_000 + 4_000_000, 'bound', 1000],
    ['bound for ever', { ...row('a'), expiresAt: undefined }, 900_000, 'bound', undefined],
    ['bound, calendar far behind: no more than its length', row('a'), 0, 'bound', 1000 + 3_600_000],
    ['declined', row('a', 'declined'), 900_000 + 1_800_000, 'declined', 1000 + 1_800_000],
    ['declined, over', row('a', 'declined'), 900_000 + 4_000_000, 'free', undefined],
    ['released', row('a', 'released'), 900_000, 'free', undefined],
    ['expired', row('a', 'expired'), 900_000, 'free', undefined],
  ] as const)('%s', (_name, lease, wallMs, kind, until) => {
    const state = settled(lease, { now: 1000, wallMs })
    expect([state.kind, deadline(state)]).toEqual([kind, until])
  })
})
