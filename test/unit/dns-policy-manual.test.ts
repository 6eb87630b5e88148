/** The examples of docs/dns-policy.md: every command line is one, and the body is taken by the API. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testApi } from '../support/admin-api.ts'
import { commandLine } from '../support/command-line.ts'
import { startAppliance } from '../support/running-appliance.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dns-policy.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] as string)

/** Words as a shell cuts them. */
const wordsOf = (text: string): readonly string[] => [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

describe('docs/dns-policy.md', () => {
  test('its command lines, in their order', async () => {
    const line = await commandLine()
    // The one list of the services in memory is called ads already.
    await line.run('list', 'remove', 'ads')
    const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))
    expect(commands).toHaveLength(20)
    for (const text of commands) {
      const [program, ...words] = wordsOf(text)
      const { code, err } = await line.run(...words)
      expect([program, text, code, err]).toEqual(['bin/taproot', text, 0, ''])
    }
    await line.close()
  })

  test('the body is taken', async () => {
    const { services } = startAppliance()
    const body = JSON.parse(blocks('json')[0] ?? '') as object
    const answer = await testApi({ services }).call('PUT', '/api/v1/dns/policies', body)
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { items: (body as { readonly policies: object[] }).policies }])
  })
})
