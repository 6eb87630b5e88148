/** What every part of the facade speaks in: answers and pages. */
import type { Result } from '../../stack/platform/index.ts'
import type { Refusal } from '../model/index.ts'

export type Answer<T> = Promise<Result<T, Refusal>>

/**
 * What comes piece by piece. Leaving the loop ends the work behind it; a stream that breaks off throws StreamBroken
 * (services/pipe.ts), and the items before it are good.
 */
export type Streaming<T> = Answer<AsyncIterable<T>>

export type Page<T> = { readonly items: readonly T[]; /** Pass as `after` for the next page; null on the last. */ readonly next: string | null }
export type Paging = { /** 1 to 1000 */ readonly limit: number; readonly after?: string | undefined }
