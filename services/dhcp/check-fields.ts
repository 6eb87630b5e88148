/** What every part of the check shares: refusals, and checks of single fields. */
import { contains, formatIpv4, formatPrefix, lastOf } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { refusal } from '../model/index.ts'
import type { Refusal, Subnet } from '../model/index.ts'

export const invalid = (field: string, problem: string, remedy: string): Refusal =>
  refusal('invalid', field, problem, remedy)
export const conflict = (field: string, problem: string, remedy: string): Refusal =>
  refusal('conflict', field, problem, remedy)

export function firstOf<T>(items: readonly T[], check: (item: T, i: number) => Refusal | undefined): Refusal | undefined {
  for (const [i, item] of items.entries()) {
    const wrong = check(item, i)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

export function checkClassNames(names: readonly string[], at: string, classes: ReadonlySet<string>): Refusal | undefined {
  return firstOf(names, (name, i) =>
    classes.has(name) ? undefined : invalid(`${at}/${i}`, `there is no class "${name}"`, classes.size === 0 ? 'add the class first' : `one of ${[...classes].join(', ')}`),
  )
}

/** A host's address within the subnet. */
export function checkHostAddress(address: Ipv4, field: string, subnet: Subnet): Refusal | undefined {
  const { prefix } = subnet
  const text = formatIpv4(address)
  const block = formatPrefix(prefix)
  if (!contains(prefix, address)) return invalid(field, `${text} is not in the subnet ${block}`, `an address of ${block}`)
  if (prefix.length <= 30 && (address === prefix.network || address === lastOf(prefix))) {
    const what = address === prefix.network ? 'network' : 'broadcast'
    return invalid(field, `${text} is the ${what} address of ${block}`, 'an address that a host can have')
  }
  return undefined
}
