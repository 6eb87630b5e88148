/** How much of the queries is written down, and for how long. */

export const QUERY_LOG_MODES = ['full', 'anonymous', 'counts', 'off'] as const
/**
 * `anonymous`: of clients' addresses the last octet is left out. `counts`: neither names nor clients nor rules. What was
 * written before stays as it is.
 */
export type QueryLogMode = (typeof QUERY_LOG_MODES)[number]

export type QueryLogSettings = {
  readonly mode: QueryLogMode
  readonly keepDays: number
  /** Size of the file at which the oldest queries go. */
  readonly maxMebibytes: number
}

/** A week of a household is some tens of megabytes. */
export const DEFAULT_QUERY_LOG: QueryLogSettings = { mode: 'full', keepDays: 7, maxMebibytes: 1024 }

/** The name of the setting that it is stored under, as JSON. */
export const QUERY_LOG_SETTING = 'query-log'

export const queryLogSettings = (stored: string | undefined): QueryLogSettings =>
  stored === undefined ? DEFAULT_QUERY_LOG : { ...DEFAULT_QUERY_LOG, ...(JSON.parse(stored) as Partial<QueryLogSettings>) }
