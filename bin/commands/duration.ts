import { UsageError } from './command.ts'

/** "0.2" seconds → 200 ms. */
export function millisecondsOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,7}(?:\.\d{1,6})?$/.test(text)) throw new UsageError(`--${option} takes seconds, as 0.2, not "${text}"`)
  return Math.round(Number(text) * 1000)
}
