/**
 * Whether this machine can run the lab: root, network namespaces, /dev/net/tun, and the programs of packages.sh.
 * Under CI=true a machine that cannot fails; elsewhere the suites report themselves skipped, with the reason.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, test } from 'vitest'

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'the lab needs Linux'
  if (process.getuid?.() !== 0) return 'the lab needs root (network namespaces, TAP devices)'
  if (!existsSync('/dev/net/tun')) return '/dev/net/tun is missing (modprobe tun)'
  const packages = spawnSync('sh', ['test/lab/packages.sh', '--check'], { encoding: 'utf8' })
  const missing = packages.stdout.trim().replaceAll('\n', ' ')
  if (packages.status !== 0) return `packages are missing: ${missing} (run: sh test/lab/packages.sh)`
  const unshare = spawnSync('unshare', ['--net', '--mount', 'true'], { encoding: 'utf8' })
  if (unshare.status !== 0) return `no network namespaces: ${unshare.stderr.trim()}`
  return undefined
}

const reason = whyNot()

/** describe() for suites that need the lab. */
export function describeLab(name: string, suite: () => void): void {
  if (reason === undefined) describe(name, suite)
  else if (process.env['CI'] === 'true') {
    describe(name, () => {
      test('the lab is available', () => {
        throw new Error(`CI must be able to run the lab, but ${reason}`)
      })
    })
  } else {
    console.warn(`lab skipped: ${reason}`)
    describe.skip(`${name} (skipped: ${reason})`, suite)
  }
}
