/** Zones by TLS (RFC 9103) between the appliance and BIND, both ways: with the other end's name, its key, or neither. */
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { pinOf } from '../../services/dns-tls-query.ts'
import { selfSigned } from '../support/certificate.ts'
import { describeLab } from './available.ts'
import { Appliance } from './appliance.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { ownZone } from './transfer-peers.ts'
import { APPLIANCE, BRIDGE, eventually, showOnFailure, staticHost, type World } from './world.ts'

const BIND = '10.53.0.31'
const SERVER_NAME = 'ns.bind.internal'
const PATIENCE_MS = 15_000

let world: World
let client: Host
let authority: string
const certificate = selfSigned([SERVER_NAME], [BIND], new Date())

const answered = (server: string, name: string, address: string): Promise<unknown> =>
  eventually(`${name} at ${server}`, async () => ((await dig(client, server, '+norecurse', name, 'A')).data.includes(address) ? true : undefined), PATIENCE_MS)

const failure = (zone: string): Promise<string> => eventually(`a failure of ${zone}`, async () => {
  const { body } = await world.appliance.rest<{ lastFailure: { because: string } | null }>('GET', `/zones/${zone}/secondary`)
  return body.lastFailure?.because
}, PATIENCE_MS)

/** Primary of bind0 to bind3 by TLS; secondary of two zones of ours, by TLS with and without our name. */
async function startBind(host: Host): Promise<void> {
  const directory = mkdtempSync(join(host.directory, 'bind-'))
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const zones = [0, 1, 2, 3].map((i) => {
    const path = file(`${i}.zone`, ownZone(`bind${i}.internal`, BIND, 1, [`www IN A 10.9.0.${i}`]))
    return `zone "bind${i}.internal" { type primary; file "${path}"; allow-transfer port 853 transport tls { any; }; };`
  })
  const config = file('named.conf', `
options {
  directory "${directory}"; listen-on { ${BIND}; }; listen-on port 853 tls local { ${BIND}; }; listen-on-v6 { none; };
  pid-file none; lock-file none; session-keyfile "${directory}/session.key"; recursion no; dnssec-validation no; notify no;
};
controls { };
tls local { cert-file "${file('cert.pem', certificate.cert)}"; key-file "${file('key.pem', certificate.key)}"; };
tls ours { ca-file "${file('ca.pem', authority)}"; remote-hostname "taproot.lab.internal"; };
${zones.join('\n')}
zone "ours.internal" { type secondary; primaries { ${APPLIANCE} port 853 tls ephemeral; }; file "${directory}/ours.zone"; };
zone "strict.internal" { type secondary; primaries { ${APPLIANCE} port 853 tls ours; }; file "${directory}/strict.zone"; };
`)
  const program = host.start('named', ['named', '-g', '-n', '1', '-c', config])
  await program.line(/all zones loaded/, 0, 60_000)
}

describeLab('transfers by TLS', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const files = ['ours.internal', 'strict.internal'].map((zone) => {
      const path = join(lan.directory, zone)
      writeFileSync(path, ownZone(zone, APPLIANCE, 1, ['www IN A 10.8.0.1', ...Array.from({ length: 3000 }, (_, i) => `h${i} IN A 10.7.${i >> 8}.${i & 255}`)]))
      return `${zone}=${path}`
    })
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--zone-file', files.join(',')] })
    world = { lab, lan, appliance }
    client = await staticHost(world, 'client', '10.53.0.50')
    authority = (await appliance.command('certificate', 'authority')).stdout
    for (const zone of ['ours.internal', 'strict.internal']) {
      await appliance.command('zone', 'transfers', zone, '--address', `${BIND}/32`, '--tls-only', 'yes')
      await appliance.command('zone', 'notify', zone, '--to', BIND)
    }
    await startBind(await staticHost(world, 'bind', BIND))
  }, 120_000)
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test.each(['ours.internal', 'strict.internal'])('BIND takes %s from us, and each change', async (zone) => {
    await answered(BIND, `h2999.${zone}`, '10.7.11.183')
    await world.appliance.command('record', 'add', zone, 'new', 'A', '10.9.9.9')
    await answered(BIND, `new.${zone}`, '10.9.9.9')
  }, 60_000)

  test('in the clear it is refused', async () => {
    const bind = await client.run(['dig', `@${APPLIANCE}`, '+tries=1', 'ours.internal', 'AXFR'])
    expect(bind.stdout).toContain('Transfer failed')
  })

  test('we take a zone from BIND: whoever it is, by its name, by its key', async () => {
    const file = join(world.lan.directory, 'bind.pem')
    writeFileSync(file, certificate.cert)
    await world.appliance.command('zone', 'secondary', 'bind0.internal', '--from', BIND, '--tls')
    await world.appliance.command('zone', 'secondary', 'bind1.internal', '--from', BIND, '--tls-name', SERVER_NAME, '--tls-ca', file)
    await world.appliance.command('zone', 'secondary', 'bind2.internal', '--from', BIND, '--tls-pin', pinOf(new X509Certificate(certificate.cert)))
    for (const i of [0, 1, 2]) await answered(APPLIANCE, `www.bind${i}.internal`, `10.9.0.${i}`)
  }, 60_000)

  test('from another than it is to be we take nothing', async () => {
    const file = join(world.lan.directory, 'bind.pem')
    const untrusted = [['--tls-name', 'ns.other.internal', '--tls-ca', file], ['--tls-name', SERVER_NAME], ['--tls-pin', Buffer.alloc(32).toString('base64')]] as const
    for (const how of untrusted) {
      await world.appliance.command('zone', 'secondary', 'bind3.internal', '--from', BIND, ...how)
      expect(await failure('bind3.internal')).toBe('its certificate is not the one that it is to have')
      expect((await dig(client, APPLIANCE, '+norecurse', 'www.bind3.internal', 'A')).status).toBe('SERVFAIL')
    }
  }, 60_000)
})
