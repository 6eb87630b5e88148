/** A sorted list in chunks, and signatures in columns, against the simplest that does the same. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SignatureStore } from '../../services/dns/dnssec/signature-store.ts'
import { SlotOrder } from '../../services/dns/dnssec/slot-order.ts'

describe('slots in order', () => {
  test('come, go and are found as in a sorted array', () => {
    // A slot's place is a number of its own; runs of them fill and halve chunks.
    const place = (slot: number): number => (slot * 7919) % 10_007
    const steps = fc.array(fc.tuple(fc.constantFrom('insert', 'remove', 'seek'), fc.integer({ min: 0, max: 10_006 }), fc.integer({ min: 1, max: 300 })), { maxLength: 40 })
    fc.assert(fc.property(steps, (list) => {
      const order = new SlotOrder()
      const model = new Map<number, number>()
      const sorted = (): number[] => [...model].sort((a, b) => a[0] - b[0]).map(([, slot]) => slot)
      for (const [what, from, count] of list) {
        for (let i = 0; i < count && what !== 'seek'; i++) {
          const slot = (from + i) % 10_007
          const at = place(slot)
          if (what === 'insert' && !model.has(at)) {
            order.insert(slot, (other) => at - place(other))
            model.set(at, slot)
          } else if (what === 'remove') expect(order.remove(slot, (other) => at - place(other))).toBe(model.delete(at))
        }
        const slots = sorted()
        expect(order.size).toBe(slots.length)
        const found = order.seek((other) => from + 0.5 - place(other))
        const before = slots.findLastIndex((slot) => place(slot) < from + 0.5)
        expect(found).toBe(slots.length === 0 ? -1 : (slots[before < 0 ? slots.length - 1 : before] as number))
        if (slots.length === 0) continue
        const at = before < 0 ? slots.length - 1 : before
        expect(order.following()).toBe(slots[(at + 1) % slots.length])
        order.previous()
        expect(order.previous()).toBe(slots[(at + slots.length - 1) % slots.length])
      }
      // All round, from wherever it stands.
      const slots = sorted()
      const first = order.seek(() => -1)
      const seen = slots.map((_, i) => (i === 0 ? order.following() : order.following()))
      expect([first, ...seen].slice(1)).toEqual(slots)
    }), { numRuns: 60 })
  })
})

describe('signatures in columns', () => {
  test('are kept, replaced and forgotten as in a map', () => {
    const number = (max: number) => fc.integer({ min: 0, max })
    const step = fc.oneof(
      fc.tuple(fc.constant('put'), number(30), number(3), number(2), fc.constantFrom(3, 64, 256)), fc.tuple(fc.constant('drop'), number(30), number(3), number(2), fc.constant(0)),
      fc.tuple(fc.constant('node'), number(30), number(3), number(2), fc.constant(0)), fc.tuple(fc.constant('key'), number(30), number(3), number(2), fc.constant(0)),
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const store = new SignatureStore()
      const model = new Map<string, Uint8Array>()
      let made = 0
      for (const [what, node, type, key, octets] of steps) {
        const matches = (id: string, ...parts: readonly (number | undefined)[]): boolean => id.split(' ').every((part, i) => parts[i] === undefined || Number(part) === parts[i])
        const forget = (...parts: readonly (number | undefined)[]): void => [...model.keys()].filter((id) => matches(id, ...parts)).forEach((id) => model.delete(id))
        if (what === 'put') {
          const signature = new Uint8Array(octets).fill(++made)
          store.put(node, type, key, made, made + 10, signature)
          model.set(`${node} ${type} ${key}`, signature)
        } else if (what === 'drop') {
          store.drop(node, type)
          forget(node, type)
        } else if (what === 'node') {
          store.dropNode(node)
          forget(node)
        } else {
          store.dropAll((_type, other) => other === key)
          forget(undefined, undefined, key)
        }
        expect(store.size).toBe(model.size)
      }
      for (let node = 0; node <= 30; node++) for (let type = 0; type <= 3; type++) for (let key = 0; key <= 2; key++) {
        const entry = store.find(node, type, key)
        const expected = model.get(`${node} ${type} ${key}`)
        expect(entry < 0 ? undefined : [...store.signature(entry)]).toEqual(expected && [...expected])
        if (entry >= 0) expect([store.inception(entry) % 256, store.expiration(entry) - store.inception(entry)]).toEqual([expected?.[0], 10])
      }
    }), { numRuns: 60 })
  })
})
