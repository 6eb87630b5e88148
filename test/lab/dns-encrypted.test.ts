/** DNS over TLS and HTTPS, and the API by https, for the clients that people have. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CertificateView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, eventually, openWorld, showOnFailure, staticHost, type World } from './world.ts'

const NAME = 'taproot.lab.internal'
const ANSWER = new RegExp(`^${NAME.replaceAll('.', '\\.')}\\.\\s+300\\s+IN\\s+A\\s+10\\.53\\.0\\.2$`, 'm')

let world: World
let asker: Host
/** The certificate of the appliance's authority, as a client saves it. */
let ca: string

const kdig = async (...how: readonly string[]): Promise<string> => (await asker.run(['kdig', `@${APPLIANCE}`, '+time=5', '+retry=0', ...how])).stdout
const certificate = (): Promise<CertificateView> => world.appliance.get('/certificate')

describeLab('DNS within TLS', () => {
  beforeAll(async () => {
    world = await openWorld()
    asker = await staticHost(world, 'asker', '10.53.0.50')
    ca = join(asker.directory, 'ca.crt')
    writeFileSync(ca, await asker.succeed(['curl', '-sS', '--max-time', '5', `http://${APPLIANCE}/ca.crt`]))
    await world.appliance.command('zone', 'transfers', 'lab.internal', '--address', '10.53.0.50/32')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  describe('the certificate, by openssl', () => {
    const connect = (...how: readonly string[]) =>
      asker.run(['openssl', 's_client', '-connect', `${APPLIANCE}:853`, '-CAfile', ca, '-verify_return_error', '-brief', ...how], { input: '' })

    test.each([
      ['its name', ['-verify_hostname', NAME], true],
      ['its address', ['-verify_ip', APPLIANCE], true],
      ['TLS 1.2', ['-verify_ip', APPLIANCE, '-tls1_2'], true],
      ['the protocol dot', ['-verify_ip', APPLIANCE, '-alpn', 'dot'], true],
      ['another name', ['-verify_hostname', 'dns.example'], false],
      ['another protocol', ['-verify_ip', APPLIANCE, '-alpn', 'h2'], false],
      ['TLS 1.1', ['-verify_ip', APPLIANCE, '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'], false],
    ])('%s', async (_what, how, good) => {
      const { code, stderr } = await connect(...how)
      expect([code === 0, /Verification: OK/.test(stderr)]).toEqual([good, good])
    })

    test('what the command line prints is what is served at /ca.crt, and is confined to the appliance’s domain', async () => {
      const { stdout } = await world.appliance.command('certificate', 'authority')
      expect(stdout).toBe(await asker.succeed(['cat', ca]))
      const text = await asker.succeed(['openssl', 'x509', '-in', ca, '-noout', '-text'])
      expect(text).toMatch(/Name Constraints: critical\s+Permitted:\s+DNS:lab\.internal\s+IP:10\.0\.0\.0\/255\.0\.0\.0/)
      expect(text).toMatch(/CA:TRUE, pathlen:0/)
      expect(await asker.succeed(['openssl', 'verify', '-x509_strict', '-CAfile', ca, ca])).toMatch(/: OK/)
    })
  })

  describe('kdig', () => {
    test.each([
      ['over TLS, with the name checked', (): readonly string[] => ['+tls', `+tls-ca=${ca}`, `+tls-hostname=${NAME}`]],
      ['over HTTPS by POST', () => ['+https', `+tls-ca=${ca}`, `+tls-hostname=${NAME}`]],
      ['over HTTPS by GET', () => ['+https', '+https-get', `+tls-ca=${ca}`, `+tls-hostname=${NAME}`]],
    ])('%s', async (_what, how) => {
      const text = await kdig(...how(), NAME, 'A')
      expect(text).toMatch(ANSWER)
      expect(text).toMatch(/TLS session \(TLS1\.3\)/)
    })

    test('the pin that the command line shows', async () => {
      const { pin } = await certificate()
      expect(await kdig('+tls', `+tls-pin=${pin}`, NAME, 'A')).toMatch(ANSWER)
      expect(await kdig('+tls', '+tls-pin=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', NAME, 'A')).not.toMatch(ANSWER)
    })

    test('who knows the address finds the ways within TLS (RFC 9462)', async () => {
      const text = await kdig('_dns.resolver.arpa', 'SVCB')
      expect(text).toMatch(/SVCB\s+1 taproot\.lab\.internal\. alpn="?dot"? port="?853"? ipv4hint="?10\.53\.0\.2/)
      // kdig 3.2 does not know its name.
      expect(text).toMatch(/SVCB\s+2 .*(dohpath|key7)="?\/dns-query\{\?dns\}/)
    })

    test('padded answers have 468 octets', async () => {
      for (const how of ['+tls', '+https']) {
        const text = await kdig(how, '+padding', NAME, 'A')
        expect(text).toMatch(/PADDING: \d+ B/)
        expect(text).toMatch(/Received 468 B/)
      }
    })

    test('a zone as a whole, over TLS (RFC 9103)', async () => {
      const text = await kdig('+tls', 'lab.internal', 'AXFR')
      expect(text).toMatch(/lab\.internal\.\s+300\s+IN\s+SOA/)
      expect(text).toMatch(ANSWER)
    })
  })

  describe('dig', () => {
    test.each([
      ['over TLS', ['+tls']],
      ['over HTTPS', ['+https']],
      ['over HTTPS by GET', ['+https-get']],
    ])('%s, with the name checked', async (_what, how) => {
      const text = await asker.succeed(['dig', `@${APPLIANCE}`, '+tries=1', '+time=5', ...how, `+tls-ca=${ca}`, `+tls-hostname=${NAME}`, NAME, 'A'])
      expect(text).toMatch(ANSWER)
    })
  })

  describe('curl', () => {
    const curl = (...how: readonly string[]): Promise<string> => asker.succeed(['curl', '-sS', '--max-time', '10', '--cacert', ca, ...how])

    test('asks for names by HTTPS', async () => {
      const text = await curl('--doh-url', `https://${APPLIANCE}/dns-query`, `http://${NAME}/ca.crt`)
      expect(text).toBe(await asker.succeed(['cat', ca]))
    })

    test.each(['--http1.1', '--http2'])('reaches the API by https, %s, under its name and its address', async (version) => {
      const { body } = await world.appliance.rest<{ readonly status: string }>('GET', '/health')
      for (const host of [NAME, APPLIANCE]) {
        const text = await curl(version, '--resolve', `${NAME}:443:${APPLIANCE}`, `https://${host}/api/v1/health`)
        expect(JSON.parse(text)).toMatchObject({ status: body.status })
      }
    })

    test('an answer is cached by HTTP for as long as by DNS', async () => {
      const question = 'AAABAAABAAAAAAAAB3RhcHJvb3QDbGFiCGludGVybmFsAAABAAE'
      const text = await curl('-D', '-', '-o', '/dev/null', `https://${APPLIANCE}/dns-query?dns=${question}`)
      expect(text).toMatch(/^HTTP\/2 200/)
      expect(text).toMatch(/content-type: application\/dns-message/i)
      expect(text).toMatch(/cache-control: max-age=300/i)
    })
  })

  describe('resolvers that forward over TLS and check the name', () => {
    const ask = (port: number): Promise<string> => asker.succeed(['dig', '@127.0.0.1', '-p', String(port), '+tries=3', '+time=3', NAME, 'A'])

    test('Unbound', async () => {
      const config = join(asker.directory, 'unbound.conf')
      writeFileSync(config, `
server:
  interface: 127.0.0.1
  port: 5301
  username: ""
  chroot: ""
  directory: "${asker.directory}"
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  do-not-query-localhost: no
  tls-cert-bundle: "${ca}"
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: ${APPLIANCE}@853#${NAME}
`)
      const unbound = asker.start('unbound', ['unbound', '-d', '-c', config])
      await unbound.line(/start of service/)
      expect(await ask(5301)).toMatch(ANSWER)
      await unbound.stop()
    })

    test('Stubby, strictly', async () => {
      const config = join(asker.directory, 'stubby.yml')
      writeFileSync(config, `
resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list: [GETDNS_TRANSPORT_TLS]
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_query_padding_blocksize: 128
tls_ca_file: "${ca}"
listen_addresses: [127.0.0.1@5302]
upstream_recursive_servers:
  - address_data: ${APPLIANCE}
    tls_auth_name: "${NAME}"
`)
      const stubby = asker.start('stubby', ['stubby', '-C', config])
      await eventually('Stubby answers', async () => (ANSWER.test(await ask(5302).catch(() => '')) ? true : undefined))
      await stubby.stop()
    })
  })

  describe('a client that holds connections and says nothing', () => {
    test.each([
      ['over TLS, in the middle of a handshake', 853, '160301'],
      ['over HTTPS, the same', 443, '160301'],
      ['over TCP, in the middle of a message', 53, 'ffff00'],
    ])('%s: it gets its share, for some seconds, and others are served meanwhile', async (_what, port, beginning) => {
      const hog = await staticHost(world, `hog${port}`, `10.53.0.${60 + (port % 7)}`)
      const program = hog.start('hog', [process.execPath, 'test/lab/stream-hog.ts', APPLIANCE, String(port), '100', beginning])
      const held = Number(/\d+/.exec(await program.line(/^held/))?.[0])
      expect(held).toBeLessThanOrEqual(32)
      expect(held).toBeGreaterThan(0)
      for (const how of [['+notcp'], ['+tcp'], ['+tls'], ['+https']]) expect(await kdig(...how, NAME, 'A')).toMatch(ANSWER)
      await program.line(/^ended$/, 0, 10_000)
      await program.stop()
    })
  })

  test('a renewed certificate is shown at once', async () => {
    const before = await certificate()
    await world.appliance.command('certificate', 'renew')
    const after = await certificate()
    expect(after.pin).not.toBe(before.pin)
    expect(await kdig('+tls', `+tls-pin=${after.pin}`, NAME, 'A')).toMatch(ANSWER)
    expect(await kdig('+tls', `+tls-pin=${before.pin}`, NAME, 'A')).not.toMatch(ANSWER)
  })
})
