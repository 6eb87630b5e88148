/** The examples of docs/dns-transfers.md: every command line is one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLine } from '../support/command-line.ts'
import { ROOT } from '../support/source-tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/dns-transfers.md'), 'utf8')
const COMMANDS = [...PAGE.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block]) => (block as string).trim().split('\n'))
  .map(line => line.replace(/ +#.*$/, ''))

test.each(COMMANDS)('%s', async text => {
  const line = await commandLine()
  const [program, ...words] = text.split(' ')
  const { code, err } = await line.run(...words)
  await line.close()
  expect([program, code, err]).toEqual(['bin/taproot', 0, ''])
})

test('there are some', () => expect(COMMANDS.length).toBeGreaterThan(6))
