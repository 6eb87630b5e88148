/**
 * Answers that somebody else could send (RFC 5452), and answers about what is not the sender's (RFC 2181 §5.4.1): the
 * servers of behaviours.ts tell the lie first and the truth later. Over host sockets and over the appliance's own stack.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeLab } from '../available.ts'
import { dig } from '../dig.ts'
import { LIE, TRUTH } from '../internet/behaviours.ts'
import { openResolvingWorld, type ResolvingWorld, startSubject } from '../internet/resolving-world.ts'
import { APPLIANCE } from '../world.ts'

describe.each(['host', 'stack'] as const)('over the %s path', path => {
  describeLab('spoofed answers', () => {
    let world: ResolvingWorld
    const addresses = async (name: string): Promise<readonly string[]> => (await dig(world.asker, APPLIANCE, name)).data

    beforeAll(async () => {
      world = await openResolvingWorld(false)
      await startSubject(world, ['--upstream-path', path])
    })
    afterAll(() => world.lab.close())

    test.each([
      ['race-id', 'RFC 5452 §9.1: another id'],
      ['race-port', 'RFC 5452 §9.1: from another port'],
      ['race-address', 'RFC 5452 §9.1: from another address'],
      ['storm', 'RFC 5452 §9.2: four hundred guesses of the id'],
    ] as const)('%s: the truth is waited for (%s)', async (zone, _section) => {
      expect(await addresses(`www.${zone}.gamma`)).toEqual([TRUTH])
    })

    test('RFC 5452 §9.1: an answer to another question is not believed, under either name', async () => {
      const data = await addresses('www.race-question.gamma')
      expect([[], [TRUTH]]).toContainEqual(data)
      expect(await addresses('www.victim.gamma')).toEqual([TRUTH])
    })

    test('as Kaminsky has it: with new names again and again, lies about the zone above are not kept', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => dig(world.asker, APPLIANCE, `www.n${i}.storm.gamma`)))
      expect(await addresses('www.storm.gamma')).toEqual([TRUTH])
      expect(await addresses('www.honest.gamma')).toEqual([TRUTH])
    })

    test.each([
      ['lies-beside', 'records of another zone in every section'],
      ['lies-upward', 'servers for the zone above'],
    ] as const)('%s: %s are left aside', async (zone, _what) => {
      expect(await addresses(`www.${zone}.gamma`)).toEqual([TRUTH])
      expect(await addresses('www.victim.gamma')).toEqual([TRUTH])
      expect(await addresses('mail.victim.gamma')).toEqual([])
      expect(await addresses('www.unsigned.gamma')).toEqual([TRUTH])
    })

    test('an alias leads to what its own zone says', async () => {
      expect(await addresses('www.lies-by-alias.gamma')).not.toContain(LIE)
      expect(await addresses('mail.victim.gamma')).toEqual([])
    })
  })
})
