/**
 * What the owners of a response policy zone mean (draft-vixie-dnsop-dns-rpz §4): a name as it is asked for, or by the
 * last label before the zone's own an address or the name of a server. Addresses stand in reverse, after their prefix
 * length: "24.0.2.0.192.rpz-ip" is 192.0.2.0/24, and in IPv6 "zz" is "::".
 */
import { formatIpv4, parsePrefix } from '../../../stack/index.ts'
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { parseIpv6 } from '../wire/ipv6.ts'
import { formatName, isAtOrBelow, isWildcard, nameOfKey, parentKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { ADDRESS_TRIGGERS } from './address-rules.ts'
import type { AddressPrefix, AddressTrigger } from './address-rules.ts'
import { SCOPE } from './model.ts'
import type { Scope } from './model.ts'

export type Trigger =
  | { readonly kind: 'name'; readonly of: 'names' | 'servers'; readonly name: Name; readonly scope: Scope }
  | ({ readonly kind: 'address' } & AddressPrefix)
  /** The zone's own records. */
  | { readonly kind: 'apex' }

const ADDRESS_LABELS = new Map(Object.entries(ADDRESS_TRIGGERS).map(([trigger, label]) => [label as string, trigger as AddressTrigger]))

/** The trigger of an owner in the zone, or why it is none. */
export function readTrigger(owner: NameKey, apex: NameKey): Result<Trigger, string> {
  if (!isAtOrBelow(owner, apex)) return err('it does not lie in the policy zone')
  if (owner === apex) return ok({ kind: 'apex' })
  const relative = `${owner.slice(0, owner.length - apex.length)}\0`
  const labels = formatName(nameOfKey(relative)).split('.')
  const last = labels.at(-1) as string
  const address = ADDRESS_LABELS.get(last)
  if (address !== undefined) {
    const prefix = readPrefix(labels.slice(0, -1))
    return prefix.ok ? ok({ kind: 'address', trigger: address, ...prefix.value }) : prefix
  }
  if (last === 'rpz-nsdname') {
    return labels.length === 1 ? err('no server is named') : ok(named('servers', `${relative.slice(0, -'rpz-nsdname'.length - 2)}\0`))
  }
  return last.startsWith('rpz-') ? err(`triggers of the kind ${last} are not known`) : ok(named('names', relative))
}

function named(of: 'names' | 'servers', key: NameKey): Trigger {
  const below = isWildcard(key)
  return { kind: 'name', of, name: nameOfKey(below ? parentKey(key) : key), scope: below ? SCOPE.below : SCOPE.exact }
}

function readPrefix([lengthText, ...reversed]: readonly string[]): Result<{ readonly network: Uint8Array; readonly length: number }, string> {
  const words = [...reversed].reverse()
  if (lengthText === undefined || !/^[1-9]\d{0,2}$/.test(lengthText)) return err('an address begins with its prefix length')
  const length = Number(lengthText)
  if (words.length === 4 && words.every((word) => /^\d{1,3}$/.test(word))) {
    const prefix = parsePrefix(`${words.join('.')}/${length}`)
    if (prefix === undefined) return err(`${words.join('.')}/${length} is no IPv4 prefix`)
    return ok({ network: Uint8Array.from(formatIpv4(prefix.network).split('.'), Number), length })
  }
  const text = words.map((word) => (word === 'zz' ? '' : word)).join(':')
  const network = parseIpv6(words[0] === 'zz' ? (words.length === 1 ? '::' : `:${text}`) : words.at(-1) === 'zz' ? `${text}:` : text)
  if (network === undefined || length > 128 || !endsIn(network, length)) return err(`${text}/${length} is no IPv6 prefix`)
  return ok({ network, length })
}

/** Whether all bits after the first `length` are zero. */
function endsIn(network: Uint8Array, length: number): boolean {
  for (let bit = length; bit < 8 * network.length; bit++) if (((network[bit >> 3] as number) & (0x80 >> (bit & 7))) !== 0) return false
  return true
}
