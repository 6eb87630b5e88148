import { describe, expect, test } from 'vitest'
import { Bench, NO_RD, zoneOf } from '../../support/dns.ts'
import { signingOf } from '../../support/dnssec.ts'
import { rule, UpdateBench } from '../../support/dns-update.ts'

const LONG = Array.from({ length: 3 }, () => 'x'.repeat(60)).join('.')
const ZONE = zoneOf('lab.example', `
  @            NS    ns
  ns           A     10.9.0.1
  hidden.old   A     10.9.0.9
  *.new        TXT   "wild"
  host.new     A     10.9.0.2
  alias.new    CNAME host.old
  twice        DNAME old
  self         DNAME deeper.self
  out          DNAME elsewhere.example.
  far          DNAME other.test.
  cut          NS    ns.elsewhere.example.
  below.cut    DNAME new
  long         DNAME ${LONG}.new
  *.stars      DNAME new
  back         DNAME back2
  back2        DNAME back
  name.new     CNAME old
  old     60   DNAME new
  old     60   TXT   "beside it"
`)
const REVERSE = zoneOf('0.9.10.in-addr.arpa', '@ NS ns.lab.example.\n@ DNAME rev.lab.example.', 2)
const SOA = 'lab.example 60 SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 60'
const OLD = 'old.lab.example 60 DNAME new.lab.example'

