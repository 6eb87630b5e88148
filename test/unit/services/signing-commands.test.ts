/** Zones signed by the administrator's commands: keys made, stored, published and replaced; or refused. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DEFAULT_SIGNING } from '../../../services/dns/rollover/policy.ts'
import type { KeyImportInput, SigningInput, SigningView } from '../../../services/index.ts'
import { keysForTests } from '../../support/signing-keys.ts'
import { done, refused, type Running, startAppliance } from '../../support/running-appliance.ts'

const ZONE = 'lab.internal'
const POLICY: SigningInput = { ...DEFAULT_SIGNING, algorithm: 'ECDSAP256SHA256' }
const HOUR = 3_600_000
const DAY = 24 * HOUR

const setSigning = ({ services }: Running, change: Partial<SigningInput> = {}): Promise<SigningView> => done(services.signing.setSigning(ZONE, { ...POLICY, ...change }))
const look = ({ services }: Running): Promise<SigningView> => done(services.signing.getSigning(ZONE))

/** Signatures are made on node's threads, which know no virtual time. */
const threads = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets time pass, and all that is due be done. */
async function pass(running: Running, ms: number): Promise<SigningView> {
  const { clock, services } = running
  const end = clock.now() + ms
  // What a timer begins is done when a command after it is: ten minutes at a time.
  while (clock.now() < end) {
    await threads()
    clock.runUntil(Math.min(end, clock.now() + HOUR / 6))
    await services.signing.rollKeys('none', null)
  }
  return look(running)
}
/** The types at the apex, as they are served. */
const apexTypes = ({ appliance }: Running): readonly number[] => {
  const zone = appliance.dns.zones.get(ZONE)
  return zone?.node(zone.key)?.rrsets.map((rrset) => rrset.type) ?? []
}
const DNSKEY = 48
const CDS = 59

const health = async ({ services }: Running) => (await services.status.health()).checks.find(({ name }) => name === 'signing')
const states = (view: SigningView): readonly string[] => view.keys.map((key) => `${key.role} ${key.dnskey} ${key.signatures} ${key.ds}`)
const events = ({ log }: Running): readonly string[] => log.map(([id]) => id).filter((id) => id.startsWith('dnssec.'))

