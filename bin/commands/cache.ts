/** `taproot cache`: what the resolver knows from other servers. */
import type { CachedView, CacheStatsView, Page } from '../../services/index.ts'
import { type Command, type Invocation, type Options, PAGING_OPTIONS, UsageError } from './command.ts'
import { type Column, printDone, printJson, printPage, printTable } from './print.ts'

const dataOf = ({ says, records }: CachedView): string =>
  says === 'records' ? records.join(', ') : says === 'no-such-name' ? 'no such name' : 'no such type'

const COLUMNS: readonly Column<CachedView>[] = [
  ['NAME', each => each.name],
  ['TYPE', each => each.type],
  ['LEFT', each => (each.secondsLeft < 0 ? 'stale' : `${each.secondsLeft}s`)],
  ['SECURITY', each => each.security],
  ['RANK', each => each.trust],
  ['FROM', each => each.source],
  ['DATA', dataOf],
]

const FILTERS = {
  below: { type: 'boolean', says: 'NAME and all below it' },
  type: { type: 'string', value: 'TYPE', says: 'entries of this type alone' },
  security: { type: 'string', value: 'WHAT', says: 'secure, insecure, indeterminate, bogus or unchecked' },
} as const satisfies Options

function filterOf({ operands, text, flag }: Invocation): { readonly [name: string]: string | undefined } {
  const [name] = operands
  if (flag('below') && name === undefined) throw new UsageError('--below says more of a NAME, and there is none')
  return { [flag('below') ? 'below' : 'name']: name, type: text('type'), security: text('security') }
}

export const cacheShow: Command = {
  words: 'cache show',
  summary: 'list what is known from other servers',
  operands: '[NAME]',
  fewest: 0,
  most: 1,
  options: { ...FILTERS, ...PAGING_OPTIONS },
  examples: ['taproot cache show www.example.com', 'taproot cache show example.com --below --type NS', 'taproot cache show --security bogus'],
  async run(invocation) {
    const { api, integer, text } = invocation
    const page = await api.json<Page<CachedView>>('GET', 'dns/cache', { ...filterOf(invocation), limit: integer('limit'), after: text('after') })
    printPage(invocation, page, COLUMNS, 'nothing of that is known')
  },
}

export const cacheFlush: Command = {
  words: 'cache flush',
  summary: 'forget what is known from other servers: all of it, or a name, or what is below',
  operands: '[NAME]',
  fewest: 0,
  most: 1,
  options: FILTERS,
  examples: ['taproot cache flush', 'taproot cache flush www.example.com', 'taproot cache flush example.com --below'],
  async run(invocation) {
    const done = await invocation.api.json<{ readonly flushed: number }>('DELETE', 'dns/cache', filterOf(invocation))
    printDone(invocation, `forgot ${done.flushed} ${done.flushed === 1 ? 'entry' : 'entries'}`, done)
  },
}

export const cacheStats: Command = {
  words: 'cache stats',
  summary: 'show how large the cache is, and how often it helps',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot cache stats'],
  async run(invocation) {
    const stats = await invocation.api.json<CacheStatsView>('GET', 'dns/cache/stats')
    if (invocation.json) printJson(invocation.terminal, stats)
    else printTable(invocation.terminal, Object.entries(stats), [['WHAT', ([what]) => what], ['COUNT', ([, value]) => value as number]], 'nothing')
  },
}
