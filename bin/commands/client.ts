/** The REST API as the commands see it: JSON in, JSON out, three kinds of failure. */
import { readFileSync } from 'node:fs'
import type { Problem } from '../../admin-api/index.ts'
import { type Terminal, UsageError } from './command.ts'

const DEFAULT_API = 'http://127.0.0.1:8053'
/** The longest that the appliance takes for anything is a commit on a slow disk. */
const TIMEOUT_MS = 20_000

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
export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

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
    return (answer.status === 204 ? null : await readJson(answer)) as T
  }

  async text(resource: string): Promise<string> {
    return (await this.#ask('GET', resource, {}, undefined)).text()
  }

  async #ask(method: Method, resource: string, query: Query, body: unknown): Promise<Response> {
    const url = new URL(`${this.#base}/api/v1/${resource}`)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const answer = await this.#fetch(url, {
      method,
      headers: {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    // A failing appliance answers 503 to the question for its health, with the health.
    if (answer.ok || (answer.status === 503 && answer.headers.get('content-type')?.startsWith('application/json')))
      return answer
    const problem = await readProblem(answer)
    if (answer.status === 401) throw new ProblemAnswer({ ...problem, errors: [this.#tokenRemedy()] })
    throw new ProblemAnswer(problem)
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
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

async function readJson(answer: Response): Promise<unknown> {
  try {
    return await answer.json()
  } catch {
    throw new Unreachable(`${new URL(answer.url).origin} does not answer as Taproot does`)
  }
}

async function readProblem(answer: Response): Promise<Problem> {
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') === true
  if (!isProblem)
    throw new Unreachable(`${new URL(answer.url).origin} answers ${answer.status}, but not as Taproot does`)
  return (await readJson(answer)) as Problem
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
