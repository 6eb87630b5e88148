/** Names of other people: forwarded over the host's sockets or the own stack, cached, and given up in time. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { dig, lookUp, type DigAnswer } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import type { Program } from './program.ts'
import { APPLIANCE, BRIDGE, staticHost, type World } from './world.ts'

/** On a cable of its own, which only the host of the appliance has. */
const OUTSIDE = '192.0.2.53'
/** On the LAN, where the appliance's own stack reaches it. */
const INSIDE = '10.53.0.60'
/** Nobody answers there: an address of the outside cable that no host has. */
const DEAD = '192.0.2.99'

/** 15 strings of 200 octets: more than any datagram that we take. */
const LONG = Array.from({ length: 15 }, (_, i) => String(i).padStart(200, 'x')).join(',')

/** dnsmasq as an upstream that logs every query it gets. */
async function upstream(host: Host, address: string): Promise<Program> {
  const program = host.start('upstream', [
    'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts',
    `--listen-address=${address}`, '--bind-interfaces', '--host-record=www.example.com,198.51.100.7,45',
    '--host-record=mail.example.com,198.51.100.8,45', '--cname=alias.example.com,www.example.com',
    `--txt-record=big.example.com,${LONG}`, '--local=/example.com/', '--log-queries', '--log-facility=-', '--user=root', '--pid-file=',
  ])
  await program.line(/started, version/)
  return program
}

/** How many queries for a name have reached the upstream. */
const asked = (program: Program, name: string): number => program.lines.filter(
  line => line.includes(`] ${name} from`),
).length

describe.each(['host', 'stack'] as const)('over the %s path', path => {
  const server = path === 'host' ? OUTSIDE : INSIDE
  let world: World
  let client: Host
  let log: Program

  describeLab('forwarding', () => {
    const ask = (...query: readonly string[]): Promise<DigAnswer> => dig(client, APPLIANCE, ...query)

    beforeAll(async () => {
      const lab = await Lab.open()
      const lan = await lab.host('lan')
      await lan.bridge(BRIDGE)
      const outside = await lab.host('outside')
      await outside.address(await lab.cable(lan, 'uplink', outside, undefined), `${OUTSIDE}/24`)
      await lan.address('uplink', '192.0.2.1/24')
      const far = path === 'host' ? outside : await lab.hostOn(lan, BRIDGE, 'inside')
      if (path === 'stack') await far.address('eth0', `${INSIDE}/24`)
      log = await upstream(far, server)
      const appliance = await Appliance.start(
        lan, { arguments: ['--bridge', BRIDGE, '--upstreams', server, '--upstream-path', path] },
      )
      world = { lab, lan, appliance }
      client = await staticHost(world, 'client', '10.53.0.50')
    })
    afterAll(() => world.lab.close())

    test('a name of the world is answered, not as our own', async () => {
      const answer = await ask('www.example.com', 'A')
      expect(answer.status).toBe('NOERROR')
      expect(answer.data).toEqual(['198.51.100.7'])
      expect(answer.flags).toEqual(expect.arrayContaining(['qr', 'rd', 'ra']))
      expect(answer.flags).not.toContain('aa')
    })

    test('the second time it comes from the cache, with a TTL that is not longer', async () => {
      const first = await ask('mail.example.com', 'A')
      const second = await ask('mail.example.com', 'A')
      expect(second.data).toEqual(first.data)
      const ttl = (answer: DigAnswer): number => Number(answer.answer[0]?.split(' ')[1])
      expect(ttl(first)).toBeLessThanOrEqual(45)
      expect(ttl(second)).toBeLessThanOrEqual(ttl(first))
      expect(asked(log, 'mail.example.com')).toBe(1)
    })

    test('an alias comes with what it stands for', async () => {
      expect(await lookUp(client, APPLIANCE, 'alias.example.com')).toEqual(['www.example.com.', '198.51.100.7'])
    })

    test('a name that the world does not have is NXDOMAIN', async () => {
      expect((await ask('nothing.example.com', 'A')).status).toBe('NXDOMAIN')
    })

    test('an answer that does not fit a datagram is fetched over TCP, kept, and given on over TCP', async () => {
      const answer = await ask('big.example.com', 'TXT')
      expect([answer.status, answer.answer.length]).toEqual(['NOERROR', 1])
      expect(answer.size).toBeGreaterThan(3000)
      expect((await ask('+ignore', 'big.example.com', 'TXT')).flags).toContain('tc')
      expect((await ask('+tcp', 'big.example.com', 'TXT')).data).toEqual(answer.data)
    })

    test('a client that does not want recursion gets none', async () => {
      expect((await ask('+norecurse', 'never-asked.example.com', 'A')).data).toEqual([])
      expect(asked(log, 'never-asked.example.com')).toBe(0)
    })

    test('own names and private ones never leave the house', async () => {
      await ask('unknown.lab.internal', 'A')
      await ask('-x', '10.53.0.177')
      await ask('-x', '192.168.4.4')
      await ask('something.test', 'A')
      expect(
        log.lines.filter(line => /unknown\.lab\.internal|10\.53\.0\.177|192\.168\.4\.4|something\.test/.test(line)),
      ).toEqual([])
    })
  })
})

describeLab('upstream servers that are dead', () => {
  let lab: Lab
  let lan: Host
  let client: Host
  let outside: Host

  beforeAll(async () => {
    lab = await Lab.open()
    lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    outside = await lab.host('outside')
    await outside.address(await lab.cable(lan, 'uplink', outside, undefined), `${OUTSIDE}/24`)
    await lan.address('uplink', '192.0.2.1/24')
    client = await lab.hostOn(lan, BRIDGE, 'client')
    await client.address('eth0', '10.53.0.50/24')
  })
  afterAll(() => lab.close())

  const withUpstreams = async (servers: string, body: () => Promise<void>): Promise<void> => {
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--upstreams', servers] })
    try {
      await body()
    } finally {
      await appliance.stop()
    }
  }

  test('a dead one: SERVFAIL within 5 s, at once the second time, and local answers meanwhile', () =>
    withUpstreams(DEAD, async () => {
      const started = performance.now()
      const pending = dig(client, APPLIANCE, 'www.example.com', 'A')
      expect(await lookUp(client, APPLIANCE, 'localhost')).toEqual(['127.0.0.1'])
      expect(performance.now() - started).toBeLessThan(1_000)
      const answer = await pending
      expect(answer.status).toBe('SERVFAIL')
      expect(answer.milliseconds).toBeLessThan(5_000)
      const again = await dig(client, APPLIANCE, 'www.example.com', 'A')
      expect(again.status).toBe('SERVFAIL')
      expect(again.milliseconds).toBeLessThan(1_000)
    }))

  test('one with a closed port: SERVFAIL within 5 s', () =>
    withUpstreams(OUTSIDE, async () => {
      const answer = await dig(client, APPLIANCE, 'www.example.com', 'A')
      expect(answer.status).toBe('SERVFAIL')
      expect(answer.milliseconds).toBeLessThan(5_000)
    }))

  test('a dead one and a live one: the live one answers, and the next question does not wait for the dead one', () =>
    withUpstreams(`${DEAD},${OUTSIDE}`, async () => {
      const program = await upstream(outside, OUTSIDE)
      try {
        const first = await dig(client, APPLIANCE, 'www.example.com', 'A')
        expect(first.data).toEqual(['198.51.100.7'])
        const second = await dig(client, APPLIANCE, 'mail.example.com', 'A')
        expect(second.data).toEqual(['198.51.100.8'])
        expect(second.milliseconds).toBeLessThan(500)
      } finally {
        await program.stop()
      }
    }))
})
