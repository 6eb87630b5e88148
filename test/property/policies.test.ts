/** Policies as people write them come back as they were, also from the disk; groups are where a plain count of leases says. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCKED_ANSWERS, type DnsPolicyInput, type Lease, REBINDING_CHECKS, WEEKDAYS } from '../../services/index.ts'
import { minutesOf, readPolicies, timeOfDay } from '../../services/policies/inputs.ts'
import { GroupMembers } from '../../services/policies/members.ts'
import { policyView } from '../../services/policies/views.ts'
import { memoryStore } from '../../services/storage/sqlite.ts'
import { formatIpv4, formatPrefix } from '../../stack/index.ts'
import { change, lease, SEGMENT } from '../support/leases.ts'
import { listInput, policyInput } from '../support/policies.ts'

const LISTS = ['ads', 'malware', 'social'].map((name) => {
  const { name: _, ...rest } = listInput(name, {})
  return { name, kind: rest.kind, format: rest.format, source: { kind: 'text', text: '' }, enabled: true, refreshSeconds: 300, comment: undefined } as const
})
const GROUPS = ['tablets', 'tv'].map((name) => ({ name, members: [], comment: undefined }))

const prefix = fc.tuple(fc.nat(0xffff_ffff), fc.integer({ min: 1, max: 31 })).map(([address, length]) =>
  formatPrefix({ network: (address & (-1 << (32 - length))) | 0, length }))
const addresses = fc.uniqueArray(fc.oneof(prefix, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(formatIpv4)), { maxLength: 4 })
const minute = fc.integer({ min: 0, max: 1439 })
const period = fc.record({
  days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }), from: minute.map(timeOfDay), to: minute.map((at) => timeOfDay(at + 1)),
})
const body: fc.Arbitrary<Partial<DnsPolicyInput>> = fc.record({
  addresses, segments: fc.subarray([SEGMENT.name]), groups: fc.subarray(GROUPS.map(({ name }) => name)), lists: fc.subarray(LISTS.map(({ name }) => name)),
  answer: fc.constantFrom(...BLOCKED_ANSWERS), ttl: fc.nat(86_400), periods: fc.array(period, { maxLength: 3 }), timeZone: fc.constantFrom('UTC', 'Europe/Zurich', 'Asia/Kolkata'),
  rebinding: fc.constantFrom(...REBINDING_CHECKS), rebindingExcept: fc.subarray(['plex.direct', 'xn--bcher-kva.example']),
  dns64: fc.constantFrom(null, '64:ff9b::/96', '2001:db8:1::/48'), comment: fc.constantFrom(null, 'why'),
})

test('what is read is stored and shown as it was written', () => {
  fc.assert(fc.property(fc.array(body, { maxLength: 4 }), (bodies) => {
    const inputs = [...bodies.map((each, i) => policyInput(`p${i}`, each)), policyInput('default')]
    const read = readPolicies(inputs, { segments: [SEGMENT], groups: GROUPS, lists: LISTS })
    if (!read.ok) throw new Error(JSON.stringify(read.error))
    const store = memoryStore()
    store.commit([[{ kind: 'policies-put', policies: read.value }]])
    const { policies } = store.load().policy
    store.close()
    expect(policies).toEqual(read.value)
    const views = policies.map((policy) => policyView(policy, [SEGMENT], { active: true, pause: undefined }))
    expect(views.map(({ active: _, paused: __, pausedUntil: ___, ...view }) => view)).toEqual(inputs)
  }), { numRuns: 60 })
})

test('every time of day is read as it is written', () => {
  for (let at = 0; at <= 1440; at++) expect(minutesOf(timeOfDay(at))).toBe(at)
  fc.assert(fc.property(fc.string({ maxLength: 6 }), (text) => {
    const read = minutesOf(text)
    expect(read === undefined || timeOfDay(read) === text).toBe(true)
  }))
})

test('the members of a group are where the leases say, in whatever order those change', () => {
  const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03']
  const move = fc.record({ last: fc.integer({ min: 1, max: 6 }), mac: fc.constantFrom(...macs), state: fc.constantFrom<Lease['state']>('bound', 'released', 'expired') })
  fc.assert(fc.property(fc.array(move, { maxLength: 40 }), fc.nat(40), (moves, restartAt) => {
    const leases = new Map<number, Lease>()
    let members = new GroupMembers()
    const group = { name: 'g', comment: undefined, members: [{ kind: 'mac', mac: '02:00:00:00:00:01' }, { kind: 'mac', mac: '02:00:00:00:00:02' }] } as const
    members.set([group], [], () => leases.values())
    moves.forEach(({ last, mac, state }, i) => {
      const after = lease(`10.53.0.${last}`, { mac, state })
      leases.set(after.address, after)
      if (i === restartAt) {
        members = new GroupMembers()
        members.set([group], [], () => leases.values())
      } else members.leasesChanged([change(undefined, after)])
      const expected = [...leases.values()].filter((each) => each.state === 'bound' && each.mac !== '02:00:00:00:00:03').map((each) => each.address)
      expect([...members.addressesOf('g')].sort()).toEqual(expected.sort())
    })
  }), { numRuns: 200 })
})
