/** docs/dns-signing.md: its command lines and its body, in the order of the page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseFor } from '../../bin/commands/arguments.ts'
import { zoneKeyExport } from '../../bin/commands/zone-key-export.ts'
import { zoneKeyImport } from '../../bin/commands/zone-signing.ts'
import { commandLine } from '../support/command-line.ts'
import { startAppliance } from '../support/running-appliance.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dns-signing.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => (match[1] as string).trim())
const commands = (language: string): readonly string[] => blocks(language).flatMap((block) => block.split('\n')).map((line) => line.replace(/ +#.*$/, ''))

test('every command line does what it says, one after the other', async () => {
  const { services } = startAppliance()
  const line = await commandLine(services)
  try {
    for (const command of commands('sh')) {
      const [program, ...words] = command.split(' ')
      const { code, err } = await line.run(...words)
      // The parent is asked for nothing on the first day.
      const waits = command.includes(' ds ')
      expect([program, command, code]).toEqual(['bin/taproot', command, words.includes('--seen') ? 1 : 0])
      expect(err === '').toBe(!waits)
    }
    for (const [i, body] of blocks('json').entries()) {
      const answer = await line.api.call('PUT', '/api/v1/zones/lab.internal/signing', JSON.parse(body))
      expect([i, answer.statusCode, answer.json()]).toMatchObject([0, 200, JSON.parse(body)])
    }
  } finally {
    await line.close()
  }
  expect(commands('sh')).toHaveLength(12)
})

test('the lines about files are right', () => {
  const rows = [zoneKeyImport, zoneKeyExport]
  const lines = commands('text')
  expect(lines).toHaveLength(rows.length)
  lines.forEach((text, i) => {
    const row = rows[i] as (typeof rows)[number]
    expect(text.startsWith(`bin/taproot ${row.words} `)).toBe(true)
    parseFor(row, text.slice(`bin/taproot ${row.words} `.length).split(' '))
  })
})
