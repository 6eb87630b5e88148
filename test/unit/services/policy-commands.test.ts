/** Policies, rules, host groups and pauses: said, stored and in effect from the next query on, also after a restart; or refused. */
import { describe, expect, test } from 'vitest'
import type { DnsPolicyInput, HostGroupInput, RuleInput } from '../../../services/index.ts'
import { testApi } from '../../support/admin-api.ts'
import { NOON } from '../../support/leases.ts'
import { ask, listInput, policyInput, ruleInput, SOMEBODY_TO_ASK } from '../../support/policies.ts'
import { done, refused, startAppliance, type Running } from '../../support/running-appliance.ts'

const ADS = listInput('ads', { text: 'ads.example\ntracker.example\n' })
const MINUTE = 60_000

const started = async (): Promise<Running> => startAppliance(SOMEBODY_TO_ASK)

async function blocking(policies: readonly DnsPolicyInput[] = [policyInput('default', { lists: ['ads'] })]): Promise<Running> {
  const running = await started()
  await done(running.services.policies.addList(ADS))
  await done(running.services.policies.setPolicies(policies))
  return running
}

/** The same again, from what is on disk. */
function restarted({ store, lists }: Running): Running {
  const { policy, settings } = store.load()
  return startAppliance({
    ...SOMEBODY_TO_ASK,
    files: lists.files,
    before: [
      ...policy.lists.map((list) => ({ kind: 'policy-list-put', list }) as const),
      ...policy.states.map((state) => ({ kind: 'policy-list-state', state }) as const),
      ...policy.rules.map((rule) => ({ kind: 'policy-rule-put', rule }) as const),
      { kind: 'policies-put', policies: policy.policies },
      ...policy.groups.map((group) => ({ kind: 'host-group-put', group }) as const),
      { kind: 'setting', name: 'policy.pauses', value: settings.get('policy.pauses') ?? '[]' },
    ],
  })
}

test('nothing is blocked before somebody says so', async () => {
  const running = await started()
  expect([await done(running.services.policies.listLists()), ask(running, 'ads.example')]).toEqual([[], 'asked'])
  expect(await done(running.services.policies.listPolicies())).toMatchObject([{ name: 'default', lists: [], active: true, rebinding: 'auto' }])
})

test('a list says nothing until a policy names it', async () => {
  const running = await started()
  await done(running.services.policies.addList(ADS))
  expect(ask(running, 'ads.example')).toBe('asked')
  await done(running.services.policies.setPolicies([policyInput('default', { lists: ['ads'] })]))
  expect([ask(running, 'ads.example'), ask(running, 'www.ads.example'), ask(running, 'example')]).toEqual(['NXDOMAIN', 'NXDOMAIN', 'asked'])
})

test.each([
  ['nxdomain', 'NXDOMAIN', 'NXDOMAIN'],
  ['nodata', 'NOERROR', 'NOERROR'],
  ['refused', 'REFUSED', 'REFUSED'],
  ['null', 'NOERROR 0.0.0.0', 'NOERROR ::'],
] as const)('blocked names are answered with %s', async (answer, a, aaaa) => {
  const running = await blocking([policyInput('default', { lists: ['ads'], answer })])
  expect([ask(running, 'ads.example'), ask(running, 'ads.example', '10.53.0.9', 'AAAA')]).toEqual([a, aaaa])
})

test('the first policy that fits a client counts for it: by prefix, by address, by segment', async () => {
  const running = await started()
  const [segment] = await done(running.services.dhcp.list('segments'))
  await done(running.services.policies.addList(ADS))
  await done(running.services.policies.setPolicies([
    policyInput('nobody', { addresses: ['10.53.0.20'] }), policyInput('lan', { segments: [segment?.name ?? ''], lists: ['ads'] }), policyInput('default'),
  ]))
  expect(['10.53.0.20', '10.53.0.9', '192.168.7.1'].map((from) => ask(running, 'ads.example', from))).toEqual(['asked', 'NXDOMAIN', 'asked'])
})

