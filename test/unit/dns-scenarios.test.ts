/** Scenarios of resolving, in virtual time: each file of test/scenarios/dns says what it shows and what must come. */
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runScenario } from '../support/dns-scenario.ts'
import { ROOT } from '../support/source-tree.ts'
import { temporaryDirectory } from '../support/storage.ts'

const DIRECTORY = join(ROOT, 'test/scenarios/dns')
const FILES = readdirSync(DIRECTORY).filter((file) => file.endsWith('.scenario'))

describe('a resolver', () => {
  test.each(FILES)('%s', async (file) => {
    await expect(runScenario(join(DIRECTORY, file))).resolves.toBeUndefined()
  })
})

describe('a scenario that is wrong fails, and says where', () => {
  test.each([
    ['query www.example.com A\nexpect NXDOMAIN', /x\.scenario:3: expect NXDOMAIN\nit was NOERROR/],
    ['query www.example.com A\nexpect NOERROR ad\n  www.example.com 300 A 192.0.2.80', /x\.scenario:3: expect NOERROR ad/],
    ['query www.example.com A\nexpect NOERROR\n  www.example.com 300 A 192.0.2.81', /missing {2}www\.example\.com 300 A 192\.0\.2\.81\ntoo much www\.example\.com 300 A 192\.0\.2\.80/],
    ['query www.example.com A\nexpect NOERROR', /too much www\.example\.com/],
    ['query www.example.com A\nexpect-asked nothing', /x\.scenario:3: expect-asked nothing\ntoo much 198\.41\.0\.4 \. NS/],
    ['query www.example.com A\nexpect-asked-of 192.0.2.53 7', /it was asked 1 times/],
    ['query www.example.com A\nexpect-error 3', /its extended errors are none/],
    ['down 198.41.0.4\nquery www.example.com A\nexpect nothing', /an answer came: SERVFAIL/],
    ['fault 192.0.2.53 haunted', /there is no fault "haunted"/],
    ['fault 203.0.113.1 dead', /there is no host 203\.0\.113\.1/],
    ['hope for the best', /x\.scenario:2: there is no "hope"/],
    ['wait long', /"long" is no time/],
  ])('%j', async (text, problem) => {
    const directory = temporaryDirectory()
    copyFileSync(join(DIRECTORY, 'small.internet'), join(directory, 'small.internet'))
    const file = join(directory, 'x.scenario')
    writeFileSync(file, `include small.internet\n${text}\n`)
    await expect(runScenario(file)).rejects.toThrow(problem)
  })
})