describe('RFC 6672 DNAME', () => {
  test.each([
    ['§2.2 a name below is looked for below the target', 'host.old A', 'NOERROR', [OLD, 'host.old.lab.example 60 CNAME host.new.lab.example', 'host.new.lab.example 300 A 10.9.0.2'], []],
    ['§3.1 the CNAME has the TTL of the DNAME and the letters of the question', 'HoSt.OLD A', 'NOERROR', ['OLD.lab.example 60 DNAME new.lab.example', 'HoSt.OLD.lab.example 60 CNAME HoSt.new.lab.example', 'host.new.lab.example 300 A 10.9.0.2'], []],
    ['§2.3 its owner is not redirected', 'old TXT', 'NOERROR', ['old.lab.example 60 TXT "beside it"'], []],
    ['§2.3 its owner has no other types', 'old A', 'NOERROR', [], [SOA]],
    ['§3.2 the DNAME itself', 'old DNAME', 'NOERROR', [OLD], []],
    ['§2.4 what stands below is not served', 'hidden.old A', 'NOERROR', [OLD, 'hidden.old.lab.example 60 CNAME hidden.new.lab.example'], [SOA]],
    ['§3.2 several labels go over', 'a.b.host.old A', 'NXDOMAIN', [OLD, 'a.b.host.old.lab.example 60 CNAME a.b.host.new.lab.example'], [SOA]],
    ['§3.2 the CNAME asked for', 'host.old CNAME', 'NOERROR', [OLD, 'host.old.lab.example 60 CNAME host.new.lab.example'], []],
    ['§3.2 another DNAME asked for', 'host.old DNAME', 'NOERROR', [OLD, 'host.old.lab.example 60 CNAME host.new.lab.example'], [SOA]],
    ['§3.2 step 3C, also ANY', 'host.old ANY', 'NOERROR', [OLD, 'host.old.lab.example 60 CNAME host.new.lab.example', 'host.new.lab.example 300 A 10.9.0.2'], []],
    ['§3.2 a wildcard at the target', 'any.old TXT', 'NOERROR', [OLD, 'any.old.lab.example 60 CNAME any.new.lab.example', 'any.new.lab.example 300 TXT "wild"'], []],
    ['§3.2 a chain of two', 'host.twice A', 'NOERROR', [
      'twice.lab.example 300 DNAME old.lab.example', 'host.twice.lab.example 300 CNAME host.old.lab.example', OLD,
      'host.old.lab.example 60 CNAME host.new.lab.example', 'host.new.lab.example 300 A 10.9.0.2',
    ], []],
    ['§3.2 a CNAME on the way, and the same DNAME once', 'alias.old A', 'NOERROR', [
      OLD, 'alias.old.lab.example 60 CNAME alias.new.lab.example', 'alias.new.lab.example 300 CNAME host.old.lab.example',
      'host.old.lab.example 60 CNAME host.new.lab.example', 'host.new.lab.example 300 A 10.9.0.2',
    ], []],
    ['§3.2 a chain that ends at the owner of the DNAME', 'name.old TXT', 'NOERROR', [
      OLD, 'name.old.lab.example 60 CNAME name.new.lab.example', 'name.new.lab.example 300 CNAME old.lab.example', 'old.lab.example 60 TXT "beside it"',
    ], []],
    ['§2.2 out of the zone: the client has what we know', 'a.out A', 'NOERROR', ['out.lab.example 300 DNAME elsewhere.example', 'a.out.lab.example 300 CNAME a.elsewhere.example'], []],
    ['§2.2 into a special-use name', 'a.far A', 'NXDOMAIN', ['far.lab.example 300 DNAME other.test', 'a.far.lab.example 300 CNAME a.other.test'], ['test 10800 SOA test. nobody.invalid 1 3600 1200 604800 10800']],
    ['§2.3 a delegation above comes first', 'x.below.cut A', 'NOERROR', [], ['cut.lab.example 300 NS ns.elsewhere.example']],
    ['§2.2 a name that becomes too long', `${'y'.repeat(60)}.long A`, 'YXDOMAIN', [`long.lab.example 300 DNAME ${LONG}.new.lab.example`], []],
    ['§2.2 a name that has just room', `${'y'.repeat(33)}.long A`, 'NOERROR', [`long.lab.example 300 DNAME ${LONG}.new.lab.example`, `${'y'.repeat(33)}.long.lab.example 300 CNAME ${'y'.repeat(33)}.${LONG}.new.lab.example`], [SOA]],
    ['§3.3 a wildcard DNAME redirects nothing that it stands for', 'a.stars A', 'NOERROR', [], [SOA]],
  ] as const)('%s: %s', (_what, question, rcode, answer, authority) => {
    const [owner, type] = question.split(' ') as [string, string]
    const told = new Bench([ZONE]).askTwice(`${owner}.lab.example`, type, { ...NO_RD, edns: {} })
    expect([told.rcode, told.answer, told.authority, told.flags]).toEqual([rcode, answer, authority, question.includes('cut') ? '' : 'aa'])
  })

  test('§5.2 the apex of a reverse zone', () => {
    const { rcode, answer } = new Bench([ZONE, REVERSE]).askTwice('7.0.9.10.in-addr.arpa', 'PTR', NO_RD)
    expect([rcode, answer]).toEqual(['NXDOMAIN', ['0.9.10.in-addr.arpa 300 DNAME rev.lab.example', '7.0.9.10.in-addr.arpa 300 CNAME 7.rev.lab.example']])
  })

  test.each(['a.self', 'a.back'])('§2.2 %s: what leads on and on ends', (owner) => {
    const { rcode, answer } = new Bench([ZONE]).askTwice(`${owner}.lab.example`, 'A', NO_RD)
    expect(['NOERROR', 'YXDOMAIN']).toContain(rcode)
    expect(answer.length).toBeLessThan(40)
  })

  test('§5.3.1 the DNAME is signed, the CNAME made of it is not', () => {
    const bench = new Bench([ZONE])
    bench.server.setSigning(1, signingOf({ denial: 'nsec' }))
    const { answer } = bench.askTwice('host.old.lab.example', 'A', { edns: { dnssecOk: true, size: 4096 } })
    expect(answer.map((line) => line.split(' ').slice(0, 4).filter((_, i) => i !== 1).join(' '))).toEqual([
      'old.lab.example DNAME new.lab.example', 'old.lab.example RRSIG DNAME', 'host.old.lab.example CNAME host.new.lab.example',
      'host.new.lab.example A 10.9.0.2', 'host.new.lab.example RRSIG A',
    ])
  })

  test('answers kept from before an edit are over, below its owner too', () => {
    const bench = new Bench([zoneOf('lab.example', '@ NS ns\nns A 10.9.0.1\nhost.new A 10.9.0.2')])
    expect(bench.askTwice('host.old.lab.example', 'A').rcode).toBe('NXDOMAIN')
    const edit = bench.server.planEdit('lab.example', { add: [{ name: 'old', type: 'DNAME', ttl: 60, data: 'new.lab.example.', owner: { kind: 'hand' }, comment: undefined }], removeIds: [] })
    if (!edit.ok) throw new Error(edit.error.problem)
    bench.server.applyEdit(edit.value)
    expect(bench.askTwice('host.old.lab.example', 'A').answer).toHaveLength(3)
    const back = bench.server.planEdit('lab.example', { add: [], removeIds: edit.value.add.map(({ id }) => id) })
    if (!back.ok) throw new Error(back.error.problem)
    bench.server.applyEdit(back.value)
    expect(bench.askTwice('host.old.lab.example', 'A').rcode).toBe('NXDOMAIN')
  })
})

