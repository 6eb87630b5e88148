/** Lists, rules, policies and host groups: what is written is read, and a list takes its state with it. */
import { describe, expect, test } from 'vitest'
import { emptyListState, INITIAL_POLICY, type HostGroup, type ListState, type Policy, type PolicyList, type PolicyRule } from '../../../../services/index.ts'
import { memoryStore } from '../../../../services/storage/sqlite.ts'
import type { StoredPolicy, Transaction } from '../../../../services/storage/store.ts'
import { ipv4 } from '../../../../stack/index.ts'

const ADS: PolicyList = {
  name: 'ads', kind: 'block', format: 'auto', source: { kind: 'url', url: 'https://lists.example/ads' }, enabled: true, refreshSeconds: 86_400, comment: 'ads',
}
const TYPED: PolicyList = { ...ADS, name: 'typed', kind: 'allow', source: { kind: 'text', text: 'good.example\n' }, enabled: false, comment: undefined }
const STATE: ListState = {
  ...emptyListState('ads'), revision: 3, loadedAt: 1000, checkedAt: 2000, etag: '"a"', lastModified: 'Sun, 22 Nov 2026 03:11:00 GMT', octets: 12, entries: 2,
  notUnderstood: 1, notes: [{ line: 4, problem: 'a regular expression' }], failures: 2, lastFailure: { at: 3000, because: 'it does not answer' },
}
const RULE: PolicyRule = { id: 4, kind: 'block', domain: 'ads.example', policy: 'kids', comment: 'why', madeAt: 1, expiresAt: 9 }
const PLAIN_RULE: PolicyRule = { id: 5, kind: 'allow', domain: 'good.example', policy: undefined, comment: undefined, madeAt: 1, expiresAt: undefined }
const KIDS: Policy = {
  name: 'kids', clients: { prefixes: [{ network: ipv4('192.168.7.0'), length: 24 }], segmentIds: [2], groups: ['tablets'] }, lists: ['ads'], answer: 'null',
  ttlSeconds: 30, periods: [{ days: ['mon', 'fri'], from: 1200, to: 420 }], timeZone: 'Europe/Zurich',
  rebinding: { check: 'no', except: ['plex.direct'] }, dns64: '64:ff9b::/96', comment: 'at night',
}
const TABLETS: HostGroup = {
  name: 'tablets', comment: 'theirs',
  members: [{ kind: 'host', hostId: 3 }, { kind: 'mac', mac: '02:00:00:00:00:0a' }, { kind: 'address', address: ipv4('192.168.7.9') }],
}

function after(...writes: Transaction): StoredPolicy {
  const store = memoryStore()
  for (const fault of store.commit([writes])) expect(fault).toBeUndefined()
  return store.load().policy
}

describe('what is written is read', () => {
  test.each<[string, Transaction, Partial<StoredPolicy>]>([
    ['lists, by name', [{ kind: 'policy-list-put', list: TYPED }, { kind: 'policy-list-put', list: ADS }], { lists: [ADS, TYPED] }],
    ['a changed list', [{ kind: 'policy-list-put', list: ADS }, { kind: 'policy-list-put', list: { ...TYPED, name: 'ads' } }], { lists: [{ ...TYPED, name: 'ads' }] }],
    ['a state', [{ kind: 'policy-list-put', list: ADS }, { kind: 'policy-list-state', state: STATE }], { states: [STATE] }],
    ['a state of a list that has no content yet', [{ kind: 'policy-list-put', list: ADS }, { kind: 'policy-list-state', state: STATE }, { kind: 'policy-list-state', state: emptyListState('ads') }], { states: [emptyListState('ads')] }],
    ['a list that is changed keeps its state', [{ kind: 'policy-list-put', list: ADS }, { kind: 'policy-list-state', state: STATE }, { kind: 'policy-list-put', list: ADS }], { states: [STATE] }],
    ['a list that goes takes its state', [{ kind: 'policy-list-put', list: ADS }, { kind: 'policy-list-state', state: STATE }, { kind: 'policy-list-remove', name: 'ads' }], { lists: [], states: [] }],
    ['rules', [{ kind: 'policy-rule-put', rule: PLAIN_RULE }, { kind: 'policy-rule-put', rule: RULE }], { rules: [RULE, PLAIN_RULE] }],
    ['a rule removed', [{ kind: 'policy-rule-put', rule: RULE }, { kind: 'policy-rule-remove', id: 4 }], { rules: [] }],
    ['policies in their order', [{ kind: 'policies-put', policies: [KIDS, INITIAL_POLICY] }], { policies: [KIDS, INITIAL_POLICY] }],
    ['policies instead of those before', [{ kind: 'policies-put', policies: [KIDS, INITIAL_POLICY] }, { kind: 'policies-put', policies: [INITIAL_POLICY] }], { policies: [INITIAL_POLICY] }],
    ['a host group', [{ kind: 'host-group-put', group: TABLETS }], { groups: [TABLETS] }],
    ['a host group removed', [{ kind: 'host-group-put', group: TABLETS }, { kind: 'host-group-remove', name: 'tablets' }], { groups: [] }],
  ])('%s', (_, writes, expected) => {
    expect(after(...writes)).toMatchObject(expected)
  })
})

test('a state without its list is refused, so that nothing of a list is left behind', () => {
  expect(memoryStore().commit([[{ kind: 'policy-list-state', state: STATE }]])[0]?.kind).toBe('failed')
})
