/** How much of the queries is written down is stored like everything that an administrator says. */
import type { Clock } from '../../stack/platform/index.ts'
import type { Answer } from '../facade.ts'
import { QUERY_LOG_SETTING, type QueryLogSettings } from '../model/index.ts'
import type { QueryLogSide } from '../network-side.ts'
import type { CommandTurns } from './turns.ts'

export type QueryLogCommandsOptions = { readonly clock: Clock; readonly turns: CommandTurns }

export class QueryLogCommands implements QueryLogSide {
  readonly #o: QueryLogCommandsOptions

  constructor(options: QueryLogCommandsOptions) {
    this.#o = options
  }

  setQueryLog(settings: QueryLogSettings): Answer<null> {
    const { clock, turns } = this.#o
    const { mode, keepDays, maxMebibytes } = settings
    return turns.take(() => turns.store([
      { kind: 'setting', name: QUERY_LOG_SETTING, value: JSON.stringify(settings) },
      { kind: 'event', at: clock.wallMs(), event: 'query-log.changed', facts: { mode, days: keepDays, mebibytes: maxMebibytes } },
    ]))
  }
}