test('rules come before lists, those of one policy for its clients only, and an exception before a block', async () => {
  const running = await blocking([policyInput('kids', { addresses: ['10.53.0.64/26'], lists: ['ads'] }), policyInput('default', { lists: ['ads'] })])
  const { policies } = running.services
  const allowed = await done(policies.addRule(ruleInput('allow', 'Good.Ads.Example.')))
  await done(policies.addRule(ruleInput('block', 'video.example', { policy: 'kids' })))
  expect(allowed).toMatchObject({ id: 1, domain: 'good.ads.example', policy: null })
  expect([ask(running, 'good.ads.example'), ask(running, 'a.good.ads.example'), ask(running, 'bad.ads.example')]).toEqual(['asked', 'asked', 'NXDOMAIN'])
  expect([ask(running, 'www.video.example', '10.53.0.70'), ask(running, 'www.video.example')]).toEqual(['NXDOMAIN', 'asked'])
  expect((await done(policies.listRules({ kind: 'block' }, { limit: 10 }))).items.map(({ domain }) => domain)).toEqual(['video.example'])
  await done(policies.removeRule(allowed.id))
  expect(ask(running, 'good.ads.example')).toBe('NXDOMAIN')
})

test('policies that somebody else has changed meanwhile are not overwritten unseen', async () => {
  const running = await blocking()
  const api = testApi({ services: running.services })
  const listed = await api.call('GET', '/api/v1/dns/policies')
  const put = (lists: readonly string[], tag: unknown) => api.app.inject({
    method: 'PUT', url: '/api/v1/dns/policies', payload: { policies: [{ name: 'default', lists }] },
    headers: { authorization: `Bearer ${api.token}`, 'if-match': String(tag) },
  })
  const first = await put([], listed.headers['etag'])
  const second = await put(['ads'], listed.headers['etag'])
  expect([first.statusCode, second.statusCode, second.json()]).toMatchObject([200, 412, { detail: 'the policies are others by now' }])
  expect([(await put(['ads'], first.headers['etag'])).statusCode, ask(running, 'ads.example')]).toEqual([200, 'NXDOMAIN'])
  // A pause is no change.
  await done(running.services.policies.pausePolicy({ minutes: 5, until: null, policy: null }))
  const paused = await api.call('GET', '/api/v1/dns/policies')
  expect((await put(['ads'], paused.headers['etag'])).statusCode).toBe(200)
})

test('a rule with an end goes by itself', async () => {
  const running = await started()
  const { policies } = running.services
  await done(policies.addRule(ruleInput('block', 'video.example', { expiresAt: new Date(NOON + 90 * MINUTE).toISOString() })))
  expect(ask(running, 'video.example')).toBe('NXDOMAIN')
  running.clock.runUntil(running.clock.now() + 91 * MINUTE)
  await settled()
  expect([ask(running, 'video.example'), (await done(policies.listRules({}, { limit: 10 }))).items, running.store.load().policy.rules]).toEqual(['asked', [], []])
  expect(running.log.map(([event]) => event)).toContain('dns.policy.rule-expired')
})

test('a pause lifts everything, or one policy, and ends by itself or when it is ended', async () => {
  const running = await blocking([policyInput('kids', { addresses: ['10.53.0.64/26'], lists: ['ads'] }), policyInput('default', { lists: ['ads'] })])
  const { policies } = running.services
  const now = (): readonly string[] => [ask(running, 'ads.example', '10.53.0.70'), ask(running, 'ads.example')]
  expect(now()).toEqual(['NXDOMAIN', 'NXDOMAIN'])
  await done(policies.pausePolicy({ minutes: 30, until: null, policy: 'kids' }))
  expect(now()).toEqual(['asked', 'NXDOMAIN'])
  expect(await done(policies.listPolicies())).toMatchObject([{ name: 'kids', active: false, paused: true, pausedUntil: new Date(NOON + 30 * MINUTE).toISOString() }, { active: true }])
  running.clock.runUntil(running.clock.now() + 29 * MINUTE)
  expect(now()).toEqual(['asked', 'NXDOMAIN'])
  running.clock.runUntil(running.clock.now() + 2 * MINUTE)
  await settled()
  expect([now(), await done(policies.listPauses())]).toEqual([['NXDOMAIN', 'NXDOMAIN'], []])
  await done(policies.pausePolicy({ minutes: null, until: null, policy: null }))
  running.clock.runUntil(running.clock.now() + 100 * MINUTE)
  expect([now(), await done(policies.listPauses())]).toEqual([['asked', 'asked'], [{ policy: null, until: null }]])
  expect(await done(policies.resumePolicy(null))).toEqual([])
  expect([now(), await refused(policies.resumePolicy(null))]).toEqual([['NXDOMAIN', 'NXDOMAIN'], 'conflict : nothing is paused'])
})

