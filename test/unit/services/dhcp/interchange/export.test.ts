/** Our model as files of Kea and dnsmasq: they are read back as the same model, and what they cannot say is told. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDnsmasq, readKea } from '../../../../../services/index.ts'
import type { DhcpDocument } from '../../../../../services/index.ts'
import { done, startAppliance } from '../../../../support/running-appliance.ts'
import { ROOT } from '../../../../support/source-tree.ts'

const SERVERS = { kea: readKea, dnsmasq: readDnsmasq } as const
type Server = keyof typeof SERVERS

/** What both formats can say. */
const COMMON: DhcpDocument = {
  sites: [{ name: 'default', options: { 'domain-name': 'lab.internal', 'interface-mtu': 1400 }, bootFile: 'pxelinux.0', nextServer: '10.53.0.9' }],
  segments: [{ name: '10.53.0.0/24' }, { name: '10.54.0.0/16' }],
  subnets: [
    { prefix: '10.53.0.0/24', segment: '10.53.0.0/24', options: { routers: ['10.53.0.1'], 'domain-search': ['lab.internal', 'corp.internal'] } },
    { prefix: '10.54.0.0/16', segment: '10.54.0.0/16' },
  ],
  pools: [{ subnet: '10.53.0.0/24', first: '10.53.0.100', last: '10.53.0.199' }],
  hosts: [
    { name: 'printer', identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0a' }], addresses: ['10.53.0.20'] },
    { identifiers: [{ kind: 'client-id', value: '0102000000000b' }], addresses: ['10.54.0.5'] },
    { identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0c' }], denied: true },
  ],
}
/** What only Kea can. */
const KEA: DhcpDocument = {
  ...COMMON,
  segments: [...(COMMON.segments ?? []), { name: 'floor', relays: ['10.9.0.1'], leaseSeconds: 600, policy: { mode: 'serve', authoritative: false } as never }],
  subnets: [...(COMMON.subnets ?? []), { prefix: '10.60.0.0/24', segment: 'floor', renewSeconds: 100 }, { prefix: '10.61.0.0/24', segment: 'floor' }],
  pools: [...(COMMON.pools ?? []), { subnet: '10.60.0.0/24', first: '10.60.0.10', last: '10.60.0.20', allow: ['known'], options: { 'option-224': '0a0b' } }],
  classes: [
    { name: 'phones', priority: 100, serverName: 'boot' },
    { name: 'pxe', priority: 101, test: 'vendor-class starts-with "PXEClient" and not (relayed or mac starts-with 00:16:3e)', bootFile: 'ipxe.efi' },
  ],
  optionDefinitions: [{ code: 230, name: 'boot-menu', type: 'text', array: false, space: 'dhcp4' }, { code: 1, name: 'colours', type: 'u16', array: true, space: 4491 }],
  hosts: [
    ...(COMMON.hosts ?? []),
    { name: 'cam', identifiers: [{ kind: 'circuit-id', value: '0x0001000a' }], addresses: ['10.60.0.5', '10.61.0.5'], classes: ['phones'], comment: 'roof' },
  ],
}

async function written(document: DhcpDocument, server: Server) {
  const { services } = startAppliance()
  await done(services.dhcp.importConfiguration(document, false))
  return { services, ...(await done(services.dhcp.exportFor(server))) }
}

describe.each([
  ['kea', KEA],
  ['dnsmasq', COMMON],
] as const)('%s', (server, document) => {
  test('reads what was written as the same model', async () => {
    const { services, text, notes } = await written(document, server)
    expect(notes).toEqual([])
    const read = SERVERS[server](text)
    expect(read).toMatchObject({ ok: true, value: { notes: [] } })
    if (read.ok) expect((await done(services.dhcp.importConfiguration(read.value.document, true))).changes).toEqual([])
  })

  test('is the file that was agreed on', async () => {
    const { text } = await written(document, server)
    await expect(text).toMatchFileSnapshot(join(ROOT, `test/fixtures/${server}/exported.conf`))
  })
})

const UNSAID: DhcpDocument = {
  segments: [{ name: 'floor', policy: { knownOnly: true, rapidCommit: true } as never, domain: 'lab.internal' }],
  subnets: [{ prefix: '10.60.0.0/24', segment: 'floor', minLeaseSeconds: 60, options: { routers: null } }],
  pools: [{ first: '10.60.0.10', last: '10.60.0.20', deny: ['unknown'], leaseSeconds: 99, allocator: 'random' }],
  classes: [{ name: 'pxe', priority: 1, test: 'architecture == 7', leaseLimit: 3 }],
  hosts: [
    { name: 'two', identifiers: [{ kind: 'mac', value: '02:00:00:00:00:01' }, { kind: 'client-id', value: '0102' }], tags: ['x'], leaseSeconds: 50 },
    { name: 'port', identifiers: [{ kind: 'remote-id', value: 'sw1' }], addresses: ['10.60.0.3'] },
  ],
  optionDefinitions: [{ code: 230, name: 'odd', type: 'route[]', array: false, space: 'dhcp4' }],
}

test.each([
  ['kea', [
    'option definition odd', 'class pxe', 'class pxe', 'host two', 'host two', 'host two', 'segment floor', 'segment floor', 'segment floor',
    'subnet 10.60.0.0/24', 'pool 10.60.0.10 - 10.60.0.20', 'pool 10.60.0.10 - 10.60.0.20', 'pool 10.60.0.10 - 10.60.0.20', 'host port', 'host port',
  ]],
  ['dnsmasq', [
    'class pxe', 'segment floor', 'pool 10.60.0.10,10.60.0.20', 'subnet 10.60.0.0/24', 'subnet 10.60.0.0/24', 'host two', 'host port',
  ]],
] as const)('what %s cannot say is told', async (server, of) => {
  const { notes } = await written(UNSAID, server)
  expect(notes.map(note => note.of)).toEqual(of)
})
