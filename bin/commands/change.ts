/** Changing an entry: what is given is set, what --unset names is taken away, and the rest stays. */
import type { OptionSet, WithWarnings } from '../../services/index.ts'
import { path } from './client.ts'
import { type Invocation, type Options, UsageError } from './command.ts'
import { optionSet } from './dhcp-options.ts'
import { LEVEL_FIELDS } from './level-options.ts'
import { printable, printDone } from './print.ts'

export const CHANGE_OPTIONS = {
  unset: { type: 'string', multiple: true, value: 'WHAT', says: 'take away what an option here sets (lease, domain, …), or a DHCP option by its name' },
} as const satisfies Options

/** What an option of the command line is when it is taken away, as fields of the API. */
export type Unsettable = { readonly [option: string]: { readonly [field: string]: unknown } }

const OF_LEVELS: Unsettable = Object.fromEntries(Object.entries(LEVEL_FIELDS).map(([option, field]) => [option, { [field]: null }]))

/** PATCHes the entry. `fields` are those of the API that were given, without the DHCP options. */
export async function changeEntry<V extends { readonly options: OptionSet }>(
  invocation: Invocation,
  resource: string,
  id: number,
  fields: { readonly [field: string]: unknown },
  own: Unsettable,
  said: (view: V) => string,
): Promise<void> {
  const { api, texts } = invocation
  const unsettable: Unsettable = { ...OF_LEVELS, ...own }
  const words = texts('unset')
  const gone = words.filter(word => Object.hasOwn(unsettable, word))
  const others = words.filter(word => !gone.includes(word))
  const options = await mergedOptions(invocation, path(resource, id), others)
  const body = { ...fields, ...(options === undefined ? {} : { options }), ...Object.assign({}, ...gone.map(word => unsettable[word])) }
  if (Object.values(body).every(value => value === undefined)) throw new UsageError('nothing is to be changed; see --help')
  const answer = await api.json<WithWarnings<V>>('PATCH', path(resource, id), {}, body)
  for (const { field, problem, remedy } of answer.warnings) invocation.terminal.err(printable(`taproot: warning: ${field.slice(1)}: ${problem}; ${remedy}`) + '\n')
  printDone(invocation, said(answer), answer)
}

/** The option set of the entry with the given ones put in and `gone` left out; undefined when it stays. */
async function mergedOptions({ api, texts }: Invocation, at: string, gone: readonly string[]): Promise<OptionSet | undefined> {
  const given = optionSet(texts('option'))
  if (given === undefined && gone.length === 0) return undefined
  const { options } = await api.json<{ readonly options: OptionSet }>('GET', at)
  const stranger = gone.find(name => !Object.hasOwn(options, name))
  if (stranger !== undefined) throw new UsageError(`--unset ${stranger}: this level says nothing of it`)
  const kept = Object.entries(options).filter(([name]) => !gone.includes(name))
  return { ...Object.fromEntries(kept), ...given } as OptionSet
}
