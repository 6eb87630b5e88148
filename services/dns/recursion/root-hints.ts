/**
 * Where recursion begins: names and addresses of the root's servers, before they have said so themselves (RFC 9609).
 * Built in is IANA's list (https://www.iana.org/domains/root/files, "named.root") as it stands since 27 November 2023;
 * another can be set, as a master file of NS and A records. Only IPv4: the stack speaks nothing else.
 */
import type { Result } from '../../../stack/platform/index.ts'
import { err, ok } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { ipv4, parseIpv4 } from '../../../stack/index.ts'
import { keyOf, ROOT_KEY } from '../wire/name.ts'
import { parseZoneFile } from '../zone/master-file.ts'
import type { NameServer } from './delegation.ts'

const BUILT_IN = [
  ['a', '198.41.0.4'], ['b', '170.247.170.2'], ['c', '192.33.4.12'], ['d', '199.7.91.13'], ['e', '192.203.230.10'],
  ['f', '192.5.5.241'], ['g', '192.112.36.4'], ['h', '198.97.190.53'], ['i', '192.36.148.17'], ['j', '192.58.128.30'],
  ['k', '193.0.14.129'], ['l', '199.7.83.42'], ['m', '202.12.27.33'],
] as const

export const ROOT_HINTS: readonly NameServer[] = BUILT_IN.map(
  ([letter, address]) => ({ name: keyOf(`${letter}.root-servers.net`), addresses: [ipv4(address)] }),
)

/** More would not fit into the answer that confirms them. */
export const MAX_ROOT_SERVERS = 26

/** Reads a hints file. The error is a sentence part that says what is wrong with it. */
export function parseRootHints(text: string): Result<readonly NameServer[], string> {
  const parsed = parseZoneFile(text, '.', { defaultTtl: 3_600_000 })
  if (!parsed.ok) return err(`line ${parsed.error.line}: ${parsed.error.problem}`)
  const addresses = new Map<string, Ipv4[]>()
  const servers = new Set<string>()
  for (const record of parsed.value.records) {
    const owner = keyOf(record.name)
    if (record.type === 'NS' && owner === ROOT_KEY) servers.add(keyOf(record.data))
    if (record.type !== 'A') continue
    const address = parseIpv4(record.data)
    if (address !== undefined) addresses.set(owner, [...(addresses.get(owner) ?? []), address])
  }
  const hints = [...servers].map((name) => ({ name, addresses: addresses.get(name) ?? [] })).filter((hint) => hint.addresses.length > 0)
  if (hints.length === 0) return err('no NS record of the root names a server that has an A record there too')
  if (hints.length > MAX_ROOT_SERVERS) return err(`it names more than ${MAX_ROOT_SERVERS} servers`)
  return ok(hints)
}