describe('a zone is signed', () => {
  test('with one switch: a key is made, stored sealed, and published', async () => {
    const running = startAppliance()
    expect((await look(running)).status).toBe('unsigned')
    const serial = running.store.load().zones[0]?.zone.serial ?? 0
    const view = await setSigning(running)
    expect([view.status, states(view), view.dsRecords]).toEqual(['signed', ['csk rumoured rumoured hidden'], []])
    expect(apexTypes(running)).toContain(DNSKEY)
    const stored = running.store.load()
    expect(stored.signingPolicies).toEqual([{ zoneId: 1, policy: DEFAULT_SIGNING, cachedUntil: { dnskey: 0, signatures: 0 } }])
    expect(stored.dnssecKeys.map(({ key }) => key.keyTag)).toEqual([view.keys[0]?.keyTag])
    expect(events(running)).toEqual(['dnssec.key.made', 'dnssec.key.signs', 'dnssec.key.published'])
    // Secondaries notice by the serial.
    expect(stored.zones[0]?.zone.serial).toBeGreaterThan(serial)
  })

  test('when all caches know the key the parent should have the DS record, and CDS says so; then it is secure', async () => {
    const running = startAppliance()
    await setSigning(running)
    const ready = await pass(running, 25 * HOUR)
    const tag = ready.keys[0]?.keyTag
    expect([states(ready), ready.dsRecords.length, ready.cdsRecords.length]).toEqual([['csk omnipresent omnipresent rumoured'], 2, 1])
    expect((await health(running))?.detail).toBe('1 zones are signed; another DS record at the parent is waited for: lab.internal')
    expect(ready.dsRecords[0]).toMatch(new RegExp(`^lab\\.internal\\. 3600 IN DS ${tag} 13 2 [0-9A-F]{64}$`))
    expect(ready.coming).toMatchObject([{ keyTag: tag, at: null, what: 'the parent has its DS record' }])
    expect(apexTypes(running)).toContain(CDS)
    const told = await done(running.services.signing.confirmDs(ZONE, 'hand'))
    expect(told.coming[0]?.at).toBe(new Date(running.clock.wallMs() + 25 * HOUR + 2000).toISOString())
    const secure = await pass(running, 26 * HOUR)
    expect([secure.status, states(secure), secure.coming]).toEqual(['secure', ['csk omnipresent omnipresent omnipresent'], []])
  })

  test('and goes on after a restart where it was', async () => {
    const before = startAppliance()
    await setSigning(before)
    const { store } = before
    const [policy] = store.load().signingPolicies
    const keys = store.load().dnssecKeys
    const after = startAppliance({
      before: [{ kind: 'signing-policy-put', policy: policy ?? never() }, ...keys.map((key) => ({ kind: 'dnssec-key-put', key }) as const)],
    })
    expect(apexTypes(after)).toContain(DNSKEY)
    expect((await look(after)).keys).toEqual((await look(before)).keys)
    expect(states(await pass(after, 25 * HOUR))).toEqual(['csk omnipresent omnipresent rumoured'])
    await done(after.services.signing.rollKeys(ZONE, null))
    expect(after.store.load().dnssecKeys.map(({ key }) => key.id)).toEqual([1, 2])
  })

  test('a key that cannot be read is said, and stays in the zone', async () => {
    const before = startAppliance()
    await setSigning(before)
    const [policy] = before.store.load().signingPolicies
    const keys = before.store.load().dnssecKeys.map((each) => ({ ...each, sealed: Uint8Array.of(0, 0) }))
    const after = startAppliance({
      before: [{ kind: 'signing-policy-put', policy: policy ?? never() }, ...keys.map((key) => ({ kind: 'dnssec-key-put', key }) as const)],
    })
    expect(events(after)).toEqual(['dnssec.key.unreadable'])
    const [key] = (await look(after)).keys
    expect(key?.unreadable).toBe('it is damaged')
    expect(await health(after)).toEqual({ name: 'signing', status: 'degraded', detail: `keys cannot be read: ${key?.keyTag} of lab.internal (it is damaged)` })
    expect(apexTypes(after)).toContain(DNSKEY)
  })

  test('two keys of the same zone have different tags', async () => {
    const running = startAppliance()
    const view = await setSigning(running, { scheme: 'ksk-zsk' })
    expect(new Set(view.keys.map((key) => key.keyTag)).size).toBe(2)
    expect(view.keys.map((key) => key.role)).toEqual(['ksk', 'zsk'])
  })
})

describe('keys are replaced', () => {
  test('by age: a ZSK after its lifetime', async () => {
    const running = startAppliance()
    const first = await setSigning(running, { scheme: 'ksk-zsk', zskLifetime: 30 * 86_400 })
    const old = first.keys.find((key) => key.role === 'zsk')?.keyTag
    expect(first.coming.at(-1)).toMatchObject({ keyTag: old, what: 'a new key begins to take its place' })
    const rolling = await pass(running, 30 * DAY)
    expect(rolling.keys.filter((key) => key.role === 'zsk').map((key) => key.goal)).toEqual(['retire', 'serve'])
    const after = await pass(running, 5 * DAY)
    expect(after.keys.filter((key) => key.role === 'zsk').map((key) => [key.keyTag === old, key.signatures])).toEqual([[false, 'omnipresent']])
    expect(running.store.load().dnssecKeys.map(({ key }) => key.id)).toEqual([1, 3])
  })

  test('when somebody says so, one roll after the other', async () => {
    const running = startAppliance()
    await setSigning(running)
    const { signing } = running.services
    expect((await done(signing.rollKeys(ZONE, 'csk'))).keys.map((key) => key.goal)).toEqual(['retire', 'serve'])
    expect(await refused(signing.rollKeys(ZONE, 'csk'))).toBe('conflict /role: the CSK before the present one is not gone yet')
    expect(await refused(signing.rollKeys(ZONE, 'zsk'))).toBe('invalid /role: lab.internal has no ZSK')
  })

  test('the zone goes back to unsigned when nobody expects signatures', async () => {
    const running = startAppliance()
    await setSigning(running)
    await pass(running, 25 * HOUR)
    const leaving = await setSigning(running, { enabled: false })
    expect([leaving.status, leaving.cdsRecords]).toEqual(['signed', ['lab.internal. 3600 IN CDS 0 0 0 00']])
    await done(running.services.signing.confirmDs(ZONE, 'hand'))
    const gone = await pass(running, 26 * HOUR)
    expect([gone.status, apexTypes(running).includes(DNSKEY)]).toEqual(['unsigned', false])
    expect((await pass(running, 3 * DAY)).keys).toEqual([])
    expect(running.store.load().dnssecKeys).toEqual([])
  })
})

