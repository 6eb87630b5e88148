/** What a dhcpd.conf becomes, and what is said of the rest. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readIsc } from '../../../../../services/index.ts'
import { SeededRandom } from '../../../../../stack/platform/index.ts'
import { done, startAppliance } from '../../../../support/running-appliance.ts'
import { ROOT } from '../../../../support/source-tree.ts'

const OFFICE = readFileSync(join(ROOT, 'test/fixtures/isc/dhcpd.conf'), 'utf8')

function read(text: string) {
  const translated = readIsc(text)
  if (!translated.ok) throw new Error(translated.error.problem)
  return translated.value
}

test('an office becomes a document', () => {
  expect(read(OFFICE).document).toEqual({
    sites: [{
      name: 'default', leaseSeconds: 600, maxLeaseSeconds: 7200,
      options: { 'domain-name': 'lab.internal', 'domain-name-servers': ['10.53.0.2', '10.53.0.3'], 'domain-search': ['lab.internal', 'corp.internal'] },
    }],
    segments: [{ name: 'floor' }, { name: '10.60.0.0/24', policy: { authoritative: false } }],
    subnets: [
      { prefix: '10.53.0.0/24', segment: 'floor', options: { routers: ['10.53.0.1'] } },
      { prefix: '10.54.0.0/16', segment: 'floor' },
      { prefix: '10.60.0.0/24', segment: '10.60.0.0/24', nextServer: '10.60.0.9' },
    ],
    pools: [
      { subnet: '10.53.0.0/24', first: '10.53.0.100', last: '10.53.0.199' },
      { subnet: '10.54.0.0/16', first: '10.54.0.5', last: '10.54.0.5', leaseSeconds: 99 },
    ],
    classes: [{ name: 'pxe', priority: 100, test: 'vendor-class starts-with "PXEClient"', bootFile: 'pxelinux.0' }, { name: 'odd', priority: 101 }],
    hosts: [
      { name: 'printer', bootFile: 'image', identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0a' }], addresses: ['10.53.0.20', '10.60.0.20'] },
      { name: 'cam', bootFile: 'image', identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0b' }], options: { 'host-name': 'cam' }, denied: true },
    ],
  })
})

test('with a note for every statement that has no counterpart', () => {
  expect(read(OFFICE).notes.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([
    '7: "ddns-update-style" was not taken over',
    '9: the test of class odd was not taken over',
    '12: "allow" was not taken over',
    '20: host none has no identifier that is known here',
    '21: "zone" was not taken over',
    '22: option space is not known here by that name',
  ])
})

test('that the appliance takes', async () => {
  const text = OFFICE.replace('option host-name "cam"; ', '')
  const { changes } = await done(startAppliance().services.dhcp.importConfiguration(read(text).document, true))
  expect(changes.filter(({ how, what }) => how === 'added' && what === 'host')).toHaveLength(2)
})

test.each([
  ['subnet 10.0.0.0 {', 1, 'a statement has no end'],
  ['\n}', 2, 'a brace was not expected'],
  ['\n\noption x "open', 3, 'a string has no end'],
  ['a {'.repeat(40), 1, 'blocks are too deep'],
])('no configuration: %j', (text, line, problem) => {
  expect(readIsc(text)).toMatchObject({ ok: false, error: { line, problem } })
})

test('random changes end in notes or a fault with a line, and never in an exception', () => {
  const random = new SeededRandom(7)
  const pieces = ['{', '}', ';', ',', '"', '(', '=', '#', '\\', '\n', 'host', 'subnet', 'option', '__proto__', '\u0000']
  let understood = 0
  for (let i = 0; i < 1_000; i++) {
    let text = OFFICE
    for (let n = random.below(4); n >= 0; n--) {
      const at = random.below(text.length + 1)
      text = text.slice(0, at) + (pieces[random.below(pieces.length)] as string) + text.slice(at + random.below(12))
    }
    const translated = readIsc(text)
    if (translated.ok) understood++
    else expect(translated.error.line).toBeLessThanOrEqual(text.split('\n').length)
  }
  expect(understood).toBeGreaterThan(0)
})
