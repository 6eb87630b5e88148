/** Zones as files: what goes out is what other servers take it for; and a browser that is sent on, over a real TAP. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { formatZoneFile, readZoneFile } from '../../services/dns/index.ts'
import { describeLab } from './available.ts'
import { awkwardWorld } from './awkward-zones.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, openWorld, showOnFailure, staticHost, type World } from './world.ts'

const folder = mkdtempSync(join(tmpdir(), 'taproot-zone-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (...argv: readonly [string, ...string[]]): string => {
  const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? 'good' : `${argv[0]} ${status}: ${stdout}${stderr}`
}
/** As BIND understands a file: one record a line, in canonical order; of duplicates BIND takes another letter case. */
function compiled(zone: string, file: string): string {
  const out = `${file}.compiled`
  expect(run('named-compilezone', '-k', 'ignore', '-n', 'ignore', '-m', 'ignore', '-i', 'none', '-s', 'full', '-o', out, zone, file)).toBe('good')
  return readFileSync(out, 'utf8').toLowerCase()
}

describeLab('an export', () => {
  test.each([1, 2, 3, 4, 5, 6])('of awkward zones (seed %i) is to BIND what the original is, and Knot takes it', (seed) => {
    for (const [i, { zone, text }] of awkwardWorld(seed, 0).zones.entries()) {
      const [original, exported] = [`${seed}-${i}.zone`, `${seed}-${i}.exported`].map((name) => join(folder, name)) as [string, string]
      const read = readZoneFile(text, zone)
      if (!read.ok) throw new Error(JSON.stringify(read.error))
      writeFileSync(original, text)
      writeFileSync(exported, formatZoneFile(zone, read.value))
      expect(compiled(zone, exported), zone).toBe(compiled(zone, original))
      expect(run('kzonecheck', '-o', zone, exported), zone).toBe(run('kzonecheck', '-o', zone, original))
      expect(readZoneFile(readFileSync(exported, 'utf8'), zone)).toEqual(read)
    }
  })
})

describeLab('zones as files, over the API', () => {
  let world: World
  let host: Host
  let token: string
  beforeAll(async () => {
    world = await openWorld()
    host = await staticHost(world, 'admin', '10.53.0.20')
    token = readFileSync(join(world.appliance.data, 'token'), 'utf8').trim()
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))
  const curl = (...argv: readonly string[]): Promise<string> => host.succeed(['curl', '-sS', '--max-time', '10', '-H', `Authorization: Bearer ${token}`, ...argv])
  const dig = async (...argv: readonly string[]): Promise<string> => (await host.succeed(['dig', '+short', `@${APPLIANCE}`, ...argv])).trim()
  const url = (path: string): string => `http://${APPLIANCE}/api/v1/zones/${path}`

  test('a file comes in, is answered from, goes out as BIND and Knot take it, and is taken back', async () => {
    const file = join(folder, 'file.zone')
    writeFileSync(file, '$TTL 300\n@ SOA ns host 7 3600 600 86400 60\n@ NS ns\nns A 10.53.0.2\n$GENERATE 1-3 node-$ A 10.53.0.${40,0,d}\nwww CNAME node-1\n')
    const put = await curl('-X', 'PUT', '-H', 'Content-Type: text/dns', '--data-binary', `@${file}`, url('file.internal/file?create=true'))
    expect(JSON.parse(put)).toMatchObject({ dryRun: false, serialAfter: 7 })
    expect(await dig('www.file.internal')).toBe('node-1.file.internal.\n10.53.0.41')
    writeFileSync(`${file}.out`, await curl(url('file.internal/export')))
    expect([run('named-checkzone', 'file.internal', `${file}.out`), run('kzonecheck', '-o', 'file.internal', `${file}.out`)]).toEqual(['good', 'good'])
    const changes = JSON.stringify({ changes: [{ remove: { name: 'www' } }, { add: { name: 'www', type: 'A', data: '10.53.0.99' } }] })
    await curl('-H', 'Content-Type: application/json', '-H', 'If-Match: "7"', '-d', changes, url('file.internal/changes'))
    expect(await dig('www.file.internal')).toBe('10.53.0.99')
    await curl('-H', 'Content-Type: application/json', '-d', JSON.stringify({ mode: 'back', serial: 7 }), url('file.internal/undo'))
    expect(await dig('www.file.internal')).toBe('node-1.file.internal.\n10.53.0.41')
  })

  test('ALIAS at the apex is resolved, and a browser that comes by the name of a URL record is sent on', async () => {
    const add = (name: string, type: string, data: string): Promise<string> =>
      curl('-H', 'Content-Type: application/json', '-d', JSON.stringify({ name, type, data }), url('lab.internal/records'))
    await add('web', 'A', '10.53.0.77')
    await add('@', 'ALIAS', 'web')
    await add('docs', 'URL', '302 1 "https://docs.example.com/"')
    await expect.poll(() => dig('lab.internal')).toBe('10.53.0.77')
    await expect.poll(() => dig('docs.lab.internal')).toBe(APPLIANCE)
    const answer = await host.succeed(['curl', '-sS', '--max-time', '10', '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', '--resolve', `docs.lab.internal:80:${APPLIANCE}`, 'http://docs.lab.internal/guide?x=1'])
    expect(answer).toBe('302 https://docs.example.com/guide?x=1')
  })
})
