/** `npm run demo` as root, as an ordinary user where the machine allows it, and where it does not. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { NOBODY, openCheckout, type OpenCheckout } from './checkout.ts'
import { Lab, type Host } from './netns.ts'

let checkout: OpenCheckout
const asNobody = (): readonly string[] => [
  'setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all', 'env',
  `--chdir=${checkout.directory}`, 'TMPDIR=/tmp', 'HOME=/tmp',
]
const DEMO = ['sh', 'bin/demo']
const TIMEOUT_MS = 60_000

let lab: Lab
/** A host whose mounts are its own, so that /dev/net/tun may be changed. */
let machine: Host

/** Puts a device node of the given mode in the place of /dev/net/tun, on this host alone. */
async function tunWithMode(mode: string): Promise<void> {
  const node = join(machine.directory, 'tun')
  await machine.succeed(['mknod', '-m', mode, node, 'c', '10', '200'])
  await machine.succeed(['mount', '--bind', node, '/dev/net/tun'])
}

describeLab('demo', () => {
  beforeAll(() => {
    checkout = openCheckout()
  })
  afterAll(() => checkout.remove())
  beforeEach(async () => {
    lab = await Lab.open()
    machine = await lab.host('machine')
  })
  afterEach(() => lab.close())

  test('as root: three hosts, three leases, their names, and a clean end', async () => {
    const { stdout, stderr, code } = await machine.run(DEMO, { timeoutMs: TIMEOUT_MS })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    for (const host of ['alice', 'bob', 'carol']) {
      expect(stdout).toMatch(new RegExp(`${host} has 10\\.53\\.0\\.1\\d\\d, default via 10\\.53\\.0\\.1`))
      expect(stdout).toMatch(new RegExp(`10\\.53\\.0\\.1\\d\\d .*bound .*${host}\\.lab\\.internal`))
    }
    expect(stdout).toContain('Everything was as it should be.')
    expect((await machine.succeed(['ip', '-oneline', 'link'])).trim().split('\n')).toHaveLength(1)
  })

  test('as an ordinary user, where /dev/net/tun is open to everybody', async () => {
    await tunWithMode('666')
    const { stdout, stderr, code } = await machine.run([...asNobody(), ...DEMO], { timeoutMs: TIMEOUT_MS })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('Everything was as it should be.')
  })

  test('as an ordinary user without /dev/net/tun: says so, and what to do', async () => {
    await tunWithMode('600')
    const { stdout, stderr, code } = await machine.run([...asNobody(), ...DEMO])
    expect(code).not.toBe(0)
    expect(stderr).toContain('/dev/net/tun is not open')
    expect(stderr).not.toContain('user namespaces')
    expect(stdout).toBe('')
  })
  test('as an ordinary user where user namespaces are refused: says so, and what to do', async () => {
    await tunWithMode('666')
    // The kernel's refusal, played by an unshare that fails: the real switch would be the whole machine's.
    writeFileSync(join(machine.directory, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    chmodSync(lab.directory, 0o711)
    chmodSync(machine.directory, 0o711)
    const { stderr, code } = await machine.run(
      [...asNobody(), `PATH=${machine.directory}:${process.env['PATH'] ?? ''}`, ...DEMO],
    )
    expect(code).not.toBe(0)
    expect(stderr).toContain('user namespaces are not allowed')
    expect(stderr).not.toContain('/dev/net/tun is not open')
  })
})
