/** What commands print: JSON for programs, tables for people, tabs for pipes. */
import type { Page } from '../../services/index.ts'
import type { Invocation, Terminal } from './command.ts'

export type Column<T> = readonly [heading: string, cell: (item: T) => string | number | null]

/** Names and comments come from clients and people: no control character of theirs reaches a terminal. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
export const printable = (text: string): string =>
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

const line = (terminal: Terminal, text: string): void => terminal.out(`${text}\n`)

export const printJson = (terminal: Terminal, value: unknown): void => line(terminal, JSON.stringify(value, null, 2))

const GAP = '  '

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  )
}

/** Rows with a heading on a terminal; without one and with tabs elsewhere. An empty field is "-". */
export function printTable<T>(
  terminal: Terminal,
  items: readonly T[],
  columns: readonly Column<T>[],
  none: string,
): void {
  const rows = items.map(item => columns.map(([, cell]) => printable(String(cell(item) ?? '-'))))
  if (!terminal.isTerminal) {
    for (const row of rows) line(terminal, row.join('\t'))
  } else if (rows.length === 0) {
    line(terminal, none)
  } else {
    for (const text of aligned([columns.map(([heading]) => heading), ...rows])) line(terminal, text)
  }
}

/** A page as a table, or as the API's JSON. Says on stderr when there is more. */
export function printPage<T>(invocation: Invocation, page: Page<T>, columns: readonly Column<T>[], none: string): void {
  const { terminal, json } = invocation
  if (json) return printJson(terminal, page)
  printTable(terminal, page.items, columns, none)
  if (page.next !== null) terminal.err(`there is more: --after ${page.next}\n`)
}

/** One sentence for people, the resource for programs. */
export function printDone(invocation: Invocation, said: string, value: unknown): void {
  if (invocation.json) printJson(invocation.terminal, value)
  else line(invocation.terminal, printable(said))
}

/** A zone in a form of files: the text itself, or within JSON. */
export function printZoneFile({ json, terminal }: Invocation, zone: string, file: string): void {
  if (json) printJson(terminal, { zone, file })
  else terminal.out(file)
}

/** "2026-11-22T03:11:00.000Z" → "2026-11-22 03:11:00Z". */
export const shortTime = (time: string | null): string | null => time?.replace('T', ' ').replace(/\.\d+Z$/, 'Z') ?? null
