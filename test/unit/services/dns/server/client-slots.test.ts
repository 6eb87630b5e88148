import { describe, expect, test } from 'vitest'
import { ClientSlots, UNKEPT } from '../../../../../services/dns/server/client-slots.ts'

describe('slots of clients in the answer table', () => {
  test('each combination of view, policy and partition has its own, and keeps it', () => {
    const slots = new ClientSlots()
    const combinations = [[0, 0, 0], [64, 0, 0], [0, 255, 0], [0, 0, 15], [64, 255, 15]] as const
    const given = combinations.map(([view, set, partition]) => slots.slotOf(view, set, partition))
    expect(new Set(given).size).toBe(combinations.length)
    expect(combinations.map(([view, set, partition]) => slots.slotOf(view, set, partition))).toEqual(given)
  })

  test('what has no slot of its own is not kept, and after clear() there is room again', () => {
    const slots = new ClientSlots()
    for (let set = 0; set < UNKEPT; set++) expect(slots.slotOf(0, set, 0)).toBe(set)
    expect(slots.slotOf(1, 0, 0)).toBe(UNKEPT)
    expect(slots.slotOf(2, 0, 0)).toBe(UNKEPT)
    slots.clear()
    expect(slots.slotOf(2, 0, 0)).toBe(0)
  })
})
