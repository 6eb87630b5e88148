import { describe, expect, test } from 'vitest'
import { Budget } from '../../../../../services/dns/resolver/source.ts'

describe('what a question may cost', () => {
  test('is taken until nothing is left, and then nothing is', () => {
    const budget = new Budget()
    const before = budget.hashRounds
    expect(budget.take('hashRounds', before - 1)).toBe(true)
    expect(budget.take('hashRounds', 2)).toBe(false)
    expect(budget.hashRounds).toBe(1)
    expect(budget.take('hashRounds')).toBe(true)
    expect(budget.take('hashRounds')).toBe(false)
    expect(budget.take('queries')).toBe(true)
  })
})
