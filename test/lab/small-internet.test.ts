/**
 * The small Internet as the appliance, Unbound and BIND see it: all three must agree on rcode, answer and AD of every
 * question in every mode, but for the rows of agreement.ts, and the answers must be what the zones were made for.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import type { Told } from './dns-differences.ts'
import { askAll, disagreement, type Mode, MODES } from './internet/agreement.ts'
import { LIE } from './internet/behaviours.ts'
import { QUESTIONS, SLOW_QUESTIONS } from './internet/questions.ts'
import { BIND, openResolvingWorld, type ResolvingWorld, startSubject, type Subject, UNBOUND } from './internet/resolving-world.ts'
import { APPLIANCE } from './world.ts'

describeLab('the small Internet', () => {
  let world: ResolvingWorld
  let subject: Subject
  /** Asked from the beginning on, because some of it takes twelve seconds. */
  let slow: Promise<readonly (readonly (Told | undefined)[])[]>
  const answers = new Map<string, readonly (Told | undefined)[]>()
  const ask = async (server: string, mode: Mode): Promise<readonly (Told | undefined)[]> => {
    const before = answers.get(`${server} ${mode}`)
    const told = before ?? await askAll(world.asker, server, QUESTIONS, mode)
    answers.set(`${server} ${mode}`, told)
    return told
  }

  beforeAll(async () => {
    world = await openResolvingWorld(true)
    subject = await startSubject(world)
    slow = Promise.all([APPLIANCE, BIND].map(server => askAll(world.asker, server, SLOW_QUESTIONS, 'plain')))
    slow.catch(() => undefined)
  })
  afterAll(() => world.lab.close())

  test.each([['Unbound', 'BIND', UNBOUND, BIND], ['the appliance', 'Unbound', APPLIANCE, UNBOUND], ['the appliance', 'BIND', APPLIANCE, BIND]])(
    '%s and %s agree', async (_one, _other, first, second) => {
      for (const mode of MODES) {
        const one = await ask(first, mode)
        const other = await ask(second, mode)
        const apart = QUESTIONS.flatMap((question, i) => disagreement(question, mode, one[i], other[i]) ?? [])
        expect(apart.slice(0, 10).join('\n')).toBe('')
      }
    },
  )

  test('nobody sets AD with CD where there is none without', async () => {
    for (const server of [APPLIANCE, UNBOUND, BIND]) {
      const [checked, unchecked] = [await ask(server, 'do'), await ask(server, 'do cd')]
      const wrong = QUESTIONS.filter((_, i) => unchecked[i]?.authentic === true && checked[i]?.authentic !== true)
      expect(wrong).toEqual([])
    }
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
      const told = await ask(APPLIANCE, 'do')
      const i = QUESTIONS.findIndex(question => question.name === name && question.type === 'A')
      expect(told[i]).toMatchObject({ rcode, authentic: ad })
    })

    test('nobody believes a lie', async () => {
      const all = (await Promise.all([APPLIANCE, UNBOUND, BIND].map(server => ask(server, 'plain')))).flat()
      expect(all.flatMap(told => told?.answer ?? []).filter(record => record.endsWith(LIE))).toEqual([])
    })

    test('who gets no answer at all says SERVFAIL', async () => {
      const [ours, theirs] = await slow
      const told = ours?.map((one, i) => `${SLOW_QUESTIONS[i]?.name} ${one?.rcode}`)
      // Who falls silent for an OPT record may be asked without one, or not: RFC 6891 §7 speaks of answers alone.
      const rcodes = theirs?.map((one, i) => `${SLOW_QUESTIONS[i]?.name} ${one?.rcode}`)
      const forgiven = 'www.drops-opt.gamma'
      expect(told?.filter(line => !line.startsWith(forgiven))).toEqual(rcodes?.filter(line => !line.startsWith(forgiven)))
      expect(new Set(told?.filter(line => !line.startsWith(forgiven)).map(line => line.split(' ')[1]))).toEqual(new Set(['SERVFAIL']))
    })
  })

  /** The answers of the appliance when it is started otherwise, beside those that it gave as it was. */
  async function otherwise(mode: Mode, settings: readonly string[]): Promise<string> {
    const before = await ask(APPLIANCE, mode)
    await subject.appliance?.stop()
    subject = await startSubject(world, settings)
    const after = await askAll(world.asker, APPLIANCE, QUESTIONS, mode)
    return QUESTIONS.flatMap((question, i) => disagreement(question, mode, before[i], after[i]) ?? []).slice(0, 10).join('\n')
  }

  test('by the appliance\'s own stack, and with letter case mixed, the answers are the same', async () => {
    expect(await otherwise('do', ['--upstream-path', 'stack', '--mix-case', 'yes'])).toBe('')
  })

  test('RFC 6840 §5.9: what is asked of Unbound and validated here comes to the same', async () => {
    expect(await otherwise('do', ['--upstreams', UNBOUND, '--dnssec-validation', 'yes'])).toBe('')
    expect(await otherwise('bare', ['--upstreams', UNBOUND, '--dnssec-validation', 'yes'])).toBe('')
  })
})
