/** The administrator's commands on zones and records. */
import { formatIpv4, formatPrefix, type Ipv4 } from '../../stack/index.ts'
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import type { DhcpConfiguration } from '../model/index.ts'
import { type DnsServer, isCopy, signedFile } from '../dns/index.ts'
import { keyOf, parseName } from '../dns/wire/name.ts'
import type { Answer, RecordInput } from '../facade.ts'
import { type DnsRecord, PLAIN_RECORD, type Refusal, refusal, type Zone, type ZoneEdit, zoneText } from '../model/index.ts'
import type { DnsSide, NameExplanation } from '../network-side.ts'
import type { Write } from '../storage/store.ts'
import type { ZoneBook } from '../zone-book.ts'
import { ptrChanges } from './ptr-records.ts'
import { changed, readRecord } from './record-input.ts'
import { type CommandTurns, missing } from './turns.ts'
import { heldByLease } from './zone-edit-commands.ts'
import type { ZoneEditor } from './zone-editor.ts'

export type DnsCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly zones: ZoneBook
  readonly ownAddress: Ipv4
  /** Subnets name zones as their domain. */
  readonly configuration: () => DhcpConfiguration
  readonly nextZoneId: () => number
  readonly nextRecordId: () => number
  readonly turns: CommandTurns
  readonly editor: ZoneEditor
}

/** What one record takes the place of, and whether PTR records follow. */
type OneRecord = { readonly add: RecordInput | undefined; readonly removed: DnsRecord | undefined; readonly ptr: boolean }

export class DnsCommands implements DnsSide {
  readonly #o: DnsCommandsOptions

  constructor(options: DnsCommandsOptions) {
    this.#o = options
  }

  async zones(): Answer<readonly Zone[]> {
    return ok(this.#o.dns.zones.list().map((live) => live.zone))
  }

  addZone(fields: Omit<Zone, 'id' | 'serial'>): Answer<Zone> {
    return this.#o.turns.take(async () => {
      const refused = checkZone(fields)
      if (refused !== undefined) return err(refused)
      const text = zoneText(fields)
      const noView = noSuchView(this.#o.dns, fields.view)
      if (noView !== undefined) return err(noView)
      if (this.#o.dns.zones.get(text) !== undefined)
        return err(refusal('conflict', '/name', `there is a zone ${text} already`, 'choose another name, or change that zone'))
      const zone: Zone = { ...fields, id: this.#o.nextZoneId(), serial: 1 }
      const records = this.#systemRecords(zone)
      const edit: ZoneEdit = { zoneId: zone.id, serialBefore: 1, serialAfter: 1, remove: [], add: records }
      const at = this.#o.clock.wallMs()
      const stored = await this.#o.turns.store([{ kind: 'zone-put', zone }, { kind: 'zone-edit', at, edit }, this.#zoneNews('added', zone)])
      if (!stored.ok) return stored
      this.#o.dns.addZone(zone, records)
      return ok(zone)
    })
  }

  changeZone(name: string, change: Partial<Omit<Zone, 'id' | 'serial' | 'name'>>): Answer<Zone> {
    return this.#o.turns.take(async () => {
      const live = this.#o.dns.zones.get(name)
      if (live === undefined) return missing(`zone ${name}`)
      if (live.isSecondary) return err(isCopy(name))
      const old = live.zone
      const zone: Zone = { ...old, ...change, serial: this.#o.zones.nextSerial(old.id) }
      const refused = checkZone(zone)
      if (refused !== undefined) return err(refused)
      // An empty edit holds the serial's place among the edits of leases that are under way.
      const place = this.#o.zones.number({ zoneId: zone.id, remove: [], add: [] })
      const stored = await this.#o.turns.store([{ kind: 'zone-put', zone }, this.#zoneNews('changed', zone)])
      if (stored.ok) this.#o.dns.changeZone(zone)
      this.#o.zones.settled(place, stored.ok)
      return stored.ok ? ok(zone) : stored
    })
  }

  removeZone(name: string): Answer<null> {
    return this.#o.turns.take(async () => {
      const live = this.#o.dns.zones.get(name)
      if (live === undefined) return missing(`zone ${name}`)
      const { zone } = live
      if (this.#o.dns.zones.isPolicyZone(live)) return err(refusal('conflict', '', `the zone ${name} is a list of a policy`, 'remove that list first'))
      const { subnets, segments } = this.#o.configuration()
      // Without a view's zone, names of leases are in that of everybody.
      const isLast = zone.view === undefined || this.#o.dns.zones.named(keyOf(zone.name)).length === 1
      const subnet = subnets.find((each) => isLast && each.domain === zone.name)
      const segment = segments.find((each) => isLast && each.domain === zone.name)
      const user = subnet === undefined ? segment && `segment ${segment.name}` : `subnet ${formatPrefix(subnet.prefix)}`
      if (user !== undefined)
        return err(refusal('conflict', '', `the names of the leases of ${user} are in ${name}`, `give ${user} another domain, or null, first`))
      const stored = await this.#o.turns.store([{ kind: 'zone-remove', id: zone.id }, this.#zoneNews('removed', zone)])
      if (!stored.ok) return stored
      this.#o.dns.removeZone(zoneText(zone))
      return ok(null)
    })
  }

