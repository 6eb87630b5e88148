/** Runs command lines in this process, with what they print and their exit code as the result. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../bin/commands/main.ts'
import type { Services } from '../../services/index.ts'
import { fill, testApi, type TestApi } from './admin-api.ts'

export type Ran = { readonly code: number; readonly out: string; readonly err: string }

/** What a test wants to see or do while a command runs. */
export type Meanwhile = {
  readonly interrupt?: AbortSignal
  /** Everything printed so far. */
  readonly onOut?: (all: string) => void
  readonly onOctets?: (piece: Uint8Array) => void
}

export type CommandLine = {
  readonly api: TestApi
  /** For TAPROOT_API and TAPROOT_TOKEN_FILE. */
  readonly environment: { readonly TAPROOT_API: string; readonly TAPROOT_TOKEN_FILE: string }
  /** "leases list" → as a pipe would see it. */
  run(...words: readonly string[]): Promise<Ran>
  /** The same on a terminal. */
  show(...words: readonly string[]): Promise<Ran>
  close(): Promise<void>
}

/** One command line. */
export async function runCommand(
  words: readonly string[],
  environment: { readonly [name: string]: string | undefined },
  isTerminal = false,
  { interrupt = new AbortController().signal, onOut = () => {}, onOctets = () => {} }: Meanwhile = {},
): Promise<Ran> {
  let out = ''
  let err = ''
  const code = await main(words, {
    out: text => {
      out += text
      onOut(out)
    },
    err: text => void (err += text),
    isTerminal,
    environment,
    octets: async piece => {
      onOctets(piece)
      return true
    },
    interrupt: () => interrupt,
  })
  return { code, out, err }
}

/** A server on loopback with these services, else filled fake ones, and a command line that talks to it. */
export async function commandLine(services?: Services): Promise<CommandLine> {
  const api = testApi(services === undefined ? {} : { services })
  if (services === undefined) await fill(api.services)
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.app.server.address() as AddressInfo
  const directory = mkdtempSync(join(tmpdir(), 'taproot-cli-'))
  const environment = { TAPROOT_API: `http://127.0.0.1:${port}`, TAPROOT_TOKEN_FILE: join(directory, 'token') }
  writeFileSync(environment.TAPROOT_TOKEN_FILE, `${api.token}\n`)
  return {
    api,
    environment,
    run: (...words) => runCommand(words, environment),
    show: (...words) => runCommand(words, environment, true),
    close: async () => {
      await api.app.close()
      rmSync(directory, { recursive: true })
    },
  }
}
