/** Zones that we sign, before the judges that others wrote: ldns-verify-zone, dnssec-verify, kzonecheck, named-checkzone. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { signedFile } from '../../services/dns/index.ts'
import type { LiveZone } from '../../services/dns/index.ts'
import { VirtualClock } from '../../stack/platform/index.ts'
import { Bench, zoneOf } from '../support/dns.ts'
import { keyPair, signingKey, signingOf } from '../support/dnssec.ts'
import { describeLab } from './available.ts'

const ZONE = zoneOf('example', `
  @             NS    ns1
  @             NS    ns2.elsewhere.
  @             MX    1 XX
  a             NS    ns1.a
  a             DS    57855 5 1 B6DCD485719ADCA18E5F3D48A2331627FDD3636B
  ns1.a         A     192.0.2.5
  b             NS    ns1.b
  ns1.b         A     192.0.2.7
  ns1           A     192.0.2.1
  *.w           MX    1 ai
  x.y.w         MX    1 xx
  ai            A     192.0.2.9
  xx            A     192.0.2.10
  XX            AAAA  2001:db8::f00:baaa
  alias         CNAME AI
  *.c           CNAME xx
  deep.e.e      TXT   "under two empty ones"
  srv           SRV   0 0 1 XX
  naptr         NAPTR 1 1 "" "" "" XX
  svcb          SVCB  1 XX port=1
  wks           TYPE65333 \\# 2 0102
  rp            RP    A.Example. B.Example.
  \\000\\255x   TXT   "odd"
`)
const folder = mkdtempSync(join(tmpdir(), 'taproot-dnssec-'))

describeLab('zones that are signed here', () => {
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...argv: readonly [string, ...string[]]): string => {
    const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8', timeout: 20_000 })
    return status === 0 ? 'good' : `${argv[0]} ${status}: ${stdout}${stderr}`
  }

  const rows = ([8, 13, 15] as const).flatMap((algorithm) =>
    (['nsec', 'nsec3', 'compact'] as const).flatMap((denial) => [false, true].map((split) => [algorithm, denial, split] as const)))
  test.each(rows)('algorithm %i, %s, two keys: %s', (algorithm, denial, split) => {
    const csk = [signingKey(algorithm)]
    const two = [signingKey(algorithm, { signsZone: false }), signingKey(algorithm, { id: 2, flags: 256, signsKeys: false }, keyPair(algorithm, 1))]
    const bench = new Bench([ZONE], {}, 1, false, new VirtualClock(Date.now()))
    bench.server.setSigning(1, signingOf({ denial, keys: split ? two : csk, nsec3: { iterations: 0, salt: Uint8Array.from(split ? [1, 2, 3] : []), optOut: false } }))
    const file = join(folder, `${algorithm}-${denial}-${split}.zone`)
    writeFileSync(file, [...signedFile(bench.server.zones.get('example') as LiveZone)].join(''))
    expect([
      run('ldns-verify-zone', file), run('dnssec-verify', ...(split ? [] : ['-z']), '-o', 'example', file), run('kzonecheck', '-d', 'on', '-o', 'example', file),
      run('named-checkzone', 'example', file),
    ]).toEqual(['good', 'good', 'good', 'good'])
  })
})