test('a policy with periods counts in them, and the next one at other times', async () => {
  // NOON is a Thursday at twelve o'clock.
  const night = policyInput('night', { lists: ['ads'], addresses: ['10.53.0.0/24'], periods: [{ days: ['thu'], from: '20:00', to: '07:00' }] })
  const running = await blocking([night, policyInput('default')])
  const at = (hours: number): string => {
    running.clock.runUntil(running.clock.now() + hours * 60 * MINUTE)
    return ask(running, 'ads.example')
  }
  expect([at(0), at(7.9), at(0.2), at(10.8), at(0.2)]).toEqual(['asked', 'asked', 'NXDOMAIN', 'NXDOMAIN', 'asked'])
})

test('a group follows its members: kept addresses, leases by host and by MAC, and addresses as such', async () => {
  const running = await started()
  const { policies, dhcp } = running.services
  const host = await done(dhcp.add('hosts', {
    name: 'tablet', identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0a' }], addresses: ['10.53.0.20'], classes: [], denied: false, tags: [], comment: null,
    options: {}, leaseSeconds: null, minLeaseSeconds: null, maxLeaseSeconds: null, renewSeconds: null, rebindSeconds: null, nextServer: null, serverName: null, bootFile: null,
  }))
  const members = [{ host: host.id }, { mac: '02:00:00:00:00:0b' }, { address: '10.53.0.30' }]
  expect(await done(policies.putHostGroup('tablets', { members, comment: null }))).toMatchObject({ members, addresses: ['10.53.0.20', '10.53.0.30'] })
  await done(policies.addList(ADS))
  await done(policies.setPolicies([policyInput('kids', { groups: ['tablets'], lists: ['ads'] }), policyInput('default')]))
  expect(['10.53.0.20', '10.53.0.30', '10.53.0.101'].map((from) => ask(running, 'ads.example', from))).toEqual(['NXDOMAIN', 'NXDOMAIN', 'asked'])
  await done(running.services.leases.importLeases('dnsmasq', `${(NOON + 60 * MINUTE) / 1000} 02:00:00:00:00:0b 10.53.0.101 * *\n`, false))
  expect([ask(running, 'ads.example', '10.53.0.101'), (await done(policies.listHostGroups()))[0]?.addresses]).toEqual(['NXDOMAIN', ['10.53.0.20', '10.53.0.30', '10.53.0.101']])
  await done(running.services.leases.releaseLease('10.53.0.101'))
  expect(ask(running, 'ads.example', '10.53.0.101')).toBe('asked')
  expect(await refused(policies.removeHostGroup('tablets'))).toBe('conflict : the policy kids is for the host group tablets')
})

test('all of it is there again after a restart, and counts as soon as the lists are read', async () => {
  const running = await blocking([policyInput('kids', { addresses: ['10.53.0.64/26'], lists: ['ads'] }), policyInput('default')])
  await done(running.services.policies.addRule(ruleInput('block', 'video.example', { policy: 'kids' })))
  await done(running.services.policies.putHostGroup('one', { members: [{ address: '10.53.0.30' }], comment: 'x' }))
  await done(running.services.policies.pausePolicy({ minutes: 10, until: null, policy: 'default' }))
  const again = restarted(running)
  const view = async ({ services: { policies } }: Running): Promise<unknown> =>
    [await done(policies.listPolicies()), await done(policies.listRules({}, { limit: 9 })), await done(policies.listHostGroups()), await done(policies.listPauses())]
  expect(await view(again)).toEqual(await view(running))
  expect([ask(again, 'video.example', '10.53.0.70'), ask(again, 'ads.example', '10.53.0.70')]).toEqual(['NXDOMAIN', 'silence'])
  await again.lists.keeper.look()
  expect(ask(again, 'ads.example', '10.53.0.70')).toBe('NXDOMAIN')
})

test('until stored lists are read, those who have them wait, but not for ever; names of ours, and others, are answered', async () => {
  const running = await blocking([policyInput('kids', { addresses: ['10.53.0.64/26'], lists: ['ads'] }), policyInput('default')])
  const again = restarted(running)
  const child = '10.53.0.70'
  expect([ask(again, 'www.example', child), ask(again, 'www.example'), ask(again, 'taproot.lab.internal', child)]).toEqual(['silence', 'asked', 'NOERROR 10.53.0.2'])
  again.clock.runUntil(again.clock.now() + 10_000)
  expect(ask(again, 'ads.example', child)).toBe('asked')
  const once = restarted(running)
  await once.lists.keeper.look()
  expect([ask(once, 'ads.example', child), ask(once, 'www.example', child)]).toEqual(['NXDOMAIN', 'asked'])
  const paused = restarted(running)
  await done(paused.services.policies.pausePolicy({ minutes: 5, until: null, policy: 'kids' }))
  expect(ask(paused, 'ads.example', child)).toBe('asked')
})

