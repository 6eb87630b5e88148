/** Lets people name a subnet as they think of it: by its id, by its prefix, or by an address in it. */
import type { Page, SubnetView } from '../../services/index.ts'
import { contains, parseIpv4, parsePrefix } from '../../stack/index.ts'
import type { ApiClient } from './client.ts'
import { NotDone } from './command.ts'

function isIn(subnet: SubnetView, text: string): boolean {
  const address = parseIpv4(text)
  const prefix = parsePrefix(subnet.prefix)
  return address !== undefined && prefix !== undefined && contains(prefix, address)
}

/** The id of the subnet that `text` names. Throws NotDone when none is. */
export async function subnetIdOf(api: ApiClient, text: string): Promise<number> {
  if (/^\d+$/.test(text)) return Number(text)
  const { items } = await api.json<Page<SubnetView>>('GET', 'subnets')
  const found = items.find(subnet => subnet.prefix === text || isIn(subnet, text))
  if (found !== undefined) return found.id
  const known = items.map(subnet => subnet.prefix).join(', ')
  const remedy = known === '' ? 'there are none: see taproot subnet add --help' : `there are ${known}`
  throw new NotDone(`no subnet is or has ${text}; ${remedy}`)
}
