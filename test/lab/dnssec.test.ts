/**
 * Signed zones before validators that others wrote: delv and a validating named, asking the appliance, the secondaries
 * that copy its zones, and the appliance as a secondary of a zone that BIND's tools have signed.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { Appliance } from './appliance.ts'
import { dig } from './dig.ts'
import { bind } from './name-servers.ts'
import { Lab, type Host } from './netns.ts'
import { bindPeer, knotPeer, nsdPeer, ownZone } from './transfer-peers.ts'
import { APPLIANCE, BRIDGE, eventually, showOnFailure, staticHost, type World } from './world.ts'

const DENIALS = ['nsec', 'nsec3', 'compact'] as const
const SCHEMES = { nsec: ['--algorithm', 'ECDSAP256SHA256'], nsec3: ['--algorithm', 'ED25519', '--scheme', 'ksk-zsk'], compact: ['--algorithm', 'RSASHA256'] } as const
/** Each copies one of the zones. */
const COPIES = [['nsec', bindPeer, '10.53.0.31'], ['nsec3', knotPeer, '10.53.0.32'], ['compact', nsdPeer, '10.53.0.33']] as const
const LINES = [
  'www IN A 10.9.0.1', 'MiXed IN MX 10 Mail.Example.', '*.wild IN TXT "any thing"', 'deep.under.empty IN A 10.9.0.2', 'alias IN CNAME WWW', 'odd IN TYPE65400 \\# 2 ABCD',
  'open IN NS ns.open', 'ns.open IN A 10.9.0.9', 'closed IN NS ns.open', 'closed IN DS 4711 13 2 B6DCD485719ADCA18E5F3D48A2331627FDD3636B0102030405060708090A0B0C',
]
const QUESTIONS = ['www A', 'www TXT', 'mixed MX', 'nothing A', 'a.b.nothing A', 'x.wild TXT', 'x.wild A', 'under.empty A', 'empty A', 'alias A', 'odd TYPE65400', 'open DS', 'closed DS', '@ SOA', '@ DNSKEY', '@ TXT']
const PATIENCE_MS = 20_000

let world: World
let client: Host
let tsig: string
/** By zone: a file of trust anchors for delv. */
const anchors = new Map<string, string>()

const nameIn = (zone: string, name: string): string => (name === '@' ? zone : `${name}.${zone}`)

/** A DNSKEY record in master-file form as named takes it: who, how, flags, protocol, algorithm, key. */
function anchorOf(record: string): string {
  const [owner, , , , flags, protocol, algorithm, ...key] = record.split(/\s+/)
  return `"${owner}" static-key ${flags} ${protocol} ${algorithm} "${key.join('')}";`
}

/** What delv says of each question; "fully validated" when all is well. */
async function judged(server: string, zone: string): Promise<readonly string[]> {
  const said: string[] = []
  for (const question of QUESTIONS) {
    const [name = '', type = ''] = question.split(' ')
    const argv = ['delv', `@${server}`, '-a', anchors.get(zone) ?? '', `+root=${zone}`, '+nodnssec', nameIn(zone, name), type]
    const { stdout, stderr } = await client.run(argv)
    const verdict = /^; (?:negative response, )?fully validated$/m.test(stdout) ? 'fully validated' : `${stdout}${stderr}`.trim()
    said.push(`${question}: ${verdict}`)
  }
  return said
}
const ALL_WELL = QUESTIONS.map((question) => `${question}: fully validated`)

