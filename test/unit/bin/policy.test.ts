/** The commands on lists, rules, policies, groups and pauses: what they send, what they print, and what they refuse. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CommandLine, commandLine, type Ran } from '../../support/command-line.ts'
import { startAppliance } from '../../support/running-appliance.ts'
import { temporaryDirectory } from '../../support/storage.ts'

let line: CommandLine
beforeEach(async () => {
  line = await commandLine(startAppliance().services)
})
afterEach(() => line.close())
const run = async (...words: readonly string[]): Promise<string> => {
  const { code, out, err } = await line.run(...words)
  expect([words.join(' '), code, err]).toEqual([words.join(' '), 0, ''])
  return out
}
const file = (text: string): string => {
  const path = join(temporaryDirectory(), 'list.txt')
  writeFileSync(path, text)
  return path
}

test('a list from a file counts for the policies that are named with it', async () => {
  expect(await run('list', 'add', 'ads', '--file', file('ads.example\nnot a name!\n'), '--policy', 'default')).toBe('the list ads is loaded with 1 entries\n')
  expect(await run('list', 'list')).toMatch(/^ads\tblock\tloaded\t1\t0\tdefault\t\S+ \S+\ttyped in\n$/)
  expect(await run('list', 'show', 'ads')).toMatch(/^list: ads\nkind: block, auto\nfrom: typed in\nstate: loaded\nentries: 1\nhits: 0\npolicies: default\n[\s\S]*not understood: 1 lines\n2\t/)
  expect(await run('policy', 'check', 'www.ads.example')).toMatch(/^nxdomain by ads\.example of the list ads\n {2}the policy default counts for 0\.0\.0\.0\n/)
  expect(await run('list', 'change', 'ads', '--off')).toBe('the list ads is off with 1 entries\n')
  expect(await run('policy', 'check', 'www.ads.example')).toMatch(/^no rule decides: it is looked up\n/)
  expect(await run('list', 'change', 'ads', '--on', '--kind', 'allow')).toBe('the list ads is loaded with 1 entries\n')
  await run('policy', 'set', 'default', '--when', 'always', '--comment', 'x')
  expect(JSON.parse(await run('list', 'show', 'ads', '--json'))).toMatchObject({ name: 'ads', kind: 'allow', policies: ['default'] })
})

test('policies keep their order, and what is not given stays as it is', async () => {
  await run('policy', 'set', 'kids', '--address', '10.53.0.64/26', '--when', 'daily@20:00-07:00', '--time-zone', 'Europe/Zurich')
  expect(await run('policy', 'set', 'guests', '--address', '10.53.0.9', '--before', 'kids')).toBe('policies are now, in this order: guests, kids, default\n')
  await run('policy', 'set', 'kids', '--answer', 'null', '--dns64', '64:ff9b::/96')
  expect(await run('policy', 'list')).toBe([
    'guests\t10.53.0.9\talways\tactive\t\tnxdomain\tauto\t-\t-',
    'kids\t10.53.0.64/26\tmon,tue,wed,thu,fri,sat,sun 20:00-07:00 Europe/Zurich\tnot now\t\tnull\tauto\t64:ff9b::/96\t-',
    'default\teverybody\talways\tactive\t\tnxdomain\tauto\t-\t-\n',
  ].join('\n'))
  await run('policy', 'set', 'kids', '--when', 'always', '--dns64', 'none')
  expect(await run('policy', 'list')).toMatch(/kids\t10\.53\.0\.64\/26\talways\tactive\t\tnull\tauto\t-\t-\n/)
  expect(await run('policy', 'remove', 'guests')).toBe('removed the policy guests\n')
})

test('rules are taken back by domain or number; a pause says until when', async () => {
  await run('policy', 'set', 'kids', '--address', '10.53.0.64/26')
  expect(await run('block', 'video.example', '--policy', 'kids')).toBe('video.example is blocked by the policy kids\n')
  expect(await run('allow', 'good.example', '--comment', 'asked for')).toBe('good.example is allowed\n')
  expect(await run('rule', 'list')).toBe('1\tblock\tvideo.example\tkids\t-\t-\n2\tallow\tgood.example\tall\t-\tasked for\n')
  expect(await run('rule', 'remove', 'video.example', '--policy', 'kids')).toBe('removed the rule 1\n')
  expect(await run('rule', 'remove', '2')).toBe('removed the rule 2\n')
  expect(await run('pause', '30', '--policy', 'kids')).toBe('paused: kids until 2026-01-01 12:30:00Z\n')
  expect(await run('policy', 'list')).toMatch(/^kids\t10\.53\.0\.64\/26\talways\tpaused until 2026-01-01 12:30:00Z\t/)
  expect(await run('resume')).toBe('nothing is paused\n')
  expect(await run('pause')).toBe('paused: all policies until resumed\n')
})

test('members of a group are told apart by how they are written', async () => {
  await run('host', 'add', '10.53.0.20', '--mac', '02:00:00:00:00:01', '--name', 'tablet')
  expect(await run('host-group', 'set', 'theirs', 'tablet', '02:00:00:00:00:0b', '10.53.0.30')).toBe('the host group theirs has 3 members, now at 10.53.0.20, 10.53.0.30\n')
  expect(await run('host-group', 'list')).toMatch(/^theirs\thost \d+, 02:00:00:00:00:0b, 10\.53\.0\.30\t10\.53\.0\.20,10\.53\.0\.30\t-\n$/)
  expect(await run('host-group', 'remove', 'theirs')).toBe('removed the host group theirs\n')
})

describe('refused', () => {
  test.each<[readonly string[], number, RegExp]>([
    [['list', 'add', 'ads'], 1, /a list comes from one place/],
    [['list', 'add', 'ads', '--file', '/nowhere/list'], 1, /\/nowhere\/list cannot be read/],
    [['list', 'add', 'ads', '--url', 'ftp://x/y'], 1, /url: "ftp:\/\/x\/y" is not the address of a list/],
    [['list', 'change', 'ads', '--on', '--off'], 2, /--on and --off do not go together/],
    [['list', 'remove', 'ads'], 1, /there is no list ads/],
    [['policy', 'set', 'kids', '--when', '20:00-07:00'], 2, /"20:00-07:00" is no period/],
    [['policy', 'set', 'kids', '--when', 'someday@20:00-07:00'], 1, /days/],
    [['policy', 'set', 'kids', '--before', 'x'], 2, /there is no policy x/],
    [['policy', 'remove', 'kids'], 2, /there is no policy kids/],
    [['policy', 'remove', 'default'], 1, /the last policy is not the one for everybody/],
    [['rule', 'remove', 'x.example'], 2, /there is no rule for x\.example/],
    [['pause', 'soon'], 2, /"soon" is no number of minutes/],
    [['resume'], 1, /nothing is paused/],
    [['host-group', 'set', 'g', 'printer'], 2, /"printer" is neither an address nor a MAC, and no host is called so/],
  ])('%j', async (words, code, said) => {
    const ran: Ran = await line.run(...words)
    expect([ran.code, ran.out, ran.err]).toEqual([code, '', expect.stringMatching(said)])
  })
})
