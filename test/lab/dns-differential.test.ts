/**
 * The same zones in Taproot, Knot, NSD and BIND, the same thousands of questions to each, and the answers compared
 * field by field, but for the rows of dns-differences.ts. A difference is one when all three have it, or two the same,
 * because each of them has errors and habits of its own in zones like these: Knot makes glue from wildcards, NSD
 * forgets the rest of a zone below the apex of another one.
 *
 * Seeds 1 to 16; with TAPROOT_LAB_LONG=1 as many more as take about a minute.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { awkwardWorld } from './awkward-zones.ts'
import { type Answers, type Asking, BesideOthers, shown } from './beside-others.ts'
import { difference } from './dns-differences.ts'
import type { Pair, Told } from './dns-differences.ts'

const SEEDS = process.env['TAPROOT_LAB_LONG'] === '1' ? 60 : 16
const QUESTIONS_PER_SEED = 750
/** In bytes on the wire: what most resolvers say today (RFC 9715 §3.1). */
const UDP_OCTETS = 1232
const WHOLE: Asking = { transport: 'tcp' }

const worlds = Array.from({ length: SEEDS }, (_, i) => awkwardWorld(i + 1, QUESTIONS_PER_SEED))
const questions = worlds.flatMap(world => world.questions)

describeLab('awkward zones, beside Knot, NSD and BIND', () => {
  let beside: BesideOthers
  let ours: Answers

  beforeAll(async () => {
    beside = await BesideOthers.open(worlds.flatMap(world => world.zones), questions)
    ours = await beside.ours(WHOLE)
  })
  afterAll(() => beside.close())

  test('every question is answered', () => {
    expect(questions.filter((_, i) => ours[i] === undefined).map(shown)).toEqual([])
    // The questions reach what they are for.
    const rcodes = Map.groupBy(ours, answer => answer?.rcode)
    const tenth = questions.length / 10
    for (const rcode of ['NOERROR', 'NXDOMAIN']) expect(rcodes.get(rcode)?.length).toBeGreaterThan(tenth)
    const referrals = ours.filter(answer => answer?.authoritative === false && answer.authority.length > 0)
    expect(referrals.length).toBeGreaterThan(questions.length / 20)
  })

  test('what two of Knot, NSD and BIND say is what we say', async () => {
    expect((await beside.differences(ours, WHOLE)).slice(0, 10).join('\n')).toBe('')
  })

  test('an answer that is wrong in any field would be noticed', () => {
    const answer = ['a.b 60 A 192.0.2.1']
    const plain: Told = {
      rcode: 'NOERROR', authoritative: true, truncated: false, authentic: false, octets: 60, answer, authority: [], additional: [],
    }
    const pair = (wrong: Partial<Told>): Pair => ({
      name: 'a.b', type: 'A', ours: { ...plain, ...wrong }, theirs: plain, zones: ['b'], owners: new Set(),
    })
    expect(difference(pair({}))).toBeUndefined()
    const wrongs: readonly Partial<Told>[] = [
      { rcode: 'NXDOMAIN' }, { authoritative: false }, { answer: [] }, { answer: ['a.b 61 A 192.0.2.1'] },
      { answer: [...answer, ...answer] }, { authority: ['b 60 SOA x'] },
    ]
    for (const wrong of wrongs) expect(difference(pair(wrong))).toMatch(/^a\.b A: /)
  })

  test.each([['with EDNS', { edns: UDP_OCTETS }], ['without EDNS', {}]] as const)(
    'over UDP %s the same, cut off exactly where it does not fit', async (_how, how: { readonly edns?: number }) => {
      const limit = how.edns ?? 512
      const opt = how.edns === undefined ? 0 : 11
      const short = await beside.ours({ transport: 'udp', ...how })
      const wrong = questions.filter((_, i) => {
        const [whole, cut] = [ours[i] as Told, short[i]]
        if (cut === undefined || cut.octets > limit || cut.rcode !== whole.rcode) return true
        if (cut.truncated) return whole.octets + opt <= limit
        // Addresses that are only useful may be left out (RFC 2181 §9).
        return cut.answer.join() !== whole.answer.join() || cut.authority.join() !== whole.authority.join()
      })
      expect(wrong.map(shown)).toEqual([])
      expect(short.some(answer => answer?.truncated)).toBe(true)
    },
  )
})
