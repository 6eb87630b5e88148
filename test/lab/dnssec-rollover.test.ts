/**
 * Zones signed by the appliance before validators that others wrote: Unbound, which caches and is asked all the time while
 * keys are replaced, and delv. DS records as dnssec-dsfromkey and ldns-key2ds make them; keys as dnssec-keygen makes them.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SigningView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { Appliance } from './appliance.ts'
import { dig, type DigAnswer } from './dig.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, BRIDGE, eventually, openWorld, showOnFailure, staticHost, type World } from './world.ts'

const PARENT = 'corp.example'
const CHILD = 'short.corp.example'
const RESOLVER = '10.53.0.40'
/** Everything is forgotten within a second, so that a rollover takes a few. */
const QUICK = {
  zskLifetime: null, dnskeyTtl: 1, largestTtl: 0, propagationDelay: 0, parentDsTtl: 1, parentPropagationDelay: 0,
}
const PATIENCE_MS = 30_000

let world: World
let client: Host

const signing = (zone: string): Promise<SigningView> => world.appliance.get(`/zones/${zone}/signing`)
const put = async (zone: string, policy: object): Promise<void> => expect((await world.appliance.rest('PUT', `/zones/${zone}/signing`, policy)).status).toBe(200)
const until = (what: string, zone: string, holds: (view: SigningView) => boolean): Promise<SigningView> =>
  eventually(what, async () => {
    const view = await signing(zone)
    return holds(view) ? view : undefined
  }, PATIENCE_MS)
const resolved = (name: string, type = 'A'): Promise<DigAnswer> => dig(client, RESOLVER, '+dnssec', name, type)

/** The parent has these DS records of the child, and no other; then it is asked. */
async function delegate(records: readonly string[]): Promise<void> {
  const before = await world.appliance.list<{ readonly id: number }>(`/zones/${PARENT}/records?type=DS`)
  for (const record of records) await world.appliance.post(`/zones/${PARENT}/records`, { name: `${CHILD}.`, type: 'DS', ttl: 1, data: record.split(' IN DS ')[1] })
  for (const { id } of before) await world.appliance.rest('DELETE', `/zones/${PARENT}/records/${id}`)
  expect((await world.appliance.rest('POST', `/zones/${CHILD}/signing/ds`, { by: 'asking' })).status).toBe(200)
}

/** Asks the resolver without a break for a name that is there and for others that are not; what it says, counted. */
async function whileAsked(work: () => Promise<void>): Promise<ReadonlyMap<string, number>> {
  const said = new Map<string, number>()
  let over = false
  const asking = (async () => {
    for (let n = 0; !over; n++) {
      for (const [name, type] of [[`www.${CHILD}`, 'A'], [`n${n}.${CHILD}`, 'A'], [CHILD, 'DNSKEY']] as const) {
        const { status, flags } = await resolved(name, type)
        const text = `${status} ${flags.includes('ad') ? 'secure' : 'insecure'}`
        said.set(text, (said.get(text) ?? 0) + 1)
      }
    }
  })()
  try {
    await work()
  } finally {
    over = true
    await asking
  }
  return said
}

