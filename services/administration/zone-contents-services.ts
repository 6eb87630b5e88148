/**
 * Zones as a whole. Files are read and compared on the main thread, against what is on disk; the network side gets the
 * difference only, and takes it or refuses it as one edit.
 */
import { parsePrefix } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import {
  delegationOf, difference, fileDigest, formatHosts, isHostsRecord, isNewerSerial, notClassless, parseHosts, readZoneFile, type Change, type ParsedZoneFile, type ZoneFileError,
} from '../dns/index.ts'
import type {
  Answer, ChangedRecordView, Page, Paging, RecordStep, Redirect, UndoInput, ZoneContentsServices, ZoneDifferenceView, ZoneEditView, ZoneFileInput,
  ZoneVersionView,
} from '../facade.ts'
import { type DnsRecord, type Refusal, refusal, type Zone, splitZoneText, zoneText } from '../model/index.ts'
import type { NetworkSide, ZoneEdited, ZoneEditInput } from '../network-side.ts'
import type { RecordChange, StoreReader } from '../storage/store.ts'
import { changedRecordView, zoneVersionView } from '../views.ts'
import { inverseOf, netOf, wayBack } from '../zone-history.ts'
import { badCursor, canonical, cursorOf, notFound, pageOf, pick } from './inputs.ts'
import { NEW_ZONE } from './new-zone.ts'

export type ApplianceZoneContentsOptions = {
  readonly network: NetworkSide
  readonly reader: StoreReader
}

/** Times that a difference is made anew, because leases or others changed the zone meanwhile. */
const TRIES = 3

export class ApplianceZoneContents implements ZoneContentsServices {
  readonly #o: ApplianceZoneContentsOptions

  constructor(options: ApplianceZoneContentsOptions) {
    this.#o = options
  }

  async importZone(zoneName: string, input: ZoneFileInput, dryRun: boolean, author?: string): Answer<ZoneEditView> {
    const name = canonical(zoneName)
    const found = await this.#zone(name)
    if (!found.ok && !input.create) return found
    const file = readZoneFile(input.text, splitZoneText(name).name, found.ok ? { defaultTtl: found.value.defaultTtl } : {})
    if (!file.ok) return err(faultsOf(file.error))
    if (fileDigest(file.value, splitZoneText(name).name) === 'wrong')
      return err(refusal('invalid', '/text', 'the digest of the zone (ZONEMD, RFC 8976) is not that of its records', 'get the file again, or take its ZONEMD record out'))
    if (found.ok) return this.#import(found.value, file.value, input, dryRun, author)
    if (dryRun) return err(refusal('not-found', '', `there is no zone ${name} yet; the file itself is good`, 'leave the dry run away to make it'))
    const fresh = NEW_ZONE(name)
    const added = await this.#o.network.dns.addZone({ ...fresh, ...soaOf(file.value, fresh.defaultTtl) })
    return added.ok ? this.#import(added.value, file.value, { ...input, soa: true }, false, author) : added
  }

