/** What a dnsmasq.conf becomes, and what is said of the rest. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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
    '12: "set:red" of a host was not taken over',
    '12: a host has no identifier that is known here',
    '15: option tag:red was not taken over',
    '16: the value of option ntp-servers was not taken over',
  ])
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
  const words = HOME.split(/([\n=,:#.])/)
  for (let i = 0; i < 2_000; i++) {
    const text = Array.from({ length: 1 + random.below(30) }, () => words[random.below(words.length)]).join('')
    for (const { line } of read(text).notes) expect(line).toBeLessThanOrEqual(text.split('\n').length)
  }
})
