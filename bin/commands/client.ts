/** The REST API as the commands see it: JSON in, JSON or a stream out, three kinds of failure. */
import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import type { Problem } from '../../admin-api/index.ts'
import { type Terminal, UsageError } from './command.ts'
import { linesOf, openAnswer } from './stream.ts'

const DEFAULT_API = 'http://127.0.0.1:8053'
/** The longest that the appliance takes for anything is a commit on a slow disk. */
const TIMEOUT_MS = 20_000
/** A zone of a million records. */
const FILE_TIMEOUT_MS = 300_000

/** The appliance refused. Ends with exit code 1. */
export class ProblemAnswer extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Nothing answers at the address, or not as the appliance would. Ends with exit code 3. */
export class Unreachable extends Error {}

export type Query = { readonly [name: string]: string | number | undefined }
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** "zones", "lab.internal", "records" → the path with every part escaped. */
export const path = (...parts: readonly (string | number)[]): string =>
  parts.map(part => encodeURIComponent(part)).join('/')

export class ApiClient {
  readonly #base: string
  readonly #token: string | undefined
  readonly #tokenFile: string

  constructor(base: string, token: string | undefined, tokenFile: string) {
    this.#base = base
    this.#token = token
    this.#tokenFile = tokenFile
  }

  /** T is what the route's schema says; the server is ours and checks it. Throws ProblemAnswer and Unreachable. */
  async json<T>(method: Method, resource: string, query: Query = {}, body?: unknown): Promise<T> {
    const answer = await this.#ask(method, resource, query, body)
    return (answer.status === 204 ? null : await readJson(answer, this.#base)) as T
  }

  async text(resource: string, query: Query = {}): Promise<string> {
    return (await this.#ask('GET', resource, query, undefined)).text()
  }

  /** Sends a file as it is; the answer is JSON. Throws ProblemAnswer and Unreachable. */
  async putText<T>(resource: string, query: Query, file: string, type: string): Promise<T> {
    const headers = { ...this.#headers(undefined), 'content-type': type }
    const answer = await this.#fetch(this.#url(resource, query), { method: 'PUT', headers, body: file }, FILE_TIMEOUT_MS)
    if (!answer.ok) throw await this.#failure(answer)
    return (await readJson(answer, this.#base)) as T
  }

  /** The octets of an answer as they come, until its end or the signal. Throws ProblemAnswer and Unreachable. */
  async *octets(
    method: Method,
    resource: string,
    query: Query,
    body: unknown,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    try {
      const request = {
        url: this.#url(resource, query),
        method,
        headers: this.#headers(body),
        body: bodyText(body),
        signal,
      }
      const answer = await openAnswer(request)
      const status = answer.statusCode ?? 0
      if (status >= 400) {
        const text = await buffer(answer)
        const type = answer.headers['content-type'] ?? ''
        throw await this.#failure(new Response(text, { status, headers: { 'content-type': type } }))
      }
      yield* answer as AsyncIterable<Uint8Array>
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ProblemAnswer || error instanceof Unreachable) throw error
      throw isReset(error)
        ? new Unreachable('the appliance broke it off: it was stopped, or a part of it was restarted')
        : new Unreachable(`no appliance answers at ${this.#base} (${reason(error)})`)
    }
  }

  /** The events of a stream of JSON lines. A problem among them ends it. */
  async *events<T>(method: Method, resource: string, body: unknown, signal: AbortSignal): AsyncGenerator<T> {
    for await (const line of linesOf(this.octets(method, resource, {}, body, signal))) {
      const event = JSON.parse(line) as T | { readonly kind: 'problem'; readonly problem: Problem }
      if (typeof event === 'object' && event !== null && 'problem' in event) throw new ProblemAnswer(event.problem)
      yield event as T
    }
  }

  #url(resource: string, query: Query): URL {
    const url = new URL(`${this.#base}/api/v1/${resource}`)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value))
    return url
  }

  #headers(body: unknown): { readonly [name: string]: string } {
    return {
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
  }

  async #failure(answer: Response): Promise<ProblemAnswer> {
    const problem = await readProblem(answer, this.#base)
    return new ProblemAnswer(answer.status === 401 ? { ...problem, errors: [this.#tokenRemedy()] } : problem)
  }

  async #ask(method: Method, resource: string, query: Query, body: unknown): Promise<Response> {
    const text = bodyText(body)
    const answer = await this.#fetch(this.#url(resource, query), {
      method,
      headers: this.#headers(body),
      ...(text === undefined ? {} : { body: text }),
    })
    // A failing appliance answers 503 to the question for its health, with the health.
    if (answer.ok || (answer.status === 503 && answer.headers.get('content-type')?.startsWith('application/json')))
      return answer
    throw await this.#failure(answer)
  }

  async #fetch(url: URL, init: RequestInit, timeoutMs = TIMEOUT_MS): Promise<Response> {
    try {
      return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
    } catch (error) {
      throw new Unreachable(`no appliance answers at ${this.#base} (${reason(error)})`)
    }
  }

  #tokenRemedy(): Problem['errors'][number] {
    return this.#token === undefined
      ? {
          pointer: '',
          detail: `there is no token in ${this.#tokenFile}`,
          remedy: 'Name the file with --token-file; it is in the data directory of the appliance.',
        }
      : {
          pointer: '',
          detail: `the token in ${this.#tokenFile} is not one of this appliance`,
          remedy: 'Name another file with --token-file.',
        }
  }
}

/** fetch says "fetch failed"; the reason is the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

const bodyText = (body: unknown): string | undefined => (body === undefined ? undefined : JSON.stringify(body))

/** What was under way and ended too early. */
const isReset = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')

async function readJson(answer: Response, base: string): Promise<unknown> {
  try {
    return await answer.json()
  } catch {
    throw new Unreachable(`${base} does not answer as Taproot does`)
  }
}

async function readProblem(answer: Response, base: string): Promise<Problem> {
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') === true
  if (!isProblem) throw new Unreachable(`${base} answers ${answer.status}, but not as Taproot does`)
  return (await readJson(answer, base)) as Problem
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

function readToken(file: string, wanted: boolean): string | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (!wanted && isMissing(error)) return undefined
    throw new UsageError(
      `the token file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  // RFC 6750 §2.1: what may follow "Bearer ".
  if (!/^[\w.~+/-]+=*$/.test(text)) throw new UsageError(`the file ${file} does not hold a token`)
  return text
}

/** The client for what --api, --token-file and the environment say. Throws UsageError. */
export function connect(
  environment: Terminal['environment'],
  api: string | undefined,
  tokenFile: string | undefined,
): ApiClient {
  // A variable that is set to nothing is not set.
  const variable = (name: string): string | undefined => environment[name] || undefined
  const address = api ?? variable('TAPROOT_API') ?? DEFAULT_API
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`"${address}" is not the address of an API; it looks like ${DEFAULT_API}`)
  }
  const named = tokenFile ?? variable('TAPROOT_TOKEN_FILE')
  const file = named ?? `${variable('TAPROOT_DATA') ?? 'data'}/token`
  return new ApiClient(url.href.replace(/\/+$/, ''), readToken(file, named !== undefined), file)
}
