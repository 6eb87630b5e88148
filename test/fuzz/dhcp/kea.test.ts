/** Files that are no configuration, or nearly one: a document or a fault with its line, never an exception. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readKea } from '../../../services/index.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { ROOT } from '../../support/source-tree.ts'

const OFFICE = readFileSync(join(ROOT, 'test/fixtures/kea/office.conf'), 'utf8')
const PIECES = ['{', '}', '[', ']', '"', ',', ':', '/*', '//', '#', '\\', '\n', '0', '-1e9', 'null', 'true', '"Dhcp4"', '\u0000', 'é']

test.each([1, 2, 3])('mutated configurations, seed %i', seed => {
  const random = new SeededRandom(seed)
  let understood = 0
  for (let i = 0; i < 1_000; i++) {
    let text = OFFICE
    for (let n = random.below(4); n >= 0; n--) {
      const at = random.below(text.length + 1)
      text = text.slice(0, at) + (PIECES[random.below(PIECES.length)] as string) + text.slice(at + random.below(20))
    }
    const read = readKea(text)
    if (read.ok) understood++
    else expect(read.error.line).toBeLessThanOrEqual(text.split('\n').length)
  }
  expect(understood).toBeGreaterThan(0)
})
