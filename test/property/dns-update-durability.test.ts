/** Whatever the disk does: what an update was told is on disk, is there, and what it was refused never was. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ipv4 } from '../../stack/index.ts'
import { updateBytes } from '../support/dns-update.ts'
import { done, startAppliance, type Running } from '../support/running-appliance.ts'

const RULE = { key: null, address: '0.0.0.0/0', names: 'zone', name: null, types: [], touches: 'updates' } as const
const step = fc.record({
  /** Sent together, so that they are stored together. */
  updates: fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), address: fc.integer({ min: 1, max: 3 }), remove: fc.boolean(), fresh: fc.boolean() }), { minLength: 1, maxLength: 4 }),
  diskFails: fc.boolean(),
})

const shown = (records: Iterable<{ readonly name: string; readonly type: string; readonly data: string }>): readonly string[] =>
  [...records].filter(({ name, type }) => type === 'A' && /^[abc]\.lab/.test(name)).map(({ name, data }) => `${name} ${data}`).sort()

function send({ appliance }: Running, lines: readonly string[]): number[] {
  const bytes = updateBytes(lines, { zone: 'lab.internal' })
  const into = new Uint8Array(512)
  const answers: number[] = []
  const length = appliance.dns.receive(bytes, 0, bytes.length, into, 0, 512, ipv4('10.53.0.9'), () => (b, at) => void answers.push((b[at + 3] as number) & 15))
  if (length > 0) answers.push((into[3] as number) & 15)
  return answers
}

test('the zone that is served is the zone on disk, and has what the answers say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
      const running = startAppliance()
      await done(running.appliance.network.updates.setUpdatePolicy('lab.internal', { rules: [RULE] }))
      const model = new Set<string>()
      for (const { updates, diskFails } of steps) {
        running.fault = diskFails ? { kind: 'full', detail: 'SQLITE_FULL' } : undefined
        const sent = updates.map(({ name, address, remove, fresh }) => {
          const record = `${name}.lab.internal A 10.9.9.${address}`
          const change = remove ? `delete ${record}` : `add ${record.replace(' A', ' 60 A')}`
          return { record: record.replace(' A', ''), remove, answers: send(running, [...(fresh ? [`prereq nxdomain ${name}.lab.internal`] : []), change]) }
        })
        for (let i = 0; i < 50 && sent.some(({ answers }) => answers.length === 0); i++) await Promise.resolve()
        for (const { record, remove, answers } of sent) {
          expect(answers).toHaveLength(1)
          if (answers[0] === 0 && remove) model.delete(record)
          else if (answers[0] === 0) model.add(record)
        }
        const stored = running.store.load().zones[0]
        expect(shown(stored?.records ?? [])).toEqual([...model].sort())
        const live = running.appliance.dns.zones.get('lab.internal')
        expect([shown(live?.records() ?? []), live?.zone.serial]).toEqual([[...model].sort(), stored?.zone.serial])
      }
    }),
    { numRuns: 25 },
  )
})
