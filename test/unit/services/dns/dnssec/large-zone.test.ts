/** A zone too large to be put in order at once: proofs are good all the time, and the chain is whole although edits came in between. */
import { describe, expect, test } from 'vitest'
import type { LiveZone } from '../../../../../services/dns/index.ts'
import type { MessageRecord } from '../../../../../services/dns/wire/message.ts'
import { nameKey } from '../../../../../services/dns/wire/name.ts'
import { CLASS_IN } from '../../../../../services/dns/wire/type-names.ts'
import { CLOSED_TRANSFERS, PLAIN_RECORD, type DnsRecord } from '../../../../../services/model/index.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { Bench, queryBytes, zoneOf } from '../../../../support/dns.ts'
import { signingKey, signingOf, verdict } from '../../../../support/dnssec.ts'
import { chainFaults } from '../../../../support/dnssec-verify.ts'

const ZONE = zoneOf('big.example', ['@ NS ns.elsewhere.', ...Array.from({ length: 6000 }, (_, i) => `h${(i * 7919) % 6007} A 10.0.${i >> 8}.${i & 255}`)].join('\n'))
const record = (id: number, owner: string): DnsRecord => ({ id, zoneId: 1, name: owner, type: 'TXT', ttl: 300, data: '"new"', owner: { kind: 'hand' }, ...PLAIN_RECORD })

/** Everything in the zone, as a transfer gives it. */
function rowsOf(zone: LiveZone): readonly MessageRecord[] {
  const walk = zone.walk()
  const rows: MessageRecord[] = []
  for (let row = walk.next(); row !== undefined; row = walk.next()) rows.push({ name: row.owner, key: nameKey(row.owner), type: row.type, class: CLASS_IN, ttl: row.ttl, rdata: row.rdata })
  const { soa } = zone
  return [...rows, { name: soa.name, key: zone.key, type: soa.type, class: CLASS_IN, ttl: soa.ttl, rdata: soa.rdata[0] as Uint8Array }]
}

describe.each(['nsec', 'nsec3'] as const)('a large zone, denial by %s', (denial) => {
  const signing = signingOf({ denial, keys: [signingKey(15)] })

  test('is proven while it is put in order, and in order at the end', () => {
    const bench = new Bench([ZONE])
    const zone = bench.server.zones.get('big.example') as LiveZone
    bench.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1, prefixes: [{ network: ipv4('10.53.0.0'), length: 16 }] })
    bench.server.setSigning(1, signing)
    const axfr = queryBytes('big.example', 'AXFR', { flags: 0 })
    expect([zone.security?.denial, zone.security?.isReady]).toEqual(['compact', false])
    expect(bench.server.transfers.begin(axfr, 0, axfr.length, ipv4('10.53.0.9'))).toBeUndefined()
    let serial = 7
    let removed = 0
    for (let round = 0; zone.security?.isReady === false; round++) {
      // One name comes and one goes, of those that have had their turn and of those that have not.
      const remove = [ZONE.records[1 + ((round * 1237) % 6000)] as DnsRecord].filter((row) => zone.record(row.id) !== undefined)
      removed += remove.length
      bench.server.applyEdit({ zoneId: 1, serialBefore: serial, serialAfter: ++serial, remove, add: [record(50_000 + round, `n${round}.under.big.example`)] })
      const gone = remove[0]?.name ?? 'none.big.example'
      for (const question of [`${gone} A`, `n${round}.under.big.example TXT`, 'under.big.example A', 'zz.big.example A']) {
        expect([round, question, verdict(bench, 'big.example', signing, question)]).toEqual([round, question, 'secure'])
      }
      bench.clock.advance(2)
    }
    expect(removed).toBeGreaterThan(10)
    expect(zone.security?.denial).toBe(denial)
    expect(chainFaults(rowsOf(zone))).toEqual([])
    expect(verdict(bench, 'big.example', signing, 'zz.big.example A')).toBe('secure')
  }, 30_000)
})
