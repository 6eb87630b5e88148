/** Zones as a whole on the command line: what is sent, and what is printed of the answer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandLine, commandLine, runCommand } from '../../support/command-line.ts'

let line: CommandLine
const directory = mkdtempSync(join(tmpdir(), 'taproot-zones-'))
const file = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}
const asked = () => line.api.services.zoneContents.asked.at(-1)

beforeAll(async () => {
  line = await commandLine()
})
afterAll(async () => {
  await line.close()
  rmSync(directory, { recursive: true })
})

const CHANGED = '+ www.lab.internal. 300 IN A 10.53.0.20\n'
const DONE = `${CHANGED}added 1 and removed 0, serial 8\n`
const WOULD = `${CHANGED}would add 1 and remove 0, serial 8\n`

describe('what is sent, and what is said of it', () => {
  const zone = file('lab.zone', 'www A 10.53.0.20\n')
  test.each<[string, string, unknown]>([
    [`zone import lab.internal ${zone}`, DONE, { text: 'www A 10.53.0.20\n', mode: 'replace', soa: false, create: false, dryRun: false }],
    [`zone import lab.internal ${zone} --merge --soa --create --dry-run`, WOULD, { text: 'www A 10.53.0.20\n', mode: 'merge', soa: true, create: true, dryRun: true }],
    ['zone undo lab.internal 7', DONE, { mode: 'undo', serial: 7, dryRun: false }],
    ['zone undo lab.internal 7 --back --dry-run', WOULD, { mode: 'back', serial: 7, dryRun: true }],
    [`hosts edit lab.internal ${zone}`, DONE, { text: 'www A 10.53.0.20\n', dryRun: false }],
  ])('%s', async (words, out, sent) => {
    expect(await line.run(...words.split(' '))).toEqual({ code: 0, out, err: '' })
    expect(asked()).toEqual(sent)
  })

  test.each([
    ['zone versions lab.internal', '8\t2026-11-22 03:11:00Z\t1\t0\ttoken first\n'],
    ['zone diff lab.internal 7 8', '; lab.internal from serial 7 to 8\n+ www.lab.internal. 300 IN A 10.53.0.20\n'],
    ['hosts show lab.internal', '10.53.0.20      www.lab.internal\n'],
  ])('%s', async (words, out) => {
    expect(await line.run(...words.split(' '))).toEqual({ code: 0, out, err: '' })
    const { out: json } = await line.run(...words.split(' '), '--json')
    expect(() => JSON.parse(json) as unknown).not.toThrow()
  })

  test.each([
    ['zone diff lab.internal x 8', 2, '"x" is no serial'],
    ['zone import lab.internal /nowhere', 1, '/nowhere cannot be read'],
    ['zone undo none.internal 7', 1, 'there is no zone none.internal'],
    ['record change lab.internal www', 2, '"www" is not the id'],
    ['record change lab.internal 2 --on --off', 2, '--on and --off'],
    ['record add lab.internal x A 10.0.0.1 --expires soon', 2, '--expires takes a time'],
  ])('%s is refused', async (words, expected, said) => {
    const { code, out, err } = await line.run(...words.split(' '))
    expect([code, out, err]).toEqual([expected, '', expect.stringContaining(said)])
  })
})

test('files that others include are read here, and sent as one', async () => {
  file('hosts', 'a A 10.0.0.1\n')
  const main = file('main.zone', '$TTL 60\n@ SOA ns host 9 1 2 3 4\n$INCLUDE hosts sub\n')
  expect((await line.run('zone', 'import', 'lab.internal', main)).out).toBe(DONE)
  expect((await line.run('zone', 'import', 'lab.internal', main, '--include')).out).toBe(DONE)
  expect(asked()).toMatchObject({
    text: [
      '$ORIGIN lab.internal.', '$TTL 60', 'lab.internal.\t60\tIN\tSOA\tns.lab.internal. host.lab.internal. 9 1 2 3 4', 'a.sub.lab.internal.\t60\tIN\tA\t10.0.0.1', '',
    ].join('\n'),
  })
  file('hosts', '\n\na A x\n')
  const { code, err } = await line.run('zone', 'import', 'lab.internal', main, '--include')
  expect([code, err]).toEqual([1, expect.stringContaining(`${join(directory, 'hosts')}:3:5: `)])
})

test('the hosts file is edited in the editor of the person', async () => {
  const editor = file('editor', '#!/bin/sh\necho "10.53.0.9 nine" >> "$2"\n')
  const edit = (command: string) => runCommand(['hosts', 'edit', 'lab.internal'], { ...line.environment, EDITOR: command })
  expect(await edit(`sh ${editor} -x`)).toMatchObject({ code: 0, out: DONE })
  expect(asked()).toEqual({ text: '10.53.0.20      www.lab.internal\n10.53.0.9 nine\n', dryRun: false })
  expect(await edit('false')).toMatchObject({ code: 1, err: expect.stringContaining('nothing was changed') as string })
})

test('a record is put off and on again, and gets an end', async () => {
  const off = await line.run('record', 'change', 'lab.internal', 'www', 'A', '--off')
  expect(off.out).toBe('changed to www.lab.internal A 10.53.0.20, off\n')
  const ends = await line.run('record', 'change', 'lab.internal', '2', '--on', '--expires', '2099-12-24')
  expect(ends.out).toBe('changed to www.lab.internal A 10.53.0.20, on, until 2099-12-24 00:00:00Z\n')
  expect((await line.run('record', 'change', 'lab.internal', '2', '--expires', 'never')).out).toMatch(/, on$/m)
  const { out } = await line.run('record', 'add', 'lab.internal', 'soon', 'A', '10.53.0.21', '--expires', '2h', '--json')
  const { expiresAt } = JSON.parse(out) as { readonly expiresAt: string }
  expect(Math.abs(Date.parse(expiresAt) - Date.now() - 7_200_000)).toBeLessThan(60_000)
})

test('a prefix stands for its reverse zone, also when a subnet is added', async () => {
  expect((await line.run('zone', 'add', '192.0.2.64/26')).out).toBe('added the zone 64/26.2.0.192.in-addr.arpa\n')
  expect((await line.run('subnet', 'add', '10.60.0.0/24', '--reverse-zone')).out).toMatch(/added the subnet 10\.60\.0\.0\/24, id \d+\nadded the zone 0\.60\.10\.in-addr\.arpa\n$/)
  expect((await line.run('subnet', 'add', '10.60.1.0/25', '--reverse-zone')).out).toMatch(/added the zone 1\.60\.10\.in-addr\.arpa/)
  const again = await line.run('subnet', 'add', '10.60.1.128/25', '--reverse-zone')
  expect([again.code, again.err]).toEqual([0, 'taproot: 1.60.10.in-addr.arpa is a zone here already\n'])
  expect((await line.run('zone', 'delegate-block', 'lab.internal', '192.0.2.64/26', 'ns.example.com.')).out).toBe(DONE)
  expect(asked()).toEqual({ prefix: '192.0.2.64/26', servers: ['ns.example.com.'], dryRun: false })
})
