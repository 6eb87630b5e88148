/** What becomes of another server's file, and how its values are read. */
import { fromHex } from '../../../stack/platform/index.ts'
import type { OptionValue } from '../../model/index.ts'
import { decodeOption, encodeOption } from '../wire/option-values.ts'

/** A line that was not taken over, and what to do. */
export type ImportNote = { readonly line: number; readonly problem: string; readonly remedy: string }

export type Entry = { [field: string]: unknown }
export type Translated = {
  /** As a DhcpDocument. */
  readonly document: { readonly [kind: string]: readonly Entry[] }
  readonly notes: readonly ImportNote[]
}

/** Hexadecimal with or without separators, or text in single quotes. */
export function octetsOf(text: string): string {
  if (!text.startsWith("'")) return text.toLowerCase().replace(/^0x/, '').replaceAll(/[:\s]/g, '')
  return [...text.replaceAll("'", '')].map(c => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

/** The first reading of the text that the option's type takes. */
export function optionValue(row: Parameters<typeof encodeOption>[0], text: string, isHex: boolean): OptionValue | undefined {
  if (isHex) {
    const octets = fromHex(octetsOf(text))
    const value = octets === undefined ? undefined : decodeOption(row, octets)
    return value?.ok === true ? value.value : undefined
  }
  const items = text.split(',').map(item => item.trim())
  const readings: readonly OptionValue[] = [Number(text), text === 'true', text.replaceAll('\\,', ','), items, items.map(Number)]
  const isBoolean = text === 'true' || text === 'false'
  return readings.find(value => (typeof value !== 'boolean' || isBoolean) && encodeOption(row, value).ok)
}
