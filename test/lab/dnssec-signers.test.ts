/** Zones that others have signed (BIND's dnssec-signzone, ldns-signzone, Knot's kzonesign), with every algorithm and denial, before our validator. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ABSOLUTE, keyOf } from '../../services/dns/wire/name.ts'
import { parseRdataText } from '../../services/dns/wire/rdata.ts'
import { TYPE } from '../../services/dns/wire/type-names.ts'
import { VirtualClock } from '../../stack/platform/index.ts'
import { SignedWorld } from '../support/validation.ts'
import { describeLab } from './available.ts'

const ZONE = `$ORIGIN example.
$TTL 300
@ IN SOA ns.nic. root.nic. 1 3600 600 604800 60
@ NS ns.nic.
www A 192.0.2.1
www AAAA 2001:db8::1
*.w A 192.0.2.2
alias CNAME WWW
d DNAME elsewhere.nic.
a.b.c TXT "x"
open NS ns.nic.
shut NS ns.nic.
shut DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
mx MX 10 Mail.Example.
srv SRV 0 0 1 B.example.
\\000\\255x TXT "odd"
`
/** Question, security, and where a span is opted out. */
const QUESTIONS = [
  ['www.example A', 'secure', 'secure'],
  ['WWW.example AAAA', 'secure', 'secure'],
  ['www.example MX', 'secure', 'secure'],
  ['mx.example MX', 'secure', 'secure'],
  ['srv.example SRV', 'secure', 'secure'],
  ['\\000\\255x.example TXT', 'secure', 'secure'],
  ['q.w.example A', 'secure', 'insecure'],
  ['p.q.w.example A', 'secure', 'insecure'],
  ['q.w.example TXT', 'secure', 'insecure'],
  ['alias.example A', 'secure', 'secure'],
  ['q.d.example A', 'secure', 'secure'],
  ['c.example A', 'secure', 'secure'],
  ['nope.example A', 'secure', 'insecure'],
  ['x.www.example A', 'secure', 'insecure'],
  ['open.example DS', 'secure', 'insecure'],
  ['shut.example DS', 'secure', 'secure'],
  ['example DNSKEY', 'secure', 'secure'],
  ['example SOA', 'secure', 'secure'],
  ['example TXT', 'secure', 'secure'],
  ['www.example ANY', 'secure', 'secure'],
] as const

const folder = mkdtempSync(join(tmpdir(), 'taproot-signers-'))
const ALGORITHMS = ['RSASHA256', 'RSASHA512', 'ECDSAP256SHA256', 'ECDSAP384SHA384', 'ED25519', 'ED448'] as const
type Denial = 'nsec' | 'nsec3' | 'opt-out'

/** Signs in `at`, and gives the signed zone. */
const SIGNERS: { readonly [signer: string]: (at: string, algorithm: string, denial: Denial) => string } = {
  bind: (at, algorithm, denial) => {
    const bits = algorithm.startsWith('RSA') ? ['-b', '1024'] : []
    for (const role of [[], ['-f', 'KSK']]) run('dnssec-keygen', '-q', '-a', algorithm, ...bits, ...role, '-K', at, 'example')
    const hashed = denial === 'nsec' ? [] : ['-3', 'aabb', '-H', '3', ...(denial === 'opt-out' ? ['-A'] : [])]
    run('dnssec-signzone', '-q', '-S', '-K', at, '-o', 'example', '-O', 'full', ...hashed, '-d', at, '-f', join(at, 'signed'), join(folder, 'zone'))
    return join(at, 'signed')
  },
  ldns: (at, algorithm, denial) => {
    const keys = [['-k'], []].map((role) => join(at, run('ldns-keygen', '-a', algorithm, ...(algorithm.startsWith('RSA') ? ['-b', '1024'] : []), ...role, 'example', { cwd: at }).trim()))
    const hashed = denial === 'nsec' ? [] : ['-n', '-s', 'ccdd', '-t', '5', ...(denial === 'opt-out' ? ['-p'] : [])]
    run('ldns-signzone', ...hashed, '-f', join(at, 'signed'), join(folder, 'zone'), ...keys)
    return join(at, 'signed')
  },
  knot: (at, algorithm, denial) => {
    const nsec3 = denial === 'nsec' ? 'nsec3: off' : `nsec3: on\n    nsec3-iterations: 0\n    nsec3-opt-out: ${denial === 'opt-out' ? 'on' : 'off'}`
    writeFileSync(join(at, 'knot.conf'), `
database:
  storage: ${at}
policy:
  - id: p
    algorithm: ${algorithm.toLowerCase()}
    ${nsec3}
zone:
  - domain: example.
    storage: ${folder}
    file: zone
    dnssec-signing: on
    dnssec-policy: p
`)
    mkdirSync(join(at, 'out'))
    run('kzonesign', '-c', join(at, 'knot.conf'), '-o', join(at, 'out'), 'example.')
    return join(at, 'out', 'zone')
  },
}

function run(program: string, ...argv: readonly (string | { readonly cwd: string })[]): string {
  const options = argv.find((each) => typeof each !== 'string')
  return execFileSync(program, argv.filter((each) => typeof each === 'string'), { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'], ...options })
}

describeLab('zones that others have signed', () => {
  afterAll(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'zone'), ZONE)
  const rows = Object.keys(SIGNERS).flatMap((signer) => ALGORITHMS.flatMap((algorithm) => (['nsec', 'nsec3', 'opt-out'] as const).map((denial) => [signer, algorithm, denial] as const)))

  test.each(rows)('%s, %s, %s', (signer, algorithm, denial) => {
    const at = mkdtempSync(join(folder, `${signer}-`))
    const text = readFileSync(SIGNERS[signer]?.(at, algorithm, denial) ?? '', 'utf8')
    const world = new SignedWorld({ example: { text, own: true } }, { clock: new VirtualClock(Date.now()) })
    const keys = [...text.matchAll(/DNSKEY\s+(257 .*)$/gm)].map(([, data]) => parseRdataText(TYPE.DNSKEY, (data ?? '').replace(/;.*/, ''), ABSOLUTE))
    world.trust({ example: { ds: [], dnskey: keys.flatMap((key) => (key.ok ? [key.value] : [])) } })
    const told = QUESTIONS.map(([question]) => {
      const { security, text: why } = world.validate(question)
      return [question, security, why]
    })
    // ldns-signzone gives delegations that are not signed a record all the same.
    const isDenied = (question: string): boolean => signer === 'ldns' && question === 'open.example DS'
    expect(told).toEqual(QUESTIONS.map(([question, plain, optedOut]) => [question, denial === 'opt-out' && !isDenied(question) ? optedOut : plain, undefined]))
    expect(world.ask(keyOf('www.example'), TYPE.A)?.answer[0]?.signatures).toBeDefined()
  }, 30_000)
})
