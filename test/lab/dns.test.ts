/** Local zones as dig sees them: answers, wildcards, aliases, denials, delegation, EDNS, truncation, live changes. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RecordView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { dig, lookUp, type DigAnswer } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { Appliance } from './appliance.ts'
import { APPLIANCE, BRIDGE, showOnFailure, staticHost, type World } from './world.ts'

/** Six strings of 200 octets: more than 512 in all, and more than 1232; `middle` is between the two. */
const long = (count: number): string =>
  Array.from({ length: count }, (_, i) => `"${String(i).padStart(200, 'x')}"`).join(' ')
const ZONE = `
$ORIGIN example.internal.
$TTL 600
@        IN SOA   ns hostmaster ( 2026112201 3600 600 86400 300 )
         IN NS    ns
         IN MX    10 mail
ns       IN A     10.53.0.2
www      IN CNAME web
web      IN A     10.9.0.1
         IN A     10.9.0.2
chain    IN CNAME www
mail     60 IN A  10.9.0.3
*.wild   IN A     10.9.0.9
named.wild IN TXT "here"
a.b.deep IN A     10.9.0.4
_sip._udp IN SRV  10 20 5060 mail
six      IN AAAA  fd00::6
MiXed    IN A     10.9.0.5
big      IN TXT   ${long(6)}
middle   IN TXT   ${long(4)}
huge     IN TXT   ${long(300)}
child    IN NS    ns.child
ns.child IN A     10.9.9.9
odd      IN TYPE731 \\# 3 010203
`

let world: World
let asker: Host
const ask = (...query: readonly string[]): Promise<DigAnswer> => dig(asker, APPLIANCE, ...query)
const name = (label: string): string => `${label}.example.internal`

