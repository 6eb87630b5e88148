/** Names of leases: who gets which, and which records come and go with them. */
import { describe, expect, test } from 'vitest'
import { reverseName } from '../../../../services/dns/index.ts'
import { LeaseNames, type NamePlan, type NameZones } from '../../../../services/lease-names/lease-names.ts'
import { type DnsRecord, type Lease, type LeaseChange, leaseClientKey } from '../../../../services/index.ts'
import { type Ipv4, ipv4 } from '../../../../stack/index.ts'
import { ADDRESS, addressText, change, editLines, FORWARD, lease, leaseRecord, record, released, REVERSE, SUBNET } from '../../../support/leases.ts'

const OTHER = '10.53.0.101'
const A = { mac: '02:00:00:00:00:0a', hostName: 'alpha' }
const B = { mac: '02:00:00:00:00:0b', hostName: 'alpha' }

/** Both zones in memory; plans take effect when they are settled well. */
class Bench implements NameZones {
  readonly records: DnsRecord[]
  zones = [FORWARD, REVERSE]
  readonly names: LeaseNames
  #id = 100
  /** Leases as they are on disk. */
  readonly #rows = new Map<Ipv4, Lease>()
  readonly #changes = new Map<NamePlan, readonly LeaseChange[]>()

  constructor(options: { readonly records?: readonly DnsRecord[]; readonly leases?: readonly Lease[]; readonly dhcid?: boolean } = {}) {
    this.records = [...(options.records ?? [])]
    for (const held of options.leases ?? []) {
      this.#rows.set(held.address, held)
      const address = addressText(held)
      if (held.state === 'bound' && held.publishedName !== undefined && this.recordsOfLease(held.address).length === 0)
        this.records.push(leaseRecord(++this.#id, held.publishedName, 'A', address, address))
    }
    this.names = new LeaseNames(this, () => ++this.#id, (address) => {
      const row = this.#rows.get(address)
      return row === undefined ? undefined : leaseClientKey(row)
    }, () => options.dhcid === true)
  }

  zoneNamed(name: string) {
    return this.zones.find((zone) => zone.name === name)
  }
  reverseNameOf(address: number) {
    return reverseName(address)
  }
  zoneEnclosing(name: string) {
    return this.zones.find((zone) => name.endsWith(`.${zone.name}`))
  }
  recordsAt(zoneId: number, name: string) {
    return this.records.filter((r) => r.zoneId === zoneId && r.name === name)
  }

  recordsOfLease(address: Ipv4) {
    return this.records.filter(({ owner }) => owner.kind === 'lease' && ipv4(owner.address) === address)
  }

  plan(changes: readonly LeaseChange[]): NamePlan {
    const plan = this.names.plan(changes)
    this.#changes.set(plan, changes)
    return plan
  }

  nameOf(held: Lease, { domain }: { readonly domain: string | undefined } = SUBNET): string {
    const { name, trace } = this.names.nameFor(held, domain)
    return name ?? trace?.[0] ?? 'none'
  }

  /** As the server does: the name, then the plan, which waits for the disk. */
  begin(before: Lease | undefined, wanted: Lease): { readonly row: Lease; readonly plan: NamePlan } {
    const row = { ...wanted, publishedName: this.names.nameFor(wanted, SUBNET.domain).name }
    return { row, plan: this.plan([change(before, row)]) }
  }

  settle(plan: NamePlan, durable = true): readonly string[] {
    if (durable) {
      for (const { remove, add } of plan.edits) {
        for (const gone of remove) this.records.splice(this.records.findIndex((r) => r.id === gone.id), 1)
        this.records.push(...add)
      }
    }
    plan.settled(durable)
    if (durable) for (const { after } of this.#changes.get(plan) ?? []) this.#rows.set(after.address, after)
    return editLines(plan.edits)
  }

  bind(before: Lease | undefined, wanted: Lease): { readonly row: Lease; readonly lines: readonly string[] } {
    const { row, plan } = this.begin(before, wanted)
    return { row, lines: this.settle(plan) }
  }

  end(change: LeaseChange): readonly string[] {
    return this.settle(this.plan([change]))
  }
}

test('RFC 1035 §3.5 [D7] the reverse name of an address', () => {
  expect(reverseName(ipv4('192.168.7.1'))).toBe('1.7.168.192.in-addr.arpa')
})

describe('the name of a lease', () => {
  const hand = record(1, 'alpha.lab.internal', 'CNAME', 'elsewhere.lab.internal')
  const system = record(2, 'alpha.lab.internal', 'A', '10.53.0.2', { owner: { kind: 'system' } })
  const held = lease(OTHER, { ...B, publishedName: 'alpha.lab.internal' })
  test.each([
    ['host name and domain', {}, lease(ADDRESS, A), SUBNET, 'alpha.lab.internal'],
    ['no host name: none', {}, lease(ADDRESS), SUBNET, 'none'],
    ['a subnet without a domain: none', {}, lease(ADDRESS, A), { ...SUBNET, domain: undefined }, 'none'],
    ['a domain that is no zone here', {}, lease(ADDRESS, A), { ...SUBNET, domain: 'else.internal' }, 'names.no-zone'],
    ['a record made by hand has it', { records: [hand] }, lease(ADDRESS, A), SUBNET, 'names.taken-by-record'],
    ['the appliance itself has it', { records: [system] }, lease(ADDRESS, A), SUBNET, 'names.taken-by-record'],
    ['another client has it', { leases: [held] }, lease(ADDRESS, A), SUBNET, 'names.taken-by-lease'],
    ['the same client has it on another address', { leases: [held] }, lease(ADDRESS, B), SUBNET, 'alpha.lab.internal'],
    ['another client had it on this very address', { leases: [held] }, lease(OTHER, A), SUBNET, 'alpha.lab.internal'],
    ['a lease that is over has no name', { leases: [{ ...held, state: 'expired' as const }] }, lease(ADDRESS, A), SUBNET, 'alpha.lab.internal'],
  ])('%s', (_what, options, wanted, subnet, name) => {
    expect(new Bench(options).nameOf(wanted, subnet)).toBe(name)
  })
})

describe('RFC 1035 §3.5 [D7] records go with the lease', () => {
  const forward = '+ alpha.lab.internal A 10.53.0.100'
  const reverse = '+ 100.0.53.10.in-addr.arpa PTR alpha.lab.internal'

  test('A and PTR come with it, stay at a renewal, and go at its end', () => {
    const bench = new Bench()
    const first = bench.bind(undefined, lease(ADDRESS, A))
    expect(first.lines).toEqual([forward, reverse])
    expect(bench.bind(first.row, first.row).lines).toEqual([])
    expect(bench.end(released(first.row))).toEqual([forward.replace('+', '-'), reverse.replace('+', '-')])
    expect(bench.records).toEqual([])
  })

  test('they are of the address and live for a minute', () => {
    const bench = new Bench()
    bench.bind(undefined, lease(ADDRESS, A))
    expect(bench.records.map(({ ttl, owner, zoneId }) => ({ ttl, owner, zoneId }))).toEqual([
      { ttl: 60, owner: { kind: 'lease', address: ADDRESS }, zoneId: FORWARD.id },
      { ttl: 60, owner: { kind: 'lease', address: ADDRESS }, zoneId: REVERSE.id },
    ])
  })

  test('without a reverse zone there is no PTR', () => {
    const bench = new Bench()
    bench.zones = [FORWARD]
    expect(bench.bind(undefined, lease(ADDRESS, A)).lines).toEqual([forward])
  })

  test('a PTR made by hand stays the only one', () => {
    const bench = new Bench({ records: [record(1, '100.0.53.10.in-addr.arpa', 'PTR', 'printer.lab.internal')] })
    expect(bench.bind(undefined, lease(ADDRESS, A)).lines).toEqual([forward])
  })

  test('a new host name replaces the records', () => {
    const bench = new Bench()
    const { row } = bench.bind(undefined, lease(ADDRESS, A))
    expect(bench.bind(row, { ...row, hostName: 'beta' }).lines).toEqual([
      '- alpha.lab.internal A 10.53.0.100', '+ beta.lab.internal A 10.53.0.100',
      '- 100.0.53.10.in-addr.arpa PTR alpha.lab.internal', '+ 100.0.53.10.in-addr.arpa PTR beta.lab.internal',
    ])
    expect(bench.nameOf(lease(OTHER, B))).toBe('alpha.lab.internal')
  })

  test('the name moves with its client to another address, in one plan', () => {
    const bench = new Bench()
    const { row } = bench.bind(undefined, lease(ADDRESS, A))
    const next = { ...lease(OTHER, A), publishedName: 'alpha.lab.internal' }
    expect(bench.settle(bench.plan([change(undefined, next), released(row)]))).toEqual([
      '- alpha.lab.internal A 10.53.0.100', '+ alpha.lab.internal A 10.53.0.101',
      '- 100.0.53.10.in-addr.arpa PTR alpha.lab.internal', '+ 101.0.53.10.in-addr.arpa PTR alpha.lab.internal',
    ])
    expect(bench.nameOf(lease('10.53.0.102', B))).toBe('names.taken-by-lease')
  })

  test('what was on disk at the start is found again', () => {
    const held = lease(ADDRESS, { ...A, publishedName: 'alpha.lab.internal' })
    const records = [leaseRecord(1, 'alpha.lab.internal', 'A', ADDRESS, ADDRESS), leaseRecord(2, '100.0.53.10.in-addr.arpa', 'PTR', 'alpha.lab.internal', ADDRESS)]
    const bench = new Bench({ records, leases: [held] })
    expect(bench.end(released(held))).toEqual(['- alpha.lab.internal A 10.53.0.100', '- 100.0.53.10.in-addr.arpa PTR alpha.lab.internal'])
  })

  test('a zone that was removed takes its records along; when it is back, a renewal brings them back', () => {
    const bench = new Bench()
    const { row } = bench.bind(undefined, lease(ADDRESS, A))
    bench.records.splice(0, bench.records.length, ...bench.records.filter((r) => r.zoneId === FORWARD.id))
    expect(bench.bind(row, row).lines).toEqual(['- alpha.lab.internal A 10.53.0.100', forward, reverse])
  })
})

describe('a record made or removed by hand while a lease lasts', () => {
  const pointer = record(1, '100.0.53.10.in-addr.arpa', 'PTR', 'printer.lab.internal')

  test('the PTR record comes at the next renewal once the one made by hand is gone', () => {
    const bench = new Bench({ records: [pointer] })
    const { row } = bench.bind(undefined, lease(ADDRESS, A))
    bench.records.splice(bench.records.indexOf(pointer), 1)
    expect(bench.bind(row, row).lines).toContain('+ 100.0.53.10.in-addr.arpa PTR alpha.lab.internal')
  })

  test('the PTR record goes at the next renewal once one made by hand is there', () => {
    const bench = new Bench()
    const { row } = bench.bind(undefined, lease(ADDRESS, A))
    bench.records.push(pointer)
    expect(bench.bind(row, row).lines).toContain('- 100.0.53.10.in-addr.arpa PTR alpha.lab.internal')
    expect(bench.records.filter((r) => r.type === 'PTR')).toEqual([pointer])
  })

  test('the name goes at the next renewal once a record made by hand has it', () => {
    const bench = new Bench()
    const { row } = bench.bind(undefined, lease(ADDRESS, A))
    bench.records.push(record(1, 'alpha.lab.internal', 'TXT', '"mine"'))
    const renewed = bench.bind(row, row)
    expect([renewed.row.publishedName, ...renewed.lines]).toEqual([undefined, '- alpha.lab.internal A 10.53.0.100', '- 100.0.53.10.in-addr.arpa PTR alpha.lab.internal'])
  })
})

describe('while commits are under way', () => {
  test('a name that is being given is taken already', () => {
    const bench = new Bench()
    bench.begin(undefined, lease(ADDRESS, A))
    expect(bench.nameOf(lease(OTHER, B))).toBe('names.taken-by-lease')
  })

  test('a commit that failed gives the name back', () => {
    const bench = new Bench()
    const { plan } = bench.begin(undefined, lease(ADDRESS, A))
    bench.settle(plan, false)
    expect(bench.nameOf(lease(OTHER, B))).toBe('alpha.lab.internal')
    expect(bench.bind(undefined, lease(ADDRESS, A)).lines).toHaveLength(2)
  })

  test('a name whose end is not on disk yet is nobody else’s, so that a failure leaves it with one', () => {
    const bench = new Bench()
    const { row } = bench.bind(undefined, lease(ADDRESS, A))
    const ending = bench.plan([released(row)])
    expect(bench.nameOf(lease(OTHER, B))).toBe('names.taken-by-lease')
    bench.settle(ending, false)
    expect(bench.nameOf(lease(OTHER, B))).toBe('names.taken-by-lease')
    expect(bench.end(released(row))).toHaveLength(2)
    expect(bench.nameOf(lease(OTHER, B))).toBe('alpha.lab.internal')
  })

  test('who takes an address over keeps the name, and the former client does not get it back elsewhere', () => {
    const bench = new Bench()
    const firmware = bench.bind(undefined, lease(ADDRESS, A)).row
    const system = bench.bind(firmware, lease(ADDRESS, { ...A, clientId: '00aa' }))
    expect([system.row.publishedName, system.lines]).toEqual(['alpha.lab.internal', []])
    expect(bench.nameOf(lease(OTHER, A))).toBe('names.taken-by-lease')
  })
})

describe('RFC 4701 and RFC 4703 §5 DHCID records, where they are wanted', () => {
  test('come and go with the name, and change with the client', () => {
    const bench = new Bench({ dhcid: true })
    const { row, lines } = bench.bind(undefined, lease(ADDRESS, A))
    const dhcid = lines.find((line) => line.includes(' DHCID '))
    expect(lines).toEqual(['+ alpha.lab.internal A 10.53.0.100', expect.stringMatching(/^\+ alpha\.lab\.internal DHCID AAAB[A-Za-z0-9+/]{42}[A-Za-z0-9+/=]{2}$/), '+ 100.0.53.10.in-addr.arpa PTR alpha.lab.internal'])
    expect(bench.bind(row, row).lines).toEqual([])
    const other = bench.bind(row, lease(ADDRESS, B))
    expect(other.lines).toContain(`- ${dhcid?.slice(2)}`)
    expect(other.lines.filter((line) => line.startsWith('+') && line.includes('DHCID'))).toHaveLength(1)
    expect(bench.settle(bench.plan([released(other.row)])).filter((line) => line.includes('DHCID'))).toHaveLength(1)
  })

  test('elsewhere there are none', () => {
    expect(new Bench().bind(undefined, lease(ADDRESS, A)).lines.some((line) => line.includes('DHCID'))).toBe(false)
  })
})
