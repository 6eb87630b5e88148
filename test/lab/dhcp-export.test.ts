/** Files that we write for Kea and dnsmasq (test/unit/services/dhcp/interchange/export.test.ts), as those servers judge them. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/source-tree.ts'

test.each([
  ['kea-dhcp4', ['-t', join(ROOT, 'test/fixtures/kea/exported.conf')]],
  ['dnsmasq', ['--test', '-C', join(ROOT, 'test/fixtures/dnsmasq/exported.conf')]],
] as const)('%s takes it', (program, words) => {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: 20_000 })
  expect({ status, faults: `${stdout}${stderr}`.split('\n').filter(line => /ERROR|WARN|bad/.test(line)) }).toEqual({ status: 0, faults: [] })
})
