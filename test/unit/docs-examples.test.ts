/** The examples of docs/dhcp-and-others.md: every command line is one, and every body is taken by the API. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testApi } from '../support/admin-api.ts'
import { commandLine } from '../support/command-line.ts'
import { startAppliance } from '../support/running-appliance.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dhcp-and-others.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(match => match[1] as string)

const COMMANDS = blocks('sh').flatMap(block => block.trim().split('\n')).map(line => line.replace(/ +#.*$/, ''))
const BODIES = blocks('json')

describe('docs/dhcp-and-others.md', () => {
  test.each(COMMANDS)('%s', async text => {
    const line = await commandLine()
    const [program, ...words] = text.split(' ')
    const { code, err } = await line.run(...words)
    await line.close()
    expect([program, code, err]).toEqual(['bin/taproot', 0, ''])
  })

  test.each(BODIES)('PATCH /segments/1 %s', async body => {
    const { services } = startAppliance()
    const api = testApi({ services })
    const answer = await api.call('PATCH', '/api/v1/segments/1', JSON.parse(body))
    expect([answer.statusCode, answer.json()]).toEqual([200, expect.objectContaining({ id: 1, policy: expect.objectContaining((JSON.parse(body) as { readonly policy: object }).policy) as object })])
  })

  test('there are some of both', () => expect([COMMANDS.length, BODIES.length]).toEqual([6, 2]))
})
