/** The commands that sign zones, over the API of an appliance. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { dnskeyRdata, keyTagOf } from '../../../services/dns/rollover/dnskey.ts'
import { newKey } from '../../../services/dns/rollover/new-key.ts'
import { KeyFile } from '../../../services/storage/key-file.ts'
import { openStore } from '../../../services/storage/sqlite.ts'
import { parsePrivateKeyFile } from '../../../services/zone-signing/key-files.ts'
import { publicKeyOf, toPkcs8 } from '../../../services/zone-signing/key-pair.ts'
import { SeededSecureRandom } from '../../../stack/platform/index.ts'
import { type CommandLine, commandLine } from '../../support/command-line.ts'
import { zone } from '../../support/leases.ts'
import { opened } from '../../support/storage.ts'
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

  test('key-export: the files of the keys, of which the API gives none', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'taproot-export-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const data = join(directory, 'data')
    expect((await line.run('zone', 'key-export', 'lab.internal', '--data', data)).err).toContain('is no data directory of an appliance')
    const text = readFileSync(`${FILE}.private`, 'utf8')
    const read = parsePrivateKeyFile(text)
    if (!read.ok) throw new Error('the fixture is no key')
    const rdata = dnskeyRdata('csk', 13, publicKeyOf(read.value.key, 13))
    mkdirSync(data)
    const store = opened(openStore(data, 0))
    const sealed = new KeyFile(data, new SeededSecureRandom(1)).seal(toPkcs8(read.value.key), rdata, true)
    if (!sealed.ok) throw new Error(sealed.error)
    const key = newKey({ id: 1, zoneId: 1, role: 'csk', algorithm: 13, keyTag: keyTagOf(rdata), dnskeyRdata: Buffer.from(rdata).toString('base64'), madeAt: 0 })
    store.commit([[{ kind: 'zone-put', zone: zone('lab.internal', 1) }, { kind: 'dnssec-key-put', key: { key, sealed: sealed.value } }]])
    store.close()
    expect(await run(`zone key-export lab.internal --data ${data} --to ${directory}`)).toContain('Klab.internal.+013+43768.private and .key')
    const file = join(directory, 'Klab.internal.+013+43768')
    expect(text.startsWith(readFileSync(`${file}.private`, 'utf8'))).toBe(true)
    expect(statSync(`${file}.private`).mode & 0o777).toBe(0o600)
    expect(readFileSync(`${file}.key`, 'utf8')).toMatch(/^lab\.internal\. 3600 IN DNSKEY 257 3 13 jBsh/)
    expect((await line.run('zone', 'key-export', 'lab.internal', '--data', data, '--to', directory)).err).toContain('cannot write')
    expect((await line.run('zone', 'key-export', 'none', '--data', data)).err).toContain('there is no signed zone none')
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
