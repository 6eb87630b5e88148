/**
 * Catalog zones (RFC 9432) on the network side: the administrator's commands on them, and, after each version of a
 * catalog that is consumed, the zones that come and go with it, all of them in one transaction.
 */
import { type Clock, err, ok, type Result, type SecureRandom } from '../../stack/platform/index.ts'
import { type CatalogAct, type CatalogFault, catalogFaultText, type DnsServer, type Holder, type ListedZone, memberRecords, readCatalog, reconcile, recordsOfMember, type Secondaries, versionRecord } from '../dns/index.ts'
import { parseName } from '../dns/wire/name.ts'
import type { Answer, CatalogInput, CatalogMemberInput, CatalogView } from '../facade.ts'
import { type Catalog, CLOSED_TRANSFERS, type CatalogMember, PLAIN_RECORD, type Primary, type Refusal, refusal, type Zone, type ZoneEdit } from '../model/index.ts'
import type { CatalogSide } from '../network-side.ts'
import type { Write } from '../storage/store.ts'
import { NOTHING_YET, primariesOf, primaryView } from './secondary-commands.ts'
import { type CommandTurns, missing } from './turns.ts'
import type { ZoneEditor } from './zone-editor.ts'

export type CatalogCommandsOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly dns: DnsServer
  readonly secondaries: Secondaries
  readonly editor: ZoneEditor
  readonly turns: CommandTurns
  readonly nextZoneId: () => number
  readonly nextRecordId: () => number
  readonly catalogs: readonly Catalog[]
  readonly catalogMembers: readonly CatalogMember[]
}

/** How it went with the last version of a catalog that is consumed. */
type Outcome = { readonly fault: CatalogFault | undefined; readonly conflicts: ReadonlyMap<string, string> }
const NO_OUTCOME: Outcome = { fault: undefined, conflicts: new Map() }
/** A label that is unlike all others (§4.1). */
const LABEL_OCTETS = 8

export class CatalogCommands implements CatalogSide {
  readonly #o: CatalogCommandsOptions
  /** By zone. */
  readonly #catalogs: Map<number, Catalog>
  /** By the member's zone. */
  readonly #members: Map<number, CatalogMember>
  readonly #outcomes = new Map<number, Outcome>()

  constructor(options: CatalogCommandsOptions) {
    this.#o = options
    this.#catalogs = new Map(options.catalogs.map((catalog) => [catalog.zoneId, catalog]))
    this.#members = new Map(options.catalogMembers.map((member) => [member.zoneId, member]))
    options.secondaries.onVersion = (live) => this.#changed(live.zone.id)
    for (const { zoneId } of options.catalogs) this.#changed(zoneId)
  }

  async catalog(zoneName: string): Answer<CatalogView> {
    return this.#view(zoneName)
  }

