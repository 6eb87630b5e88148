/**
 * Water torture: thousands of questions a second for names that nobody has asked for before, below a zone whose servers
 * say nothing, and below one whose servers answer each with NXDOMAIN. Clients that ask for other names are answered all
 * the while, from the cache and by asking on.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeLab } from '../available.ts'
import { askAll } from '../internet/agreement.ts'
import { TRUTH } from '../internet/behaviours.ts'
import { openResolvingWorld, type ResolvingWorld, residentMb, startSubject, type Subject } from '../internet/resolving-world.ts'
import type { Host } from '../netns.ts'
import { APPLIANCE, BRIDGE } from '../world.ts'

const SECONDS = 4
const PER_SECOND = 2000
const WANTED = ['honest.gamma', 'rsa.alpha', 'plain.beta', 'unsigned.gamma'].flatMap(zone => [`www.${zone}`, `alias.${zone}`])
/** V8 takes more before it gives back. */
const MOST_GROWTH_MB = 150

describeLab('water torture', () => {
  let world: ResolvingWorld
  let subject: Subject
  let attacker: Host


  beforeAll(async () => {
    world = await openResolvingWorld(false)
    subject = await startSubject(world)
    attacker = await world.lab.hostOn(world.lan, BRIDGE, 'attacker')
    await attacker.address('eth0', '10.53.0.66/24')
  })
  afterAll(() => world.lab.close())

  describe.each(['silent', 'flooded'] as const)('below %s', zone => {
    test('others are answered meanwhile', async () => {
      const cached = WANTED.map(name => ({ name, type: 'A' }))
      await askAll(world.asker, APPLIANCE, cached, 'plain', 'udp')
      const before = residentMb(subject)
      const file = join(attacker.directory, `${zone}.names`)
      const random = (i: number): string => (i * 2_654_435_761 >>> 0).toString(36)
      writeFileSync(file, Array.from({ length: SECONDS * PER_SECOND }, (_, i) => `${random(i)}.${zone}.gamma A\n`).join(''))
      await world.internet.queries()
      const argv = ['dnsperf', '-s', APPLIANCE, '-d', file, '-Q', String(PER_SECOND), '-l', String(SECONDS), '-q', '60000', '-t', '1']
      let over = false
      const torture = attacker.succeed(argv, { timeoutMs: 60_000 }).finally(() => (over = true))
      const rounds: { readonly cached: number; readonly fresh: number }[] = []
      while (!over) {
        const i = rounds.length
        // Never asked before, each: a wildcard has them.
        const fresh = Array.from({ length: 20 }, (_, j) => ({ name: `${zone}${i}x${j}.w.wild.alpha`, type: 'A' }))
        const told = await askAll(world.asker, APPLIANCE, [...cached, ...fresh], 'plain', 'udp')
        const right = told.map(answer => answer?.rcode === 'NOERROR')
        rounds.push({
          cached: right.slice(0, cached.length).filter(Boolean).length / cached.length,
          fresh: right.slice(cached.length).filter(Boolean).length / fresh.length,
        })
      }
      await torture
      const least = (pick: (round: typeof rounds[number]) => number): number => Math.min(...rounds.map(pick))
      const went = (await world.internet.queries()).get(zone) ?? 0
      const said = [
        `${rounds.length} rounds`, `of cached names at least ${least(one => one.cached)} answered`,
        `of new ones ${least(one => one.fresh)}`, `${went} queries went on`, `RSS ${Math.round(residentMb(subject) - before)} MB more`,
      ]
      console.log(`water torture below ${zone}: ${said.join(', ')}`)
      expect(rounds.length).toBeGreaterThan(0)
      expect(least(one => one.cached)).toBe(1)
      const fresh = rounds.map(one => one.fresh)
      expect(fresh.reduce((sum, one) => sum + one, 0) / fresh.length).toBeGreaterThan(0.9)
      expect(residentMb(subject) - before).toBeLessThan(MOST_GROWTH_MB)
    })
  })

  test('and when it is over all is as before', async () => {
    const told = await askAll(world.asker, APPLIANCE, [{ name: 'www.slow.gamma', type: 'A' }], 'plain', 'udp')
    expect(told[0]?.answer.some(record => record.endsWith(TRUTH))).toBe(true)
  })
})
