/** Files that are to be keys: whatever they hold, they are read or refused, and nothing throws. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parsePrivateKeyFile, readPublicKeyFile } from '../../services/zone-signing/key-files.ts'
import { SeededRandom } from '../../stack/platform/index.ts'

const NAMES = ['13-43768', '15-17729', '8-64353'] as const
const read = (name: string, end: string): string => readFileSync(new URL(`../fixtures/dnssec/Klab.internal.${name}.${end}`, import.meta.url), 'utf8')

/** A few characters are others, gone, or twice there. */
function damaged(text: string, random: SeededRandom): string {
  let changed = text
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(changed.length + 1)
    const piece = ['', '\n', ':', ' ', '=', ';', '(', '"', '\\', '\0', 'A', '9', changed.slice(at, at + random.below(40))][random.below(13)] as string
    changed = changed.slice(0, at) + piece + changed.slice(at + random.below(30))
  }
  return changed
}

test.each([1, 2, 3])('damaged files of keys, seed %i', (seed) => {
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < 1500; i++) {
    const name = NAMES[random.below(NAMES.length)] as string
    const key = parsePrivateKeyFile(random.chance(0.6) ? damaged(read(name, 'private'), random) : read(name, 'private'))
    if (!key.ok) {
      expect([key.error.code, key.error.field]).toEqual(['invalid', '/privateKey'])
      continue
    }
    const role = readPublicKeyFile(damaged(read(name, 'key'), random), 'lab.internal', key.value)
    if (role.ok) taken++
    else expect([role.error.code, role.error.field]).toEqual(['invalid', '/publicKey'])
  }
  // Comments may be damaged without harm.
  expect(taken).toBeGreaterThan(0)
})
