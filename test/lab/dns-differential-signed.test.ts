/**
 * Awkward zones signed by BIND's tools, with NSEC and with NSEC3, loaded as they are into Taproot, Knot, NSD and BIND:
 * with DO, signatures and proofs of absence are the same too (RFC 4035 §3.1, RFC 5155 §7.2).
 *
 * Seeds 1 to 6; with TAPROOT_LAB_LONG=1 24 of them.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { awkwardWorld } from './awkward-zones.ts'
import type { AwkwardZone } from './awkward-zones.ts'
import { type Answers, type Asking, BesideOthers, shown } from './beside-others.ts'
import type { Host } from './netns.ts'

const SEEDS = process.env['TAPROOT_LAB_LONG'] === '1' ? 24 : 6
const QUESTIONS_PER_SEED = 750
/** dnssec-signzone puts a wildcard in front of every name. */
const LONGEST_NAME = 252
const SIGNED: Asking = { transport: 'tcp', edns: 4096, dnssecOk: true }

const worlds = Array.from({ length: SEEDS }, (_, i) => awkwardWorld(i + 101, QUESTIONS_PER_SEED, LONGEST_NAME))
const questions = worlds.flatMap(world => world.questions)

/** Denial by turns: NSEC, NSEC3, NSEC3 with salt, NSEC3 that leaves insecure delegations out. */
const DENIALS: readonly (readonly string[])[] = [[], ['-3', '-'], ['-3', 'aabb', '-H', '3'], ['-3', '-', '-A']]

async function signed(lan: Host, zones: readonly AwkwardZone[]): Promise<readonly AwkwardZone[]> {
  const directory = mkdtempSync(join(lan.directory, 'keys-'))
  const result: AwkwardZone[] = []
  for (const [i, { zone, text }] of zones.entries()) {
    const file = join(directory, zone)
    // It gives signatures no TTL of more than 30 days, where RFC 4035 §2.2 asks for that of what they cover.
    writeFileSync(file, text.replaceAll('2147483647', '604800'))
    const made = await lan.succeed(['dnssec-keygen', '-q', '-a', 'ED25519', '-K', directory, '-f', 'KSK', zone])
    const key = join(directory, made.trim())
    const how = ['-q', '-P', '-z', '-O', 'full', '-S', '-K', directory, '-N', 'keep', ...DENIALS[i % DENIALS.length] ?? []]
    await lan.succeed(['dnssec-signzone', ...how, '-o', zone, '-f', `${file}.signed`, file, key])
    result.push({ zone, text: readFileSync(`${file}.signed`, 'utf8') })
  }
  return result
}

describeLab('awkward zones that are signed, beside Knot, NSD and BIND', () => {
  let beside: BesideOthers
  let ours: Answers

  beforeAll(async () => {
    beside = await BesideOthers.open(worlds.flatMap(world => world.zones), questions, signed)
    ours = await beside.ours(SIGNED)
  })
  afterAll(() => beside.close())

  test('every question is answered, most with signatures', () => {
    expect(questions.filter((_, i) => ours[i] === undefined).map(shown)).toEqual([])
    const withSignature = ours.filter(told => [told?.answer, told?.authority].some(section => String(section).includes(' RRSIG ')))
    expect(withSignature.length).toBeGreaterThan(questions.length / 2)
  })

  test('what two of Knot, NSD and BIND say is what we say', async () => {
    expect((await beside.differences(ours, SIGNED)).slice(0, 10).join('\n')).toBe('')
  })
})
