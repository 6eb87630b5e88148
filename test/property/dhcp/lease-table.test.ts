/** The tables of leases against plain models: what columns, chains and slots hold is what objects would. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LeaseRows } from '../../../services/dhcp/lease-rows.ts'
import { type BindingState, deadline, ownerOf, settled } from '../../../services/dhcp/lease-machine.ts'
import { LeaseTable } from '../../../services/dhcp/lease-table.ts'
import type { Lease } from '../../../services/model/index.ts'
import { SlotIndex, VirtualClock } from '../../../stack/platform/index.ts'

const hexPairs = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength, maxLength }).map((b) => Buffer.from(b).toString('hex'))
const mac = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }).map((n) => `02:00:00:00:00:0${n}`) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 16 }).map((b) => Array.from(b, (o) => o.toString(16).padStart(2, '0')).join(':')) },
)
const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/)
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined })
const time = fc.integer({ min: 0, max: 2 ** 41 })

const lease = (address: fc.Arbitrary<number>): fc.Arbitrary<Lease> =>
  fc.record({
    address,
    subnetId: fc.constantFrom(1, 2),
    state: fc.constantFrom('bound' as const, 'released' as const, 'expired' as const, 'declined' as const),
    hardwareType: fc.constantFrom(1, 6),
    mac,
    clientId: maybe(hexPairs(1, 40)),
    hostName: maybe(label),
    publishedName: maybe(fc.oneof(label.map((l) => `${l}.lab.internal`), label)),
    hostId: maybe(fc.integer({ min: 1, max: 2 ** 31 })),
    relayInformation: maybe(hexPairs(1, 20)),
    countedUnder: maybe(fc.array(label, { maxLength: 3 })),
    startedAt: time,
    renewedAt: time,
    expiresAt: maybe(time),
  }).chain((row) => fc.boolean().map((own) => (own && row.hostName !== undefined ? { ...row, publishedName: `${row.hostName}.lab.internal` } : row)))

describe('lease rows', () => {
  test('what is written is read, whatever was there before', () => {
    const step = fc.tuple(fc.nat(30), fc.option(lease(fc.constant(1)), { nil: undefined, freq: 4 }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const rows = new LeaseRows()
        const model: (Lease | undefined)[] = []
        const slots = Array.from({ length: 31 }, (_, i) => rows.take(i, 1))
        for (const [i, row] of steps) {
          const slot = slots[i] as number
          model[i] = row === undefined ? undefined : { ...row, address: i }
          if (row === undefined) rows.clear(slot)
          else rows.write(slot, { ...row, address: i })
        }
        expect(slots.map((slot) => rows.read(slot))).toEqual(slots.map((_, i) => model[i]))
      }),
    )
  })

  test('long texts that come and go do not pile up', () => {
    const rows = new LeaseRows()
    const slot = rows.take(1, 1)
    const other = rows.take(2, 1)
    const row = (length: number): Lease => ({
      address: 1, subnetId: 1, state: 'bound', hardwareType: 1, mac: '02:00:00:00:00:01', clientId: 'ab'.repeat(length), hostName: undefined,
      publishedName: undefined, hostId: undefined, relayInformation: undefined, countedUnder: undefined, startedAt: 1, renewedAt: 2, expiresAt: 3,
    })
    rows.write(other, { ...row(3), address: 2 })
    // Each is longer than the one before, so none fits in its place: 100 times 500 of them would be 20 MB.
    for (let round = 0; round < 100; round++) for (let length = 1; length < 500; length++) rows.write(slot, row(length))
    expect(rows.arenaOctets).toBeLessThan(500_000)
    expect([rows.read(slot), rows.read(other)]).toEqual([row(499), { ...row(3), address: 2 }])
  })
})

describe('slot index', () => {
  test('is a map of integers', () => {
    const key = fc.oneof(fc.integer(), fc.integer({ min: -20, max: 20 }))
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.option(fc.nat())), { maxLength: 3000 }), (steps) => {
        const index = new SlotIndex()
        const model = new Map<number, number>()
        for (const [k, slot] of steps) {
          if (slot === null) {
            index.delete(k)
            model.delete(k)
          } else {
            index.set(k, slot)
            model.set(k, slot)
          }
        }
        expect(index.size).toBe(model.size)
        for (const [k] of steps) expect(index.get(k)).toBe(model.get(k) ?? -1)
      }),
    )
  })
})

describe('lease table', () => {
  type Act = readonly [address: number, row: Lease | undefined, kind: 'rest' | 'probing' | 'offered' | 'saving', client: string]
  const address = fc.integer({ min: 1, max: 12 })
  const act: fc.Arbitrary<Act> = address.chain((a) =>
    fc.tuple(
      fc.constant(a),
      maybe(lease(fc.constant(a))),
      fc.constantFrom('rest' as const, 'probing' as const, 'offered' as const, 'saving' as const),
      fc.constantFrom('hw:1:02:00:00:00:00:01', 'id:aa', 'id:bb'),
    ))

  function stateFor([, row, kind, client]: Act, at: { now: number; wallMs: number }): BindingState {
    const resting = row === undefined ? ({ kind: 'free', row: undefined } as const) : settled(row, at)
    switch (kind) {
      case 'rest':
        return resting
      case 'probing':
        return { kind, row, client }
      case 'offered':
        return { kind, row, client, until: 1e12 }
      case 'saving':
        return { kind, back: resting, next: resting, client }
    }
  }

  test('holds what a map of states would, by address and by client', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
        const clock = new VirtualClock(1_000_000_000_000)
        const t = new LeaseTable({ clock, due: () => {}, freed: () => {} }, [])
        const model = new Map<number, { state: BindingState; subnetId: number }>()
        for (const a of acts) {
          const state = stateFor(a, { now: clock.now(), wallMs: clock.wallMs() })
          // The subnet of an address does not change from one row to the next; rehome() does that.
          const subnetId = 1 + (a[0] % 2)
          const homed = JSON.parse(JSON.stringify(state), (key, value: unknown) => (key === 'subnetId' ? subnetId : value)) as BindingState
          const filled = restoreUndefined(homed)
          t.set(t.at(a[0], subnetId), filled)
          if (filled.kind === 'free' && filled.row === undefined) model.delete(a[0])
          else model.set(a[0], { state: filled, subnetId })
        }
        expect(t.size).toBe(model.size)
        for (let i = 1; i <= 12; i++) {
          const expected = model.get(i)
          expect(t.stateOf(i)).toEqual(expected?.state ?? { kind: 'free', row: undefined })
          expect([t.kindOf(i), t.knows(i)]).toEqual([expected?.state.kind ?? 'free', expected !== undefined])
        }
        const owners = new Set([...model.values()].map(({ state }) => ownerOf(state)).filter((owner) => owner !== undefined))
        for (const owner of [...owners, 'id:none'])
          for (const subnetId of [1, 2]) {
            const found = [...t.ofClient(owner, { holds: (id) => id === subnetId })].map((b) => b.address).sort((a, b) => a - b)
            const expected = [...model].filter(([, m]) => ownerOf(m.state) === owner && m.subnetId === subnetId).map(([a]) => a)
            expect(found).toEqual(expected.sort((a, b) => a - b))
          }
        expect([...t.all()].map((b) => b.address).sort((a, b) => a - b)).toEqual([...model.keys()].sort((a, b) => a - b))
        expect([...t.all()].every((b) => deadline(b.state) === deadline((model.get(b.address) as { state: BindingState }).state))).toBe(true)
      }),
    )
  })
})

/** JSON drops what is undefined; states have the field all the same. */
function restoreUndefined(state: BindingState): BindingState {
  const row = (r: Lease | undefined): Lease | undefined =>
    r === undefined ? undefined : { clientId: undefined, hostName: undefined, publishedName: undefined, hostId: undefined, relayInformation: undefined, countedUnder: undefined, expiresAt: undefined, ...stripped(r) } as Lease
  const inner = (s: BindingState): BindingState => {
    if (s.kind === 'saving') return { ...s, back: inner(s.back) as typeof s.back, next: inner(s.next) as typeof s.next }
    const filled = { ...s, row: row(s.row) } as BindingState
    return filled.kind === 'bound' && !('until' in filled) ? ({ ...(filled as object), until: undefined } as BindingState) : filled
  }
  return inner(state)
}

const stripped = (r: Lease): Partial<Lease> => Object.fromEntries(Object.entries(r).filter(([, value]) => value !== undefined && value !== null))
