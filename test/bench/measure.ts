/** What the benchmarks measure beside the load generators' own figures, and how they print it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'

export type ProcessFigures = { readonly rssMb: number; readonly userMs: number; readonly systemMs: number }

/** USER_HZ: the unit of /proc/<pid>/stat on every Linux that Node runs on. */
const MS_PER_TICK = 10

/** Resident memory and processor time of a process with all its threads and of the processes that it started. */
export function processFigures(pid: number): ProcessFigures {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(text => text !== '')
  const all = [ownFigures(pid), ...children.map(child => processFigures(Number(child)))]
  const sum = (pick: (figures: ProcessFigures) => number): number => all.reduce((total, one) => total + pick(one), 0)
  return { rssMb: sum(one => one.rssMb), userMs: sum(one => one.userMs), systemMs: sum(one => one.systemMs) }
}

function ownFigures(pid: number): ProcessFigures {
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // Fields after the command name, which may hold blanks: utime and stime are the 14th and 15th (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    rssMb: Number(rss) / 1024, userMs: Number(fields[11]) * MS_PER_TICK, systemMs: Number(fields[12]) * MS_PER_TICK,
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] ?? NaN : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

/** Median and range: "120k [110k-131k]", "420 [380-440]". */
export function spread(values: readonly number[]): string {
  const short = (value: number): string =>
    value < 10_000 ? value.toFixed(0) : `${(value / 1000).toFixed(value < 100_000 ? 1 : 0)}k`
  return `${short(median(values))} [${short(Math.min(...values))}-${short(Math.max(...values))}]`
}

export type Row = { readonly [column: string]: string | number }

/** Aligned columns: numbers to the right, text to the left. */
export function table(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const cell = (row: Row, column: string): string => String(row[column] ?? '')
  const width = (column: string): number => Math.max(column.length, ...rows.map(row => cell(row, column).length))
  const pad = (text: string, column: string, right: boolean): string =>
    right ? text.padStart(width(column)) : text.padEnd(width(column))
  const lines = rows.map(
    row => columns.map(column => pad(cell(row, column), column, /^[\d–-]/.test(cell(row, column)))).join('  '),
  )
  return [
    columns.map(column => column.padEnd(width(column))).join('  '),
    columns.map(column => '-'.repeat(width(column))).join('  '), ...lines,
  ].join('\n')
}

/** Writes the whole result to bench-results/<name>-<time>.json and says where. */
export function saveResult(name: string, result: object): void {
  const directory = join(import.meta.dirname, '../../bench-results')
  mkdirSync(directory, { recursive: true })
  const at = new Date().toISOString()
  const path = join(directory, `${name}-${at.replaceAll(/[:.]/g, '-')}.json`)
  const machine = {
    processors: cpus().length, model: cpus()[0]?.model ?? 'unknown', kernel: release(), node: process.version,
  }
  writeFileSync(path, `${JSON.stringify({ at, machine, ...result }, undefined, 2)}\n`)
  console.log(`\nAll figures: ${path}`)
}
