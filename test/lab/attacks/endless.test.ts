/**
 * Ways that do not end: loops of aliases, referrals to ever deeper zones, servers whose names need other servers' names,
 * and NXNS, where one question makes many at somebody else's servers. Each ends in SERVFAIL (or what was found so far)
 * within a client's patience, after a bounded number of queries, counted at the servers.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeLab } from '../available.ts'
import { dig } from '../dig.ts'
import { TRUTH } from '../internet/behaviours.ts'
import { openResolvingWorld, type ResolvingWorld, startSubject } from '../internet/resolving-world.ts'
import { APPLIANCE } from '../world.ts'

/** Queries for one question at any server, however it leads on. */
const QUERIES_MAX = 150
/** RFC 8767 and the clients' own time-outs allow no more. */
const PATIENCE_MS = 10_000

describeLab('ways without end', () => {
  let world: ResolvingWorld

  beforeAll(async () => {
    world = await openResolvingWorld(false)
    await startSubject(world)
    await dig(world.asker, APPLIANCE, 'www.honest.gamma')
  })
  afterAll(() => world.lab.close())

  const deep = Array.from({ length: 60 }, (_, i) => `l${i}`).join('.')
  test.each([
    ['www.endless-alias.gamma', 'endless-alias', 'an alias leads to the next'],
    ['www.own-alias.gamma', 'own-alias', 'an alias of itself'],
    [`${deep}.deeper.gamma`, 'deeper', 'a zone for each label'],
    ['www.endless-servers.gamma', 'endless-servers', 'servers whose names have such servers again'],
    ['www.refers-to-itself.gamma', 'refers-to-itself', 'a referral to the zone itself'],
    ['www.refers-upward.gamma', 'refers-upward', 'a referral to the root'],
  ] as const)('%s: no address, and few queries at %s: %s', async (name, zone, _what) => {
    await world.internet.queries()
    const answer = await dig(world.asker, APPLIANCE, '+time=20', name)
    expect(answer.milliseconds).toBeLessThan(PATIENCE_MS)
    expect(answer.data.filter(data => data === TRUTH)).toEqual([])
    const queries = (await world.internet.queries()).get(zone) ?? 0
    expect(queries).toBeGreaterThan(0)
    expect(queries).toBeLessThan(QUERIES_MAX)
  })

  test.each(['loop-a.chain.alpha', 'loop-far.chain.alpha', 'www.glueless-a.gamma'])('%s ends in SERVFAIL', async name => {
    const answer = await dig(world.asker, APPLIANCE, '+time=20', name)
    expect([answer.status, answer.milliseconds < PATIENCE_MS]).toEqual(['SERVFAIL', true])
  })

  test('NXNS: a question makes few queries at the servers of a third party', async () => {
    await world.internet.queries()
    const questions = 10
    for (let i = 0; i < questions; i++) await dig(world.asker, APPLIANCE, '+time=20', `q${i}.nxns.gamma`)
    const counts = await world.internet.queries()
    const factor = (counts.get('flooded') ?? 0) / questions
    console.log(`NXNS: ${factor} queries at the victim for one of the attacker's, of 40 names that were offered`)
    // Unbound before its remedy (CVE-2020-12662) sends one or two for each name; with it 5 to 10 in all.
    expect(factor).toBeLessThanOrEqual(20)
    expect(counts.get('nxns')).toBeGreaterThan(0)
  })

  test('and all others are served', async () => {
    expect((await dig(world.asker, APPLIANCE, 'www.honest.gamma')).data).toEqual([TRUTH])
    expect((await dig(world.asker, APPLIANCE, 'mail.rsa.alpha', 'MX')).status).toBe('NOERROR')
  })
})
