/** The appliance's own DHCP clients: taproot dhcp-client show|renew|release INTERFACE. */
import type { DhcpClientView } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command, Invocation, Terminal } from './command.ts'
import { printable, printJson, shortTime } from './print.ts'

const clientPath = (name: string, action?: string): string =>
  action === undefined ? path('interfaces', name, 'dhcp-client') : path('interfaces', name, 'dhcp-client', action)

function show({ terminal, json }: Invocation, client: DhcpClientView): void {
  if (json) printJson(terminal, client)
  else {
    for (const [name, value] of rows(client)) terminal.out(`${name.padEnd(12)} ${printable(value)}\n`)
    history(terminal, client)
  }
}

function rows(c: DhcpClientView): readonly (readonly [string, string])[] {
  const all: readonly (readonly [string, string | null])[] = [
    ['state', c.state],
    ['address', c.address ?? (c.linkLocal === null ? 'none' : `${c.linkLocal}/16 (link-local)`)],
    ['server', c.server],
    ['obtained', shortTime(c.obtainedAt)],
    ['renews', shortTime(c.renewsAt)],
    ['expires', c.address === null ? null : (shortTime(c.expiresAt) ?? 'never')],
    ['routes', c.routes.map(({ destination, router }) => `${destination} by ${router}`).join(', ') || null],
    ['name servers', c.nameServers.join(' ') || null],
    ['domain', c.domain],
    ['MTU', c.mtu === null ? null : String(c.mtu)],
  ]
  return all.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
}

function history(terminal: Terminal, { history }: DhcpClientView): void {
  if (history.length > 0) terminal.out('\n')
  for (const { at, text } of history) terminal.out(`${shortTime(at)}  ${printable(text)}\n`)
}

const row = { operands: 'INTERFACE', fewest: 1, most: 1, options: {} } as const

export const dhcpClientShow: Command = {
  ...row,
  words: 'dhcp-client show',
  summary: 'show the lease that an interface got from a DHCP server, and how',
  examples: ['taproot dhcp-client show uplink0'],
  async run(invocation) {
    const name = invocation.operands[0] as string
    show(invocation, await invocation.api.json<DhcpClientView>('GET', clientPath(name)))
  },
}

export const dhcpClientRenew: Command = {
  ...row,
  words: 'dhcp-client renew',
  summary: 'ask the server now to confirm the lease, or look for one',
  examples: ['taproot dhcp-client renew uplink0'],
  async run(invocation) {
    const name = invocation.operands[0] as string
    show(invocation, await invocation.api.json<DhcpClientView>('POST', clientPath(name, 'renew')))
  },
}

export const dhcpClientRelease: Command = {
  ...row,
  words: 'dhcp-client release',
  summary: 'give the lease back; the interface has no address until it is renewed',
  examples: ['taproot dhcp-client release uplink0'],
  async run(invocation) {
    const name = invocation.operands[0] as string
    show(invocation, await invocation.api.json<DhcpClientView>('POST', clientPath(name, 'release')))
  },
}
