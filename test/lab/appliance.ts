/** The appliance as a user starts it, on a host of the lab: `sh bin/taproot start …`, its REST API and command line. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from './netns.ts'
import type { Ended, Output, Program } from './program.ts'

/** The whole start takes well under a second; a machine under load gets more. */
const START_TIMEOUT_MS = 20_000
const API = '127.0.0.1:8053'

export type ApplianceOptions = {
  /** Command line arguments after `start`, over those below. */
  readonly arguments?: readonly string[]
  /** Where its database and token are; a directory under the host's own when left out. */
  readonly data?: string
  /** In front of the command, to run it as somebody else: ['setpriv', '--reuid=nobody', …]. */
  readonly as?: readonly string[]
  /** For a start that has much to read. */
  readonly startTimeoutMs?: number
}
export type RestAnswer<T> = { readonly status: number; readonly body: T }
/** A page of a list, as every list of the API is. */
export type Items<T> = { readonly items: readonly T[]; readonly next: string | null }

export class Appliance {
  readonly host: Host
  readonly program: Program
  readonly data: string
  /** The facts of the line that said it is ready. */
  readonly ready: { readonly [name: string]: unknown }
  readonly #token: string

  private constructor(host: Host, program: Program, data: string, ready: { readonly [name: string]: unknown }) {
    this.host = host
    this.program = program
    this.data = data
    this.ready = ready
    const file = ready['tokenFile']
    this.#token = readFileSync(typeof file === 'string' ? file : join(data, 'token'), 'utf8').trim()
  }

  /** The command line; for tests that look at a start that is refused. */
  static launch(host: Host, options: ApplianceOptions = {}): { readonly program: Program; readonly data: string } {
    const data = options.data ?? join(host.directory, 'data')
    const argv = [
      'sh', 'bin/taproot', 'start', '--upstreams', 'none', '--data', data, '--log-format', 'json',
      ...(options.arguments ?? []),
    ]
    return { program: host.start('taproot', [...(options.as ?? []), ...argv]), data }
  }

  /** Starts it and waits until it says that it is ready. */
  static async start(host: Host, options: ApplianceOptions = {}): Promise<Appliance> {
    const { program, data } = Appliance.launch(host, options)
    const line = await program.line(/"appliance\.ready"/, 0, options.startTimeoutMs ?? START_TIMEOUT_MS)
    return new Appliance(host, program, data, JSON.parse(line) as { readonly [name: string]: unknown })
  }

  /** One REST request with the token (or with `token`; null for none). `path` begins after /api/v1. */
  async rest<T = unknown>(
    method: string, path: string, body?: unknown, token: string | null = this.#token,
  ): Promise<RestAnswer<T>> {
    const authorisation = token === null ? [] : ['-H', `Authorization: Bearer ${token}`]
    const json = ['-H', 'Content-Type: application/json', '--data-binary', JSON.stringify(body)]
    const content = body === undefined ? [] : json
    const url = path.startsWith('http') ? path : `http://${API}/api/v1${path}`
    const curl = [
      'curl', '-sS', '--max-time', '20', '--globoff', '-X', method, ...authorisation, ...content, '-w',
      '\n%{http_code}', url,
    ]
    const text = await this.host.succeed(curl)
    const cut = text.lastIndexOf('\n')
    const payload = text.slice(0, cut)
    let parsed: unknown = payload
    try {
      parsed = JSON.parse(payload)
    } catch {
      // Not JSON: a page, a zone file, or nothing.
    }
    return { status: Number(text.slice(cut + 1)), body: parsed as T }
  }

  /** GET that must succeed. */
  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.rest<T>('GET', path)
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  /** POST that must create. */
  async post<T>(path: string, body: unknown): Promise<T> {
    const answer = await this.rest<T>('POST', path, body)
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** All items of a paged list. */
  async list<T>(path: string): Promise<readonly T[]> {
    const all: T[] = []
    let after: string | null = null
    do {
      const next: string = after === null ? '' : `&after=${encodeURIComponent(after)}`
      const page: Items<T> = await this.get<Items<T>>(`${path}${path.includes('?') ? '&' : '?'}limit=1000${next}`)
      all.push(...page.items)
      after = page.next
    } while (after !== null)
    return all
  }

  /** A command of the command line, run where the API is. */
  command(...argv: readonly string[]): Promise<Output> {
    return this.host.run(
      ['sh', 'bin/taproot', ...argv],
      { env: { TAPROOT_TOKEN_FILE: join(this.data, 'token'), TAPROOT_API: `http://${API}` } },
    )
  }

  stop(): Promise<Ended> {
    return this.program.stop(10_000)
  }

  /** As a power cut would: nothing of it runs on. */
  async killHard(): Promise<void> {
    this.program.kill('SIGKILL')
    await this.program.ended
  }
}
