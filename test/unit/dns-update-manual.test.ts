/** The examples of docs/dns-update.md: every command line is one, and every body is taken by the API. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testApi } from '../support/admin-api.ts'
import { commandLine } from '../support/command-line.ts'
import { done, startAppliance } from '../support/running-appliance.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dns-update.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] as string)

const COMMANDS = blocks('sh').flatMap((block) => block.trim().split('\n'))

/** Zones other than the one that the services in memory have. */
const here = (words: readonly string[]): string[] => words.map((word) => (/^(0\.53\.10\.in-addr\.arpa|dyn\.lab\.internal)$/.test(word) ? 'lab.internal' : word))

describe('docs/dns-update.md', () => {
  test.each(COMMANDS)('%s', async (text) => {
    const line = await commandLine()
    const [program, ...words] = text.split(' ')
    const { code, err } = await line.run(...(words.includes('add') ? words : here(words)))
    await line.close()
    expect([program, code, err]).toEqual(['bin/taproot', 0, ''])
  })

  test('the body is taken', async () => {
    const { services } = startAppliance()
    await done(services.tsigKeys.addTsigKey({ name: 'ddns.lab.internal', algorithm: 'hmac-sha256', secret: null }))
    const [body = ''] = blocks('json')
    const answer = await testApi({ services }).call('PUT', '/api/v1/zones/lab.internal/update-policy', JSON.parse(body))
    expect([answer.statusCode, answer.json().rules]).toMatchObject([200, JSON.parse(body).rules])
  })

  test('there are some of both', () => expect([COMMANDS.length, blocks('json').length]).toEqual([11, 1]))
})