describe('RFC 6672 §2.3, §2.4 what cannot stand with a DNAME', () => {
  const FIRST = '@ NS ns\nns A 10.9.0.1\nold DNAME new\nfull.deep A 10.9.0.3\ncut NS ns'
  const plan = (add: readonly (readonly [string, string, string])[], remove: readonly string[] = []) => {
    const bench = new Bench([zoneOf('lab.example', FIRST)])
    const records = [...(bench.server.zones.get('lab.example')?.records() ?? [])]
    const removeIds = records.filter((record) => remove.includes(record.name)).map(({ id }) => id)
    const planned = bench.server.planEdit('lab.example', { add: add.map(([owner, type, data]) => ({ name: owner, type, ttl: null, data, owner: { kind: 'hand' }, comment: undefined })), removeIds })
    return planned.ok ? 'taken' : planned.error.problem
  }

  test.each([
    ['a name below', [['a.b.old', 'A', '10.9.0.4']], [], /a\.b\.old\.lab\.example lies below old\.lab\.example/],
    ['a second one', [['old', 'DNAME', 'other.example.']], [], /redirected \(DNAME\) already/],
    ['names are below', [['deep', 'DNAME', 'new']], [], /names below deep/],
    ['names are below the apex', [['@', 'DNAME', 'elsewhere.example.']], [], /names below/],
    ['a delegation', [['cut', 'DNAME', 'new']], [], /both delegated/],
    ['a delegation beside it', [['old', 'NS', 'ns.other.example.']], [], /both delegated/],
    ['an alias beside it', [['old', 'CNAME', 'x.example.']], [], /alias|stands alone/],
    ['one made with what lies below it', [['x', 'DNAME', 'new'], ['y.x', 'A', '10.9.0.4']], [], /below/],
    ['other data beside it', [['old', 'TXT', '"x"']], [], 'taken'],
    ['when the names below go with the same edit', [['deep', 'DNAME', 'new']], ['full.deep.lab.example'], 'taken'],
    ['when the DNAME goes with the same edit', [['a.old', 'A', '10.9.0.4']], ['old.lab.example'], 'taken'],
    ['another name', [['olds', 'A', '10.9.0.4']], [], 'taken'],
  ] as const)('%s', (_what, add, remove, said) => expect(plan(add, remove)).toMatch(said))
})

describe('RFC 6672 §5.2 dynamic update', () => {
  const ZONE_TEXT = '@ NS ns\nns A 10.9.0.1\nold 300 DNAME new\nalias CNAME ns\nfull.deep A 10.9.0.3'
  const bench = (): UpdateBench => new UpdateBench(ZONE_TEXT, [rule({ types: ['DNAME', 'CNAME', 'A'] })])

  test.each([
    ['takes the place of another', 'add old.lab.example 300 DNAME newer.lab.example', 'old', ['300 DNAME newer.lab.example']],
    ['is passed over beside a CNAME', 'add alias.lab.example 300 DNAME new.lab.example', 'alias', ['300 CNAME ns.lab.example']],
    ['a CNAME beside it is passed over', 'add old.lab.example 300 CNAME ns.lab.example', 'old', ['300 DNAME new.lab.example']],
    ['hides what is below', 'add deep.lab.example 300 DNAME new.lab.example', 'full.deep', ['300 A 10.9.0.3']],
  ] as const)('a DNAME %s', async (_what, line, owner, after) => {
    const server = bench()
    expect(await server.update(line)).toBe('NOERROR')
    expect(server.at(`${owner}.lab.example`)).toEqual(after)
    if (owner === 'full.deep') expect(server.ask('full.deep.lab.example', 'A').answer[0]).toBe('deep.lab.example 300 DNAME new.lab.example')
  })
})
