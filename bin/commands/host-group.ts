import type { HostGroupView, HostView, Page } from '../../services/index.ts'
import { parseIpv4, parseMac } from '../../stack/index.ts'
import { type ApiClient, path } from './client.ts'
import { type Command, UsageError } from './command.ts'
import { type Column, printDone, printPage } from './print.ts'

type Member = HostGroupView['members'][number]
const memberText = (member: Member): string => ('host' in member ? `host ${member.host}` : 'mac' in member ? member.mac : member.address)

const COLUMNS: readonly Column<HostGroupView>[] = [
  ['GROUP', group => group.name],
  ['MEMBERS', group => group.members.map(memberText).join(', ')],
  ['ADDRESSES', group => group.addresses.join(',')],
  ['COMMENT', group => group.comment],
]

export const hostGroupList: Command = {
  words: 'host-group list',
  summary: 'list groups of hosts, and where their members are now',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot host-group list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<HostGroupView>>('GET', 'dns/host-groups'), COLUMNS, 'no host groups')
  },
}

export const hostGroupSet: Command = {
  words: 'host-group set',
  summary: 'say who is in a group of hosts, for policies; it is made if there is none',
  operands: 'GROUP [MEMBER…]',
  fewest: 1,
  most: Number.POSITIVE_INFINITY,
  options: { comment: { type: 'string', value: 'TEXT', says: 'for people' } },
  examples: ['taproot host-group set tablets ipad 02:00:00:00:00:0b 10.53.0.30'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const [name, ...members] = operands as [string, ...string[]]
    const body = { members: await membersOf(api, members), comment: text('comment') ?? null }
    const group = await api.json<HostGroupView>('PUT', path('dns', 'host-groups', name), {}, body)
    printDone(invocation, `the host group ${group.name} has ${group.members.length} members, now at ${group.addresses.join(', ') || 'no address'}`, group)
  },
}

/** A member is an address, a MAC, or the name of a host that DHCP knows. */
async function membersOf(api: ApiClient, texts: readonly string[]): Promise<readonly Member[]> {
  const isName = (text: string): boolean => parseIpv4(text) === undefined && parseMac(text) === undefined
  const hosts = texts.some(isName) ? (await api.json<Page<HostView>>('GET', 'hosts')).items : []
  return texts.map(text => {
    if (parseIpv4(text) !== undefined) return { address: text }
    if (!isName(text)) return { mac: text }
    const host = hosts.find(each => each.name === text)
    if (host === undefined) throw new UsageError(`"${text}" is neither an address nor a MAC, and no host is called so`)
    return { host: host.id }
  })
}

export const hostGroupRemove: Command = {
  words: 'host-group remove',
  summary: 'remove a group of hosts that no policy is for',
  operands: 'GROUP',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot host-group remove tablets'],
  async run(invocation) {
    const name = invocation.operands[0] as string
    printDone(invocation, `removed the host group ${name}`, await invocation.api.json<null>('DELETE', path('dns', 'host-groups', name)))
  },
}
