/** Private keys at rest. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { KEY_FILE, KeyFile } from '../../../../services/storage/key-file.ts'
import { SeededSecureRandom } from '../../../../stack/platform/index.ts'

const SECRET = Uint8Array.of(1, 2, 3)
const ABOUT = Uint8Array.of(9)

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'keys-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}
const keyFile = (where: string, seed = 1): KeyFile => new KeyFile(where, new SeededSecureRandom(seed))

function sealedBy(file: KeyFile): Uint8Array {
  const sealed = file.seal(SECRET, ABOUT, true)
  if (!sealed.ok) throw new Error(sealed.error)
  return sealed.value
}

test('what is sealed opens again, also after a restart; its file is nobody else’s', () => {
  const where = directory()
  const sealed = sealedBy(keyFile(where))
  expect(Buffer.from(sealed).includes(Buffer.from(SECRET))).toBe(false)
  expect(keyFile(where, 2).open(sealed, ABOUT)).toEqual({ ok: true, value: SECRET })
  expect(statSync(join(where, KEY_FILE)).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(where, KEY_FILE))).toHaveLength(32)
})

test('the same is never sealed alike', () => {
  const file = keyFile(directory())
  expect(sealedBy(file)).not.toEqual(sealedBy(file))
})

test('a file is made for the first key only: a lost one is not replaced', () => {
  const where = directory()
  const refused = keyFile(where).seal(SECRET, ABOUT, false)
  expect(refused).toEqual({ ok: false, error: `${join(where, KEY_FILE)} cannot be read (ENOENT)` })
  expect(existsSync(join(where, KEY_FILE))).toBe(false)
})

test.each([
  ['another file', (where: string) => writeFileSync(join(where, KEY_FILE), new Uint8Array(32)), 'it was encrypted with another signing.key, or is damaged'],
  ['a file that is cut off', (where: string) => writeFileSync(join(where, KEY_FILE), new Uint8Array(31)), 'has 31 octets and not 32'],
  ['none', (where: string) => rmSync(join(where, KEY_FILE)), 'cannot be read (ENOENT)'],
] as const)('refused with %s', (_what, spoil, problem) => {
  const where = directory()
  const sealed = sealedBy(keyFile(where))
  spoil(where)
  const opened = keyFile(where).open(sealed, ABOUT)
  expect(opened.ok ? '' : opened.error).toContain(problem)
})

test('what belongs to another key, or was changed, does not open', () => {
  const file = keyFile(directory())
  const sealed = sealedBy(file)
  const changed = sealed.slice()
  changed[30] = (changed[30] as number) ^ 1
  for (const [octets, about] of [[sealed, Uint8Array.of(8)], [changed, ABOUT], [sealed.subarray(0, 20), ABOUT]] as const) expect(file.open(octets, about).ok).toBe(false)
})

test('a directory that cannot be written to is said', () => {
  const where = join(directory(), 'gone')
  const refused = keyFile(where).seal(SECRET, ABOUT, true)
  expect(refused.ok ? '' : refused.error).toContain('cannot be made (ENOENT)')
})
