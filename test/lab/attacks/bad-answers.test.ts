/**
 * Answers that are none: octets that no message has, messages cut short, fragments of datagrams far above what was asked
 * for, servers that cut every answer. Whoever asks gets the truth or SERVFAIL within a client's patience, and all others
 * are served meanwhile.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeLab } from '../available.ts'
import { dig, type DigAnswer } from '../dig.ts'
import { TRUTH } from '../internet/behaviours.ts'
import { openResolvingWorld, type ResolvingWorld, startSubject } from '../internet/resolving-world.ts'
import { APPLIANCE } from '../world.ts'

/** What a client waits: dig, glibc and others try again after five seconds. */
const PATIENCE_MS = 10_000

const CASES = [
  ['garbage', 'octets without sense'],
  ['cut-short', 'the last record lacks octets'],
  ['echo', 'the query itself'],
  ['pointer-loop', 'a name that points at itself (RFC 1035 §4.1.4)'],
  ['truncating-no-tcp', 'TC, and no TCP'],
  ['truncating-tcp-too', 'TC over TCP too'],
  ['truncating-deaf-tcp', 'TC, and TCP that says nothing'],
  ['silent', 'nothing'],
  ['servfail', 'SERVFAIL'],
  ['refused', 'REFUSED'],
] as const

describe.each(['host', 'stack'] as const)('over the %s path', path => {
  describeLab('malformed and oversized answers', () => {
    let world: ResolvingWorld
    /** All are asked at once, because each takes its time. */
    const pending = new Map<string, Promise<DigAnswer>>()

    beforeAll(async () => {
      world = await openResolvingWorld(false)
      await startSubject(world, ['--upstream-path', path])
      for (const [zone] of CASES) pending.set(zone, dig(world.asker, APPLIANCE, '+time=20', `www.${zone}.gamma`))
    })
    afterAll(() => world.lab.close())

    test('whoever asks for something else is answered meanwhile', async () => {
      for (const name of ['www.honest.gamma', 'www.unsigned.gamma', 'www.rsa.alpha']) {
        expect((await dig(world.asker, APPLIANCE, '+tries=2', name)).data).toEqual([TRUTH])
      }
    })

    test.each(CASES)('%s: SERVFAIL (%s)', async (zone, _what) => {
      const answer = await pending.get(zone)
      expect(answer?.status).toBe('SERVFAIL')
      expect(answer?.milliseconds).toBeLessThan(PATIENCE_MS)
    })

    test('13,000 octets in fragments where 1,232 were asked for do not come in between', async () => {
      const answer = await dig(world.asker, APPLIANCE, '+time=20', 'www.oversized.gamma')
      expect([[TRUTH], []]).toContainEqual(answer.data)
      expect((await dig(world.asker, APPLIANCE, 'www.honest.gamma')).data).toEqual([TRUTH])
    })
  })
})
