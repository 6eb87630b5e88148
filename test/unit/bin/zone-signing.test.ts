/** The commands that sign zones, over the API of an appliance. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CommandLine, commandLine } from '../../support/command-line.ts'
import { type Running, startAppliance } from '../../support/running-appliance.ts'

const FILE = new URL('../../fixtures/dnssec/Klab.internal.13-43768', import.meta.url).pathname

let running: Running
let line: CommandLine
beforeEach(async () => {
  running = startAppliance()
  line = await commandLine(running.services)
})
afterEach(() => line.close())

const run = async (words: string): Promise<string> => {
  const { code, out, err } = await line.run(...words.split(' '))
  if (code !== 0) throw new Error(err)
  return out
}

describe('zone', () => {
  test('sign, keys, signing, roll and unsign', async () => {
    expect(await run('zone sign lab.internal --scheme ksk-zsk --ksk-lifetime never --algorithm ed25519')).toMatch(/^lab\.internal is signed with KSK \d+ and ZSK \d+; /)
    expect(await run('zone keys lab.internal')).toMatch(/^\d+\tksk\tED25519\tserve\trumoured\t-\thidden\t2026-[-: 0-9]+Z\n\d+\tzsk\tED25519\tserve\trumoured\trumoured\t-\t/)
    expect(await run('zone keys lab.internal --records')).toMatch(/^lab\.internal\. 3600 IN DNSKEY 257 3 15 .*\nlab\.internal\. 3600 IN DNSKEY 256 3 15 /)
    expect(await run('zone signing lab.internal')).toContain('\tall caches know its DNSKEY record\t')
    // What was said before stays.
    expect(await run('zone sign lab.internal --denial nsec3')).toMatch('is signed with KSK')
    expect(JSON.parse(await run('zone signing lab.internal --json'))).toMatchObject({ scheme: 'ksk-zsk', algorithm: 'ED25519', denial: 'nsec3', kskLifetime: null })
    expect(await run('zone roll lab.internal --role zsk')).toMatch(/KSK \d+ and ZSK \d+ will take over/)
    expect(await run('zone unsign lab.internal')).toBe('lab.internal is not signed any more\n')
  })

  test('key-import and ds', async () => {
    expect(await run(`zone key-import lab.internal ${FILE}.private --in-use`)).toBe('lab.internal is signed with CSK 43768\n')
    expect((await run('zone ds lab.internal')).split('\n')).toEqual([
      'lab.internal. 3600 IN DS 43768 13 2 BD386E8980D1C5DF6A5C690BED7AEF91A121B94EC2209FA094CBD42D7E03E8EC',
      'lab.internal. 3600 IN DS 43768 13 4 F61848B7966A292B303808144CCE85C27BA74DFD0322DDFF2D9465711CE5A09D3F1BDAD22FFF9C9E553FCF4779F8EFEB',
      '',
    ])
    expect(await run('zone unsign lab.internal')).toMatch('stays signed until the parent has no DS record')
    expect(await line.run('zone', 'ds', 'lab.internal', '--seen')).toEqual({ code: 0, out: '', err: 'the parent of lab.internal should have no DS record\n' })
  })

  test.each([
    ['zone sign lab.internal --zsk-lifetime soon', 2, '--zsk-lifetime takes days, or never, not "soon"'],
    ['zone sign lab.internal --scheme three', 1, 'scheme'],
    ['zone sign none', 1, 'there is no zone none'],
    ['zone ds lab.internal --seen --ask', 2, '--seen or --ask, not both'],
    ['zone ds lab.internal --seen', 1, 'waits for nothing at its parent'],
    ['zone key-import lab.internal /nowhere/K', 1, 'cannot read /nowhere/K.private'],
  ] as const)('refused: %s', async (words, code, problem) => {
    const ran = await line.run(...words.split(' '))
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(problem)])
  })
})
