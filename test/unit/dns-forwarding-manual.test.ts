/** The examples of docs/dns-forwarding.md: command lines that run, texts of servers that are read, a body that is taken. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseForwardServer } from '../../services/index.ts'
import { testApi } from '../support/admin-api.ts'
import { commandLine } from '../support/command-line.ts'
import { startAppliance } from '../support/running-appliance.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dns-forwarding.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] as string)
const PIN = Buffer.alloc(32).toString('base64')

describe('docs/dns-forwarding.md', () => {
  test('its command lines, in their order', async () => {
    const line = await commandLine()
    line.api.services.forwarders.forwarders = []
    const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))
    expect(commands).toHaveLength(10)
    for (const text of commands) {
      const [program, ...words] = text.replace(/ +# .*$/, '').replaceAll("'", '').split(' ')
      const { code, err } = await line.run(...words)
      // Of the servers in memory one fails when it is tested.
      expect([program, text, code, err]).toEqual(['bin/taproot', text, words[1] === 'test' ? 1 : 0, ''])
    }
    await line.close()
  })

  test('the texts of servers', () => {
    const texts = [...PAGE.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text))
    expect(texts).toHaveLength(7)
    for (const text of texts) expect([text, parseForwardServer(text.replace('BASE64', PIN)).ok]).toEqual([text, true])
  })

  test('the body is taken', async () => {
    const { services } = startAppliance()
    const body = JSON.parse(blocks('json')[0] ?? '') as object
    const answer = await testApi({ services }).call('POST', '/api/v1/dns/forwarders', body)
    expect([answer.statusCode, answer.json()]).toMatchObject([201, body])
  })
})
