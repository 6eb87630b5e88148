import { chmodSync, existsSync, mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openGuestSocket, Switch } from '../../../../stack/index.ts'
import { SystemClock } from '../../../../stack/platform/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taproot-guest-socket-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (path: string) => openGuestSocket(new Switch(new SystemClock(), { ports: 1 }), { path, owner: undefined })

async function refusal(path: string): Promise<string> {
  const opened = await open(path)
  if (!opened.ok) return `${opened.error.problem} | ${opened.error.remedy}`
  opened.value.close()
  throw new Error('it was opened')
}

test('the owner and his group may connect, and nothing is left after close', async () => {
  const path = join(folder, 'vms.sock')
  const opened = await open(path)
  expect(opened.ok && opened.value.guests()).toEqual([])
  expect(statSync(path).mode & 0o777).toBe(0o660)
  if (opened.ok) opened.value.close()
  expect(existsSync(path)).toBe(false)
})

test('a socket that a killed program left behind is replaced', async () => {
  const path = join(folder, 'vms.sock')
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  expect(statSync(path).isSocket()).toBe(true)
  const opened = await open(path)
  expect(opened.ok).toBe(true)
  if (opened.ok) opened.value.close()
})

test('a socket on which somebody listens is left to him', async () => {
  const path = join(folder, 'vms.sock')
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(path, resolve))
  expect(await refusal(path)).toMatch(/another program listens on the socket .* \| stop it/)
  expect(statSync(path).isSocket()).toBe(true)
  other.close()
})

test('a file of another kind is left alone', async () => {
  const path = join(folder, 'notes')
  writeFileSync(path, 'mine')
  expect(await refusal(path)).toMatch(/is no socket \| name another path/)
  expect(existsSync(path)).toBe(true)
})

test('a directory in which everybody may replace the socket is refused, unless it is sticky as /tmp', async () => {
  const directory = join(folder, 'open')
  mkdirSync(directory)
  chmodSync(directory, 0o777)
  expect(await refusal(join(directory, 'vms.sock'))).toMatch(/everybody may write to the directory/)
  chmodSync(directory, 0o1777)
  const opened = await open(join(directory, 'vms.sock'))
  expect(opened.ok).toBe(true)
  if (opened.ok) opened.value.close()
})

test('a directory that is not there is named', async () => {
  expect(await refusal(join(folder, 'no', 'vms.sock'))).toMatch(/the directory .*\/no cannot be used \(ENOENT\)/)
})
