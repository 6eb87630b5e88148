/** Expressions of random and of mutated words: never an exception, bounded time, and a column inside the text. */
import { expect, test } from 'vitest'
import { compileExpression } from '../../../services/dhcp/classify/compile.ts'
import { parseExpression } from '../../../services/dhcp/classify/parse.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { clientMessage, exchangeOf } from '../../support/dhcp-bench.ts'

const WORDS = [
  'and', 'or', 'not', '(', ')', '[', ']', ',', '==', '!=', '<', '>=', 'in', 'starts-with', 'contains', 'matches-glob', 'vendor-class', 'mac', 'secs',
  'option', 'relay', 'giaddr', 'architecture', 'random-mac', 'known', '"*a*b*"', '"', '0x41', '7', '60', '10.0.0.0/8', '02:00:00:00:00:00/3', 'host-name',
  'message-type', 'DISCOVER', '\\', 'é', '🙂',
]

test('the parser of class expressions', () => {
  const random = new SeededRandom(4)
  const exchange = exchangeOf(clientMessage('DISCOVER', { options: { 'vendor-class': 'a'.repeat(200) } }))
  let understood = 0
  for (let i = 0; i < 20_000; i++) {
    const words = Array.from({ length: 1 + random.below(i % 3 === 0 ? 60 : 7) }, () => WORDS[random.below(WORDS.length)] as string)
    const text = words.join(random.chance(0.8) ? ' ' : '')
    const parsed = parseExpression(text)
    if (parsed.ok) {
      understood++
      expect(typeof compileExpression(parsed.value)(exchange)).toBe('boolean')
    } else {
      expect(parsed.error.column).toBeGreaterThanOrEqual(1)
      expect(parsed.error.column).toBeLessThanOrEqual(text.length + 1)
    }
  }
  expect(understood).toBeGreaterThan(100)
})
