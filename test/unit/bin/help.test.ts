import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../../bin/commands/registry.ts'
import { findCommand, parseFor } from '../../../bin/commands/arguments.ts'
import { nearest } from '../../../bin/commands/nearest.ts'
import { runCommand } from '../../support/command-line.ts'

const run = (...words: readonly string[]) => runCommand(words, {})

describe('help', () => {
  test('lists every command, on stdout when it was asked for', async () => {
    for (const words of [['help'], ['--help'], ['-h']]) {
      const { code, out, err } = await run(...words)
      expect({ code, err }).toEqual({ code: 0, err: '' })
      for (const command of COMMANDS) expect(out).toContain(`  ${command.words} `)
      expect(out).toContain('start')
    }
  })

  test('is on stderr, and no success, when no command was given', async () => {
    const { code, out, err } = await run()
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('Usage: taproot COMMAND')
  })

  test.each(COMMANDS.map(command => [command.words, command] as const))('%s', async (words, command) => {
    const asked = await run(...words.split(' '), '--help')
    expect(asked.code).toBe(0)
    expect(asked.out).toContain(`taproot ${words}`)
    for (const option of [...Object.keys(command.options), 'json', 'api', 'token-file'])
      expect(asked.out).toContain(`--${option}`)
    for (const example of command.examples) expect(asked.out).toContain(example)
    expect(await run('help', ...words.split(' '))).toEqual(asked)
    for (const text of asked.out.split('\n')) expect(text.length).toBeLessThanOrEqual(120)
  })

  test('of a group lists what it has', async () => {
    const { code, out } = await run('record', '--help')
    expect(code).toBe(0)
    for (const words of ['record list', 'record add', 'record remove']) expect(out).toContain(words)
  })

  test('every example is a right command line', () => {
    for (const command of COMMANDS) {
      expect(command.examples.length).toBeGreaterThan(0)
      for (const example of command.examples) {
        const words = [...example.replace(/ >.*$/, '').matchAll(/'([^']*)'|(\S+)/g)].map(
          match => match[1] ?? match[2] ?? '',
        )
        const found = findCommand(COMMANDS, words.slice(1), [])
        expect(found, example).toMatchObject({ kind: 'command', command: { words: command.words } })
        if (found.kind === 'command') expect(() => parseFor(found.command, found.rest), example).not.toThrow()
      }
    }
  })
})

describe('version', () => {
  test.each(['--version', 'version'])('%s', async word => {
    const { code, out } = await run(word)
    expect(code).toBe(0)
    expect(out).toMatch(/^taproot \d+\.\d+\.\d+\n$/)
  })
})

describe('nearest', () => {
  const known = ['leases', 'explain', 'zone', 'record', 'segment']
  test.each([
    ['lease', 'leases'],
    ['leaes', 'leases'],
    ['LEASES', 'leases'],
    ['expl', 'explain'],
    ['zoen', 'zone'],
    ['zne', 'zone'],
    ['segm', 'segment'],
    ['reocrd', 'record'],
    ['quux', undefined],
    ['', undefined],
  ])('%j is %s', (word, meant) => {
    expect(nearest(word, known)).toBe(meant)
  })
})
