/** What a dnsmasq.conf becomes, and what is said of the rest. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseExpression } from '../../../../../services/dhcp/classify/parse.ts'
import { readDnsmasq } from '../../../../../services/index.ts'
import { SeededRandom } from '../../../../../stack/platform/index.ts'
import { done, startAppliance } from '../../../../support/running-appliance.ts'
import { ROOT } from '../../../../support/source-tree.ts'

const HOME = readFileSync(join(ROOT, 'test/fixtures/dnsmasq/home.conf'), 'utf8')

function read(text: string) {
  const translated = readDnsmasq(text)
  if (!translated.ok) throw new Error(translated.error.problem)
  return translated.value
}

test('a home becomes a document', () => {
  expect(read(HOME).document).toEqual({
    sites: [{
      name: 'default', bootFile: 'pxelinux.0', serverName: 'boot', nextServer: '192.168.7.3',
      options: { 'domain-name': 'home.example', routers: ['192.168.7.1'], 'ntp-servers': ['192.168.7.1', '192.168.7.2'] },
    }],
    segments: [{ name: '192.168.7.0/24', policy: { authoritative: true } }],
    subnets: [{ prefix: '192.168.7.0/24', segment: '192.168.7.0/24' }],
    pools: [{ subnet: '192.168.7.0/24', first: '192.168.7.50', last: '192.168.7.150', leaseSeconds: 43_200 }],
    classes: [{ name: 'red', priority: 100, options: { routers: ['192.168.7.9'] } }],
    hosts: [
      { identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0a' }], addresses: ['192.168.7.20'], name: 'printer' },
      { identifiers: [{ kind: 'client-id', value: '0102000000000b' }], addresses: ['192.168.7.21'], leaseSeconds: 0xffff_ffff },
      { identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0c' }], denied: true },
      { identifiers: [{ kind: 'host-name', value: 'cam' }], addresses: ['192.168.7.22'], name: 'cam' },
    ],
  })
})

test('with a note for every line that has no counterpart', () => {
  expect(read(HOME).notes.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([
    '2: "domain-needed" was not taken over',
    '6: a range for a tag was not taken over',
    '7: a range without first, last and netmask was not taken over',
    '12: a host has no identifier that is known here',
    '16: the value of option ntp-servers was not taken over',
  ])
})

describe('tags', () => {
  test('for booting from the network: what sets them are tests of classes, what is for them is said by the class', () => {
    const { document, notes } = read(`
dhcp-boot=tag:ipxe,http://boot/menu.ipxe
dhcp-boot=tag:efi64,tag:!ipxe,ipxe.efi,,192.168.7.3
dhcp-boot=tag:!ipxe,undionly.kpxe
dhcp-match=set:ipxe,175
dhcp-match=set:efi64,option:client-arch,7
dhcp-match=set:efi64,option:client-arch,9`)
    expect(notes).toEqual([])
    expect(document['classes']).toEqual([
      { name: 'efi64.not-ipxe', priority: 100, test: '(architecture == 7 or architecture == 9) and not option[175]', bootFile: 'ipxe.efi', nextServer: '192.168.7.3' },
      { name: 'ipxe', priority: 101, test: 'option[175]', bootFile: 'http://boot/menu.ipxe' },
      { name: 'not-ipxe', priority: 102, test: 'not option[175]', bootFile: 'undionly.kpxe' },
    ])
  })

  test.each([
    ['dhcp-vendorclass=set:t,PXEClient', 'vendor-class contains "PXEClient"'],
    ['dhcp-userclass=set:t,iPXE', 'option[77] contains "iPXE"'],
    ['dhcp-mac=set:t,00:16:3E:*:*:*', 'mac starts-with 00:16:3e'],
    ['dhcp-mac=set:t,00:16:3e:01:02:03', 'mac == 00:16:3e:01:02:03'],
    ['dhcp-circuitid=set:t,eth7', 'relay.circuit-id == "eth7"'],
    ['dhcp-remoteid=set:t,00:0A', 'relay.remote-id == 0x000a'],
    ['dhcp-match=set:t,option:vendor-class', 'option[60]'],
  ])('%s', (line, tested) => {
    const { document, notes } = read(`dhcp-option=tag:t,42,10.0.0.1\n${line}`)
    expect(notes).toEqual([])
    expect(document['classes']).toEqual([{ name: 't', priority: 100, test: tested, options: { 'ntp-servers': ['10.0.0.1'] } }])
    expect(parseExpression(tested)).toMatchObject({ ok: true })
  })

  test('ranges, hosts and clients that are left alone', () => {
    const { document, notes } = read(`
dhcp-mac=set:vm,52:54:00:*:*:*
dhcp-range=tag:vm,10.0.0.10,10.0.0.19,255.255.255.0
dhcp-range=tag:!vm,10.0.0.20,10.0.0.29,255.255.255.0
dhcp-host=02:00:00:00:00:0a,set:staff,10.0.0.5
dhcp-option=tag:staff,42,10.0.0.1
dhcp-mac=set:bad,02:bd:00:*:*:*
dhcp-ignore=tag:bad
dhcp-ignore=tag:!known`)
    expect(notes).toEqual([])
    expect(document['pools']).toMatchObject([{ first: '10.0.0.10', allow: ['vm'] }, { first: '10.0.0.20', deny: ['vm'] }])
    expect(document['hosts']).toMatchObject([{ classes: ['staff'], addresses: ['10.0.0.5'] }])
    expect(document['classes']).toMatchObject([{ name: 'vm' }, { name: 'staff' }, { name: 'bad', denied: true }])
    expect(document['segments']).toMatchObject([{ policy: { knownOnly: true } }])
  })

  test.each([
    ['dhcp-match=set:t,option:client-arch,x', '"dhcp-match" was not taken over: set:t,option:client-arch,x'],
    ['dhcp-match=set:t,60,PXEClient', '"dhcp-match" was not taken over: set:t,60,PXEClient'],
    ['dhcp-mac=set:t,*:16:3e:*:*:*', '"dhcp-mac" was not taken over: set:t,*:16:3e:*:*:*'],
    ['dhcp-vendorclass=set:known,x', '"dhcp-vendorclass" was not taken over: set:known,x'],
    ['dhcp-option=tag:nobody,42,10.0.0.1', 'option tag:nobody was not taken over'],
    ['dhcp-ignore=tag:nobody', '"dhcp-ignore" was not taken over: nothing sets its tags'],
    ['dhcp-boot=tag:!nobody,x', 'a boot file for a tag was not taken over'],
  ])('%s is told', (line, note) => {
    expect(read(line).notes.map(({ problem }) => problem)).toEqual([note])
  })

  test('that the appliance takes', async () => {
    const text = 'dhcp-range=tag:pxe,10.60.0.10,10.60.0.19,255.255.255.0\ndhcp-vendorclass=set:pxe,PXEClient\ndhcp-boot=tag:pxe,tag:!ipxe,a.efi\ndhcp-match=set:ipxe,175\ndhcp-host=02:00:00:00:00:0a,set:vip'
    const { changes } = await done(startAppliance().services.dhcp.importConfiguration(read(text).document, true))
    expect(changes.filter(({ how, what }) => how === 'added' && what === 'class').map(({ name }) => name)).toEqual(['pxe.not-ipxe', 'pxe', 'vip'])
  })
})

test('that the appliance takes', async () => {
  const { changes } = await done(startAppliance().services.dhcp.importConfiguration(read(HOME).document, true))
  expect(changes.filter(({ how, what }) => how === 'added' && what === 'host')).toHaveLength(4)
})

test.each([
  ['dhcp-range=10.0.0.1,10.0.0.9,255.0.255.0', '1: a range without first, last and netmask was not taken over'],
  ['dhcp-boot=tag:x,file', '1: a boot file for a tag was not taken over'],
  ['\n\nnonsense', '3: "nonsense" was not taken over'],
])('%j', (text, note) => {
  expect(read(text).notes.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([note])
})

test('random lines end in notes, and never in an exception', () => {
  const random = new SeededRandom(7)
  const words = `${HOME}
dhcp-match=set:a,option:client-arch,7
dhcp-mac=set:b,00:16:*:*:*:*
dhcp-vendorclass=set:a,PXE"
dhcp-option=tag:a,tag:!b,42,1.2.3.4
dhcp-ignore=tag:a`.split(/([\n=,:#.])/)
  for (let i = 0; i < 2_000; i++) {
    const text = Array.from({ length: 1 + random.below(30) }, () => words[random.below(words.length)]).join('')
    for (const { line } of read(text).notes) expect(line).toBeLessThanOrEqual(text.split('\n').length)
    for (const { test: tested } of read(text).document['classes'] ?? []) if (tested !== undefined) expect(parseExpression(String(tested))).toMatchObject({ ok: true })
  }
})
