/** What a configuration of Kea becomes, and what is said of the rest. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readKea } from '../../../../../services/index.ts'
import { keaOption } from '../../../../../services/dhcp/interchange/kea-options.ts'
import { STANDARD_OPTIONS } from '../../../../../services/dhcp/wire/option-spaces.ts'
import { done, startAppliance } from '../../../../support/running-appliance.ts'
import { ROOT } from '../../../../support/source-tree.ts'

const OFFICE = readFileSync(join(ROOT, 'test/fixtures/kea/office.conf'), 'utf8')

function read(text: string) {
  const translated = readKea(text)
  if (!translated.ok) throw new Error(translated.error.problem)
  return translated.value
}

describe('an office', () => {
  test('becomes a document', () => {
    expect(read(OFFICE).document).toEqual({
      sites: [{
        name: 'default', leaseSeconds: 7200, renewSeconds: 1800,
        options: { 'domain-name-servers': ['10.53.0.2', '10.53.0.3'], 'domain-search': ['lab.internal', 'corp.internal'], 'interface-mtu': 1400 },
      }],
      segments: [{ name: '10.60.0.0/24' }, { name: 'floor', interface: 'lan0', relays: ['10.9.0.1'] }].toReversed(),
      subnets: [
        { prefix: '10.53.0.0/24', segment: 'floor', options: { routers: ['10.53.0.1'] } },
        { prefix: '10.54.0.0/24', segment: 'floor' },
        { prefix: '10.60.0.0/24', segment: '10.60.0.0/24' },
      ],
      pools: [
        { subnet: '10.53.0.0/24', first: '10.53.0.100', last: '10.53.0.199', allow: ['phones'] },
        { subnet: '10.54.0.0/24', first: '10.54.0.128', last: '10.54.0.255' },
      ],
      classes: [{ name: 'phones', priority: 100, test: 'vendor-class starts-with "Cisco"', nextServer: '10.53.0.9' }],
      hosts: [
        { identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0a' }], addresses: ['10.53.0.20'], name: 'printer' },
        { identifiers: [{ kind: 'client-id', value: '0102000000000b' }], addresses: ['10.60.0.5'] },
        { identifiers: [{ kind: 'circuit-id', value: '0x65746837' }], name: 'cam' },
      ],
    })
  })

  test('with a note for every line that has no counterpart', () => {
    expect(read(OFFICE).notes.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([
      '5: "hooks-libraries" of Dhcp4 was not taken over',
      '10: option menu-text is not known here by that name',
      '26: "duid" of a reservation was not taken over',
      '26: a reservation has no identifier that is known here',
    ])
  })

  test('that the appliance takes', async () => {
    const { services } = startAppliance()
    const text = OFFICE.replace('"interface": "lan0",', '').replace('10.54.0.128/25', '10.54.0.128 - 10.54.0.254')
    const { changes } = await done(services.dhcp.importConfiguration(read(text).document, true))
    expect(changes.filter(({ how }) => how === 'added').length).toBeGreaterThan(8)
  })
})

test.each([
  ['{ "Dhcp4": {\n "subnet4": [ { "subnet": "10.0.0.0" } ] } }', '2: a subnet has no block of addresses'],
  ['{ "Dhcp4": { "subnet4": [ { "subnet": "10.0.0.0/8", "pools": [\n\n { "pool": "10.0.0.9" } ] } ] } }', '3: a pool has no range'],
  ['{ "Dhcp4": { "option-data": [ { "name": "routers", "data": "here" } ] } }', '1: the value of option routers was not taken over'],
  ['{ "Dhcp4": { "option-data": [ { "code": 54, "data": "10.0.0.1" } ] } }', '1: the value of option 54 was not taken over'],
  ['{ "Dhcp4": { "valid-lifetime": "long" } }', '1: leaseSeconds is no number'],
  ['{ "Dhcp4": [] }', '1: Dhcp4 is no object'],
])('%j', (text, note) => {
  expect(read(text).notes.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([note])
})

describe('every option of the standard list of Kea 2.2 has a row here, and is known by the name that Kea has for it', () => {
  const LIST = readFileSync(join(ROOT, 'test/fixtures/kea/standard-options.txt'), 'utf8').trim().split('\n').map(line => line.split(' '))

  test.each(LIST)('%s %s', (code = '', name = '') => {
    const row = STANDARD_OPTIONS.coded(Number(code))
    expect(row.name).not.toBe(`option-${code}`)
    expect(keaOption(STANDARD_OPTIONS, name)).toBe(row.row)
  })

  test('as a value in a file', () => {
    const { document, notes } = read('{ "Dhcp4": { "option-data": [ { "name": "v4-captive-portal", "data": "https://portal.lab" }, { "name": "pop-server", "data": "10.0.0.1, 10.0.0.2" } ] } }')
    expect([document['sites']?.[0]?.['options'], notes]).toEqual([{ 'captive-portal': 'https://portal.lab', 'pop3-servers': ['10.0.0.1', '10.0.0.2'] }, []])
  })
})

describe('option definitions', () => {
  const definitions = (...items: readonly object[]) => read(JSON.stringify({ Dhcp4: { 'option-data': [{ name: 'boot_Menu', data: 'a' }], 'option-def': items } }))

  test('are taken over, and values by their names, wherever they stand', () => {
    const { document, notes } = definitions(
      { name: 'boot_Menu', code: 230, type: 'string' }, { name: 'levels', code: 231, type: 'uint16', array: true, space: 'dhcp4' },
      { name: 'colour', code: 1, type: 'ipv4-address', space: 'vendor-4491' }, { name: 'shade', code: 2, type: 'empty', space: 'acme' },
    )
    expect(notes).toEqual([])
    expect(document['sites']?.[0]?.['options']).toEqual({ 'boot-menu': 'a' })
    expect(document['optionDefinitions']).toEqual([
      { name: 'boot-menu', code: 230, type: 'text' }, { name: 'levels', code: 231, type: 'u16', array: true },
      { name: 'colour', code: 1, type: 'ipv4', space: 4491 }, { name: 'shade', code: 2, type: 'flag', space: 'acme' },
    ])
  })

  test.each([
    [{ name: 'r', code: 231, type: 'record', 'record-types': 'uint8, string' }, 'the definition of option r was not taken over: its type is record'],
    [{ name: 'c', code: 231, type: 'empty', encapsulate: 'inner' }, 'the definition of option c was not taken over: it holds other options'],
    [{ name: 'mine', code: 3, type: 'string' }, 'the definition of option mine was not taken over: option 3 is "routers" already, or the name is taken'],
    [{ name: '!', code: 231, type: 'string' }, 'the definition of option ! was not taken over: "!" is no option name'],
  ])('%j', (definition, note) => {
    expect(definitions(definition).notes.map(({ problem }) => problem)).toContain(note)
  })
})

test('the class DROP is one of ours that is denied', () => {
  const { document } = read(`{ "Dhcp4": { "client-classes": [ { "name": "old", "test": "option[60].hex == 'a'" }, { "name": "DROP", "test": "member('old') and not member('KNOWN')" } ] } }`)
  expect(document['classes']).toEqual([
    { name: 'old', priority: 100, test: 'vendor-class == "a"' }, { name: 'DROP', priority: 101, denied: true, test: 'vendor-class == "a" and not known' },
  ])
})

test('octets of an option', () => {
  const options = read('{ "Dhcp4": { "option-data": [ { "name": "routers", "csv-format": false, "data": "0A350001" } ] } }').document['sites']?.[0]?.['options']
  expect(options).toEqual({ routers: ['10.53.0.1'] })
})

test.each([
  ['', 1, 'a value was expected'],
  ['{}', 1, 'there is no "Dhcp4"'],
  ['{ "Dhcp4": {\n  "subnet4" [] } }', 2, '"name": was expected'],
  ['{ "Dhcp4": { "a": 1\n "b": 2 } }', 2, 'a comma or } was expected'],
  ['[1\n2]', 2, 'a comma or ] was expected'],
  ['[1] x', 1, 'something follows the end'],
  ['"open', 1, 'a value was expected'],
  ['['.repeat(70), 1, 'brackets are too deep'],
])('no configuration: %j', (text, line, problem) => {
  expect(readKea(text)).toMatchObject({ ok: false, error: { line, problem } })
})