describe('the parent', () => {
  test('that is served here is asked for its DS records', async () => {
    const running = startAppliance()
    const { services } = running
    await done(services.dns.addZone({ name: 'internal', primaryServer: null, hostmaster: null, refresh: 1, retry: 1, expire: 1, minimum: 1, defaultTtl: 60, soaTtl: null, serialPolicy: 'increment' }))
    await setSigning(running, { dsCheck: 'ask' })
    const ready = await pass(running, 25 * HOUR)
    expect((await done(services.signing.confirmDs(ZONE, 'asking'))).coming[0]?.at).toBeNull()
    const data = (ready.dsRecords[0] as string).split(' IN DS ')[1] as string
    await done(services.dns.addRecord('internal', { name: 'lab', type: 'DS', ttl: null, data, comment: null }))
    // It is asked every ten minutes.
    const seen = await pass(running, HOUR / 4)
    expect(seen.coming[0]?.at).not.toBeNull()
    expect(events(running)).toContain('dnssec.ds.seen')
  })

  test('refused: nobody can be asked; nothing is waited for', async () => {
    const running = startAppliance()
    await setSigning(running)
    const { signing } = running.services
    expect(await refused(signing.confirmDs(ZONE, 'hand'))).toBe('conflict : lab.internal waits for nothing at its parent')
    await pass(running, 25 * HOUR)
    expect(await refused(signing.confirmDs(ZONE, 'asking'))).toBe('unavailable : nobody answered the question for the DS records of lab.internal')
  })
})

describe('zones of ours below one another', () => {
  const add = ({ services }: Running, name: string) =>
    done(services.dns.addZone({ name, primaryServer: null, hostmaster: null, refresh: 1, retry: 1, expire: 1, minimum: 1, defaultTtl: 60, soaTtl: null, serialPolicy: 'increment' }))
  const delegate = ({ services }: Running, parent: string, child: string) => done(services.dns.addRecord(parent, { name: `${child}.`, type: 'NS', ttl: null, data: `taproot.${ZONE}.`, comment: null }))

  test('a signed zone without a delegation to a zone here is warned of, until there is one', async () => {
    const running = startAppliance()
    for (const name of ['dev.lab.internal', 'deep.dev.lab.internal', 'a.internal']) await add(running, name)
    expect((await look(running)).warnings).toEqual([])
    const { warnings } = await setSigning(running)
    expect(warnings).toMatchObject([{ problem: expect.stringContaining('lab.internal has no NS record for dev.lab.internal'), remedy: expect.stringContaining('taproot record add lab.internal dev.lab.internal. NS ') }])
    await delegate(running, ZONE, 'dev.lab.internal')
    expect((await look(running)).warnings).toEqual([])
  })

  test('where a zone here delegates to it and is to be asked, it gets the DS records, and others in a rollover; those of people stay', async () => {
    const running = startAppliance()
    const { services } = running
    await add(running, 'internal')
    await delegate(running, 'internal', ZONE)
    const byHand = await done(services.dns.addRecord('internal', { name: 'lab', type: 'DS', ttl: null, data: `1 13 2 ${'00'.repeat(32)}`, comment: null }))
    const { keys: [first] } = await setSigning(running, { dsCheck: 'ask' })
    const records = async () => (await done(services.dns.listRecords('internal', { type: 'DS' }, { limit: 9 }))).items.map(({ owner, data, ttl }) => [owner, Number(data.split(' ')[0]), ttl])
    expect(await records()).toEqual([['hand', 1, 60]])
    expect((await pass(running, 25 * HOUR)).coming[0]?.at).not.toBeNull()
    expect(await records()).toEqual([['hand', 1, 60], ['system', first?.keyTag, 60]])
    const [, second] = (await done(services.signing.rollKeys(ZONE, null))).keys
    await pass(running, 28 * HOUR)
    expect(await records()).toEqual([['hand', 1, 60], ['system', second?.keyTag, 60]])
    await setSigning(running, { dsCheck: 'ask', enabled: false })
    expect(await records()).toEqual([['hand', 1, 60]])
    expect((await done(services.dns.listRecords('internal', {}, { limit: 9 }))).items.map(({ id }) => id)).toContain(byHand.id)
  })

  test('so is a zone that is signed below a signed one', async () => {
    const running = startAppliance()
    const { signing } = running.services
    await add(running, 'internal')
    expect((await setSigning(running)).warnings).toEqual([])
    await done(signing.setSigning('internal', POLICY))
    expect((await look(running)).warnings).toMatchObject([{ problem: expect.stringContaining('internal has no NS record for lab.internal') }])
    await delegate(running, 'internal', ZONE)
    expect((await look(running)).warnings).toEqual([])
  })
})

