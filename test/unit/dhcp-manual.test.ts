/** docs/dhcp.md: its command lines, expressions and documents, run in the order of the page. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FIELDS } from '../../services/dhcp/classify/fields.ts'
import { FLAGS, parseExpression } from '../../services/dhcp/classify/parse.ts'
import { commandLine } from '../support/command-line.ts'
import { done, startAppliance } from '../support/running-appliance.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dhcp.md'), 'utf8')
type Example = { readonly language: string; readonly text: string }
const EXAMPLES: readonly Example[] = [...PAGE.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language = '', text = '']) => ({ language, text: text.trim() }))
const linesOf = (language: string): readonly string[] => EXAMPLES.filter(each => each.language === language).flatMap(each => each.text.split('\n'))

/** As a shell splits a line: 'quoted' words, and a comment at the end. */
function wordsOf(line: string): readonly string[] {
  const words = line.replace(/ +# .*$/, '').match(/(?:'[^']*'|[^' ])+/g) ?? []
  return words.map(word => word.replaceAll(/'([^']*)'/g, '$1'))
}

test('every command line and every body does what it says, one after the other', async () => {
  const { services } = startAppliance()
  const line = await commandLine(services)
  const directory = mkdtempSync(join(tmpdir(), 'taproot-manual-'))
  const files: { readonly [name: string]: string } = {
    'lab.yaml': linesOf('yaml').join('\n'),
    'kea-dhcp4.conf': readFileSync(join(ROOT, 'test/fixtures/kea/exported.conf'), 'utf8'),
    'kea-leases4.csv': `address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n10.60.0.150,02:00:00:00:00:51,,3600,4102444800,1,0,0,ant,0,\n`,
    'leases.csv': 'address,mac,client-id,hostname,expiry\n10.60.0.151,02:00:00:00:00:52,,bee,2099-01-01T00:00:00Z\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  const printed = new Map<string, string>()
  try {
    for (const { language, text } of EXAMPLES) {
      if (language === 'json') {
        const answer = await line.api.call('PATCH', '/api/v1/segments/1', JSON.parse(text))
        expect([answer.statusCode, answer.json()]).toMatchObject([200, JSON.parse(text)])
      }
      for (const command of language === 'sh' ? text.split('\n') : []) {
        const [program, ...words] = wordsOf(command)
        const { code, out, err } = await line.run(...words.map(word => (Object.hasOwn(files, word) ? join(directory, word) : word)))
        expect([program, command, code, err]).toEqual(['bin/taproot', command, 0, ''])
        printed.set(words.join(' '), out)
      }
    }
  } finally {
    rmSync(directory, { recursive: true })
    await line.close()
  }
  const [host = '', guest = ''] = [...printed].filter(([words]) => words.startsWith('options effective')).map(([, out]) => out)
  expect(host).toMatch(/^leaseSeconds\s+864000\s+host/)
  expect(host).toMatch(/ntp-servers\s+\["10\.0\.0\.123"\]\s+site campus/)
  expect(guest).toMatch(/ntp-servers\s+none\s+class guests/)
  expect(guest).toMatch(/routers\s+\["10\.60\.1\.1"\]\s+subnet 10\.60\.1\.0\/24/)
  expect(printed.get('dhcp import lab.yaml')).toBe(printed.get('dhcp import lab.yaml --dry-run'))
  expect(printed.get('leases import kea-leases4.csv --from kea --dry-run')).toBe('would take 1 lease over\n')
  expect(printed.get('leases export')).toContain('10.60.0.151,02:00:00:00:00:52,,bee,')
  expect(await done(services.dhcp.list('hosts'))).toMatchObject([{ name: 'printer', addresses: ['10.60.0.20'] }])
})

test.each(linesOf('expression'))('%s', text => expect(parseExpression(text)).toMatchObject({ ok: true }))

describe('the page names every', () => {
  test.each(Object.keys(FIELDS))('field: %s', name => expect(PAGE).toContain(`\`${name}\``))
  test.each(FLAGS)('flag: %s', flag => expect(PAGE).toContain(`"${flag}"`))
})
