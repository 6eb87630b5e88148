/** Names as lists write them: in any letter case, with or without a final dot, international ones as people read them. */
import { domainToASCII } from 'node:url'
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { parseIpv4 } from '../../../stack/index.ts'
import { parseIpv6 } from '../wire/ipv6.ts'
import { parseName, ROOT } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { octetsOfIpv4 } from './address-rules.ts'
import type { AddressPrefix } from './address-rules.ts'

/** What stands in names of lists; everything else is a sign that the line means something else. */
const PLAIN = /^[a-z0-9_.-]+$/i
/** Letters, marks and digits of any script. */
const INTERNATIONAL = /^[\p{L}\p{M}\p{N}_.·-]+$/u

/** The name, or why the text is none. "*" is the root: with all below it, everything. */
export function readRuleName(text: string): Result<Name, string> {
  if (text === '*') return ok(ROOT)
  if (!PLAIN.test(text)) {
    if (text === '' || !INTERNATIONAL.test(text)) return err(`"${shown(text)}" is no domain name`)
    const ascii = domainToASCII(text)
    return ascii === '' ? err(`"${shown(text)}" is no international domain name`) : readRuleName(ascii)
  }
  if (parseIpv4(text) !== undefined) return err(`"${text}" is an address, not a name`)
  const parsed = parseName(text)
  return parsed.ok ? parsed : err(`"${shown(text)}" is no domain name: ${parsed.error}`)
}

/** The text as an address in answers; undefined: it is none. */
export function readAnswerAddress(text: string): AddressPrefix | undefined {
  const ipv4 = parseIpv4(text)
  if (ipv4 !== undefined) return { trigger: 'answer', network: octetsOfIpv4(ipv4), length: 32 }
  const ipv6 = text.includes(':') ? parseIpv6(text) : undefined
  return ipv6 && { trigger: 'answer', network: ipv6, length: 128 }
}

/** Text of a list as it may stand in a sentence. */
export const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)