  #import(zone: Zone, file: ParsedZoneFile, { mode, soa }: ZoneFileInput, dryRun: boolean, author: string | undefined): Answer<ZoneEditView> {
    return this.#edit(zone, dryRun, author, (present) => {
      const change = difference(present, file.records, zone.name, { mode, owner: { kind: 'file' } })
      return ok({ ...change, ...(soa ? { soa: soaOf(file, zone.defaultTtl) } : {}) })
    })
  }

  async changeRecords(
    zoneName: string, steps: readonly RecordStep[], ifSerial: number | undefined, dryRun: boolean, author?: string,
  ): Answer<ZoneEditView> {
    const zone = canonical(zoneName)
    const edited = await this.#o.network.zoneEdits.editZone(zone, { removeIds: [], add: [], steps, ifSerial, author, dryRun })
    return edited.ok ? ok(editView(zone, dryRun, edited.value)) : edited
  }

  async delegateBlock(zone: string, text: string, servers: readonly string[], dryRun: boolean, author?: string): Answer<ZoneEditView> {
    const prefix = parsePrefix(text)
    const problem = prefix === undefined ? `"${text}" is no prefix` : notClassless(prefix)
    if (prefix === undefined || problem !== undefined) return err(refusal('invalid', '/prefix', problem ?? '', 'a prefix of /25 to /31, as 192.0.2.0/26'))
    const steps = delegationOf(prefix, servers).map((record): RecordStep => ({ add: { ...record, ttl: null, comment: null } }))
    return this.changeRecords(zone, steps, undefined, dryRun, author)
  }

  async hostsFile(zoneName: string): Answer<string> {
    const zone = await this.#zone(zoneName)
    return zone.ok ? ok(formatHosts(zone.value, this.#o.reader.zoneContents(zone.value.id).records)) : zone
  }

  async putHostsFile(zoneName: string, text: string, dryRun: boolean, author?: string): Answer<ZoneEditView> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    return this.#edit(zone.value, dryRun, author, (present) => {
      const wanted = parseHosts(text, zone.value, present)
      if (!wanted.ok) return err(faultsOf(wanted.error))
      const among = (record: DnsRecord): boolean => isHostsRecord(record, zone.value.name)
      return ok(difference(present, wanted.value, zone.value.name, { mode: 'replace', owner: { kind: 'hand' }, among }))
    })
  }

  redirectFor(host: string, path: string): Redirect | undefined {
    const name = canonical(host)
    const data = this.#o.reader.urlAt(name) ?? this.#o.reader.urlAt(name.replace(/^[^.]+/, '*'))
    const [, status, keepPath, target = ''] = data === undefined ? [] : (/^(\d+) (\d+) "(.*)"$/.exec(data) ?? [])
    if (status === undefined) return undefined
    return { status: Number(status), location: keepPath === '1' ? target.replace(/\/$/, '') + path : target }
  }

  async listVersions(zoneName: string, paging: Paging): Answer<Page<ZoneVersionView>> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    const before = cursorOf(paging)
    if (before === 'bad') return badCursor(paging.after ?? '')
    const versions = this.#o.reader.zoneVersions(zone.value.id, paging.limit + 1, before)
    return ok(pageOf(versions, paging.limit, (version) => version.id, zoneVersionView))
  }

  async compareVersions(zoneName: string, from: number, to: number): Answer<ZoneDifferenceView> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    const [older, newer] = isNewerSerial(from, to) ? [to, from] : [from, to]
    if (isNewerSerial(newer, zone.value.serial)) return unknownVersion(zone.value, newer)
    const changes = this.#changesAfter(zone.value, older)
    if (!changes.ok) return changes
    const between = changes.value.filter((change) => !isNewerSerial(change.serial, newer))
    const net = from === older ? netOf(between) : inverseOf(netOf(between))
    const view = (action: 'add' | 'remove') => (record: DnsRecord) => changedRecordView(record, action, false)
    return ok({ zone: zone.value.name, from, to, changes: [...net.remove.map(view('remove')), ...net.add.map(view('add'))] })
  }

  async undo(zoneName: string, { mode, serial }: UndoInput, dryRun: boolean, author?: string): Answer<ZoneEditView> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    return this.#edit(zone.value, dryRun, author, (present) => {
      // Back to a version: what came after it. One version: that alone, which lies between the one before and itself.
      const changes = mode === 'back' ? this.#changesAfter(zone.value, serial) : this.#changesOf(zone.value, serial)
      return changes.ok ? wayBack(changes.value, present) : changes
    })
  }

  #changesAfter(zone: Zone, serial: number): Result<readonly RecordChange[], Refusal> {
    if (isNewerSerial(serial, zone.serial)) return unknownVersion(zone, serial)
    const changes = this.#o.reader.latestChanges(zone.id, (each) => isNewerSerial(each, serial))
    return changes === undefined && serial !== zone.serial ? unknownVersion(zone, serial) : ok(changes ?? [])
  }

  #changesOf(zone: Zone, serial: number): Result<readonly RecordChange[], Refusal> {
    const changes = this.#o.reader.versionChanges(zone.id, serial)
    return changes.length === 0 ? unknownVersion(zone, serial) : ok(changes)
  }

  /** Plans against what is on disk, and again when that has changed meanwhile. */
  async #edit(
    zone: Zone, dryRun: boolean, author: string | undefined,
    plan: (present: readonly DnsRecord[]) => Result<Change & Pick<ZoneEditInput, 'soa'>, Refusal>,
  ): Answer<ZoneEditView> {
    for (let tries = 1; ; tries++) {
      const planned = plan(this.#o.reader.zoneContents(zone.id).records)
      if (!planned.ok) return planned
      const edited = await this.#o.network.zoneEdits.editZone(zoneText(zone), { ...planned.value, steps: [], author, dryRun })
      if (edited.ok) return ok(editView(zoneText(zone), dryRun, edited.value))
      if (edited.error.code !== 'not-found' || tries === TRIES) return edited
    }
  }

  async #zone(name: string): Answer<Zone> {
    return pick(await this.#o.network.dns.zones(), (zone) => zoneText(zone) === canonical(name), `zone ${canonical(name)}`)
  }
}

const unknownVersion = (zone: Zone, serial: number): { readonly ok: false; readonly error: Refusal } =>
  notFound(`version ${serial} of ${zone.name} in its history`, 'list the versions')

const editView = (zone: string, dryRun: boolean, edited: ZoneEdited): ZoneEditView => ({
  zone,
  dryRun,
  serialBefore: edited.serialBefore,
  serialAfter: edited.serialAfter,
  added: edited.added,
  removed: edited.removed,
  changes: [
    ...edited.remove.map((record): ChangedRecordView => changedRecordView(record, 'remove', false)),
    ...edited.add.map((record): ChangedRecordView => changedRecordView(record, 'add', !dryRun)),
  ],
})

/** What a file says of the SOA; a TTL of the SOA itself is said only where it is not the default. */
function soaOf({ soa, defaultTtl }: ParsedZoneFile, presentTtl: number): Partial<Zone> {
  const ttl = defaultTtl ?? presentTtl
  return { defaultTtl: ttl, ...(soa === undefined ? {} : { ...soa, soaTtl: soa.soaTtl === ttl ? undefined : soa.soaTtl }) }
}

/** Every fault of a file with its place. */
function faultsOf(faults: readonly [ZoneFileError, ...ZoneFileError[]]): Refusal {
  const [first, ...others] = faults.map(({ line, column, problem, remedy }) => ({ field: '', problem: `line ${line}, column ${column}: ${problem}`, remedy }))
  return { ...(first as Omit<Refusal, 'code'>), code: 'invalid', ...(others.length === 0 ? {} : { others }) }
}
