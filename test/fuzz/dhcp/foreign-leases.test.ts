/** Lease files with random changes: leases or notes with their lines, never an exception. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLeases } from '../../../services/dhcp/index.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { ROOT } from '../../support/source-tree.ts'

const PIECES = [',', '\n', ' ', ':', '"', '*', '0', '-1', '9'.repeat(400), 'address', '__proto__', '\u0000', 'é']

test.each([
  ['dnsmasq', 'dnsmasq.leases'],
  ['kea', 'kea-leases4.csv'],
  ['isc', 'dhcpd.leases'],
  ['csv', 'leases.csv'],
] as const)('%s', (format, name) => {
  const original = readFileSync(join(ROOT, 'test/fixtures/leases', name), 'utf8')
  const random = new SeededRandom(11)
  let taken = 0
  for (let i = 0; i < 1_000; i++) {
    let text = original
    for (let n = random.below(6); n >= 0; n--) {
      const at = random.below(text.length + 1)
      text = text.slice(0, at) + (PIECES[random.below(PIECES.length)] as string) + text.slice(at + random.below(20))
    }
    const { leases, notes } = readLeases(format, text)
    taken += leases.length
    const lines = text.split('\n').length
    for (const { line } of notes) expect(line).toBeLessThanOrEqual(lines)
    expect(leases.length).toBeLessThanOrEqual(lines)
  }
  expect(taken).toBeGreaterThan(0)
})