test('why a name is blocked, or not', async () => {
  const running = await blocking()
  const { policies } = running.services
  await done(policies.addRule(ruleInput('allow', 'good.ads.example')))
  expect(await done(policies.checkName('www.ads.example', 'A', '10.53.0.9'))).toEqual({
    name: 'www.ads.example', type: 'A', client: '10.53.0.9', policy: 'default', decision: { action: 'nxdomain', list: 'ads', rule: expect.stringContaining('ads.example') },
    lines: expect.arrayContaining(['the policy default counts for 10.53.0.9', expect.stringMatching(/^the list ads says block in line 1: /)]),
  })
  expect(await done(policies.checkName('good.ads.example', 'A', '10.53.0.9'))).toMatchObject({ decision: { action: 'allow', list: 'rules' } })
  expect(await done(policies.checkName('www.example', 'A', '10.53.0.9'))).toMatchObject({ decision: null, lines: expect.arrayContaining(['no list of it has a rule for www.example']) })
  expect(await done(policies.checkName('ads.lab.internal', 'A', '10.53.0.9'))).toMatchObject({ decision: null, lines: expect.arrayContaining([expect.stringMatching(/lies in the zone lab\.internal/)]) })
  const explained = (await done(running.services.reasons.explain('www.ads.example', undefined, '10.53.0.9'))).lines.join('\n')
  expect(explained).toMatch(/A: NXDOMAIN[\s\S]*ads/)
  const { hits } = await done(policies.getList('ads'))
  ask(running, 'ads.example')
  expect((await done(policies.getList('ads'))).hits).toBe(hits + 1)
})

