/**
 * LOC rdata (RFC 1876): a place on Earth.
 *
 *   0        8        16       24      32
 *   | version|  size  |horiz pr|vert pr|   sizes: base (high 4 bits) × 10^exponent (low 4 bits) centimetres
 *   |             latitude             |   thousandths of an arc second; 2^31 is the equator
 *   |             longitude            |   likewise; 2^31 is the prime meridian
 *   |             altitude             |   centimetres above 100 km below the WGS 84 spheroid
 */
import { u32 } from '../../../stack/platform/index.ts'
import type { TokenSource } from './presentation.ts'

export const LOC_OCTETS = 16
const MIDDLE = 0x8000_0000
const ALTITUDE_BASE_CM = 10_000_000
const FORM = '"52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m" is the form'

/** Takes all tokens that are left; minutes, seconds and the sizes may be missing (1m, 10000m and 10m, §3). */
export function parseLoc(from: TokenSource, into: number[]): string | undefined {
  const latitude = angle(from, 'N', 'S', 90)
  const longitude = latitude === undefined ? undefined : angle(from, 'E', 'W', 180)
  if (latitude === undefined || longitude === undefined) return `the coordinates cannot be read; ${FORM}`
  const altitude = centimetres(from.next()?.text, -100_000, 42_849_672.95)
  if (altitude === undefined) return `the altitude is not in metres from -100000 to 42849672.95; ${FORM}`
  into.push(0)
  for (const fallback of [100, 1_000_000, 1000]) {
    const cm = from.left === 0 ? fallback : centimetres(from.next()?.text, 0, 90_000_000)
    if (cm === undefined) return `a size or precision is not in metres from 0 to 90000000; ${FORM}`
    into.push(sizeOctet(cm))
  }
  for (const value of [latitude, longitude, altitude + ALTITUDE_BASE_CM]) {
    into.push((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
  }
  return undefined
}

function angle(from: TokenSource, plus: string, minus: string, limit: number): number | undefined {
  const parts: number[] = []
  for (let token = from.next(); token !== undefined; token = from.next()) {
    const text = token.text.toUpperCase()
    if (text === plus || text === minus) {
      const [degrees = -1, minutes = 0, seconds = 0] = parts
      const thousandths = Math.round((degrees * 3600 + minutes * 60 + seconds) * 1000)
      if (degrees < 0 || minutes > 59 || seconds >= 60 || thousandths > limit * 3_600_000) return undefined
      return text === plus ? MIDDLE + thousandths : MIDDLE - thousandths
    }
    const form = parts.length === 2 ? /^\d{1,2}(\.\d{1,3})?$/ : /^\d{1,3}$/
    if (parts.length === 3 || !form.test(text)) return undefined
    parts.push(Number(text))
  }
  return undefined
}

function centimetres(text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined || !/^-?\d{1,8}(\.\d{1,2})?m?$/i.test(text)) return undefined
  const metres = Number.parseFloat(text)
  return metres < least || metres > most ? undefined : Math.round(metres * 100)
}

function sizeOctet(cm: number): number {
  let exponent = 0
  let base = cm
  while (base > 9) {
    base = Math.floor(base / 10)
    exponent++
  }
  return (base << 4) | exponent
}

export function formatLoc(b: Uint8Array, at: number): string {
  const size = (i: number): string => `${((b[at + i] as number) >>> 4) * 10 ** ((b[at + i] as number) & 15) / 100}m`
  const altitude = (u32(b, at + 12) - ALTITUDE_BASE_CM) / 100
  const place = `${formatAngle(u32(b, at + 4), 'N', 'S')} ${formatAngle(u32(b, at + 8), 'E', 'W')}`
  return `${place} ${altitude.toFixed(2)}m ${size(1)} ${size(2)} ${size(3)}`
}

function formatAngle(value: number, plus: string, minus: string): string {
  const thousandths = Math.abs(value - MIDDLE)
  const degrees = Math.floor(thousandths / 3_600_000)
  const minutes = Math.floor(thousandths / 60_000) % 60
  const seconds = ((thousandths % 60_000) / 1000).toFixed(3)
  return `${degrees} ${minutes} ${seconds} ${value < MIDDLE ? minus : plus}`
}
