/**
 * Forwarders in the lab: Unbound as a server by TLS and HTTPS, dnsmasq for a domain of its own, over the host's sockets and
 * the appliance's own stack; who is not who was meant, who is dead, who is slow.
 */
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pinOf } from '../../services/dns-tls-query.ts'
import type { ForwarderInput, ForwarderTestView, ForwarderView, Page } from '../../services/index.ts'
import { selfSigned } from '../support/certificate.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { APPLIANCE, BRIDGE, showOnFailure, staticHost, type World } from './world.ts'

const UNBOUND = '10.53.0.60'
const DNSMASQ = '10.53.0.61'
/** Nobody has it. */
const DEAD = '10.53.0.99'
const SERVER_NAME = 'dns.example'
const certificate = selfSigned([SERVER_NAME], [UNBOUND], new Date())
const PIN = pinOf(new X509Certificate(certificate.cert))

/** Plain, by TLS on 853 and by HTTPS on 443; the same names by all, each with the way that it came by. */
async function startUnbound(host: Host): Promise<void> {
  const directory = mkdtempSync(join(host.directory, 'unbound-'))
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const config = file('unbound.conf', `
server:
  interface: ${UNBOUND}@53
  interface: ${UNBOUND}@853
  interface: ${UNBOUND}@443
  tls-port: 853
  https-port: 443
  tls-service-key: "${file('key.pem', certificate.key)}"
  tls-service-pem: "${file('cert.pem', certificate.cert)}"
  access-control: 10.53.0.0/24 allow
  username: ""
  chroot: ""
  directory: "${directory}"
  pidfile: ""
  use-syslog: no
  verbosity: 1
  num-threads: 1
  module-config: "iterator"
  local-zone: "." static
  local-data: "www.world.example. 60 IN A 198.51.100.7"
  local-data: "*.world.example. 60 IN A 198.51.100.8"
${Array.from({ length: 30 }, (_, i) => `  local-data: "n${i}.world.example. 60 IN A 198.51.100.${100 + i}"`).join('\n')}
  local-data: 'big.world.example. 60 IN TXT ${Array.from({ length: 12 }, (_, i) => `"${String(i).padStart(200, 'x')}"`).join(' ')}'
remote-control:
  control-enable: no
`)
  const program = host.start('unbound', ['unbound', '-d', '-p', '-c', config])
  await program.line(/start of service/, 0, 30_000)
}

async function startDnsmasq(host: Host): Promise<void> {
  const program = host.start('dnsmasq', [
    'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', `--listen-address=${DNSMASQ}`, '--bind-interfaces',
    '--host-record=www.corp.example,10.60.0.7', '--host-record=printer.home.arpa,10.60.0.8', '--local=/#/', '--log-facility=-', '--user=root', '--pid-file=',
  ])
  await program.line(/started, version/)
}

