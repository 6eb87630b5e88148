/** Catalog zones: what one says, and what is done about it. */
import { describe, expect, test } from 'vitest'
import { catalogFaultText, type Holder, type ListedZone, memberRecords, readCatalog, reconcile, versionRecord } from '../../../services/dns/index.ts'
import { Bench, zoneOf } from '../../support/dns.ts'

const NAME = 'catalog.example'
const read = (text: string) => {
  const live = new Bench([zoneOf(NAME, `@ NS invalid.\n${text}`)]).server.zones.get(NAME)
  if (live === undefined) throw new Error('no zone')
  return readCatalog(live)
}
const listed = (text: string) => {
  const catalog = read(`version TXT "2"\n${text}`)
  return catalog.ok ? [...catalog.value.values()] : catalogFaultText(catalog.error)
}
const plain = (zone: string, label: string): ListedZone => ({ zone, label, groups: [], coo: undefined })

describe('RFC 9432 §4 what it says', () => {
  test('§4.1 members, whatever the letter case', () => {
    expect(listed('AB.Zones PTR Member.Example.\ncd.zones PTR other.example.')).toEqual([plain('member.example', 'ab'), plain('other.example', 'cd')])
  })

  test('§4.3 groups and who may take over', () => {
    expect(listed('ab.zones PTR m.example.\ngroup.ab.zones TXT "one"\ngroup.ab.zones TXT "two" "parts"\ncoo.ab.zones PTR catalog2.example.')).toEqual([
      { zone: 'm.example', label: 'ab', groups: ['one', 'twoparts'], coo: 'catalog2.example' },
    ])
  })

  test.each([
    ['§4.4 other properties', 'ext.ab.zones TXT "x"\nx.y.ab.zones TXT "z"'],
    ['properties without a member', 'group.cd.zones TXT "x"'],
    ['§4.3.3 custom ones', 'something.ext TXT "x"\nab.something PTR n.example.'],
    ['other types', 'ab.zones TXT "x"\nversion A 10.0.0.1'],
  ])('%s mean nothing', (_what, more) => expect(listed(`ab.zones PTR m.example.\n${more}`)).toEqual([plain('m.example', 'ab')]))

  test.each([
    ['§4.2.1 no version', '', 'it does not say that it is of version 2 (version.catalog.example)'],
    ['§4.2.1 another version', 'version TXT "1"', 'it does not say that it is of version 2 (version.catalog.example)'],
    ['§4.2.1 two versions', 'version TXT "2"\nversion TXT "3"', 'it does not say that it is of version 2 (version.catalog.example)'],
    ['§4.1 two zones of one label', 'version TXT "2"\nab.zones PTR m.example.\nab.zones PTR n.example.', 'a name has several PTR records (ab.zones.catalog.example)'],
    ['§4.1 one zone of two labels', 'version TXT "2"\nab.zones PTR m.example.\ncd.zones PTR M.example.', 'a zone is listed twice (m.example)'],
    ['§4.3.1 two that may take over', 'version TXT "2"\nab.zones PTR m.example.\ncoo.ab.zones PTR x.example.\ncoo.ab.zones PTR y.example.', 'a name has several PTR records (coo.ab.zones.catalog.example)'],
  ])('%s: it is broken', (_what, text, fault) => {
    const catalog = read(text)
    expect(catalog.ok ? 'fine' : catalogFaultText(catalog.error)).toBe(fault)
  })

  test('what is produced is read again', () => {
    const member = { zone: 'm.example', label: 'ab', groups: ['g'], coo: 'other.example' }
    const text = [versionRecord(NAME), ...memberRecords(NAME, member)].map((r) => `${r.name} ${r.type} ${r.data}`).join('\n')
    const catalog = read(text)
    expect(catalog.ok ? [...catalog.value.values()] : catalog.error).toEqual([member])
  })
})

describe('RFC 9432 §5 what is done', () => {
  const M = plain('m.example', 'ab')
  const acts = (members: readonly ListedZone[], held: readonly string[], holder: Holder) =>
    reconcile(NAME, new Map(members.map((member) => [member.zone, member])), held, () => holder)
  const by = (catalog: string, label: string, coo?: string): Holder => ({ kind: 'catalog', catalog, label, coo })

  test.each<[string, Holder, object]>([
    ['§5.1 a zone that is new', { kind: 'nobody' }, { kind: 'add' }],
    ['one that is here', by(NAME, 'ab'), { kind: 'keep' }],
    ['§5.4 one that has another label', by(NAME, 'cd'), { kind: 'reset' }],
    ['§5.2 one that somebody else made', { kind: 'hand' }, { kind: 'conflict' }],
    ['§5.2 one of another catalog', by('other.example', 'ab'), { kind: 'conflict' }],
    ['§5.2 one that goes to a third', by('other.example', 'ab', 'third.example'), { kind: 'conflict' }],
    ['§4.3.1 one that is handed over', by('other.example', 'ab', NAME), { kind: 'take', from: 'other.example', reset: false }],
    ['§4.3.1 one that is handed over, anew', by('other.example', 'cd', NAME), { kind: 'take', from: 'other.example', reset: true }],
  ])('%s', (_what, holder, act) => expect(acts([M], [], holder)).toMatchObject([act]))

  test('§5.3 what is listed no more goes', () => {
    expect(acts([], ['m.example'], by(NAME, 'ab'))).toEqual([{ kind: 'remove', zone: 'm.example' }])
  })

  test('a catalog that lists itself takes nothing', () => {
    expect(acts([plain(NAME, 'ab')], [], { kind: 'nobody' })).toMatchObject([{ kind: 'conflict' }])
  })
})
