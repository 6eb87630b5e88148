/** The examples of docs/dns-views.md: every command line is one, and the body is taken by the API. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testApi } from '../support/admin-api.ts'
import { commandLine } from '../support/command-line.ts'
import { startAppliance } from '../support/running-appliance.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dns-views.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] as string)

describe('docs/dns-views.md', () => {
  test('its command lines, in their order', async () => {
    const line = await commandLine()
    const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))
    expect(commands).toHaveLength(8)
    for (const text of commands) {
      const [program, ...words] = text.split(' ')
      // The zones in memory have no views beside them.
      const { code, err } = await line.run(...words.map((word) => (words[0] === 'record' ? word.replace('shop.internal@inside', 'lab.internal') : word.replace('www.shop.internal', '10.53.0.100'))))
      expect([program, text, code, err]).toEqual(['bin/taproot', text, 0, ''])
    }
    await line.close()
  })

  test('the body is taken', async () => {
    const { services } = startAppliance()
    const body = JSON.parse(blocks('json')[0] ?? '') as object
    const answer = await testApi({ services }).call('PUT', '/api/v1/views', body)
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { items: (body as { readonly views: object[] }).views }])
  })
})
