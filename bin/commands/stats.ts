/** `taproot stats`: counters by layer and reason, as nstat shows the kernel's. */
import { setTimeout as wait } from 'node:timers/promises'
import type { StatisticsView } from '../../services/index.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { millisecondsOf } from './duration.ts'
import { type Column, printJson, printTable } from './print.ts'

type Counter = { readonly name: string; readonly value: number; readonly perSecond: number }

const TOTALS: readonly Column<Counter>[] = [
  ['COUNTER', each => each.name],
  ['VALUE', each => each.value],
]
const CHANGES: readonly Column<Counter>[] = [
  ['COUNTER', each => each.name],
  ['MORE', each => each.value],
  ['PER SECOND', each => each.perSecond.toFixed(1)],
]

const wanted = (all: StatisticsView, part: string | undefined): StatisticsView =>
  part === undefined
    ? all
    : Object.fromEntries(Object.entries(all).filter(([name]) => name === part || name.startsWith(`${part}.`)))

/** "ipv4.received" → 12 */
const flat = (view: StatisticsView): ReadonlyMap<string, number> =>
  new Map(
    Object.entries(view).flatMap(([part, counters]) =>
      Object.entries(counters).map(([name, value]) => [`${part}.${name}`, value] as const),
    ),
  )

async function totals(invocation: Invocation): Promise<StatisticsView> {
  const { api, operands, flag } = invocation
  const view = wanted(
    await api.json<StatisticsView>('GET', 'statistics', { all: flag('all') ? 'yes' : undefined }),
    operands[0],
  )
  if (operands[0] !== undefined && Object.keys(view).length === 0)
    throw new UsageError(`nothing is counted under "${operands[0]}"`)
  return view
}

/** Every so often what has changed since the time before, until Ctrl-C. */
async function watch(invocation: Invocation, everyMs: number): Promise<void> {
  const { terminal, json, flag } = invocation
  const signal = terminal.interrupt()
  let before = flat(await totals(invocation))
  let at = performance.now()
  while (!signal.aborted) {
    await wait(everyMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const now = flat(await totals(invocation))
    const seconds = (performance.now() - at) / 1000
    at = performance.now()
    const changes = [...now].map(([name, value]) => ({ name, value: value - (before.get(name) ?? 0) }))
    const shown = changes.filter(({ value }) => value !== 0 || flag('all'))
    before = now
    if (json) terminal.out(`${JSON.stringify(Object.fromEntries(shown.map(({ name, value }) => [name, value])))}\n`)
    else
      printTable(
        terminal,
        shown.map(each => ({ ...each, perSecond: each.value / seconds })),
        CHANGES,
        'nothing has changed',
      )
  }
}

export const stats: Command = {
  words: 'stats',
  summary: 'show what was counted, by part and reason',
  operands: '[PART]',
  fewest: 0,
  most: 1,
  options: {
    all: { type: 'boolean', short: 'a', says: 'also what is zero' },
    watch: { type: 'string', short: 'w', value: 'SECONDS', says: 'what has changed, every so often, until Ctrl-C' },
  },
  examples: ['taproot stats', 'taproot stats ipv4 --all', 'taproot stats link --watch 1'],
  async run(invocation) {
    const { terminal, json, text } = invocation
    const everyMs = millisecondsOf('watch', text('watch'))
    if (everyMs !== undefined) return watch(invocation, Math.max(10, everyMs))
    const view = await totals(invocation)
    if (json) return printJson(terminal, view)
    const counters = [...flat(view)].map(([name, value]) => ({ name, value, perSecond: 0 }))
    printTable(terminal, counters, TOTALS, 'nothing was counted so far')
  },
}
