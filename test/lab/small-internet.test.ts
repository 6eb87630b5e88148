/**
 * The small Internet as Unbound and BIND see it: they must agree on rcode, answer and AD of every question in every mode,
 * but for the rows of agreement.ts, and their answers must be what the zones were made for.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import type { Told } from './dns-differences.ts'
import { askAll, disagreement, type Mode, MODES } from './internet/agreement.ts'
import { LIE } from './internet/behaviours.ts'
import { QUESTIONS, SLOW_QUESTIONS } from './internet/questions.ts'
import { BIND, openResolvingWorld, type ResolvingWorld, UNBOUND } from './internet/resolving-world.ts'

describeLab('the small Internet', () => {
  let world: ResolvingWorld
  const answers = new Map<string, readonly (Told | undefined)[]>()
  const ask = async (server: string, mode: Mode): Promise<readonly (Told | undefined)[]> => {
    const before = answers.get(`${server} ${mode}`)
    const told = before ?? await askAll(world.asker, server, QUESTIONS, mode)
    answers.set(`${server} ${mode}`, told)
    return told
  }

  beforeAll(async () => {
    world = await openResolvingWorld(true)
  })
  afterAll(() => world.lab.close())

  test.each(MODES)('Unbound and BIND agree: %s', async mode => {
    const one = await ask(UNBOUND, mode)
    const other = await ask(BIND, mode)
    const apart = QUESTIONS.flatMap((question, i) => disagreement(question, mode, one[i], other[i]) ?? [])
    expect(apart.slice(0, 10).join('\n')).toBe('')
  })

  describe('is what it was made for', () => {
    test.each([
      // name             rcode       AD     why
      ['www.rsa.alpha', 'NOERROR', true, 'a chain of trust'],
      ['www.child.secure.beta', 'NOERROR', true, 'a child on the same servers'],
      ['any.w.wild3.alpha', 'NOERROR', true, 'a wildcard with its proof'],
      ['nothing.ed25519.alpha', 'NXDOMAIN', true, 'a proof by NSEC3'],
      ['www.plain.alpha', 'NOERROR', false, 'an insecure delegation'],
      ['www.plain.beta', 'NOERROR', false, 'one that opt-out leaves open'],
      ['nothing.rounds.beta', 'NXDOMAIN', false, 'RFC 9276 §3.2'],
      ['www.algorithm200.alpha', 'NOERROR', false, 'RFC 4035 §5.2'],
      ['www.expired.alpha', 'SERVFAIL', false, 'signatures of 2020'],
      ['www.future.alpha', 'SERVFAIL', false, 'signatures of 2090'],
      ['www.wrongds.alpha', 'SERVFAIL', false, 'another key'],
      ['www.badsig.alpha', 'SERVFAIL', false, 'a broken signature'],
      ['www.badkeysig.alpha', 'SERVFAIL', false, 'a broken signature of the keys'],
      ['nothing.nodenial.alpha', 'SERVFAIL', false, 'a denial without proof'],
      ['www.truncating.gamma', 'NOERROR', false, 'TCP'],
      ['www.formerr.gamma', 'NOERROR', false, 'RFC 6891 §7'],
      ['www.folds-case.gamma', 'NOERROR', false, 'RFC 4343'],
      ['www.storm.gamma', 'NOERROR', false, 'ids that are guessed'],
      ['www.lame.gamma', 'SERVFAIL', false, 'a server that has not the zone'],
    ] as const)('%s: %s, AD %s: %s', async (name, rcode, ad, _why) => {
      const told = await ask(BIND, 'do')
      const i = QUESTIONS.findIndex(question => question.name === name && question.type === 'A')
      expect(told[i]).toMatchObject({ rcode, authentic: ad })
    })

    test('nobody believes a lie', async () => {
      const all = (await Promise.all([UNBOUND, BIND].map(server => ask(server, 'plain')))).flat()
      expect(all.flatMap(told => told?.answer ?? []).filter(record => record.endsWith(LIE))).toEqual([])
    })

    test('who gets no answer at all says SERVFAIL', async () => {
      const told = await askAll(world.asker, BIND, SLOW_QUESTIONS, 'plain')
      expect(told.map(one => one?.rcode)).toEqual(SLOW_QUESTIONS.map(() => 'SERVFAIL'))
    })
  })
})