describe.each(['host', 'stack'] as const)('over the %s path', (path) => {
  let world: World
  let client: Host

  const byCommand = (...words: readonly string[]): Promise<unknown> => world.appliance.command('forwarder', ...words)
  const add = async (domain: string, servers: readonly string[], more: Partial<ForwarderInput> = {}): Promise<void> => {
    const { status: code, body } = await world.appliance.rest('POST', '/dns/forwarders', { domain, servers, path, ...more })
    expect([code, code === 201 ? undefined : body]).toEqual([201, undefined])
  }
  const remove = async (): Promise<void> => {
    const { body } = await world.appliance.rest<Page<ForwarderView>>('GET', '/dns/forwarders')
    for (const { id } of body.items.filter((each) => each.id !== null)) await world.appliance.rest('DELETE', `/dns/forwarders/${id}`)
  }
  const addresses = async (name: string, type = 'A'): Promise<readonly string[]> => (await dig(client, APPLIANCE, name, type)).data
  const status = async (name: string): Promise<string | undefined> => (await dig(client, APPLIANCE, name, 'A')).status
  const forwarder = async (domain: string): Promise<ForwarderView> => {
    const { body } = await world.appliance.rest<Page<ForwarderView>>('GET', '/dns/forwarders')
    return body.items.find((each) => each.domain === domain) as ForwarderView
  }

  describeLab('forwarders', () => {
    beforeAll(async () => {
      const lab = await Lab.open()
      const lan = await lab.host('lan')
      await lan.bridge(BRIDGE)
      const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--upstreams', `tls://${UNBOUND}#pin-sha256=${PIN}`, '--upstream-path', path] })
      world = { lab, lan, appliance }
      client = await staticHost(world, 'client', '10.53.0.50')
      await startUnbound(await staticHost(world, 'unbound', UNBOUND))
      await startDnsmasq(await staticHost(world, 'dnsmasq', DNSMASQ))
    }, 120_000)
    afterAll(() => world.lab.close())
    beforeEach(() => showOnFailure(world))

    test('a domain goes to its own server, all others to that of the settings, by TLS', async () => {
      await byCommand('add', 'corp.example', DNSMASQ, '--path', path)
      expect(await addresses('www.corp.example')).toEqual(['10.60.0.7'])
      expect(await addresses('www.world.example')).toEqual(['198.51.100.7'])
      expect(await forwarder('.')).toMatchObject({ kind: 'settings', path, states: [{ state: 'answering', connections: 1 }] })
      await byCommand('remove', 'corp.example')
      expect(await status('www.corp.example')).toBe('NXDOMAIN')
    })

    test('a name for local use goes out only where a forwarder says so', async () => {
      expect(await status('printer.home.arpa')).toBe('NXDOMAIN')
      await add('home.arpa', [DNSMASQ])
      expect(await addresses('printer.home.arpa')).toEqual(['10.60.0.8'])
      await remove()
      expect(await status('printer.home.arpa')).toBe('NXDOMAIN')
    })

    test.each([
      ['plain', UNBOUND],
      ['TLS by its name', `tls://${UNBOUND}#${SERVER_NAME}`],
      ['TLS by its key', `tls://${UNBOUND}#pin-sha256=${PIN}`],
      ['TLS, whoever it is', `tls://${UNBOUND}`],
      ['HTTPS by its name', `https://${SERVER_NAME}/dns-query#${UNBOUND}`],
      ['HTTPS by its address', `https://${UNBOUND}/dns-query`],
    ] as const)('by %s: many names at once, and a long answer', async (_what, text) => {
      await add('.', [text], text.includes(SERVER_NAME) || text.startsWith('https:') ? { authority: certificate.cert } : {})
      const names = Array.from({ length: 30 }, (_, i) => `n${i}.world.example`)
      expect(await Promise.all(names.map((name) => addresses(name)))).toEqual(names.map((_, i) => [`198.51.100.${100 + i}`]))
      const big = await dig(client, APPLIANCE, '+tcp', 'big.world.example', 'TXT')
      expect([big.status, big.data.join('').length > 2400]).toEqual(['NOERROR', true])
      const { states } = await forwarder('.')
      expect(states).toMatchObject([{ server: text, state: 'answering', failed: 0, problem: null, connections: text === UNBOUND ? expect.any(Number) : 1 }])
      expect(states[0]?.answered).toBeGreaterThanOrEqual(31)
      await remove()
    }, 60_000)

    test.each([
      ['another name', `tls://${UNBOUND}#dns.other.example`, true, 'its certificate is for DNS:dns.example, IP Address:10.53.0.60, not dns.other.example'],
      ['nobody vouches for it', `tls://${UNBOUND}#${SERVER_NAME}`, false, 'its certificate is not vouched for: DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['another key', `tls://${UNBOUND}#pin-sha256=${Buffer.alloc(32).toString('base64')}`, false, `its public key has the pin ${PIN}, not ${Buffer.alloc(32).toString('base64')}`],
      ['another name by HTTPS', `https://dns.other.example/dns-query#${UNBOUND}`, true, 'its certificate is for DNS:dns.example, IP Address:10.53.0.60, not dns.other.example'],
    ] as const)('one that is not who was meant is told nothing: %s', async (_what, server, vouched, why) => {
      await add('.', [server], vouched ? { authority: certificate.cert } : {})
      expect(await status('www.world.example')).toBe('SERVFAIL')
      const { id, states } = await forwarder('.')
      expect(states).toMatchObject([{ state: 'failing', answered: 0, problem: why }])
      const { body } = await world.appliance.rest<Page<ForwarderTestView>>('POST', `/dns/forwarders/${id}/test`, { name: 'www.world.example', type: 'A' })
      expect(body.items).toMatchObject([{ rcode: null, problem: why }])
      await remove()
    }, 30_000)

    test('a dead server costs one wait, then the other is asked; when all are dead the client hears of it', async () => {
      await add('.', [DEAD, UNBOUND], { strategy: 'ordered' })
      expect(await addresses('www.world.example')).toEqual(['198.51.100.7'])
      await remove()
      await add('.', [DEAD, `tls://${DEAD}`], { strategy: 'parallel' })
      expect(await status('a.world.example')).toBe('SERVFAIL')
      await remove()
    }, 30_000)

    test('other servers for some clients, and no answers of the others', async () => {
      await add('world.example', [UNBOUND])
      expect(await addresses('www.world.example')).toEqual(['198.51.100.7'])
      const guest = await staticHost(world, `guest-${path}`, '10.53.0.200')
      await add('world.example', [DNSMASQ], { addresses: ['10.53.0.200/32'] })
      expect((await dig(guest, APPLIANCE, 'www.world.example', 'A')).status).toBe('NXDOMAIN')
      expect(await addresses('www.world.example')).toEqual(['198.51.100.7'])
      await remove()
    }, 30_000)
  })
})