describeLab('signed zones and validators', () => {
  beforeAll(async () => {
    world = await openWorld()
    client = await staticHost(world, 'resolver', RESOLVER)
    const { appliance } = world
    await appliance.post('/zones', { name: PARENT })
    await appliance.post('/zones', { name: CHILD, defaultTtl: 1, minimum: 1 })
    await appliance.post(`/zones/${CHILD}/records`, { name: 'www', type: 'A', data: '10.53.0.20' })
    await appliance.post(`/zones/${PARENT}/records`, { name: 'short', type: 'NS', ttl: 1, data: `ns.${CHILD}.` })
    await put(PARENT, {})
    await put(CHILD, QUICK)
    const anchor = (await appliance.command('zone', 'keys', PARENT, '--records')).stdout.trim()
    const config = join(client.directory, 'unbound.conf')
    writeFileSync(config, `
server:
  interface: ${RESOLVER}
  access-control: 10.53.0.0/24 allow
  username: ""
  chroot: ""
  directory: "${client.directory}"
  pidfile: ""
  use-syslog: no
  module-config: "validator iterator"
  harden-algo-downgrade: yes
  trust-anchor: "${anchor}"
  val-log-level: 2
remote-control:
  control-enable: no
stub-zone:
  name: "${PARENT}"
  stub-addr: ${APPLIANCE}
`)
    const unbound = client.start('unbound', ['unbound', '-d', '-c', config])
    await unbound.line(/start of service/)
  }, 60_000)
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('DS records are those of dnssec-dsfromkey and ldns-key2ds', async () => {
    const { dsRecords } = await until('a DS record is wanted', CHILD, (view) => view.dsRecords.length > 0)
    const file = join(client.directory, `K${CHILD}.+013+00001.key`)
    writeFileSync(file, (await world.appliance.command('zone', 'keys', CHILD, '--records')).stdout)
    const plain = (text: string): string => text.trim().replace(/\s\d+\sIN/, ' IN').replaceAll(/\s+/g, ' ').toUpperCase()
    const wanted = dsRecords.map(plain)
    expect(wanted).toEqual([
      plain(await client.succeed(['dnssec-dsfromkey', '-a', 'SHA-256', file])), plain(await client.succeed(['dnssec-dsfromkey', '-a', 'SHA-384', file])),
    ])
    expect(wanted).toEqual([plain(await client.succeed(['ldns-key2ds', '-n', '-2', file])), plain(await client.succeed(['ldns-key2ds', '-n', '-4', file]))])
  })

  test('the parent has the DS record: Unbound and delv find answers and denials secure', async () => {
    const { dsRecords } = await until('a DS record is wanted', CHILD, (view) => view.dsRecords.length > 0)
    await delegate(dsRecords)
    await until('all know the DS record', CHILD, (view) => view.status === 'secure')
    const answers = [await resolved(`www.${CHILD}`), await resolved(`none.${CHILD}`), await resolved(`www.${CHILD}`, 'TXT'), await resolved(CHILD, 'CDS')]
    expect(answers.map(({ status, flags }) => `${status} ${flags.includes('ad')}`)).toEqual(['NOERROR true', 'NXDOMAIN true', 'NOERROR true', 'NOERROR true'])
    const [, , , ...key] = ((await signing(PARENT)).keys[0]?.record ?? '').split(' ')
    const anchors = join(client.directory, 'anchors')
    writeFileSync(anchors, `trust-anchors { "${PARENT}." static-key ${key.slice(1, 4).join(' ')} "${key.slice(4).join('')}"; };\n`)
    const delv = (...query: readonly string[]): Promise<string> => client.succeed(['delv', `@${RESOLVER}`, '-a', anchors, `+root=${PARENT}`, ...query])
    expect(await delv(`www.${CHILD}`, 'A')).toMatch(/; fully validated/)
    expect(await delv(`none.${CHILD}`, 'A')).toMatch(/; negative response, fully validated/)
  })

  test('an unsigned zone of ours below a signed one: bogus without a delegation, of which is warned, and insecure with one', async () => {
    for (const [name, delegated] of [['lost', false], ['found', true]] as const) {
      const zone = `${name}.${PARENT}`
      await world.appliance.post('/zones', { name: zone })
      await world.appliance.post(`/zones/${zone}/records`, { name: 'www', type: 'A', data: '10.53.0.20' })
      if (delegated) await world.appliance.command('record', 'add', PARENT, `${zone}.`, 'NS', `ns.${zone}.`)
      expect((await signing(PARENT)).warnings.filter(({ problem }) => problem.includes(zone))).toHaveLength(delegated ? 0 : 1)
      const { status, flags } = await resolved(`www.${zone}`)
      expect([zone, status, flags.includes('ad')]).toEqual([zone, delegated ? 'NOERROR' : 'SERVFAIL', false])
    }
  })

  test('a zone whose parent is served here needs nobody: it is found secure as soon as its keys are known', async () => {
    const zone = `alone.${PARENT}`
    await world.appliance.post('/zones', { name: zone, defaultTtl: 1, minimum: 1 })
    await world.appliance.post(`/zones/${zone}/records`, { name: 'www', type: 'A', data: '10.53.0.20' })
    await world.appliance.command('record', 'add', PARENT, `${zone}.`, 'NS', `ns.${zone}.`)
    await put(zone, { ...QUICK, dsCheck: 'ask' })
    await until('all know the DS record', zone, (view) => view.status === 'secure')
    const { status, flags } = await resolved(`www.${zone}`)
    expect([status, flags.includes('ad')]).toEqual(['NOERROR', true])
  })

  describe('while it is asked without a break, Unbound finds everything secure', () => {
    test.each([
      ['a CSK is replaced', ['zone', 'roll', CHILD]],
      ['a KSK and a ZSK come instead of the CSK', ['zone', 'sign', CHILD, '--scheme', 'ksk-zsk']],
      ['the ZSK is replaced', ['zone', 'roll', CHILD, '--role', 'zsk']],
      ['the algorithm is another', ['zone', 'sign', CHILD, '--algorithm', 'ED25519']],
      ['denials are by NSEC3', ['zone', 'sign', CHILD, '--denial', 'nsec3']],
    ])('%s', async (_what, command) => {
      const said = await whileAsked(async () => {
        const { code, stderr } = await world.appliance.command(...command)
        expect([code, stderr]).toEqual([0, ''])
        const isOver = ({ keys, coming }: SigningView): boolean => coming.length === 0 && keys.every((key) => key.goal === 'serve')
        const isAsking = ({ coming }: SigningView): boolean => coming.some((each) => each.at === null)
        const asked = await until('the parent is asked, or it is over', CHILD, (each) => isOver(each) || isAsking(each))
        if (isAsking(asked)) await delegate(asked.dsRecords)
        await until('it is over', CHILD, isOver)
      })
      expect([...said.keys()].sort()).toEqual(['NOERROR secure', 'NXDOMAIN secure'])
    }, 60_000)
  })

  test('a rollover goes on after the appliance was stopped in the midst of it', async () => {
    await world.appliance.command('zone', 'roll', CHILD, '--role', 'ksk')
    const { keys } = await signing(CHILD)
    await world.appliance.stop()
    world.appliance = await Appliance.start(world.lan, { arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes'] })
    const asked = await until('the parent is asked', CHILD, ({ coming }) => coming.some((each) => each.at === null))
    expect(asked.keys.map((key) => key.keyTag)).toEqual(keys.map((key) => key.keyTag))
    await delegate(asked.dsRecords)
    const over = await until('it is over', CHILD, ({ coming }) => coming.length === 0)
    expect(over.keys.map((key) => key.goal)).toEqual(['serve', 'serve'])
    const { status, flags } = await resolved(`www.${CHILD}`)
    expect([status, flags.includes('ad')]).toEqual(['NOERROR', true])
  }, 60_000)

  test('it goes back to unsigned, and never to bogus', async () => {
    const said = await whileAsked(async () => {
      await world.appliance.command('zone', 'unsign', CHILD)
      await until('CDS asks for it', CHILD, (view) => view.cdsRecords[0]?.endsWith('CDS 0 0 0 00') === true)
      await delegate([])
      await until('it is unsigned', CHILD, (view) => view.status === 'unsigned')
    })
    expect([...said.keys()].filter((text) => text.startsWith('SERVFAIL'))).toEqual([])
    const { status, flags } = await eventually('a new answer', async () => {
      const answer = await resolved(`www.${CHILD}`)
      return answer.flags.includes('ad') ? undefined : answer
    })
    expect([status, flags.includes('ad')]).toEqual(['NOERROR', false])
  }, 60_000)

  const generators = [['dnssec-keygen', ['-f', 'KSK']], ['ldns-keygen', ['-k']]] as const
  const rows = generators.flatMap(([program, ksk]) => (['ECDSAP256SHA256', 'ED25519', 'RSASHA256'] as const).map((algorithm) => [program, algorithm, ksk] as const))
  test.each(rows)('keys of %s sign the zone, and delv trusts them: %s', async (program, algorithm, flags) => {
    const zone = `${program}.${algorithm.toLowerCase()}.example`
    await world.appliance.post('/zones', { name: zone })
    const bits = algorithm === 'RSASHA256' ? ['-b', '2048'] : []
    const keygen = async (...how: readonly string[]): Promise<string> =>
      join(client.directory, (await client.succeed(['sh', '-c', 'cd "$0" && exec "$@"', client.directory, program, '-a', algorithm, ...bits, ...how, zone])).trim())
    const files = [await keygen(...flags), await keygen()]
    const { stdout, stderr } = await world.appliance.command('zone', 'key-import', zone, ...files, '--in-use')
    expect([stderr, stdout]).toEqual(['', expect.stringMatching(/is signed with KSK \d+ and ZSK \d+/)])
    const [ksk] = (await signing(zone)).keys
    const [, , , , ...key] = (ksk?.record ?? '').split(' ')
    const anchors = join(client.directory, `${zone}.anchors`)
    writeFileSync(anchors, `trust-anchors { "${zone}." static-key ${key.slice(0, 3).join(' ')} "${key.slice(3).join('')}"; };\n`)
    expect(await client.succeed(['delv', `@${APPLIANCE}`, '-a', anchors, `+root=${zone}`, zone, 'SOA'])).toMatch(/; fully validated/)
  })
})
