/** Lists from their source to what counts: fetched, kept, compiled, brought up to date, and not lost by a failure. */
import { describe, expect, test } from 'vitest'
import { emptyListState, type ListInput, type ListView, type PolicyList } from '../../../../services/index.ts'
import { isDue } from '../../../../services/policy-lists/list-keeper.ts'
import { MemoryFiles } from '../../../support/lists.ts'
import { ask, listInput, policyInput, SOMEBODY_TO_ASK } from '../../../support/policies.ts'
import { done, refused, startAppliance, type Running } from '../../../support/running-appliance.ts'

const URL_OF_ADS = 'https://lists.example/ads.txt'
const DAY = 86_400_000

/** An appliance whose default policy has a list from a page. */
async function withList(from: Partial<ListInput> = { url: URL_OF_ADS }, text: string | null = 'ads.example\n', etag?: string): Promise<Running> {
  const running = startAppliance(SOMEBODY_TO_ASK)
  if (text !== null) running.lists.pages.set(from.url ?? from.path ?? '', { text, ...(etag === undefined ? {} : { etag }) })
  await done(running.services.policies.addList(listInput('ads', from)))
  await done(running.services.policies.setPolicies([policyInput('default', { lists: ['ads'] })]))
  await settled(running)
  return running
}

/** Until nothing is being fetched and all that is here counts. */
async function settled({ lists }: Running): Promise<void> {
  for (let i = 0; i < 20; i++) await lists.keeper.look()
}
const listOf = ({ services }: Running): Promise<ListView> => done(services.policies.getList('ads'))
const later = async (running: Running, ms: number): Promise<void> => {
  running.clock.runUntil(running.clock.now() + ms)
  await settled(running)
}
const events = ({ log }: Running): readonly string[] => log.map(([event]) => event).filter((event) => event.startsWith('dns.list.'))

test('a URL is fetched, kept on disk and counts; again when it is due, with what is known of it', async () => {
  const running = await withList({ url: URL_OF_ADS }, 'ads.example\nnot a name!\n', '"1"')
  expect([ask(running, 'www.ads.example'), running.lists.files.content.has('ads')]).toEqual(['NXDOMAIN', true])
  expect(await listOf(running)).toMatchObject({ state: 'loaded', entries: 1, notUnderstood: 1, notes: [{ line: 2 }], octets: 24, failures: 0, lastFailure: null })
  await later(running, DAY / 2)
  expect(running.lists.asked).toEqual([[URL_OF_ADS, undefined]])
  await later(running, DAY / 2)
  expect(running.lists.asked).toEqual([[URL_OF_ADS, undefined], [URL_OF_ADS, '"1"']])
  running.lists.pages.set(URL_OF_ADS, { text: 'tracker.example\n', etag: '"2"' })
  await later(running, DAY)
  expect([ask(running, 'ads.example'), ask(running, 'tracker.example')]).toEqual(['asked', 'NXDOMAIN'])
  expect(events(running)).toEqual(['dns.list.loaded', 'dns.list.loaded'])
})

test('what cannot be fetched leaves the old content, is told once, and is tried again at longer and longer intervals', async () => {
  const running = await withList()
  const { pages, asked, keeper } = running.lists
  pages.clear()
  await later(running, DAY)
  expect([ask(running, 'ads.example'), await listOf(running)]).toMatchObject(['NXDOMAIN', { state: 'loaded', failures: 1, lastFailure: { because: 'it answers 404' } }])
  expect(keeper.check()).toEqual({ name: 'lists', status: 'degraded', detail: 'not up to date: ads (it answers 404)' })
  const attempts = asked.length
  for (let minute = 1; minute <= 15; minute++) await later(running, 60_000)
  // After 1, 2, 4 and 8 minutes.
  expect([asked.length - attempts, events(running)]).toEqual([4, ['dns.list.loaded', 'dns.list.failed']])
  pages.set(URL_OF_ADS, { text: 'ads.example\nmore.example\n' })
  await done(running.services.policies.refreshList('ads'))
  expect([ask(running, 'more.example'), await listOf(running)]).toMatchObject(['NXDOMAIN', { failures: 0, lastFailure: null, entries: 2 }])
  await settled(running)
  expect(keeper.check()).toMatchObject({ status: 'ok' })
})

