/**
 * The zone that the DNS benchmark asks for; dns-load.c checks answers against it and responder.c has it built in:
 * h00000 … are A 10.64.0.0 + i, every other name does not exist.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ZONE = 'bench.internal'
/** The same names where a cache may ask for them: .internal never leaves the house (RFC 6761 practice). */
export const FOREIGN_ZONE = 'bench.example'
/** As many names as shared/facts.md measured with; 10% of queries are for names that do not exist. */
export const NAMES = 10_000
export const NXDOMAIN_PERCENT = 10

export const name = (i: number): string => `h${String(i).padStart(5, '0')}`
export const address = (i: number): string => `10.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`
const numbers = (names: number): readonly number[] => Array.from({ length: names }, (_, i) => i)

/** A master file (RFC 1035 §5) of so many names beside the apex's; returns its path. */
export function writeZoneFile(directory: string, names = NAMES): string {
  const path = join(directory, `${ZONE}.zone`)
  const soa = '@ IN SOA ns hostmaster 1 3600 3600 3600 3600'
  const head = `$ORIGIN ${ZONE}.\n$TTL 3600\n${soa}\n@ IN NS ns\nns IN A 10.53.0.2\n`
  writeFileSync(path, head + numbers(names).map(i => `${name(i)} IN A ${address(i)}\n`).join(''))
  return path
}

/** The same names as a hosts file, for dnsmasq; returns its path. */
export function writeHostsFile(directory: string): string {
  const path = join(directory, `${ZONE}.hosts`)
  writeFileSync(path, numbers(NAMES).map(i => `${address(i)} ${name(i)}.${ZONE}\n`).join(''))
  return path
}