  addRecord(zone: string, input: RecordInput, author?: string): Answer<DnsRecord> {
    return this.#edit(zone, author, () => ok({ add: input, removed: undefined, ptr: input.ptr === true }))
  }

  changeRecord(zone: string, id: number, change: Partial<RecordInput>, author?: string): Answer<DnsRecord> {
    return this.#edit(zone, author, () => {
      const old = this.#record(zone, id)
      return old.ok ? ok({ add: changed(old.value, change), removed: old.value, ptr: change.ptr === true }) : old
    })
  }

  async removeRecord(zone: string, id: number, author?: string, ptr = false): Answer<null> {
    const removed = await this.#edit(zone, author, () => {
      const old = this.#record(zone, id)
      return old.ok ? ok({ add: undefined, removed: old.value, ptr }) : old
    })
    return removed.ok ? ok(null) : removed
  }

  /** A record that a person may change: those of leases belong to their leases. */
  #record(zoneName: string, id: number): Result<DnsRecord, Refusal> {
    const record = this.#o.dns.zones.get(zoneName)?.record(id)
    if (record === undefined) return missing(`record ${id} in ${zoneName}`)
    return record.owner.kind === 'lease' ? err(heldByLease(record)) : ok(record)
  }

  #edit(zone: string, author: string | undefined, plan: () => Result<OneRecord, Refusal>): Answer<DnsRecord> {
    return this.#o.turns.take(async () => {
      const live = this.#o.dns.zones.get(zone)
      if (live === undefined) return missing(`zone ${zone}`)
      const planned = plan()
      if (!planned.ok) return planned
      const { add: input, removed, ptr } = planned.value
      const read = input === undefined ? undefined : readRecord(input, '', this.#o.clock.wallMs())
      if (read?.ok === false) return read
      const add = read === undefined ? [] : [read.value]
      const gone = removed === undefined ? [] : [removed]
      const reverse = ptrChanges(this.#o.dns, ptr ? gone : [], ptr ? add.map((record) => ({ record, zone: live.identity.name })) : [], author)
      if (!reverse.ok) return reverse
      const edits = await this.#o.editor.commit([{ zone, change: { add, removeIds: gone.map((record) => record.id) }, author }, ...reverse.value])
      if (!edits.ok) return edits
      const [edit] = edits.value
      return ok((edit?.add[0] ?? edit?.remove[0]) as DnsRecord)
    })
  }

  /** Signatures that are not there yet are made on the way, in turns with everything else. */
  async exportSigned(name: string): Answer<string> {
    const live = this.#o.dns.zones.get(name)
    if (live === undefined) return missing(`zone ${name}`)
    const { security } = live
    if (security === undefined) return err(refusal('conflict', '', `zone ${live.zone.name} is not signed`, 'export it without signatures, or sign it first'))
    if (!security.isReady) return err(refusal('unavailable', '', `zone ${live.zone.name} is still being put in order`, 'try again in some seconds'))
    const parts: string[] = []
    const { clock } = this.#o
    for (const part of signedFile(live)) {
      parts.push(part)
      await new Promise<void>((resolve) => clock.at(clock.now(), resolve))
    }
    return ok(parts.join(''))
  }

  /** A zone needs a name server; one whose name lies in the zone needs an address, and that is ours. */
  #systemRecords(zone: Zone): readonly DnsRecord[] {
    const record = (name: string, type: string, data: string): DnsRecord => ({
      id: this.#o.nextRecordId(),
      zoneId: zone.id,
      name,
      type,
      ttl: zone.defaultTtl,
      data,
      owner: { kind: 'system' },
      ...PLAIN_RECORD,
    })
    const server = zone.primaryServer.toLowerCase()
    const inside = server === zone.name || server.endsWith(`.${zone.name}`)
    const ns = record(zone.name, 'NS', zone.primaryServer)
    return inside ? [ns, record(zone.primaryServer, 'A', formatIpv4(this.#o.ownAddress))] : [ns]
  }

  #zoneNews(how: 'added' | 'changed' | 'removed', zone: Zone): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event: 'zone.changed', facts: { zone: zoneText(zone), serial: zone.serial, how } }
  }

  async explainName(name: string, type: string, client?: Ipv4, fresh?: boolean): Answer<NameExplanation> {
    return ok(await this.#o.dns.explain(name, type, { client, fresh }))
  }
}

/** Why a zone cannot be put into a view. */
export function noSuchView(dns: DnsServer, view: string | undefined): Refusal | undefined {
  if (view === undefined || dns.views.has(view)) return undefined
  return refusal('invalid', '/view', `there is no view ${view}`, 'make the view first, or leave it out for a zone that everybody sees')
}

function checkZone(zone: Omit<Zone, 'id' | 'serial'>): Refusal | undefined {
  for (const [field, text] of [['name', zone.name], ['primaryServer', zone.primaryServer], ['hostmaster', zone.hostmaster]] as const)
    if (!parseName(text).ok) return refusal('invalid', `/${field}`, `"${text}" is not a domain name`, 'labels of 1 to 63 octets joined by dots, as lab.internal')
  return undefined
}
