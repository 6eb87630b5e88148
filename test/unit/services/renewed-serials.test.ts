import { expect, test } from 'vitest'
import { signingOf } from '../../support/dnssec.ts'
import { startAppliance, type Running } from '../../support/running-appliance.ts'

const FULL = { kind: 'full', detail: 'SQLITE_FULL: database or disk is full' } as const

/** Serial as it is served and as it is stored, when all that is under way has come to its end. */
async function serials({ appliance, store }: Running): Promise<readonly (number | undefined)[]> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  const stored = store.load().zones.find(({ zone }) => zone.name === 'lab.internal')
  return [appliance.dns.zones.get('lab.internal')?.zone.serial, stored?.zone.serial]
}
const sign = ({ appliance }: Running): void => appliance.dns.setSigning(appliance.dns.zones.get('lab.internal')?.zone.id ?? 0, signingOf())

test('a zone that begins to be signed, and each renewal of its signatures, gets the next serial on disk', async () => {
  const running = startAppliance()
  const [before = 0] = await serials(running)
  sign(running)
  expect(await serials(running)).toEqual([before + 1, before + 1])
  running.clock.advance(9 * 86_400_000)
  expect(await serials(running)).toEqual([before + 1, before + 1])
  running.clock.advance(86_400_000 + 7_200_000)
  expect(await serials(running)).toEqual([before + 2, before + 2])
})

test('what cannot be stored is not served, and the next renewal makes up for it', async () => {
  const running = startAppliance()
  const [before = 0] = await serials(running)
  running.fault = FULL
  sign(running)
  expect(await serials(running)).toEqual([before, before])
  running.fault = undefined
  sign(running)
  expect(await serials(running)).toEqual([before + 1, before + 1])
})
