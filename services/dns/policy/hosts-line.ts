/**
 * Lists in the form of a hosts file (hosts(5)): "0.0.0.0 ads.example tracker.example". The address is one that leads
 * nowhere; each name is blocked for itself, not with what is below it, as a hosts file does it.
 */
import { isLoopback, parseIpv4 } from '../../../stack/index.ts'
import { parseIpv6 } from '../wire/ipv6.ts'
import { NOTHING, notUnderstood, plainRule } from './list-line.ts'
import type { LineRule, ListLine } from './list-line.ts'
import { SCOPE } from './model.ts'
import type { ListKind } from './model.ts'
import { readRuleName, shown } from './rule-name.ts'

/** Every hosts file begins with these; they block nothing. */
const OWN_NAMES = new Set([
  'localhost', 'localhost.localdomain', 'localhost4', 'localhost4.localdomain4', 'localhost6', 'localhost6.localdomain6',
  'local', 'broadcasthost', 'loopback', 'ip6-localhost', 'ip6-loopback', 'ip6-localnet', 'ip6-mcastprefix', 'ip6-allnodes',
  'ip6-allrouters', 'ip6-allhosts', '0.0.0.0',
])

/** "nowhere": 0.0.0.0, 127.0.0.0/8, :: and ::1. Undefined: the text is no address. */
export function addressKind(text: string): 'nowhere' | 'other' | undefined {
  const ipv4 = parseIpv4(text)
  if (ipv4 !== undefined) return ipv4 === 0 || isLoopback(ipv4) ? 'nowhere' : 'other'
  if (!text.includes(':')) return undefined
  const ipv6 = parseIpv6(text.split('%')[0] as string)
  if (ipv6 === undefined) return undefined
  return ipv6.subarray(0, 15).every((octet) => octet === 0) && (ipv6[15] as number) <= 1 ? 'nowhere' : 'other'
}

export function readHostsLine(line: string, kind: ListKind): ListLine {
  const hash = line.indexOf('#')
  const [first, ...names] = (hash < 0 ? line : line.slice(0, hash)).trim().split(/\s+/) as [string, ...string[]]
  if (first === '') return NOTHING
  const address = addressKind(first)
  if (address === undefined) {
    return names.length > 0 ? notUnderstood(`"${shown(first)}" is no address`) : readNames([first], kind)
  }
  if (names.length === 0) return notUnderstood(`${first} has no name`)
  const others = names.filter((name) => !OWN_NAMES.has(name.toLowerCase()))
  if (others.length === 0) return NOTHING
  // A list from elsewhere must not say where names of a bank lead.
  if (address === 'other') return notUnderstood(`${first} is not an address that leads nowhere: 0.0.0.0, 127.0.0.1, :: or ::1`)
  return readNames(others, kind)
}

function readNames(names: readonly string[], kind: ListKind): ListLine {
  const rules: LineRule[] = []
  let reason: string | undefined
  for (const text of names) {
    const name = text === '*' ? undefined : readRuleName(text)
    if (name?.ok === true) rules.push(plainRule(name.value, SCOPE.exact, kind))
    else reason ??= name === undefined ? '"*" is no host' : name.error
  }
  return rules.length > 0 ? { kind: 'rules', rules, reason } : notUnderstood(reason as string)
}