describe('refused, and nothing has changed', () => {
  test.each<[string, readonly DnsPolicyInput[], string]>([
    ['no policy for everybody', [policyInput('kids')], 'invalid : the last policy is not the one for everybody'],
    ['two of a name', [policyInput('kids', { lists: ['ads'] }), policyInput('kids'), policyInput('default')], 'invalid /policies/1/name: there are two policies kids'],
    ['an unknown list', [policyInput('default', { lists: ['ads', 'x'] })], 'invalid /policies/0/lists/1: there is no list x'],
    ['an unknown segment', [policyInput('kids', { segments: ['x'] }), policyInput('default')], 'invalid /policies/0/segments/0: there is no segment x'],
    ['an unknown group', [policyInput('kids', { groups: ['x'] }), policyInput('default')], 'invalid /policies/0/groups/0: there is no host group x'],
    ['host bits', [policyInput('kids', { addresses: ['10.53.0.1/24'] }), policyInput('default')], 'invalid /policies/0/addresses/0: "10.53.0.1/24" is neither an address nor a prefix'],
    ['a default for some', [policyInput('default', { addresses: ['10.53.0.1'] })], 'invalid /policies/0: the policy "default" is for everybody'],
    ['a default for some times', [policyInput('default', { periods: [{ days: ['mon'], from: '00:00', to: '24:00' }] })], 'invalid /policies/0/periods: the policy "default" counts whenever no other does'],
    ['no day', [policyInput('kids', { periods: [{ days: [], from: '00:00', to: '24:00' }] }), policyInput('default')], 'invalid /policies/0/periods/0/days: a period without a day never comes'],
    ['no such time', [policyInput('kids', { periods: [{ days: ['mon'], from: '24:00', to: '07:00' }] }), policyInput('default')], 'invalid /policies/0/periods/0/from: "24:00" is no time of day to begin at'],
    ['no such end', [policyInput('kids', { periods: [{ days: ['mon'], from: '20:00', to: '24:01' }] }), policyInput('default')], 'invalid /policies/0/periods/0/to: "24:01" is no time of day to end at'],
    ['no such zone', [policyInput('default', { timeZone: 'Europe/Zuerich' })], 'invalid /policies/0/timeZone: "Europe/Zuerich" is no time zone'],
    ['no domain', [policyInput('default', { rebindingExcept: ['a..b'] })], 'invalid /policies/0/rebindingExcept/0: "a..b" is not a domain name'],
    ['no NAT64', [policyInput('default', { dns64: '64:ff9b::/97' })], 'invalid /policies/0/dns64: "64:ff9b::/97" is no prefix for DNS64: its length is none of 32, 40, 48, 56, 64, 96'],
    ['a name', [policyInput('A b'), policyInput('default')], 'invalid /policies/0/name: "A b" is no name of a policy'],
  ])('%s', async (_, policies, expected) => {
    const running = await blocking()
    expect(await refused(running.appliance.network.policies.setPolicies(policies, undefined))).toBe(expected)
    expect([(await done(running.services.policies.listPolicies())).map(({ name }) => name), ask(running, 'ads.example')]).toEqual([['default'], 'NXDOMAIN'])
  })

  test.each<[string, RuleInput, string]>([
    ['no domain', ruleInput('block', 'a..b'), 'invalid /domain: "a..b" is not a domain name'],
    ['everything', ruleInput('block', '.'), 'invalid /domain: "." is not a domain name'],
    ['there already', ruleInput('allow', 'there.example'), 'conflict /domain: there is a rule to block there.example already, number 1'],
    ['no such policy', ruleInput('block', 'x.example', { policy: 'x' }), 'invalid /policy: there is no policy x'],
    ['over already', ruleInput('block', 'x.example', { expiresAt: new Date(NOON).toISOString() }), `invalid /expiresAt: ${new Date(NOON).toISOString()} is no time to come`],
  ])('a rule: %s', async (_, rule, expected) => {
    const { services: { policies } } = await started()
    await done(policies.addRule(ruleInput('block', 'there.example')))
    expect(await refused(policies.addRule(rule))).toBe(expected)
  })

  test.each<[string, string, HostGroupInput['members'], string]>([
    ['no such host', 'a', [{ host: 99 }], 'invalid /members/0/host: there is no host 99'],
    ['no MAC', 'a', [{ address: '10.53.0.1' }, { mac: '02:00' }], 'invalid /members/1/mac: "02:00" is not a MAC address'],
    ['no address', 'a', [{ address: 'x' }], 'invalid /members/0/address: "x" is not an IPv4 address'],
    ['no name', '-', [], 'invalid /name: "-" is no name of a group'],
  ])('a group: %s', async (_, name, members, expected) => {
    const { services: { policies } } = await started()
    expect(await refused(policies.putHostGroup(name, { members, comment: null }))).toBe(expected)
  })

  test('more members than can be followed', async () => {
    const { services: { policies } } = await started()
    const members = (count: number) => Array.from({ length: count }, (_, i) => ({ address: `10.9.${i >> 8}.${i & 255}` }))
    for (let i = 0; i < 3; i++) await done(policies.putHostGroup(`g${i}`, { members: members(256), comment: null }))
    expect(await refused(policies.putHostGroup('more', { members: members(257), comment: null }))).toBe('invalid /members: 257 members are too many')
    expect(await refused(policies.putHostGroup('more', { members: members(233), comment: null }))).toBe('invalid /members: host groups would have 1001 members together')
    await done(policies.putHostGroup('more', { members: members(232), comment: null }))
  })

  test('a pause that is over already, for no policy, or in two ways', async () => {
    const { services: { policies } } = await started()
    expect(await refused(policies.pausePolicy({ minutes: null, until: new Date(NOON).toISOString(), policy: null }))).toMatch(/^invalid \/until: .* is no time within a year from now$/)
    expect(await refused(policies.pausePolicy({ minutes: 1, until: null, policy: 'x' }))).toBe('invalid /policy: there is no policy x')
    expect(await refused(policies.pausePolicy({ minutes: 1, until: new Date(NOON + MINUTE).toISOString(), policy: null }))).toBe('invalid /until: minutes and a time do not go together')
  })

  test('what is in use stays: a list of a policy, a policy with rules; and nothing changes while nothing can be stored', async () => {
    const running = await blocking([policyInput('kids', { addresses: ['10.53.0.1'] }), policyInput('default', { lists: ['ads'] })])
    const { policies } = running.services
    await done(policies.addRule(ruleInput('block', 'video.example', { policy: 'kids' })))
    expect(await refused(policies.removeList('ads'))).toBe('conflict : the policy default uses the list ads')
    expect(await refused(policies.setPolicies([policyInput('default')]))).toBe('conflict : the policy kids has the rule 1 (block video.example)')
    running.fault = { kind: 'full', detail: 'no space' }
    const attempts = [
      policies.setPolicies([policyInput('kids'), policyInput('default')]), policies.addRule(ruleInput('block', 'x.example')), policies.removeRule(1),
      policies.pausePolicy({ minutes: 5, until: null, policy: null }), policies.addList(listInput('more', { text: 'x.example' })), policies.putHostGroup('g', { members: [], comment: null }),
    ]
    for (const attempt of attempts) expect(await refused(attempt)).toMatch(/^unavailable : the change could not be stored/)
    expect([ask(running, 'ads.example'), ask(running, 'x.example'), (await done(policies.listPauses())).length]).toEqual(['NXDOMAIN', 'asked', 0])
  })
})

/** What timers began goes through some microtasks. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}
