/** Adding and removing an entry: what was done on stdout, what looks like a slip on stderr. */
import type { WithWarnings } from '../../services/index.ts'
import { path } from './client.ts'
import type { Invocation } from './command.ts'
import { printable, printDone } from './print.ts'

/** POSTs the fields; `said` makes the sentence for people from the answer. */
export async function putEntry<V>(
  invocation: Invocation,
  resource: string,
  fields: { readonly [field: string]: unknown },
  said: (view: V) => string,
): Promise<void> {
  const answer = await invocation.api.json<WithWarnings<V>>('POST', resource, {}, fields)
  for (const { field, problem, remedy } of answer.warnings) {
    invocation.terminal.err(printable(`taproot: warning: ${field.slice(1)}: ${problem}; ${remedy}`) + '\n')
  }
  printDone(invocation, said(answer), answer)
}

export async function removeEntry(invocation: Invocation, resource: string, id: number, said: string): Promise<void> {
  const removed = await invocation.api.json<null>('DELETE', path(resource, id))
  printDone(invocation, said, removed)
}

/** The values of an option that takes several; undefined when it is not given, so that the API's default holds. */
export const someOf = <T>(items: readonly T[]): readonly T[] | undefined => (items.length === 0 ? undefined : items)
