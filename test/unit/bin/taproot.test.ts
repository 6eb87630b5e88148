import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandLine, commandLine, type Ran, runCommand } from '../../support/command-line.ts'

const ENTRY = fileURLToPath(new URL('../../../bin/taproot.ts', import.meta.url))

let line: CommandLine
let empty = ''
beforeAll(async () => {
  line = await commandLine()
  empty = mkdtempSync(join(tmpdir(), 'taproot-cli-'))
})
afterAll(async () => {
  await line.close()
  rmSync(empty, { recursive: true })
})

/** As a process of its own, in an empty directory. */
const spawned = (words: readonly string[], environment: { readonly [name: string]: string }): Promise<Ran> =>
  new Promise(resolve => {
    execFile(process.execPath, [ENTRY, ...words], { cwd: empty, env: environment }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })

describe('as a process', () => {
  test('the exit code is that of the command', async () => {
    const done = await spawned(['leases', '--limit', '6', '--json'], line.environment)
    expect(done).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(done.out)).toMatchObject({ items: [{ address: '10.53.0.100' }, {}, {}, {}, {}, {}] })
    expect(await spawned(['explain', '9.9.9.9'], line.environment)).toMatchObject({ code: 1, out: '' })
    expect(await spawned(['leases', '--nonsense'], line.environment)).toMatchObject({ code: 2, out: '' })
  })
})

describe('an appliance that does not answer', () => {
  /** A port on which nothing listens: one that was free a moment ago. */
  const freePort = (): Promise<number> =>
    new Promise(resolve => {
      const server = createServer()
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo
        server.close(() => resolve(port))
      })
    })

  test('is named, with how to start it', async () => {
    const address = `http://127.0.0.1:${await freePort()}`
    const { code, out, err } = await runCommand(['leases'], { ...line.environment, TAPROOT_API: address })
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toContain(`no appliance answers at ${address} (ECONNREFUSED)`)
    expect(err).toContain('taproot start')
  })

  test.each([
    ['text', 200, 'text/plain', 'hello'],
    ['a page', 404, 'text/html', '<h1>Not found</h1>'],
    ['broken JSON', 200, 'application/json', '{"items":'],
    ['a broken problem', 500, 'application/problem+json', '{'],
    ['a redirect', 302, 'text/plain', ''],
  ])('and another server that answers %s is not one', async (_name, status, type, body) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': type, location: 'http://127.0.0.1:9/' }).end(body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { code, err } = await runCommand(['leases', '--api', `http://127.0.0.1:${port}/`], line.environment)
    server.close()
    server.closeAllConnections()
    expect(code).toBe(3)
    expect(err).toContain(`http://127.0.0.1:${port}`)
  })
})

describe('the token', () => {
  test('is looked for in the data directory', async () => {
    const environment = {
      TAPROOT_API: line.environment.TAPROOT_API,
      TAPROOT_DATA: join(line.environment.TAPROOT_TOKEN_FILE, '..'),
    }
    expect((await runCommand(['zone', 'list'], environment)).code).toBe(0)
  })

  test('that was not found is asked for', async () => {
    const { code, err } = await runCommand(['zone', 'list'], {
      TAPROOT_API: line.environment.TAPROOT_API,
      TAPROOT_DATA: empty,
    })
    expect(code).toBe(1)
    expect(err).toContain(`there is no token in ${join(empty, 'token')}`)
    expect(err).toContain('--token-file')
  })

  test('is not needed for the status', async () => {
    const environment = { TAPROOT_API: line.environment.TAPROOT_API, TAPROOT_DATA: empty, TAPROOT_TOKEN_FILE: '' }
    expect(await runCommand(['health'], environment)).toEqual({ code: 0, out: 'ok\n', err: '' })
  })

  test('of another appliance is refused, by name of the file', async () => {
    const file = join(empty, 'other')
    writeFileSync(file, 'tr_other\n')
    const { code, err } = await runCommand(['zone', 'list', '--token-file', file], line.environment)
    expect(code).toBe(1)
    expect(err).toContain(`the token in ${file} is not one of this appliance`)
    expect(err).not.toContain('tr_other')
  })

  test('must be one', async () => {
    const { code, err } = await runCommand(['zone', 'list', '--token-file', ENTRY], line.environment)
    expect(code).toBe(2)
    expect(err).toContain(`${ENTRY} does not hold a token`)
  })
})
