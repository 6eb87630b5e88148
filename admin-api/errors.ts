/**
 * Every way in which a request can fail, as one catalogue, and the problem+json made from it (RFC 9457).
 * A problem names the wrong field by JSON pointer (RFC 6901), says what is wrong with it and what would be right.
 * What is not in the catalogue becomes 'internal': an id for the log, nothing else.
 */
import type { Refusal } from '../services/index.ts'

export type ProblemRow = { readonly status: number; readonly title: string; readonly means: string }

export const PROBLEMS = {
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    means: 'The body could not be read as JSON (RFC 8259). Send one JSON object.',
  },
  'malformed-yaml': {
    status: 400,
    title: 'The body is not YAML',
    means: 'Send a YAML 1.2 document.',
  },
  'malformed-request': {
    status: 400,
    title: 'The request is not HTTP as it should be',
    means: 'The request line, a header or the path could not be read.',
  },
  'invalid-parameter': {
    status: 400,
    title: 'A parameter is wrong',
    means: 'A parameter of the path or of the query is missing, unknown or has a wrong value. Nothing has changed.',
  },
  unauthorized: {
    status: 401,
    title: 'A token is needed',
    means:
      'Send the header "Authorization: Bearer <token>". The first token is in the file "token" of the data directory.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    means: 'The resource does not exist, or does not any more.',
  },
  'no-such-route': {
    status: 404,
    title: 'There is no such path',
    means: 'No resource of the API has this path. The paths are listed at /docs.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method does not fit the path',
    means: 'The path exists; the header Allow lists its methods.',
  },
  conflict: {
    status: 409,
    title: 'It conflicts with what is there',
    means: 'The change contradicts something that exists. Nothing has changed.',
  },
  changed: {
    status: 412,
    title: 'It has changed meanwhile',
    means: 'The change was to be made only in the version that If-Match names, and there is another now. Nothing has changed.',
  },
  'too-large': {
    status: 413,
    title: 'The body is too large',
    means: 'The body is larger than the API takes. Nothing has changed.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is of a wrong media type',
    means: 'Send application/json.',
  },
  'wrong-host': {
    status: 421,
    title: 'The request is meant for another host',
    means: 'The header Host names neither this machine nor a configured name; a web page may be behind the request.',
  },
  invalid: {
    status: 422,
    title: 'A field has a wrong value',
    means: 'A field of the body is missing, unknown or has a wrong value. Nothing has changed.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    means: 'The headers of the request are larger than the server takes.',
  },
  internal: {
    status: 500,
    title: 'The appliance made a mistake',
    means: 'This is a defect. The log has an entry with the id that the detail names.',
  },
  unavailable: {
    status: 503,
    title: 'The appliance cannot do it now',
    means: 'Storage failed or a part is restarting. Nothing has changed; try again.',
  },
} as const satisfies Record<string, ProblemRow>

export type ProblemCode = keyof typeof PROBLEMS

/** One wrong field. `pointer` is a JSON pointer into the body, or "/" and a parameter's name; '' is the whole input. */
export type FieldProblem = { readonly pointer: string; readonly detail: string; readonly remedy: string }

/** RFC 9457 §3. `type` is a path on this server, where a page explains it. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors: readonly FieldProblem[]
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

export const problemType = (code: ProblemCode): string => `/problems/${code}`

/** A request that ends in a problem. Thrown by handlers and hooks, turned into an answer at one place. */
export class ProblemError extends Error {
  readonly code: ProblemCode
  readonly fields: readonly FieldProblem[]
  readonly headers: { readonly [name: string]: string }

  constructor(
    code: ProblemCode,
    detail: string,
    fields: readonly FieldProblem[] = [],
    headers: { readonly [name: string]: string } = {},
  ) {
    super(detail)
    this.code = code
    this.fields = fields
    this.headers = headers
  }

  toProblem(): Problem {
    const { status, title } = PROBLEMS[this.code]
    return { type: problemType(this.code), title, status, detail: this.message, errors: this.fields }
  }
}

/** Sums wrong fields up in the problem's own sentence. */
export function fieldsError(code: ProblemCode, fields: readonly FieldProblem[]): ProblemError {
  const first = fields[0]?.detail ?? PROBLEMS[code].title
  const more = fields.length - 1
  return new ProblemError(code, more > 0 ? `${first} (and ${more} more)` : first, fields)
}

/** A service's refusal as a problem. A wrong value is the body's fault only where there is a body. */
export function refusalError(refusal: Refusal, method: string): ProblemError {
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH'
  const code = refusal.code === 'invalid' && !hasBody ? 'invalid-parameter' : refusal.code
  return new ProblemError(
    code,
    refusal.others === undefined ? refusal.problem : `${refusal.problem} (and ${refusal.others.length} more)`,
    [refusal, ...(refusal.others ?? [])].map(({ field, problem, remedy }) => ({ pointer: field, detail: problem, remedy })),
    code === 'unavailable' ? { 'retry-after': '1' } : {},
  )
}

/** What a handler throws when a service refused; the method is known where it is caught. */
export class RefusedError extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.problem)
    this.refusal = refusal
  }
}
