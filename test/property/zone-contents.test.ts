/** Zones as a whole, by a model: what a file says is what is there afterwards, and the way back leads back. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { difference, formatHosts, isHostsRecord, parseHosts, type Change } from '../../services/dns/index.ts'
import { planEdit } from '../../services/dns/zone/changes.ts'
import { LiveZone } from '../../services/dns/zone/zone.ts'
import { type DnsRecord, type ZoneEdit } from '../../services/model/index.ts'
import { netOf, wayBack } from '../../services/zone-history.ts'
import { FORWARD, leaseRecord, record } from '../support/leases.ts'

const name = fc.constantFrom('a', 'b', 'B', 'deep.a', '*', 'a#b', '\\035', 'x\\.y', 'sp\\032ace').map((text) => (text === '\\035' ? '#' : text)).map((text) => `${text}.lab.internal`)
const data = fc.constantFrom<readonly [string, string]>(['A', '10.53.0.1'], ['A', '10.53.0.2'], ['AAAA', '2001:db8::1'], ['TXT', '"x"'], ['MX', '10 mail.example'])
/** TTLs of one RRset are one; a lease's name is its own. */
const row = fc.tuple(name, data).map(([owner, [type, text]]) => ({ name: owner, type, data: text, ttl: type === 'A' ? 60 : 300 }))
const key = (r: { readonly name: string; readonly type: string; readonly data: string }): string => `${r.name.toLowerCase()} ${r.type} ${r.data}`
const rows = fc.uniqueArray(row, { maxLength: 12, selector: key })
const comment = fc.constantFrom(undefined, 'rack 4', 'two  spaces', '# sharp')

const SERVER = record(1, 'lab.internal', 'NS', 'ns.example', { owner: { kind: 'system' } })
const LEASE = leaseRecord(2, 'held.lab.internal', 'A', '10.53.0.9', '10.53.0.9')
let id = 100
const zoneOf = (list: readonly { readonly name: string; readonly type: string; readonly data: string; readonly ttl: number }[], comments: readonly (string | undefined)[]): LiveZone =>
  new LiveZone(FORWARD, [SERVER, LEASE, ...list.map((r, i) => record(++id, r.name, r.type, r.data, { ttl: r.ttl, comment: comments[i % Math.max(1, comments.length)] }))])

function apply(zone: LiveZone, change: Change): ZoneEdit {
  const edit = planEdit(zone, change, () => ++id)
  if (!edit.ok) throw new Error(JSON.stringify(edit.error))
  zone.apply(edit.value.remove, edit.value.add, edit.value.serialAfter)
  return edit.value
}
const said = (list: Iterable<DnsRecord>): readonly string[] => [...list].map((r) => `${r.name} ${r.ttl} ${r.type} ${r.data} ${r.owner.kind} ${r.comment ?? ''}`).sort()

test('after an import a zone is what the file says, and importing it again changes nothing', () => {
  fc.assert(fc.property(rows, rows, fc.array(comment, { minLength: 1, maxLength: 3 }), (before, wanted, comments) => {
    const zone = zoneOf(before, comments)
    apply(zone, difference(zone.records(), wanted, 'lab.internal', { mode: 'replace', owner: { kind: 'file' } }))
    const there = [...zone.records()].filter(({ id: each }) => each !== SERVER.id && each !== LEASE.id)
    expect(there.map((r) => `${r.name} ${r.ttl} ${r.type} ${r.data}`).sort()).toEqual(wanted.map((r) => `${r.name} ${r.ttl} ${r.type} ${r.data}`).sort())
    expect(difference(zone.records(), wanted, 'lab.internal', { mode: 'replace', owner: { kind: 'file' } })).toEqual({ removeIds: [], add: [] })
  }), { numRuns: 300 })
})

test('the way back over any number of versions leads to what was there', () => {
  fc.assert(fc.property(rows, fc.array(rows, { minLength: 1, maxLength: 4 }), fc.array(comment, { minLength: 1, maxLength: 3 }), (before, versions, comments) => {
    const zone = zoneOf(before, comments)
    const first = said(zone.records())
    const edits = versions.map((wanted) => apply(zone, difference(zone.records(), wanted, 'lab.internal', { mode: 'replace', owner: { kind: 'file' } })))
    const changes = edits.flatMap(({ remove, add }) => [...remove.map((r) => ({ ...r, action: 'remove' as const })), ...add.map((r) => ({ ...r, action: 'add' as const }))])
    const last = said(zone.records())
    const back = wayBack(changes, zone.records())
    if (!back.ok) throw new Error(back.error.problem)
    const edit = apply(zone, back.value)
    expect(said(zone.records())).toEqual(first)
    const again = wayBack([...edit.remove.map((r) => ({ ...r, action: 'remove' as const })), ...edit.add.map((r) => ({ ...r, action: 'add' as const }))], zone.records())
    if (!again.ok) throw new Error(again.error.problem)
    apply(zone, again.value)
    expect(said(zone.records())).toEqual(last)
    expect(netOf(changes).add.length - netOf(changes).remove.length).toBe(edit.remove.length - edit.add.length)
  }), { numRuns: 300 })
})

test('a hosts file that nobody edited changes nothing; one that is odd is refused or taken, and never breaks', () => {
  fc.assert(fc.property(rows, fc.array(comment, { minLength: 1, maxLength: 3 }), fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(200), (before, comments, odd, at) => {
    const zone = zoneOf(before, comments)
    const present = [...zone.records()]
    const text = formatHosts(FORWARD, present)
    const among = (r: DnsRecord): boolean => isHostsRecord(r, 'lab.internal')
    const read = parseHosts(text, FORWARD, present)
    if (!read.ok) throw new Error(JSON.stringify(read.error))
    expect(difference(present, read.value, 'lab.internal', { mode: 'replace', owner: { kind: 'hand' }, among })).toEqual({ removeIds: [], add: [] })
    const broken = parseHosts(text.slice(0, at) + odd + text.slice(at), FORWARD, present)
    if (broken.ok) for (const each of broken.value) expect(each.name.endsWith('lab.internal')).toBe(true)
  }), { numRuns: 400 })
})
