/**
 * The same zones in Taproot, Knot, NSD and BIND, the same thousands of questions to each, and the answers compared
 * field by field, but for the rows of dns-differences.ts. A difference is one when two of the three have it, because each of
 * them has errors and habits of its own in zones like these: Knot makes glue from wildcards, NSD forgets the rest of a
 * zone below the apex of another one.
 *
 * Seeds 1 to 16; with TAPROOT_LAB_LONG=1 as many more as take about a minute.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseZoneFile } from '../../services/dns/index.ts'
import { formatName } from '../../services/dns/wire/name.ts'
import { typeName } from '../../services/dns/wire/type-names.ts'
import { describeLab } from './available.ts'
import { Appliance } from './appliance.ts'
import { awkwardWorld } from './awkward-zones.ts'
import type { Question } from './awkward-zones.ts'
import { difference, told } from './dns-differences.ts'
import type { Pair, Told } from './dns-differences.ts'
import { bind, knot, nsd } from './name-servers.ts'
import { Lab, type Host } from './netns.ts'
import { APPLIANCE, BRIDGE } from './world.ts'

const SEEDS = process.env['TAPROOT_LAB_LONG'] === '1' ? 60 : 16
const QUESTIONS_PER_SEED = 750
/** In bytes on the wire: what most resolvers say today (RFC 9715 §3.1). */
const UDP_OCTETS = 1232

const worlds = Array.from({ length: SEEDS }, (_, i) => awkwardWorld(i + 1, QUESTIONS_PER_SEED))
const zones = worlds.flatMap(world => world.zones)
const names = {
  zones: zones.map(({ zone }) => zone),
  owners: new Set(zones.flatMap(({ zone, text }) => {
    const parsed = parseZoneFile(text, zone)
    return parsed.ok ? parsed.value.records.map(record => record.name.toLowerCase()) : []
  })),
}
const questions = worlds.flatMap(world => world.questions)
const PEERS = [[knot, '10.53.0.3'], [nsd, '10.53.0.4'], [bind, '10.53.0.5']] as const

/** `edns`: the UDP size to name; none for a query without OPT. */
function query({ name, type }: Question, edns: number | undefined): string {
  const opt = edns === undefined ? [] : [0, 0, 41, edns >> 8, edns & 255, 0, 0, 0, 0, 0, 0]
  const header = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, edns === undefined ? 0 : 1]
  return Buffer.from([...header, ...name, type >> 8, type & 255, 0, 1, ...opt]).toString('hex')
}

let lab: Lab
let asker: Host

type Answers = readonly (Told | undefined)[]

async function ask(server: string, transport: 'udp' | 'tcp', edns: number | undefined): Promise<Answers> {
  const input = questions.map(question => query(question, edns)).join('\n')
  const program = [process.execPath, 'test/lab/ask-dns.ts', server, transport]
  const lines = await asker.succeed(program, { input, timeoutMs: 100_000 })
  return lines.trim().split('\n').map(line => told(Buffer.from(line, 'hex')))
}

const shown = ({ name, type }: Question): string => `${formatName(name)} ${typeName(type)}`

describeLab('awkward zones, beside Knot, NSD and BIND', () => {
  let ours: Answers

  beforeAll(async () => {
    lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const files = zones.map(({ zone, text }) => {
      const path = join(lan.directory, zone)
      writeFileSync(path, text)
      return { zone, path }
    })
    const list = files.map(({ zone, path }) => `${zone}=${path}`).join(',')
    await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--zone-file', list] })
    for (const [server, address] of PEERS) {
      const host = await lab.hostOn(lan, BRIDGE, server.name)
      await host.address('eth0', `${address}/24`)
      await server.start(host, address, files)
    }
    asker = await lab.hostOn(lan, BRIDGE, 'asker')
    await asker.address('eth0', '10.53.0.50/24')
    ours = await ask(APPLIANCE, 'tcp', undefined)
  })
  afterAll(() => lab.close())

  test('every question is answered', () => {
    expect(questions.filter((_, i) => ours[i] === undefined).map(shown)).toEqual([])
    // The questions reach what they are for.
    const rcodes = Map.groupBy(ours, answer => answer?.rcode)
    const tenth = questions.length / 10
    for (const rcode of ['NOERROR', 'NXDOMAIN']) expect(rcodes.get(rcode)?.length).toBeGreaterThan(tenth)
    const referrals = ours.filter(answer => answer?.authoritative === false && answer.authority.length > 0)
    expect(referrals.length).toBeGreaterThan(questions.length / 20)
  })

  test('what two of Knot, NSD and BIND say is what we say', async () => {
    const theirs: Answers[] = []
    for (const [, address] of PEERS) theirs.push(await ask(address, 'tcp', undefined))
    const differences = questions.flatMap(({ name, type }, i) => {
      const from = theirs.map(answers => {
        const [our, their] = [ours[i], answers[i]]
        if (our === undefined || their === undefined) return 'no answer'
        const asked = { name: formatName(name).toLowerCase(), type: typeName(type) }
        return difference({ ...asked, ours: our, theirs: their, ...names })
      })
      const differing = from.filter(what => what !== undefined)
      return differing.length < 2 ? [] : differing.join('\n')
    })
    expect(differences.slice(0, 10).join('\n')).toBe('')
  })

  test('an answer that is wrong in any field would be noticed', () => {
    const answer = ['a.b 60 A 192.0.2.1']
    const plain: Told = {
      rcode: 'NOERROR', authoritative: true, truncated: false, octets: 60, answer, authority: [], additional: [],
    }
    const pair = (ours: Partial<Told>): Pair => ({
      name: 'a.b', type: 'A', ours: { ...plain, ...ours }, theirs: plain, zones: ['b'], owners: new Set(),
    })
    expect(difference(pair({}))).toBeUndefined()
    const wrongs: readonly Partial<Told>[] = [
      { rcode: 'NXDOMAIN' }, { authoritative: false }, { answer: [] }, { answer: ['a.b 61 A 192.0.2.1'] },
      { answer: [...answer, ...answer] }, { authority: ['b 60 SOA x'] },
    ]
    for (const wrong of wrongs) expect(difference(pair(wrong))).toMatch(/^a\.b A: /)
  })

  test.each([['with EDNS', UDP_OCTETS], ['without EDNS', undefined]] as const)(
    'over UDP %s the same, cut off exactly where it does not fit', async (_how, edns) => {
      const limit = edns ?? 512
      const opt = edns === undefined ? 0 : 11
      const short = await ask(APPLIANCE, 'udp', edns)
      const wrong = questions.filter((_, i) => {
        const [whole, cut] = [ours[i] as Told, short[i]]
        if (cut === undefined || cut.octets > limit || cut.rcode !== whole.rcode) return true
        if (cut.truncated) return whole.octets + opt <= limit
        // Addresses that are only useful may be left out (RFC 2181 §9).
        return cut.answer.join() !== whole.answer.join() || cut.authority.join() !== whole.authority.join()
      })
      expect(wrong.map(shown)).toEqual([])
      expect(short.some(answer => answer?.truncated)).toBe(true)
    },
  )
})