  setCatalog(zoneName: string, input: CatalogInput): Answer<CatalogView> {
    return this.#o.turns.take(async () => {
      const live = this.#o.dns.zones.get(zoneName)
      if (input.role === 'producer' && live === undefined) {
        const made = await this.#make(zoneName)
        if (made !== undefined) return err(made)
      } else if (live === undefined) return missing(`zone ${zoneName}`)
      else if (live.isSecondary !== (input.role === 'consumer')) return err(wrongRole(zoneName, input.role))
      const zoneId = this.#o.dns.zones.get(zoneName)?.zone.id ?? 0
      const catalog = this.#read(zoneId, input)
      if (!catalog.ok) return catalog
      const stored = await this.#o.turns.store([{ kind: 'catalog-put', catalog: catalog.value }])
      if (!stored.ok) return stored
      this.#catalogs.set(zoneId, catalog.value)
      if (input.role === 'producer') {
        const said = await this.#say(zoneName)
        if (said !== undefined) return err(said)
      } else await this.#consume(zoneId)
      return this.#view(zoneName)
    })
  }

  /** The zones that it brought stay, and belong to nobody but the administrator. */
  removeCatalog(zoneName: string): Answer<null> {
    return this.#o.turns.take(async () => {
      const zoneId = this.#o.dns.zones.get(zoneName)?.zone.id
      if (zoneId === undefined || !this.#catalogs.has(zoneId)) return missing(`catalog ${zoneName}`)
      const stored = await this.#o.turns.store([{ kind: 'catalog-remove', zoneId }])
      if (!stored.ok) return stored
      this.#forget(zoneId)
      return ok(null)
    })
  }

  setCatalogMember(zoneName: string, memberName: string, { group, coo }: CatalogMemberInput): Answer<CatalogView> {
    return this.#o.turns.take(async () => {
      const listed = this.#producer(zoneName)
      if (!listed.ok) return listed
      const member = this.#o.dns.zones.get(memberName)
      if (member === undefined) return missing(`zone ${memberName}`)
      if (member.zone.name === zoneName) return err(refusal('conflict', '', 'a catalog does not list itself', 'name another zone'))
      for (const [field, text] of [['/coo', coo], ['/group', group]] as const)
        if (text !== null && (field === '/coo' ? !parseName(text).ok : /["\\]/.test(text))) return err(refusal('invalid', field, `"${text}" cannot stand there`, field === '/coo' ? 'the name of the other catalog' : 'a word without quotes'))
      const old = listed.value.get(member.zone.name)
      const label = old?.label ?? this.#newLabel()
      const entry: ListedZone = { zone: member.zone.name, label, groups: group === null ? [] : [group], coo: coo ?? undefined }
      const edited = await this.#edit(zoneName, old?.label, memberRecords(zoneName, entry))
      if (edited !== undefined) return err(edited)
      const policy = await this.#alikeTransfers(zoneName, member.zone)
      return policy === undefined ? this.#view(zoneName) : err(policy)
    })
  }

  removeCatalogMember(zoneName: string, memberName: string): Answer<null> {
    return this.#o.turns.take(async () => {
      const listed = this.#producer(zoneName)
      if (!listed.ok) return listed
      const old = listed.value.get(memberName)
      if (old === undefined) return missing(`zone ${memberName} in the catalog ${zoneName}`)
      const edited = await this.#edit(zoneName, old.label, [])
      return edited === undefined ? ok(null) : err(edited)
    })
  }

  #producer(zoneName: string): Result<ReadonlyMap<string, ListedZone>, Refusal> {
    const live = this.#o.dns.zones.get(zoneName)
    if (live === undefined || this.#catalogs.get(live.zone.id)?.role !== 'producer') return missing(`catalog ${zoneName} that is produced here`)
    const listed = readCatalog(live)
    return listed.ok ? listed : err(refusal('conflict', '', `the catalog is broken: ${catalogFaultText(listed.error)}`, 'put its records in order first'))
  }

  async #edit(zoneName: string, label: string | undefined, add: ReturnType<typeof memberRecords>): Promise<Refusal | undefined> {
    const live = this.#o.dns.zones.get(zoneName)
    const removeIds = live === undefined || label === undefined ? [] : recordsOfMember(live, label).map((record) => record.id)
    const edits = await this.#o.editor.commit([{ zone: zoneName, change: { add, removeIds } }])
    return edits.ok ? undefined : edits.error
  }

  /** Who takes the catalog is to take its members: a zone that goes to nobody yet goes to the same. */
  async #alikeTransfers(zoneName: string, member: Zone): Promise<Refusal | undefined> {
    const { transfers } = this.#o.dns
    const catalogId = this.#o.dns.zones.get(zoneName)?.zone.id ?? 0
    const own = transfers.policyOf(member.id)
    if (own.prefixes.length + own.keys.length + own.notify.length > 0) return undefined
    const policy = { ...(transfers.policyOf(catalogId) ?? CLOSED_TRANSFERS), zoneId: member.id }
    const stored = await this.#o.turns.store([{ kind: 'transfer-policy-put', policy }])
    if (!stored.ok) return stored.error
    transfers.setPolicy(policy)
    return undefined
  }

  /** The zone of a new catalog: nobody is to ask it anything (§4: "invalid." as its name server). */
  async #make(zoneName: string): Promise<Refusal | undefined> {
    if (!parseName(zoneName).ok) return refusal('invalid', '/name', `"${zoneName}" is not a domain name`, 'as catalog.lab.internal')
    const { clock, dns, turns, nextZoneId, nextRecordId } = this.#o
    const zone: Zone = { ...NOTHING_YET, id: nextZoneId(), name: zoneName, serial: 1, primaryServer: 'invalid', hostmaster: 'invalid' }
    const server = { ...PLAIN_RECORD, id: nextRecordId(), zoneId: zone.id, name: zoneName, type: 'NS', ttl: zone.defaultTtl, data: 'invalid', owner: { kind: 'catalog' } as const }
    const edit: ZoneEdit = { zoneId: zone.id, serialBefore: 1, serialAfter: 1, remove: [], add: [server] }
    const at = clock.wallMs()
    const stored = await turns.store([{ kind: 'zone-put', zone }, { kind: 'zone-edit', at, edit }, news(at, zoneName, 1, 'added')])
    if (!stored.ok) return stored.error
    dns.addZone(zone, [server])
    return undefined
  }

  /** The record that says that it is a catalog, unless it is there. */
  async #say(zoneName: string): Promise<Refusal | undefined> {
    const live = this.#o.dns.zones.get(zoneName)
    if (live?.recordsNamed(`version.${zoneName}`).some((record) => record.type === 'TXT') === true) return undefined
    const edits = await this.#o.editor.commit([{ zone: zoneName, change: { add: [versionRecord(zoneName)], removeIds: [] } }])
    return edits.ok ? undefined : edits.error
  }

  #read(zoneId: number, input: CatalogInput): Result<Catalog, Refusal> {
    if (input.role === 'producer') return ok({ zoneId, role: 'producer' })
    const primaries = input.primaries === null ? ok(undefined) : primariesOf(this.#o.dns, input.primaries, '/primaries')
    if (!primaries.ok) return primaries
    const groups: { name: string; primaries: readonly Primary[] }[] = []
    for (const [i, group] of input.groups.entries()) {
      const own = primariesOf(this.#o.dns, group.primaries, `/groups/${i}/primaries`)
      if (!own.ok) return own
      groups.push({ name: group.name, primaries: own.value })
    }
    return ok({ zoneId, role: 'consumer', primaries: primaries.value, groups })
  }

  #changed(zoneId: number): void {
    if (this.#catalogs.get(zoneId)?.role !== 'consumer') return
    void this.#o.turns.take(async () => {
      await this.#consume(zoneId)
      return ok(null)
    })
  }

  /** Does what the present version of a catalog says. Within a turn. */
  async #consume(zoneId: number): Promise<void> {
    const live = this.#o.dns.zones.byId(zoneId)
    const catalog = this.#catalogs.get(zoneId)
    if (live === undefined) return this.#forget(zoneId)
    if (catalog?.role !== 'consumer' || !live.isServed) return
    const at = this.#o.clock.wallMs()
    const { name, serial } = live.zone
    const read = readCatalog(live)
    if (!read.ok) {
      this.#outcomes.set(zoneId, { fault: read.error, conflicts: new Map() })
      await this.#o.turns.store([{ kind: 'event', at, event: 'dns.catalog.broken', facts: { catalog: name, serial, because: catalogFaultText(read.error) } }])
      return
    }
    const held = [...this.#members.values()].filter((member) => member.catalogId === zoneId).flatMap((member) => this.#o.dns.zones.byId(member.zoneId)?.zone.name ?? [])
    const others = new Map<number, ReturnType<typeof readCatalog>>()
    const acts = reconcile(name, read.value, held, (zone) => this.#holder(zone, zoneId, others))
    await this.#perform(catalog, name, acts)
  }

  /** `asking`: the catalog that wants to know; `others`: what other catalogs say, as far as it was read. */
  #holder(zoneName: string, asking: number, others: Map<number, ReturnType<typeof readCatalog>>): Holder {
    const live = this.#o.dns.zones.get(zoneName)
    if (live === undefined) return { kind: 'nobody' }
    const member = this.#members.get(live.zone.id)
    const catalog = member === undefined ? undefined : this.#o.dns.zones.byId(member.catalogId)
    if (member === undefined || catalog === undefined || !live.isSecondary) return { kind: 'hand' }
    const { catalogId } = member
    if (catalogId === asking) return { kind: 'catalog', catalog: catalog.zone.name, label: member.label, coo: undefined }
    const listed = others.get(catalogId) ?? readCatalog(catalog)
    others.set(catalogId, listed)
    return { kind: 'catalog', catalog: catalog.zone.name, label: member.label, coo: listed.ok ? listed.value.get(zoneName)?.coo : undefined }
  }

  async #perform(catalog: Catalog & { readonly role: 'consumer' }, name: string, acts: readonly CatalogAct[]): Promise<void> {
    const { clock, dns, secondaries, turns } = this.#o
    const at = clock.wallMs()
    const writes: Write[] = []
    const afterwards: (() => void)[] = []
    const conflicts = new Map<string, string>()
    const remove = (zone: string): void => {
      const id = dns.zones.get(zone)?.zone.id ?? 0
      writes.push({ kind: 'zone-remove', id }, { kind: 'event', at, event: 'dns.catalog.removed', facts: { catalog: name, zone } })
      afterwards.push(() => {
        this.#members.delete(id)
        dns.removeZone(zone)
      })
    }
    const put = (member: ListedZone, kept: Zone | undefined): void => {
      const zone: Zone = kept ?? { ...NOTHING_YET, id: this.#o.nextZoneId(), name: member.zone }
      const primaries = this.#primariesFor(catalog, member)
      const before = secondaries.state(zone.id)?.secondary
      const row: CatalogMember = { zoneId: zone.id, catalogId: catalog.zoneId, label: member.label }
      const isSame = JSON.stringify([before?.primaries, this.#members.get(zone.id)]) === JSON.stringify([primaries, row])
      if (kept !== undefined && isSame) return
      const secondary = { zoneId: zone.id, primaries, refreshedAt: kept === undefined ? undefined : before?.refreshedAt }
      if (kept === undefined) writes.push({ kind: 'zone-put', zone }, { kind: 'event', at, event: 'dns.catalog.added', facts: { catalog: name, zone: member.zone } })
      writes.push({ kind: 'secondary-put', secondary }, { kind: 'catalog-member-put', member: row })
      afterwards.push(() => {
        if (kept === undefined) dns.addZone(zone, [])
        this.#members.set(zone.id, row)
        secondaries.put(secondary)
      })
    }
    for (const act of acts) {
      if (act.kind === 'remove') remove(act.zone)
      else if (act.kind === 'conflict') conflicts.set(act.member.zone, act.holder.kind === 'hand' ? 'a zone of that name is here already' : `it belongs to the catalog ${act.holder.catalog}`)
      else {
        const isNew = act.kind === 'add' || act.kind === 'reset' || (act.kind === 'take' && act.reset)
        if (isNew && act.kind !== 'add') remove(act.member.zone)
        put(act.member, isNew ? undefined : dns.zones.get(act.member.zone)?.zone)
      }
    }
    const known = this.#outcomes.get(catalog.zoneId) ?? NO_OUTCOME
    for (const [zone, because] of conflicts)
      if (known.conflicts.get(zone) !== because) writes.push({ kind: 'event', at, event: 'dns.catalog.conflict', facts: { catalog: name, zone, because } })
    const stored = writes.length === 0 ? ok(null) : await turns.store(writes)
    // What could not be stored is done with the next version, or after a restart.
    if (!stored.ok) return
    this.#outcomes.set(catalog.zoneId, { fault: undefined, conflicts })
    for (const run of afterwards) run()
  }

  /** Those of the first of its groups that is known here, else those of all members. */
  #primariesFor(catalog: Catalog & { readonly role: 'consumer' }, member: ListedZone): readonly Primary[] {
    const group = catalog.groups.find((each) => member.groups.includes(each.name))
    return group?.primaries ?? catalog.primaries ?? this.#o.secondaries.state(catalog.zoneId)?.secondary.primaries ?? []
  }

  #forget(zoneId: number): void {
    this.#catalogs.delete(zoneId)
    this.#outcomes.delete(zoneId)
    for (const member of [...this.#members.values()]) if (member.catalogId === zoneId) this.#members.delete(member.zoneId)
  }

  #newLabel(): string {
    const octets = Buffer.alloc(LABEL_OCTETS)
    this.#o.random.fill(octets)
    return octets.toString('hex')
  }

  #view(zoneName: string): Result<CatalogView, Refusal> {
    const live = this.#o.dns.zones.get(zoneName)
    const catalog = live === undefined ? undefined : this.#catalogs.get(live.zone.id)
    if (live === undefined || catalog === undefined) return missing(`catalog ${zoneName}`)
    const outcome = this.#outcomes.get(live.zone.id) ?? NO_OUTCOME
    const read = readCatalog(live)
    const fault = read.ok ? outcome.fault : read.error
    const members = read.ok ? [...read.value.values()] : []
    return ok({
      zone: live.zone.name,
      role: catalog.role,
      primaries: catalog.role === 'consumer' && catalog.primaries !== undefined ? catalog.primaries.map(primaryView) : null,
      groups: catalog.role === 'consumer' ? catalog.groups.map(({ name, primaries }) => ({ name, primaries: primaries.map(primaryView) })) : [],
      fault: fault === undefined || (!live.isServed && catalog.role === 'consumer') ? null : catalogFaultText(fault),
      members: members.map(({ zone, label, groups, coo }) => ({ zone, label, group: groups[0] ?? null, coo: coo ?? null, conflict: outcome.conflicts.get(zone) ?? null })),
    })
  }
}

const news = (at: number, zone: string, serial: number, how: 'added'): Write => ({ kind: 'event', at, event: 'zone.changed', facts: { zone, serial, how } })

const wrongRole = (zone: string, role: 'producer' | 'consumer'): Refusal =>
  role === 'consumer'
    ? refusal('conflict', '/role', `this server is the primary of ${zone}`, 'a catalog that is consumed is a secondary zone: zone secondary')
    : refusal('conflict', '/role', `${zone} is a copy of another server's zone`, 'a catalog is produced at its primary')