describeLab('DNS with dig', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const zone = join(lan.directory, 'example.zone')
    writeFileSync(zone, ZONE)
    const appliance = await Appliance.start(
      lan, { arguments: ['--bridge', BRIDGE, '--zone-file', `example.internal=${zone}`, '--nsid', 'lab-1'] },
    )
    world = { lab, lan, appliance }
    asker = await staticHost(world, 'asker', '10.53.0.50')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test.each([
    // name and type                     answer section
    ['address', ['web', 'A'], ['10.9.0.1', '10.9.0.2']],
    ['alias', ['www', 'A'], ['web.example.internal.', '10.9.0.1', '10.9.0.2']],
    ['chain of aliases', ['chain', 'A'], ['www.example.internal.', 'web.example.internal.', '10.9.0.1', '10.9.0.2']],
    ['wildcard', ['anything.wild', 'A'], ['10.9.0.9']],
    ['wildcard, several labels', ['a.b.wild', 'A'], ['10.9.0.9']],
    ['name under a wildcard that is there', ['named.wild', 'TXT'], ['"here"']],
    ['mail exchanger', ['', 'MX'], ['10 mail.example.internal.']],
    ['service', ['_sip._udp', 'SRV'], ['10 20 5060 mail.example.internal.']],
    ['IPv6 address', ['six', 'AAAA'], ['fd00::6']],
    [
      'start of authority', ['', 'SOA'],
      ['ns.example.internal. hostmaster.example.internal. 2026112201 3600 600 86400 300'],
    ],
    ['type without a name of its own', ['odd', 'TYPE731'], ['\\# 3 010203']],
  ] as const)('%s', async (_what, [label, type], data) => {
    const answer = await ask(label === '' ? 'example.internal' : name(label), type)
    expect(answer.status).toBe('NOERROR')
    expect(answer.flags).toContain('aa')
    expect(answer.data.toSorted()).toEqual([...data].toSorted())
  })

  test.each([
    ['a name that is not there', 'nothing', 'A', 'NXDOMAIN'],
    ['a name that only has names below it', 'b.deep', 'A', 'NOERROR'],
    ['a type that the name has not', 'web', 'MX', 'NOERROR'],
    ['a type that the wildcard has not', 'anything.wild', 'MX', 'NOERROR'],
    ['a name under a wildcard that is there, another type', 'named.wild', 'A', 'NOERROR'],
  ])('%s: no answer, SOA in authority with the negative TTL (RFC 2308)', async (_what, label, type, status) => {
    const answer = await ask(name(label), type)
    expect(answer.status).toBe(status)
    expect(answer.answer).toEqual([])
    expect(answer.authority).toEqual([expect.stringMatching(/^example\.internal\. 300 IN SOA /)])
  })

  test('a delegation is a referral with its glue', async () => {
    const answer = await ask('+norecurse', name('host.child'), 'A')
    expect(answer.status).toBe('NOERROR')
    expect(answer.flags).not.toContain('aa')
    expect(answer.authority).toEqual(['child.example.internal. 600 IN NS ns.child.example.internal.'])
    expect(answer.additional).toEqual(['ns.child.example.internal. 600 IN A 10.9.9.9'])
  })

  test('letter case is ignored in the question and kept in the answer', async () => {
    const answer = await ask('wEb.ExAmPle.InTerNal', 'A')
    expect(answer.question).toBe('wEb.ExAmPle.InTerNal.')
    expect(answer.data.toSorted()).toEqual(['10.9.0.1', '10.9.0.2'])
  })

  test('TTLs are those of the zone', async () => {
    expect((await ask(name('mail'), 'A')).answer).toEqual(['mail.example.internal. 60 IN A 10.9.0.3'])
    expect((await ask(name('six'), 'AAAA')).answer).toEqual(['six.example.internal. 600 IN AAAA fd00::6'])
  })

  describe('size (RFC 1035 §4.2.1, RFC 6891)', () => {
    test.each([
      // what                          options                                   truncated, at most
      ['over 512 without EDNS', ['+noedns', 'middle'], true, 512],
      ['fits the EDNS size', ['+bufsize=1232', 'middle'], false, 1232],
      ['over the EDNS size', ['+bufsize=700', 'middle'], true, 700],
      ['an EDNS size under 512 counts as 512', ['+bufsize=100', 'middle'], true, 512],
      ['over what we send in one datagram', ['+bufsize=4096', 'big'], true, 1232],
    ] as const)('%s', async (_what, [option, label], truncated, most) => {
      const answer = await ask('+notcp', '+ignore', option, name(label), 'TXT')
      expect(answer.status).toBe('NOERROR')
      expect(answer.flags.includes('tc')).toBe(truncated)
      expect(answer.size).toBeLessThanOrEqual(most)
      expect(answer.answer.length).toBe(truncated ? 0 : 1)
    })
  })

  describe('TCP (RFC 7766)', () => {
    test.each([
      ['a small answer', ['+tcp', 'web', 'A'], 2],
      ['one that is too long for a datagram', ['+tcp', 'big', 'TXT'], 1],
      ['one of 60,000 octets', ['+tcp', 'huge', 'TXT'], 1],
      ['what was truncated is asked for again by dig itself', ['big', 'TXT'], 1],
      ['without EDNS too', ['+noedns', 'huge', 'TXT'], 1],
    ] as const)('%s', async (_what, [...query], records) => {
      const [type, label, ...options] = query.toReversed() as [string, string, ...string[]]
      const answer = await ask(...options, name(label), type)
      expect(answer.status).toBe('NOERROR')
      expect(answer.flags).not.toContain('tc')
      expect(answer.answer).toHaveLength(records)
      if (label === 'huge') expect(answer.size).toBeGreaterThan(60_000)
    })

    test('several questions on one connection', async () => {
      const connections = async (): Promise<number> =>
        (await world.appliance.get<{ dns: Record<string, number> }>('/statistics')).dns['tcp-connections'] ?? 0
      const before = await connections()
      const labels = ['web', 'big', 'nothing', 'six', 'huge', 'web']
      const argv = labels.flatMap((label) => ['+tcp', '+keepopen', name(label), 'ANY'])
      const { stdout } = await asker.run(['dig', `@${APPLIANCE}`, '+tries=1', '+nocookie', ...argv])
      expect(stdout.match(/status: \w+/g)).toEqual(
        labels.map((label) => `status: ${label === 'nothing' ? 'NXDOMAIN' : 'NOERROR'}`),
      )
      expect(await connections()).toBe(before + 1)
    })

    test('a zone transfer is refused', async () => {
      const { stdout } = await asker.run(['dig', `@${APPLIANCE}`, '+tries=1', 'example.internal', 'AXFR'])
      expect(stdout).toMatch(/Transfer failed|REFUSED/)
    })
  })

  describe('EDNS (RFC 6891)', () => {
    test('is answered only when asked for', async () => {
      expect((await ask('+noedns', name('web'), 'A')).edns).toBeUndefined()
      expect((await ask('+edns=0', name('web'), 'A')).edns).toMatch(/^EDNS: version: 0, flags:; udp: 1232$/)
    })
    test('an unknown version is BADVERS', async () => {
      expect((await ask('+edns=1', '+noednsnegotiation', name('web'), 'A')).status).toBe('BADVERS')
    })
    test('an unknown option is ignored, DO is copied', async () => {
      const answer = await ask('+ednsopt=65001:00ff', '+dnssec', name('web'), 'A')
      expect(answer.status).toBe('NOERROR')
      expect(answer.edns).toContain('flags: do;')
    })
  })

  test.each([
    ['NOTIFY of a zone that is not here', ['+opcode=NOTIFY', 'example.com', 'SOA'], 'NOTAUTH'],
    ['STATUS', ['+opcode=STATUS', 'example.internal', 'SOA'], 'NOTIMP'],
    ['a name of nobody, without upstreams', ['www.example.com', 'A'], /^(REFUSED|SERVFAIL)$/],
    ['class CHAOS', ['version.bind', 'TXT', 'CH'], /^(REFUSED|NOTIMP)$/],
  ] as const)('%s is refused politely', async (_what, query, status) => {
    expect((await ask(...query)).status).toMatch(status)
  })

  test('localhost is this host, and the rest of the special names does not exist', async () => {
    expect(await lookUp(asker, APPLIANCE, 'localhost')).toEqual(['127.0.0.1'])
    expect((await ask('x.invalid', 'A')).status).toBe('NXDOMAIN')
    expect((await ask('-x', '192.168.77.1')).status).toBe('NXDOMAIN')
  })

  test('a record that is added is in the next answer, and the serial has moved; removed, it is gone', async () => {
    const serial = async (): Promise<number> =>
      Number((await lookUp(asker, APPLIANCE, 'example.internal', 'SOA'))[0]?.split(' ')[2])
    const before = await serial()
    const record = await world.appliance.post<RecordView>(
      '/zones/example.internal/records', { name: 'new', type: 'A', ttl: 30, data: '10.9.0.77' },
    )
    expect((await ask(name('new'), 'A')).answer).toEqual(['new.example.internal. 30 IN A 10.9.0.77'])
    expect(await serial()).toBeGreaterThan(before)
    const { status } = await world.appliance.rest('DELETE', `/zones/example.internal/records/${record.id}`)
    expect(status).toBeLessThan(300)
    expect((await ask(name('new'), 'A')).status).toBe('NXDOMAIN')
  })

  test('a zone made over REST is served, and gone when it is removed', async () => {
    await world.appliance.post('/zones', { name: 'fresh.internal' })
    await world.appliance.post('/zones/fresh.internal/records', { name: '@', type: 'TXT', data: '"hello"' })
    expect(await lookUp(asker, APPLIANCE, 'fresh.internal', 'TXT')).toEqual(['"hello"'])
    await world.appliance.rest('DELETE', '/zones/fresh.internal')
    expect((await ask('fresh.internal', 'TXT')).status).not.toBe('NOERROR')
  })

  test('EDNS options: a cookie that dig finds good, NSID, an extended error, keepalive over TCP', async () => {
    const asked = await ask('+cookie', '+nsid', name('web'))
    expect(asked.data).toEqual(['10.9.0.1', '10.9.0.2'])
    expect(asked.text).toMatch(/; COOKIE: [0-9a-f]{48} \(good\)/)
    expect(asked.text).toContain('("lab-1")')
    const cookie = /COOKIE: ([0-9a-f]{48})/.exec(asked.text)?.[1] as string
    expect((await ask(`+cookie=${cookie}`, name('web'))).text).toMatch(/COOKIE: [0-9a-f]{48} \(good\)/)
    expect((await ask('+norecurse', 'www.example.com')).text).toMatch(/; EDE: 20 \(Not Authoritative\)/)
    expect((await ask('+tcp', '+keepalive', name('web'))).text).toMatch(/TCP.KEEPALIVE: 10\.0 secs/)
  })
})
