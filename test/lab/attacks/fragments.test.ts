/**
 * Fragments that somebody else sends in a name server's name, to the appliance's own stack: first ones that never become
 * whole, as many as would fill any table of reassembly, and later ones that carry a lie and are to be joined to a true
 * beginning (RFC 5452 §4.4; Herzberg and Shulman, 2013). Nothing false is believed, and all others are served.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StatisticsView } from '../../../services/index.ts'
import { queryBytes } from '../../support/dns.ts'
import { describeLab } from '../available.ts'
import { dig } from '../dig.ts'
import { addressOctets, ethernet, ipv4, sendFrames, udp } from '../frames.ts'
import { BEHAVIOURS, LIE, TRUTH } from '../internet/behaviours.ts'
import { openResolvingWorld, type ResolvingWorld, residentMb, startSubject, type Subject } from '../internet/resolving-world.ts'
import type { Host } from '../netns.ts'
import { APPLIANCE, BRIDGE } from '../world.ts'

const ATTACKER_MAC = '02:00:00:00:00:66'
const INCOMPLETE = 20_000
const MORE_FRAGMENTS = 0x2000
/** RFC 791 §2.3 counts offsets in units of eight octets: behind what a link of 1,500 octets takes first. */
const SECOND_OFFSET = 1480 / 8
const MOST_GROWTH_MB = 100

const addressOf = (zone: string): string => BEHAVIOURS.find(one => one.zone === zone)?.address ?? ''
/** Octets of an A record's end, again and again: whatever lies at an edge, some of it reads as the lie. */
const lies = Array.from({ length: 60 }, () => [0, 1, 0, 1, 0, 0, 1, 44, 0, 4, ...addressOctets(LIE)]).flat()

describeLab('fragments of others', () => {
  let world: ResolvingWorld
  let subject: Subject
  let attacker: Host
  let mac: string

  beforeAll(async () => {
    world = await openResolvingWorld(false)
    subject = await startSubject(world, ['--upstream-path', 'stack'])
    attacker = await world.lab.hostOn(world.lan, BRIDGE, 'attacker', ATTACKER_MAC)
    await attacker.address('eth0', '10.53.0.66/24')
    expect((await dig(world.asker, APPLIANCE, 'www.honest.gamma')).data).toEqual([TRUTH])
    mac = /lladdr (\S+)/.exec(await world.asker.succeed(['ip', 'neighbour', 'show', APPLIANCE]))?.[1] ?? ''
  })
  afterAll(() => world.lab.close())

  const frame = (from: string, identification: number, flagsAndOffset: number, payload: readonly number[]): readonly number[] =>
    ethernet(mac, ATTACKER_MAC, 0x0800, ipv4(from, APPLIANCE, { protocol: 17, identification, flagsAndOffset, payload }))

  test('those that never become whole fill nothing that others need', async () => {
    const before = residentMb(subject)
    const payload = udp(53, 40_000, [...queryBytes('www.victim.gamma', 'A', { flags: 0x8580 }), ...lies].slice(0, 512), 2000)
    const frames = Array.from({ length: INCOMPLETE }, (_, i) => frame(addressOf('honest'), i, MORE_FRAGMENTS, payload))
    const flood = sendFrames(attacker, frames)
    for (let i = 0; i < 10; i++) {
      expect((await dig(world.asker, APPLIANCE, '+tries=3', '+time=2', `f${i}.w.wild.alpha`)).status).toBe('NOERROR')
    }
    await flood
    expect((await dig(world.asker, APPLIANCE, 'www.unsigned.gamma')).data).toEqual([TRUTH])
    expect(residentMb(subject) - before).toBeLessThan(MOST_GROWTH_MB)
    const statistics = await subject.appliance?.get<StatisticsView>('/statistics?all=yes')
    // They did come in, and the oldest gave way.
    if (statistics !== undefined) expect(JSON.stringify(statistics)).toMatch(/"fragment-evicted":[1-9]/)
  })

  test('a later fragment that lies does not become part of an answer that is believed', async () => {
    // Which number the server will give its next datagram is not known: all that there are.
    const frames = Array.from({ length: 0x10000 }, (_, i) => frame(addressOf('oversized'), i, SECOND_OFFSET | MORE_FRAGMENTS, lies.slice(0, 64)))
    await sendFrames(attacker, frames)
    const answer = await dig(world.asker, APPLIANCE, '+time=20', 'www.oversized.gamma')
    expect([[TRUTH], []]).toContainEqual(answer.data)
    expect((await dig(world.asker, APPLIANCE, 'x1.oversized.gamma', 'TXT')).data).not.toContain(LIE)
    expect((await dig(world.asker, APPLIANCE, 'www.honest.gamma')).data).toEqual([TRUTH])
  })
})
