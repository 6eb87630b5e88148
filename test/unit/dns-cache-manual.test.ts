/** The examples and settings of docs/dns-cache.md: every command line is one, and the defaults are those of the program. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SETTINGS } from '../../services/config/settings.ts'
import { commandLine } from '../support/command-line.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dns-cache.md'), 'utf8')

test('docs/dns-cache.md: its command lines, in their order', async () => {
  const line = await commandLine()
  const commands = (/```sh\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '').trim().split('\n')
  expect(commands).toHaveLength(7)
  for (const text of commands) {
    const [program, ...words] = text.split(' ')
    const { code, err } = await line.run(...words)
    expect([program, text, code, err]).toEqual(['bin/taproot', text, 0, ''])
  }
  await line.close()
})

test('docs/dns-cache.md: its settings', () => {
  const rows = [...PAGE.matchAll(/^\| `(--[\w-]+)` \| (\w+) \|/gm)].map(([, flag, value]) => [flag, value])
  const settings = Object.values(SETTINGS).map((row) => [row.flag, row.initial])
  expect(rows).toHaveLength(4)
  for (const row of rows) expect(settings).toContainEqual(row)
})
