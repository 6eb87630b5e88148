/** What every file of routes/ uses: the typed fastify instance, and how a service's answer becomes a handler's. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { Page, Paging, Refusal } from '../services/index.ts'
import type { Result } from '../stack/platform/index.ts'
import { RefusedError } from './errors.ts'
import { pagingOf } from './schemas/common.ts'

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export const API_PREFIX = '/api/v1'

/** The value of a granted request; a refusal ends the request as a problem. */
export function granted<T>(result: Result<T, Refusal>): T {
  if (result.ok) return result.value
  throw new RefusedError(result.error)
}

/** A list that is short by nature, as one page. */
export const singlePage = <T>(items: readonly T[]): Page<T> => ({ items, next: null })

type Paged = { readonly limit?: number; readonly after?: string }

/** The filter and the paging of a list's query. */
export function splitQuery<Q extends Paged>(
  query: Q,
): { readonly filter: Omit<Q, keyof Paged>; readonly paging: Paging } {
  const { limit, after, ...filter } = query
  return {
    filter,
    paging: pagingOf({ ...(limit === undefined ? {} : { limit }), ...(after === undefined ? {} : { after }) }),
  }
}

/** The address of a new resource, for the header Location. */
export const locationOf = (...path: readonly (string | number)[]): string =>
  `${API_PREFIX}/${path.map(part => encodeURIComponent(part)).join('/')}`
