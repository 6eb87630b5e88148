/** The one place where a failed request becomes an answer: problem+json, whatever failed and wherever. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { AllowedMethods } from './allowed-methods.ts'
import { PROBLEM_MEDIA_TYPE, ProblemError, type ProblemCode, refusalError, RefusedError } from './errors.ts'
import { SECURITY_HEADERS } from './headers.ts'

/** fastify's own refusals, by its error codes; of the rest the status decides. */
const FASTIFY_CODES: { readonly [code: string]: ProblemCode } = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-request',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
}
const DETAILS: { readonly [code in ProblemCode]?: string } = {
  'malformed-json': 'the body is not a JSON text',
  'malformed-request': 'the request could not be read',
  'too-large': 'the body is too large',
  'unsupported-media-type': 'the body must be application/json',
}

const carrying = (error: unknown, key: 'code' | 'statusCode'): unknown =>
  typeof error === 'object' && error !== null ? (error as Partial<FastifyError>)[key] : undefined

/** A failure as a problem; undefined for what nobody expected. */
function expected(error: unknown, method: string): ProblemError | undefined {
  if (error instanceof ProblemError) return error
  if (error instanceof RefusedError) return refusalError(error.refusal, method)
  const status = carrying(error, 'statusCode')
  const known = FASTIFY_CODES[String(carrying(error, 'code'))]
  // JSON.parse and fastify's guard against "__proto__" throw a SyntaxError that fastify marks as 400.
  const code =
    known ?? (status === 400 ? (error instanceof SyntaxError ? 'malformed-json' : 'malformed-request') : undefined)
  return code === undefined ? undefined : new ProblemError(code, DETAILS[code] ?? '')
}

const sendProblem = (reply: FastifyReply, problem: ProblemError): FastifyReply => {
  const body = problem.toProblem()
  return reply.code(body.status).headers(problem.headers).type(PROBLEM_MEDIA_TYPE).serializer(JSON.stringify).send(body)
}

/** fastify's error handler. What nobody expected is logged under the request's id, and the answer names only that. */
export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = expected(error, request.method)
  if (problem !== undefined) return sendProblem(reply, problem)
  request.log.error(
    { err: error, requestId: request.id, method: request.method, path: pathOf(request) },
    'request failed',
  )
  return sendProblem(reply, new ProblemError('internal', `see the log for ${request.id}`))
}

const pathOf = (request: FastifyRequest): string => request.url.replace(/\?.*$/s, '')

/** fastify's not-found handler: 404, or 405 where the path exists. */
export const answerUnknownRoute =
  (allowed: AllowedMethods) =>
  (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const methods = allowed.of(pathOf(request))
    const problem =
      methods === undefined
        ? new ProblemError('no-such-route', 'no resource has this path')
        : new ProblemError('method-not-allowed', `${request.method} is not among ${methods}`, [], { allow: methods })
    return sendProblem(reply, problem)
  }

/** For requests that are refused before there is a route, such as a path with a broken escape. */
export function answerBadUrl(_error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply.headers(SECURITY_HEADERS), new ProblemError('malformed-request', 'the path could not be read'))
}

/** For connections on which Node's parser found no HTTP: the last thing that is sent on them. */
export function answerNoHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed-request'
  const problem = new ProblemError(code, 'the request could not be read').toProblem()
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\nconnection: close\r\n` +
      `content-type: ${PROBLEM_MEDIA_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
