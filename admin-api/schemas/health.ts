import { Type } from 'typebox'
import type { HealthView, StatisticsView } from '../../services/index.ts'
import { list, object, oneOf, parameters, time, view, word } from './common.ts'

const status = oneOf(
  ['ok', 'degraded', 'failing'],
  'degraded: answers, but something needs a person. failing: no leases or no answers.',
)
const Check = object('HealthCheck', 'The state of one part.', {
  name: word('The part.', 'storage'),
  status,
  detail: word('Why.', 'last commit took 2 ms'),
})

/** Without a token only `status`. */
export type HealthAnswer = Pick<HealthView, 'status'> & Partial<HealthView>
export const Health = view<HealthAnswer>()('Health', 'The state of the appliance; without a token only "status".', {
  status,
  version: Type.Optional(word('Of the program.', '0.1.0')),
  startedAt: Type.Optional(time('When it was started.')),
  checks: Type.Optional(list(Check, 'One entry per part.')),
})

export const Statistics = Type.Unsafe<StatisticsView>(
  Type.Record(Type.String(), Type.Record(Type.String(), Type.Number()), {
    description: 'Counters by part.',
    examples: [{ dhcp: { received: 12, dropped: 0 } }],
  }),
)

export const statisticsQuery = parameters({
  all: Type.Optional(
    oneOf(['yes', 'no'], 'Whether counters that are zero are listed too; they are not when this is not given.'),
  ),
})