test('a list that has never come says so, and blocks nothing', async () => {
  const running = await withList({ url: URL_OF_ADS }, null)
  expect([ask(running, 'ads.example'), await listOf(running)]).toMatchObject(['asked', { state: 'empty', entries: 0, loadedAt: null, lastFailure: { because: 'it answers 404' } }])
})

test('a file of the host is looked at again and again, and an unchanged one is no new version', async () => {
  const running = await withList({ path: '/etc/blocked', refreshSeconds: 300 })
  expect(ask(running, 'ads.example')).toBe('NXDOMAIN')
  await later(running, 300_000)
  expect(events(running)).toEqual(['dns.list.loaded'])
  running.lists.pages.set('/etc/blocked', { text: '0.0.0.0 other.example\n' })
  await later(running, 300_000)
  expect([ask(running, 'ads.example'), ask(running, 'other.example'), ask(running, 'www.other.example')]).toEqual(['asked', 'NXDOMAIN', 'asked'])
})

test('what is typed in counts at once, and so does what replaces it', async () => {
  const running = await withList({ text: 'ads.example\n' }, null)
  expect([ask(running, 'ads.example'), await listOf(running)]).toMatchObject(['NXDOMAIN', { url: null, textLength: 12, state: 'loaded' }])
  await done(running.services.policies.changeList('ads', { text: 'other.example\n' }))
  expect([ask(running, 'ads.example'), ask(running, 'other.example')]).toEqual(['asked', 'NXDOMAIN'])
})

test('of another place the old content counts until the first comes from there; switched off nothing counts', async () => {
  const running = await withList()
  await done(running.services.policies.changeList('ads', { url: 'https://other.example/list' }))
  await settled(running)
  expect([ask(running, 'ads.example'), await listOf(running)]).toMatchObject(['NXDOMAIN', { url: 'https://other.example/list', checkedAt: null }])
  running.lists.pages.set('https://other.example/list', { text: 'other.example' })
  await done(running.services.policies.refreshList('ads'))
  expect([ask(running, 'ads.example'), ask(running, 'other.example')]).toEqual(['asked', 'NXDOMAIN'])
  await done(running.services.policies.changeList('ads', { enabled: false }))
  expect([ask(running, 'other.example'), (await listOf(running)).state]).toEqual(['asked', 'off'])
  await done(running.services.policies.changeList('ads', { enabled: true }))
  expect(ask(running, 'other.example')).toBe('NXDOMAIN')
})

test('a list with exceptions, and a list of exceptions', async () => {
  const running = await withList({ text: '||ads.example^\n@@||good.ads.example^\n' }, null)
  await done(running.services.policies.addList(listInput('work', { kind: 'allow', text: 'shop.ads.example\n' })))
  await done(running.services.policies.setPolicies([policyInput('default', { lists: ['ads', 'work'] })]))
  expect(['ads.example', 'good.ads.example', 'www.shop.ads.example'].map((name) => ask(running, name))).toEqual(['NXDOMAIN', 'asked', 'asked'])
})

test('content that is stored counts after a start without anything being fetched', async () => {
  const running = await withList()
  const { policy } = running.store.load()
  const again = startAppliance({
    ...SOMEBODY_TO_ASK,
    files: running.lists.files,
    before: [
      ...policy.lists.map((list) => ({ kind: 'policy-list-put', list }) as const), ...policy.states.map((state) => ({ kind: 'policy-list-state', state }) as const),
      { kind: 'policies-put', policies: policy.policies },
    ],
  })
  await settled(again)
  expect([ask(again, 'ads.example'), again.lists.asked, events(again)]).toEqual(['NXDOMAIN', [], []])
})

test('a content that was lost is fetched anew', async () => {
  const running = await withList()
  const { policy } = running.store.load()
  const again = startAppliance({
    ...SOMEBODY_TO_ASK,
    files: new MemoryFiles(),
    before: [
      ...policy.lists.map((list) => ({ kind: 'policy-list-put', list }) as const), ...policy.states.map((state) => ({ kind: 'policy-list-state', state }) as const),
      { kind: 'policies-put', policies: policy.policies },
    ],
  })
  again.lists.pages.set(URL_OF_ADS, { text: 'ads.example\n' })
  await settled(again)
  expect((await listOf(again)).lastFailure?.because).toBe('its content is not there')
  await later(again, 61_000)
  expect([ask(again, 'ads.example'), (await listOf(again)).lastFailure]).toEqual(['NXDOMAIN', null])
})