describeLab('signed zones', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const files = DENIALS.flatMap((denial) => {
      const file = join(lan.directory, `${denial}.zone`)
      writeFileSync(file, ownZone(`${denial}.internal`, APPLIANCE, 100, LINES))
      return [`${denial}.internal=${file}`]
    })
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--zone-file', files.join(',')] })
    world = { lab, lan, appliance }
    client = await staticHost(world, 'client', '10.53.0.50')
    tsig = (await appliance.command('tsig-key', 'add', 'transfer.lab.internal')).stdout.trim()
    const folder = mkdtempSync(join(client.directory, 'anchors-'))
    for (const denial of DENIALS) {
      const zone = `${denial}.internal`
      await appliance.command('zone', 'sign', zone, '--denial', denial, ...SCHEMES[denial])
      const records = (await appliance.command('zone', 'keys', zone, '--records')).stdout.trim().split('\n')
      anchors.set(zone, join(folder, denial))
      writeFileSync(anchors.get(zone) as string, `trust-anchors { ${records.filter((record) => record.includes(' 257 ')).map(anchorOf).join(' ')} };\n`)
    }
  }, 120_000)
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test.each(DENIALS)('delv believes every answer of a zone with denial by %s', async (denial) => {
    expect(await judged(APPLIANCE, `${denial}.internal`)).toEqual(ALL_WELL)
    await world.appliance.command('record', 'add', `${denial}.internal`, 'later', 'A', '10.9.9.9')
    expect(await judged(APPLIANCE, `${denial}.internal`)).toEqual(ALL_WELL)
  }, 60_000)

  test('a validating named says secure with the key of a zone, and fails with another', async () => {
    const validator = await staticHost(world, 'validator', '10.53.0.40')
    const directory = mkdtempSync(join(validator.directory, 'validator-'))
    const records = new Map<string, string>()
    for (const denial of DENIALS) records.set(denial, (await world.appliance.command('zone', 'keys', `${denial}.internal`, '--records')).stdout.split('\n').find((record) => record.includes(' 257 ')) ?? '')
    // The zone with compact proofs is expected to have the key of another.
    const wrong = (records.get('nsec') ?? '').replace('nsec.internal', 'compact.internal')
    writeFileSync(join(directory, 'named.conf'), `
options {
  directory "${directory}"; listen-on { 10.53.0.40; }; listen-on-v6 { none; }; pid-file none; lock-file none; session-keyfile "${directory}/session.key";
  recursion yes; allow-recursion { any; }; dnssec-validation yes; qname-minimization off;
};
controls { };
trust-anchors { ${[records.get('nsec') ?? '', records.get('nsec3') ?? '', wrong].map(anchorOf).join('\n')} };
${DENIALS.map((denial) => `zone "${denial}.internal" { type forward; forward only; forwarders { ${APPLIANCE}; }; };`).join('\n')}
`)
    const named = validator.start('named', ['named', '-g', '-n', '1', '-c', join(directory, 'named.conf')])
    await named.line(/running$/, 0, 60_000)
    const ask = async (name: string, type = 'A') => dig(client, '10.53.0.40', '+dnssec', name, type)
    for (const zone of ['nsec.internal', 'nsec3.internal']) {
      expect(await ask(`www.${zone}`)).toMatchObject({ status: 'NOERROR', flags: expect.arrayContaining(['ad']) })
      expect(await ask(`nothing.${zone}`)).toMatchObject({ status: 'NXDOMAIN', flags: expect.arrayContaining(['ad']) })
      expect(await ask(`x.wild.${zone}`, 'TXT')).toMatchObject({ status: 'NOERROR', flags: expect.arrayContaining(['ad']) })
      expect(await ask(`open.${zone}`, 'DS')).toMatchObject({ status: 'NOERROR', flags: expect.arrayContaining(['ad']) })
    }
    expect(await ask('www.compact.internal')).toMatchObject({ status: 'SERVFAIL' })
    await named.stop()
  }, 60_000)

  test.each(COPIES)('a secondary of the zone with denial by %s gives answers that delv believes, before and after a change', async (denial, peer, address) => {
    const zone = `${denial}.internal`
    await world.appliance.command('zone', 'transfers', zone, '--key', 'transfer.lab.internal')
    await world.appliance.command('zone', 'notify', zone, '--to', `${address},transfer.lab.internal`)
    const host = await staticHost(world, peer.name, address)
    const running = await peer.start({ host, address, appliance: APPLIANCE, key: tsig, own: `${peer.name}.internal`, copied: zone })
    const has = (name: string): Promise<unknown> =>
      eventually(`${name} at ${peer.name}`, async () => ((await dig(client, address, '+norecurse', name, 'A')).answer.length > 0 ? true : undefined), PATIENCE_MS)
    await has(`www.${zone}`)
    expect(await judged(address, zone)).toEqual(ALL_WELL)
    await world.appliance.command('record', 'add', zone, 'more', 'A', '10.9.9.8')
    await has(`more.${zone}`)
    expect(await judged(address, zone)).toEqual(ALL_WELL)
    await running.program.stop()
  }, 90_000)

  test.each([['NSEC', [], '10.53.0.34'], ['NSEC3', ['-3', 'ABCD'], '10.53.0.35'], ['NSEC3 with opt-out', ['-3', '-', '-A'], '10.53.0.36']] as const)('as a secondary of a zone that dnssec-signzone has signed with %s it gives what delv believes', async (denial, options, address) => {
    const zone = `${denial.toLowerCase().replaceAll(' ', '-')}.signed.internal`
    const host = await staticHost(world, `signer${address.slice(-2)}`, address)
    const directory = mkdtempSync(join(host.directory, 'signer-'))
    const run = async (...argv: readonly string[]): Promise<string> => (await host.run(['sh', '-c', `cd ${directory} && ${argv.join(' ')}`])).stdout
    const key = (await run('dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', zone)).trim()
    const zsk = (await run('dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', zone)).trim()
    writeFileSync(join(directory, 'plain'), `${ownZone(zone, address, 7, LINES)}\n$INCLUDE ${directory}/${key}.key\n$INCLUDE ${directory}/${zsk}.key\n`)
    await run('dnssec-signzone', '-q', '-S', ...options, '-o', zone, '-f', 'signed', 'plain')
    const record = (await run('grep', 'DNSKEY', `${key}.key`)).split('\n').find((line) => line.startsWith(zone)) ?? ''
    anchors.set(zone, join(directory, 'anchor'))
    writeFileSync(join(directory, 'anchor'), `trust-anchors { ${anchorOf(record.replace(' IN ', ' 0 IN '))} };\n`)
    const primary = await bind.start(host, address, [{ zone, path: join(directory, 'signed') }], true)
    await world.appliance.command('zone', 'secondary', zone, '--from', address)
    await eventually(`www.${zone}`, async () => ((await dig(client, APPLIANCE, '+norecurse', `www.${zone}`, 'A')).answer.length > 0 ? true : undefined), PATIENCE_MS)
    await primary.stop()
    // Where a signer opts out a nearer name than the wildcard may be there, unsigned (RFC 5155 §9.2): nobody can be sure.
    const sure = (line: string): boolean => !options.some((option) => option === '-A') || !line.startsWith('x.wild TXT')
    expect((await judged(APPLIANCE, zone)).filter(sure)).toEqual(ALL_WELL.filter(sure))
  }, 60_000)
})