describe('keys from elsewhere', () => {
  const files = (which: string): KeyImportInput['keys'][number] => {
    const read = (end: string): string => readFileSync(new URL(`../../fixtures/dnssec/Klab.internal.${which}.${end}`, import.meta.url), 'utf8')
    return { privateKey: read('private'), publicKey: read('key') }
  }
  const KSK13 = files('13-43768')

  test('sign the zone from then on; in use elsewhere, they are known', async () => {
    const running = startAppliance()
    const view = await done(running.services.signing.importKeys(ZONE, { keys: [KSK13], inUse: true }))
    expect([view.status, view.scheme, view.algorithm, states(view)]).toEqual(['secure', 'csk', 'ECDSAP256SHA256', ['csk omnipresent omnipresent omnipresent']])
    expect(view.dsRecords[0]).toBe('lab.internal. 3600 IN DS 43768 13 2 BD386E8980D1C5DF6A5C690BED7AEF91A121B94EC2209FA094CBD42D7E03E8EC')
    expect(running.store.load().dnssecKeys.map(({ key }) => key.keyTag)).toEqual([43_768])
  })

  test('take over in time where the zone is signed', async () => {
    const running = startAppliance()
    await setSigning(running)
    const view = await done(running.services.signing.importKeys(ZONE, { keys: [KSK13], inUse: false }))
    expect(view.keys.map((key) => [key.keyTag === 43_768, key.goal])).toEqual([[false, 'retire'], [true, 'serve']])
    expect(await refused(running.services.signing.importKeys(ZONE, { keys: [KSK13], inUse: false }))).toBe('conflict /keys: the zone has the key 43768 already')
    expect(await refused(running.services.signing.importKeys(ZONE, { keys: [files('15-17729')], inUse: true }))).toMatch('conflict /inUse: ')
  })

  test.each([
    ['no KSK', [files('15-17729')], 'conflict /keys: there is no key with the flags 257'],
    ['two algorithms', [KSK13, files('15-17729')], 'conflict /keys: the keys are of several algorithms'],
    ['the same twice', [KSK13, KSK13], 'conflict /keys: there are two keys with the same flags'],
    ['a file that is none', [KSK13, { privateKey: 'x', publicKey: 'y' }], 'invalid /keys/1/privateKey: it is no private key file'],
    ['another zone’s', [{ ...KSK13, publicKey: 'home.arpa. IN DNSKEY 257 3 13 AA==' }], 'invalid /keys/0/publicKey: the key belongs to home.arpa'],
  ])('refused: %s', async (_what, keys, problem) => {
    const running = startAppliance()
    expect(await refused(running.services.signing.importKeys(ZONE, { keys, inUse: false }))).toMatch(problem)
    expect((await look(running)).status).toBe('unsigned')
  })
})

