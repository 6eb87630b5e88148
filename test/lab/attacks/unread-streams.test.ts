/**
 * Clients that ask over TCP for much and read nothing of it: what is kept for them is bounded, and others are answered
 * over both transports.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { queryBytes } from '../../support/dns.ts'
import { describeLab } from '../available.ts'
import { dig } from '../dig.ts'
import { TRUTH } from '../internet/behaviours.ts'
import { openResolvingWorld, type ResolvingWorld, residentMb, startSubject, type Subject } from '../internet/resolving-world.ts'
import type { Host } from '../netns.ts'
import { APPLIANCE, BRIDGE } from '../world.ts'

const CONNECTIONS = 100
/** Of each connection: 1,000 answers of 3 KB would be 300 MB in all. */
const QUERIES = 1000
const MOST_GROWTH_MB = 150

describeLab('answers over TCP that nobody reads', () => {
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

  test('memory stays bounded, and others are answered, also with what was never asked before', async () => {
    expect((await dig(world.asker, APPLIANCE, '+tcp', 'long.big.alpha', 'TXT')).size).toBeGreaterThan(3000)
    const before = residentMb(subject)
    const query = [...queryBytes('long.big.alpha', 'TXT')]
    const hex = Buffer.from([query.length >> 8, query.length & 255, ...query]).toString('hex')
    const argv = [process.execPath, 'test/lab/attacks/never-reads.ts', APPLIANCE, String(CONNECTIONS), String(QUERIES), hex]
    const hog = attacker.start('never-reads', argv)
    await hog.line(/^asked/)
    for (let i = 0; i < 20; i++) {
      const how = i % 2 === 0 ? '+tcp' : '+notcp'
      const answer = await dig(world.asker, APPLIANCE, how, '+tries=3', '+time=3', `fresh${i}.w.wild.alpha`)
      expect([how, answer.status]).toEqual([how, 'NOERROR'])
    }
    expect((await dig(world.asker, APPLIANCE, '+tcp', 'www.honest.gamma')).data).toEqual([TRUTH])
    const growth = residentMb(subject) - before
    console.log(`unread streams: RSS ${Math.round(growth)} MB more, for ${CONNECTIONS} × ${QUERIES} answers of 3 KB`)
    expect(growth).toBeLessThan(MOST_GROWTH_MB)
    await hog.stop()
  })
})
