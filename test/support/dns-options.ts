/** EDNS options as octets, for tests. */
import { u16 } from '../../stack/platform/index.ts'
import type { Told } from './dns.ts'

export const octetsOf = (hex: string): number[] => [...Buffer.from(hex, 'hex')]
export const ednsOption = (code: number, data: readonly number[] = []): number[] =>
  [code >> 8, code & 255, data.length >> 8, data.length & 255, ...data]

/** The options of an answer in their order: code and data in hexadecimal. */
export function optionsOf(told: Told | undefined): readonly (readonly [code: number, data: string])[] {
  const b = told?.edns?.options ?? new Uint8Array(0)
  const list: [number, string][] = []
  for (let i = 0; i < b.length; i += 4 + u16(b, i + 2)) {
    list.push([u16(b, i), Buffer.from(b.subarray(i + 4, i + 4 + u16(b, i + 2))).toString('hex')])
  }
  return list
}
export const optionOf = (told: Told | undefined, code: number): string | undefined =>
  optionsOf(told).find(([known]) => known === code)?.[1]
