/** docs/dns.md: its command lines, files and bodies, run in the order of the page. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLine } from '../support/command-line.ts'
import { startAppliance } from '../support/running-appliance.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dns.md'), 'utf8')
const EXAMPLES = [...PAGE.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language = '', text = '']) => ({ language, text: text.trim() }))
const textOf = (language: string): string => `${EXAMPLES.find(each => each.language === language)?.text ?? ''}\n`

/** As a shell splits a line: 'quoted' words, and a comment at the end. */
function wordsOf(line: string): readonly string[] {
  const words = line.replace(/ +# .*$/, '').match(/(?:'[^']*'|[^' ])+/g) ?? []
  return words.map(word => word.replaceAll(/'([^']*)'/g, '$1'))
}

test('every command line, file and body of docs/dns.md does what it says, one after the other', async () => {
  const { services } = startAppliance()
  const line = await commandLine(services)
  const directory = mkdtempSync(join(tmpdir(), 'taproot-manual-'))
  const FILES = { 'lab.zone': textOf('zone'), 'hosts.txt': textOf('hosts'), 'example.zone': '$TTL 60\n@ SOA ns host 7 1 2 3 4\n@ NS ns\nns A 10.53.0.2\n' }
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text)
  const printed = new Map<string, string>()
  try {
    for (const { language, text } of EXAMPLES) {
      if (language === 'json') {
        const { serial } = (await line.api.call('GET', '/api/v1/zones/lab.internal')).json() as { readonly serial: number }
        const headers = { authorization: `Bearer ${line.api.token}`, 'if-match': `"${serial}"` }
        const answer = await line.api.app.inject({ method: 'POST', url: '/api/v1/zones/lab.internal/changes', headers, payload: JSON.parse(text) as object })
        expect([answer.statusCode, answer.json()]).toMatchObject([200, { added: 2, removed: 1 }])
      }
      for (const command of language === 'sh' ? text.split('\n') : []) {
        const [program, ...words] = wordsOf(command)
        const { code, out, err } = await line.run(...words.map(word => (word in FILES ? join(directory, word) : word)))
        expect([program, command, code, err]).toEqual(['bin/taproot', command, 0, ''])
        printed.set(words.join(' '), out)
      }
    }
  } finally {
    rmSync(directory, { recursive: true })
    await line.close()
  }
  const merged = printed.get('zone import lab.internal lab.zone --merge') ?? ''
  expect(merged).toMatch(/^\+ node-3\.lab\.internal\. 300 IN A 10\.53\.0\.43$/m)
  expect(printed.get('hosts edit lab.internal hosts.txt')).toMatch(/\+ printer\.lab\.internal\. 300 IN A 10\.53\.0\.34/)
  expect(printed.get('zone undo lab.internal 2 --back')).toMatch(/removed \d+, serial \d+/)
})