describe('the file of the keys', () => {
  test('may be made for the first key, and again when none is left; not while there are some', async () => {
    const keys = keysForTests()
    const asked: boolean[] = []
    const running = startAppliance({ keys: { ...keys, sealing: { ...keys.sealing, seal: (secret, about, first) => (asked.push(first), keys.sealing.seal(secret, about, first)) } } })
    await setSigning(running, { scheme: 'ksk-zsk' })
    await setSigning(running, { enabled: false })
    await pass(running, 26 * HOUR)
    await setSigning(running)
    expect(asked).toEqual([true, false, true])
  })
})

describe('refused', () => {
  test.each([
    ['signatures that are always made anew', { signatureRefresh: 1_209_600 }, '/signatureRefresh'],
    ['signatures that end in caches', { signatureRefresh: 3600 }, '/signatureRefresh'],
    ['a ZSK for a day', { scheme: 'ksk-zsk', zskLifetime: 86_400 }, '/zskLifetime'],
    ['a KSK for a day', { kskLifetime: 86_400 }, '/kskLifetime'],
  ] as const)('%s', async (_what, change, field) => {
    const running = startAppliance()
    expect(await refused(running.services.signing.setSigning(ZONE, { ...POLICY, ...change }))).toMatch(`invalid ${field}: `)
  })

  test('a copy of another server’s zone', async () => {
    const running = startAppliance()
    const live = running.appliance.dns.zones.get(ZONE)
    if (live !== undefined) live.isSecondary = true
    expect(await refused(running.services.signing.setSigning(ZONE, POLICY))).toBe("conflict : lab.internal is a copy of another server's zone")
  })

  test('a zone that is not there', async () => {
    const { services } = startAppliance()
    for (const answer of [services.signing.getSigning('none'), services.signing.setSigning('none', POLICY), services.signing.rollKeys('none', null)]) expect(await refused(answer)).toMatch('not-found : ')
  })

  test('what cannot be stored is not done, and tried again', async () => {
    const running = startAppliance()
    await setSigning(running)
    running.fault = { kind: 'full', detail: 'no space' }
    expect(await refused(running.services.signing.rollKeys(ZONE, null))).toMatch('unavailable : ')
    expect((await look(running)).keys).toHaveLength(1)
    expect(states(await pass(running, 25 * HOUR))).toEqual(['csk rumoured rumoured hidden'])
    running.fault = undefined
    expect(states(await pass(running, HOUR / 60))).toEqual(['csk omnipresent omnipresent rumoured'])
  })
})

test('a bug of ours costs one step, not the service', async () => {
  const running = startAppliance()
  await setSigning(running)
  const { dns } = running.appliance
  const { setSigning: serve } = dns
  dns.setSigning = () => {
    throw new Error('no more of this')
  }
  await pass(running, 25 * HOUR)
  expect(running.log.filter(([id]) => id === 'dnssec.fault')).not.toEqual([])
  expect(apexTypes(running)).not.toContain(CDS)
  dns.setSigning = serve
  expect(states(await pass(running, HOUR))).toEqual(['csk omnipresent omnipresent rumoured'])
  expect(apexTypes(running)).toContain(CDS)
})

test('a zone that is removed takes its keys with it', async () => {
  const running = startAppliance()
  await setSigning(running)
  await done(running.services.dns.removeZone('0.53.10.in-addr.arpa'))
  expect(running.store.load().dnssecKeys).toHaveLength(1)
  const other = await done(running.services.dns.addZone({ name: 'b.internal', primaryServer: null, hostmaster: null, refresh: 1, retry: 1, expire: 1, minimum: 1, defaultTtl: 60, soaTtl: null, serialPolicy: 'increment' }))
  await done(running.services.signing.setSigning(other.name, POLICY))
  await done(running.services.dns.removeZone(other.name))
  expect(running.store.load().dnssecKeys).toHaveLength(1)
  await pass(running, 25 * HOUR)
})

function never(): never {
  throw new Error('nothing was stored')
}