test('a full disk leaves the old content and says so', async () => {
  const running = await withList()
  running.lists.files.full = true
  running.lists.pages.set(URL_OF_ADS, { text: 'other.example\n' })
  await done(running.services.policies.refreshList('ads'))
  expect([ask(running, 'ads.example'), (await listOf(running)).lastFailure?.because]).toEqual(['NXDOMAIN', 'it cannot be stored (ENOSPC)'])
})

test('a list that is removed takes its content along', async () => {
  const running = await withList()
  await done(running.services.policies.setPolicies([policyInput('default')]))
  await done(running.services.policies.removeList('ads'))
  await settled(running)
  expect([[...running.lists.files.content.keys()], await refused(running.services.policies.getList('ads'))]).toEqual([[], 'not-found : there is no list ads'])
})

test.each<[string, Partial<ListInput>, string]>([
  ['nowhere', {}, 'invalid : a list comes from one place'],
  ['two places', { url: URL_OF_ADS, text: 'x' }, 'invalid : a list comes from one place'],
  ['ftp', { url: 'ftp://lists.example/x' }, 'invalid /url: "ftp://lists.example/x" is not the address of a list'],
  ['a password', { url: 'https://a:b@lists.example/x' }, 'invalid /url: a name and a password in it would be kept and shown'],
  ['half a path', { path: 'blocked.txt' }, 'invalid /path: "blocked.txt" is no whole path'],
  ['no such zone', { zone: 'rpz.example', kind: 'rpz' }, 'invalid /zone: there is no zone rpz.example'],
  ['a zone that blocks', { zone: 'lab.internal' }, 'invalid /kind: a zone as a list is a response policy zone'],
  ['a policy zone in another form', { text: 'x', kind: 'rpz', format: 'hosts' }, 'invalid /format: a response policy zone is not written as "hosts"'],
  ['exceptions as a policy zone', { text: 'x', kind: 'allow', format: 'rpz' }, 'invalid /format: a list of the kind "allow" is no response policy zone'],
  ['a long text', { text: 'x'.repeat(100_001) }, 'invalid /text: 100001 characters are too many'],
])('refused: %s', async (_, from, expected) => {
  const { services: { policies } } = startAppliance()
  expect([await refused(policies.addList(listInput('ads', from))), await done(policies.listLists())]).toEqual([expected, []])
})

test('a name that is taken, one that is none, one too many', async () => {
  const { services: { policies } } = startAppliance()
  for (let i = 1; i <= 24; i++) await done(policies.addList(listInput(`list${i}`, { text: 'x.example' })))
  expect(await refused(policies.addList(listInput('list1', { text: 'x' })))).toBe('conflict /name: there is a list list1 already')
  expect(await refused(policies.addList(listInput('rules', { text: 'x' })))).toBe('invalid /name: "rules" is what single rules are called')
  expect(await refused(policies.addList(listInput('a/b', { text: 'x' })))).toBe('invalid /name: "a/b" is no name of a list')
  expect(await refused(policies.addList(listInput('more', { text: 'x' })))).toBe('invalid : 24 lists are there already')
})

describe('when a list is due', () => {
  const list: PolicyList = { name: 'ads', kind: 'block', format: 'auto', source: { kind: 'url', url: URL_OF_ADS }, enabled: true, refreshSeconds: 3600, comment: undefined }
  const NOW = 1_000_000_000
  const failed = (failures: number, ago: number) => ({ failures, lastFailure: { at: NOW - ago, because: 'x' } })
  test.each([
    ['never asked', {}, true],
    ['asked an hour ago', { checkedAt: NOW - 3_600_000 }, true],
    ['asked just now', { checkedAt: NOW - 3_599_000 }, false],
    ['asked in the future, before the calendar was set back', { checkedAt: NOW + 1 }, true],
    ['failed a minute ago', failed(1, 60_000), true],
    ['failed half a minute ago', failed(1, 30_000), false],
    ['failed twice, the last a minute ago', failed(2, 60_000), false],
    ['failed many times, the last an hour ago', failed(40, 3_600_000), true],
  ])('%s', (_, state, due) => {
    expect(isDue({ list, state: { ...emptyListState('ads'), ...state } }, NOW)).toBe(due)
  })

  test('what is typed in or is a zone never is', () => {
    expect(isDue({ list: { ...list, source: { kind: 'text', text: 'x' } }, state: emptyListState('ads') }, NOW)).toBe(false)
  })
})
