/**
 * Who may ask for what. Every route under the guard needs a bearer token (RFC 6750), unless its config says
 * `access: 'open'` or 'optional' (the handler shows less without one).
 */
import type { FastifyRequest } from 'fastify'
import type { TokenStore } from '../../services/index.ts'
import { ProblemError } from '../errors.ts'
import { hashToken, isKnownToken } from './tokens.ts'

export type Access = 'token' | 'optional' | 'open'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Default: 'token'. */
    access?: Access
  }
  interface FastifyRequest {
    /** True when the request came with a valid token. */
    authenticated: boolean
    /** Who asks, for histories: "token first start". */
    author: string | undefined
  }
}

const CHALLENGE = 'Bearer realm="taproot"'

/** The token of "Bearer <token>"; the scheme's letter case does not matter (RFC 9110 §11.1). */
function bearer(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +([\w.~+/-]+=*) *$/i.exec(header)?.[1]
}

/** An onRequest hook. */
export const guard =
  (tokens: TokenStore) =>
  async (request: FastifyRequest): Promise<void> => {
    const access = request.routeOptions.config.access ?? 'token'
    const header = request.headers.authorization
    if (access === 'open' || (access === 'optional' && header === undefined)) return
    const token = bearer(header)
    if (token !== undefined && isKnownToken(token, tokens.tokenHashes())) {
      request.authenticated = true
      request.author = `token ${tokens.tokenName(hashToken(token)) ?? ''}`
      return
    }
    // RFC 6750 §3.1: no error code when no credentials came at all.
    if (header === undefined)
      throw new ProblemError('unauthorized', 'no token came with the request', [], { 'www-authenticate': CHALLENGE })
    throw new ProblemError('unauthorized', 'the token is not valid', [], {
      'www-authenticate': `${CHALLENGE}, error="invalid_token"`,
    })
  }
