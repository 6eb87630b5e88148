/** A storm of damaged datagrams, slow connections and half-open ones, while dig asks on: it is answered, all is bounded. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { StatisticsView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { dig, lookUp } from './dig.ts'
import { addressOctets, ethernet, ipv4, sendFrames } from './frames.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, openWorld, showOnFailure, staticHost, type World } from './world.ts'

const STORM_SECONDS = 6
const HALF_OPEN = 6000
/** Beyond what V8 takes and gives back by itself in such a time. */
const MOST_GROWTH_MB = 120

const ATTACKER = { mac: '02:00:00:00:00:66', address: '10.53.0.66' }
let world: World
let asker: Host
let attacker: Host

const residentMb = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.appliance.program.pid}/status`, 'utf8'))?.[1]) / 1024

/** The sum of 16-bit words, RFC 1071. */
function checksum(octets: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < octets.length; i += 2) sum += ((octets[i] as number) << 8) | (octets[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return ~sum & 0xffff
}

/** The first segment of a connection that will never be more, from any address of the network. */
function syn(mac: string, i: number): readonly number[] {
  const from = `10.53.0.${200 + (i % 50)}`
  const head = [10_000 + i, 53].flatMap(port => [(port >> 8) & 255, port & 255])
  const rest = [0, 0, i >> 8, i & 255, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff]
  const sum = checksum([
    ...addressOctets(from), ...addressOctets(APPLIANCE), 0, 6, 0, 20, ...head, ...rest, 0, 0, 0, 0,
  ])
  const segment = [...head, ...rest, sum >> 8, sum & 255, 0, 0]
  return ethernet(mac, ATTACKER.mac, 0x0800, ipv4(from, APPLIANCE, { protocol: 6, payload: segment }))
}

describeLab('DNS in bad weather of the malicious kind', () => {
  beforeAll(async () => {
    world = await openWorld()
    asker = await staticHost(world, 'asker', '10.53.0.50')
    attacker = await world.lab.hostOn(world.lan, 'br0', 'attacker', ATTACKER.mac)
    await attacker.address('eth0', `${ATTACKER.address}/24`)
    await world.appliance.command('record', 'add', 'lab.internal', 'www', 'A', '10.53.0.80')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('dig is answered meanwhile, over UDP and TCP; what was bad is counted by its reason; memory stays', async () => {
    expect(await lookUp(asker, APPLIANCE, 'www.lab.internal')).toEqual(['10.53.0.80'])
    const mac = /lladdr (\S+)/.exec(await asker.succeed(['ip', 'neighbour', 'show', APPLIANCE]))?.[1] as string
    const before = residentMb()
    const storm = attacker.succeed(
      [process.execPath, 'test/lab/dns-storm.ts', APPLIANCE, String(STORM_SECONDS), '1'],
      { timeoutMs: 1000 * STORM_SECONDS + 20_000 },
    )
    const halfOpen = sendFrames(attacker, Array.from({ length: HALF_OPEN }, (_, i) => syn(mac, i)))
    const until = performance.now() + 1000 * STORM_SECONDS
    const answers: { readonly how: string; readonly data: readonly string[] }[] = []
    while (performance.now() < until) {
      for (const how of ['+notcp', '+tcp']) {
        // A queue in front of the appliance may drop a datagram, as any network does: dig asks three times.
        const { data } = await dig(asker, APPLIANCE, how, '+tries=3', '+time=2', 'www.lab.internal')
        answers.push({ how, data })
      }
    }
    await halfOpen
    const sent = JSON.parse(await storm) as { readonly sent: number; readonly slow: number; readonly closed: number }
    expect(answers.length).toBeGreaterThan(10)
    expect(answers.filter(({ data }) => data[0] !== '10.53.0.80')).toEqual([])
    expect(sent.sent).toBeGreaterThan(5000)
    expect(sent.slow).toBeGreaterThan(50)
    expect(residentMb() - before).toBeLessThan(MOST_GROWTH_MB)
    const { dns, tcp } = await world.appliance.get<StatisticsView>('/statistics?all=yes')
    expect(dns?.['internal-error']).toBe(0)
    for (const reason of ['formerr', 'notimp', 'refused', 'dropped-short', 'dropped-response']) {
      expect([reason, dns?.[reason]]).toEqual([reason, expect.any(Number)])
      expect(dns?.[reason]).toBeGreaterThan(10)
    }
    expect(tcp?.['syn-cookies-sent']).toBeGreaterThan(0)
    const health = await world.appliance.get<{ readonly status: string }>('/health')
    expect(health.status).toBe('ok')
  })
})
