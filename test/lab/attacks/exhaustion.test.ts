/**
 * Zones that are signed so that a validator works for nothing: KeyTrap (CVE-2023-50387: 20 keys with one tag and 100
 * signatures that are wrong would be 2,000 checks for one answer), and denials whose closest encloser is to be found by
 * hashing each of many names 150 times (CVE-2023-50868). Served by real NSD, Knot and BIND. Others are answered meanwhile.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeLab } from '../available.ts'
import { dig } from '../dig.ts'
import { askAll } from '../internet/agreement.ts'
import { openResolvingWorld, type ResolvingWorld, startSubject } from '../internet/resolving-world.ts'
import { APPLIANCE } from '../world.ts'

const PATIENCE_MS = 10_000

describeLab('signatures and hashes without end', () => {
  let world: ResolvingWorld

  beforeAll(async () => {
    world = await openResolvingWorld(false)
    await startSubject(world)
    await dig(world.asker, APPLIANCE, '+dnssec', 'www.wild.alpha')
  })
  afterAll(() => world.lab.close())

  /** Names that were never asked for before, in a signed zone; how many were answered with AD. */
  async function others(label: string): Promise<number> {
    const questions = Array.from({ length: 40 }, (_, i) => ({ name: `${label}${i}.w.wild.alpha`, type: 'A' }))
    const told = await askAll(world.asker, APPLIANCE, questions, 'do', 'udp')
    return told.filter(answer => answer?.rcode === 'NOERROR' && answer.authentic).length
  }

  test('KeyTrap: SERVFAIL in a client\'s time, and others are answered while it lasts', async () => {
    const bogus = Promise.all(Array.from({ length: 10 }, () => dig(world.asker, APPLIANCE, '+dnssec', '+time=20', 'www.keytrap.alpha')))
    expect(await others('keytrap')).toBe(40)
    const [first] = await bogus
    expect(first?.status).toBe('SERVFAIL')
    expect(first?.milliseconds).toBeLessThan(PATIENCE_MS)
  })

  test('KeyTrap: what of the zone is rightly signed', async () => {
    const answer = await dig(world.asker, APPLIANCE, '+dnssec', 'six.keytrap.alpha', 'AAAA')
    // RFC 4035 §5.3.1 has each key tried; CVE-2023-50387's remedy lets a validator stop before.
    expect(['NOERROR', 'SERVFAIL']).toContain(answer.status)
  })

  test('deep names that do not exist, 150 rounds for each hash: they are answered, and so are others', async () => {
    const deep = (i: number): string => [...Array.from({ length: 30 }, (_, j) => `d${i}x${j}`), 'hashes.alpha'].join('.')
    const questions = Array.from({ length: 200 }, (_, i) => ({ name: deep(i), type: 'A' }))
    const denied = askAll(world.asker, APPLIANCE, questions, 'do', 'udp')
    expect(await others('hashes')).toBe(40)
    const rcodes = new Set((await denied).map(answer => answer?.rcode))
    expect(rcodes.has(undefined)).toBe(false)
    for (const rcode of rcodes) expect(['NXDOMAIN', 'SERVFAIL']).toContain(rcode)
  })
})
