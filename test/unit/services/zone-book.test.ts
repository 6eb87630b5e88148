/** Zones as they will be when what is under way is on disk. */
import { describe, expect, test } from 'vitest'
import { DnsServer } from '../../../services/dns/index.ts'
import { ZoneBook } from '../../../services/zone-book.ts'
import type { DnsRecord } from '../../../services/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { LeaseNames } from '../../../services/lease-names/lease-names.ts'
import { ADDRESS, change, FORWARD, lease, leaseRecord, NOON, record, REVERSE, recordLine, zone } from '../../support/leases.ts'

const CLIENT = ipv4('10.53.0.9')
const WWW = record(1, 'www.lab.internal', 'A', '10.53.0.20')

function book(zones = [{ zone: { ...FORWARD, serial: 7 }, records: [WWW] as readonly DnsRecord[] }, { zone: REVERSE, records: [] }]) {
  const dns = new DnsServer(
    { clock: new VirtualClock(), random: new SeededSecureRandom(1), query: () => ({ cancel: () => undefined }) },
    { upstreams: [], answerSlabs: [{ slotOctets: 512, slots: 4 }] },
    zones,
  )
  return { dns, zones: new ZoneBook(dns, () => NOON) }
}
const serialOf = ({ dns }: ReturnType<typeof book>): number | undefined => dns.zones.get('lab.internal')?.zone.serial
const edit = (...add: readonly DnsRecord[]) => ({ zoneId: FORWARD.id, remove: [], add })

describe('serials', () => {
  test('each edit has the next one, and they are served in that order', () => {
    const b = book()
    const first = b.zones.number(edit(record(2, 'a.lab.internal', 'A', ADDRESS)))
    const second = b.zones.number(edit(record(3, 'b.lab.internal', 'A', ADDRESS)))
    expect([first, second].map((e) => [e.serialBefore, e.serialAfter])).toEqual([[7, 8], [8, 9]])
    expect(b.zones.pending(FORWARD.id)).toEqual([first, second])
    expect(b.zones.nextSerial(FORWARD.id)).toBe(10)
    b.zones.settled(first, true)
    expect(serialOf(b)).toBe(8)
    b.zones.settled(second, true)
    expect(serialOf(b)).toBe(9)
    expect(b.zones.pending(FORWARD.id)).toEqual([])
  })

  test('an edit that failed is not served, and its serial is not given again while later ones are under way', () => {
    const b = book()
    const first = b.zones.number(edit(record(2, 'a.lab.internal', 'A', ADDRESS)))
    const second = b.zones.number(edit(record(3, 'b.lab.internal', 'A', ADDRESS)))
    b.zones.settled(first, false)
    expect([serialOf(b), b.zones.nextSerial(FORWARD.id)]).toEqual([7, 10])
    b.zones.settled(second, true)
    expect(serialOf(b)).toBe(9)
    expect(b.dns.zones.get('lab.internal')?.recordsNamed('a.lab.internal')).toEqual([])
  })

  test('the serial wraps around zero, RFC 1982', () => {
    const b = book([{ zone: { ...FORWARD, serial: 0xffff_ffff }, records: [] }])
    const last = b.zones.number(edit(record(2, 'a.lab.internal', 'A', ADDRESS)))
    expect(last.serialAfter).toBe(1)
    b.zones.settled(last, true)
    expect(serialOf(b)).toBe(1)
  })
})

describe('what lease names ask', () => {
  test('zones by their name and by what lies in them', () => {
    const { zones } = book([{ zone: FORWARD, records: [] }, { zone: zone('sub.lab.internal', 3), records: [] }])
    expect(zones.zoneNamed('lab.internal', CLIENT)?.id).toBe(1)
    expect(zones.zoneNamed('www.lab.internal', CLIENT)).toBeUndefined()
    expect(zones.zoneEnclosing('www.lab.internal', CLIENT)?.id).toBe(1)
    expect(zones.zoneEnclosing('www.sub.lab.internal', CLIENT)?.id).toBe(3)
    expect(zones.zoneEnclosing('www.example.com', CLIENT)).toBeUndefined()
    expect(zones.zoneEnclosing('..', CLIENT)).toBeUndefined()
  })

  test('records at a name in any letter case; nothing at one that is none', () => {
    const { zones } = book()
    expect(zones.recordsAt(FORWARD.id, 'WWW.lab.internal')).toEqual([WWW])
    expect(zones.recordsAt(FORWARD.id, '..')).toEqual([])
    expect(zones.recordsAt(99, 'www.lab.internal')).toEqual([])
  })

  test('a record that a person has just made takes its name before it is served', () => {
    const { zones } = book()
    const alias = zones.number(edit(record(2, 'Alpha.lab.internal', 'CNAME', 'www.lab.internal')))
    expect(zones.recordsAt(FORWARD.id, 'alpha.lab.internal').map(recordLine)).toEqual(['Alpha.lab.internal CNAME www.lab.internal'])
    expect(zones.recordsAt(REVERSE.id, 'alpha.lab.internal')).toEqual([])
    zones.settled(alias, false)
    expect(zones.recordsAt(FORWARD.id, 'alpha.lab.internal')).toEqual([])
  })

  test('a lease’s record on its way is the business of lease names, which know it', () => {
    const { zones } = book()
    zones.number(edit(leaseRecord(2, 'alpha.lab.internal', 'A', ADDRESS, ADDRESS)))
    expect(zones.recordsAt(FORWARD.id, 'alpha.lab.internal')).toEqual([])
  })
})

test('names of leases are in the zones that their clients see, each view by itself', () => {
  const b = book()
  b.dns.addZone({ ...FORWARD, id: 9, view: 'inside' }, [])
  b.dns.setViews([{ name: 'inside', prefixes: [{ network: ipv4('10.54.0.0'), length: 16 }], keys: [] }])
  const inside = ipv4('10.54.0.100')
  expect([b.zones.zoneNamed('lab.internal', inside)?.id, b.zones.zoneEnclosing('pc.lab.internal', CLIENT)?.id]).toEqual([9, FORWARD.id])
  const names = new LeaseNames(b.zones, () => 100, () => 'somebody')
  const named = { hostName: 'pc', publishedName: 'pc.lab.internal' } as const
  const first = lease('10.53.0.9', { ...named, mac: '02:00:00:00:00:01' })
  const second = lease('10.54.0.100', { ...named, mac: '02:00:00:00:00:02' })
  const edits = [first, second].map((each) => {
    expect(names.nameFor(each, 'lab.internal').name).toBe('pc.lab.internal')
    return names.plan([change(undefined, each)]).edits.filter(({ zoneId }) => zoneId !== REVERSE.id)
  })
  expect(edits.map((each) => each.map(({ zoneId, add }) => [zoneId, add[0]?.data]))).toEqual([[[FORWARD.id, '10.53.0.9']], [[9, '10.54.0.100']]])
})
