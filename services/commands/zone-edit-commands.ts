/** Changes of several records of a zone at once: of people, of files, and of the way back to an earlier version. */
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import type { NewRecord } from '../dns/index.ts'
import type { Answer, RecordChoice } from '../facade.ts'
import { type DnsRecord, type Refusal, refusal, type ZoneEdit } from '../model/index.ts'
import type { ZoneEditInput, ZoneEdited, ZoneEditSide } from '../network-side.ts'
import type { DnsServer } from '../dns/index.ts'
import type { ZoneBook } from '../zone-book.ts'
import { ptrChanges } from './ptr-records.ts'
import { changed as changedRecord, readRecord } from './record-input.ts'
import { type CommandTurns, missing } from './turns.ts'
import type { ZoneEditor } from './zone-editor.ts'

export type ZoneEditCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly zones: ZoneBook
  readonly turns: CommandTurns
  readonly editor: ZoneEditor
}

/** Records told of an edit; the rest is counted. */
const MOST_TOLD = 1000

type Steps = {
  readonly removeIds: number[]
  readonly add: NewRecord[]
  /** Of them those whose PTR records follow. */
  readonly removedWithPtr: DnsRecord[]
  readonly addedWithPtr: NewRecord[]
}

export class ZoneEditCommands implements ZoneEditSide {
  readonly #o: ZoneEditCommandsOptions

  constructor(options: ZoneEditCommandsOptions) {
    this.#o = options
  }

  editZone(zone: string, input: ZoneEditInput): Answer<ZoneEdited> {
    return this.#o.turns.take(async () => {
      const live = this.#o.dns.zones.get(zone)
      if (live === undefined) return missing(`zone ${zone}`)
      const serial = this.#o.zones.lastSerial(live.zone.id)
      if (input.ifSerial !== undefined && input.ifSerial !== serial)
        return err(refusal('changed', '', `${zone} has serial ${serial} now, not ${input.ifSerial}`, 'look at it again, then try again'))
      const change: Steps = { removeIds: [...input.removeIds], add: [...input.add], removedWithPtr: [], addedWithPtr: [] }
      for (const [i, step] of input.steps.entries()) {
        const refused = this.#take(zone, step, `/changes/${i}`, change)
        if (refused !== undefined) return err(refused)
      }
      const { soa, author, dryRun } = input
      const added = change.addedWithPtr.map((record) => ({ record, zone: live.identity.name }))
      const reverse = ptrChanges(this.#o.dns, change.removedWithPtr, added, author)
      if (!reverse.ok) return reverse
      const edits = await this.#o.editor.commit([{ zone, change, soa, author }, ...reverse.value], dryRun)
      return edits.ok ? ok(toldOf(edits.value[0] as ZoneEdit)) : edits
    })
  }

  #take(zone: string, step: ZoneEditInput['steps'][number], pointer: string, change: Steps): Refusal | undefined {
    const { add, remove, change: changed } = step
    if ([add, remove, changed].filter((each) => each !== undefined).length !== 1)
      return refusal('invalid', pointer, 'a step does one thing', 'one of add, remove and change')
    if (remove !== undefined) {
      const chosen = this.#chosen(zone, remove, `${pointer}/remove`)
      if (!chosen.ok) return chosen.error
      change.removeIds.push(...chosen.value.map((record) => record.id))
      if (remove.ptr === true) change.removedWithPtr.push(...chosen.value)
      return undefined
    }
    let record = add
    if (changed !== undefined) {
      const { id, ...fields } = changed
      const chosen = this.#chosen(zone, { id }, `${pointer}/change`)
      if (!chosen.ok) return chosen.error
      change.removeIds.push(id)
      if (changed.ptr === true) change.removedWithPtr.push(...chosen.value)
      record = changedRecord(chosen.value[0] as DnsRecord, fields)
    }
    if (record === undefined) return undefined
    const read = readRecord(record, `${pointer}/${add === undefined ? 'change' : 'add'}`, this.#o.clock.wallMs())
    if (!read.ok) return read.error
    change.add.push(read.value)
    if (record.ptr === true) change.addedWithPtr.push(read.value)
    return undefined
  }

  /** Records that a person may change. */
  #chosen(zone: string, choice: RecordChoice, pointer: string): Result<readonly DnsRecord[], Refusal> {
    const live = this.#o.dns.zones.get(zone)
    const records = 'id' in choice ? [live?.record(choice.id)].filter((record) => record !== undefined) : this.#named(zone, choice)
    if (records.length === 0) {
      const what = 'id' in choice ? `record ${choice.id}` : [choice.name, choice.type, choice.data].filter((part) => part !== undefined).join(' ')
      return err(refusal('not-found', pointer, `there is no ${what} in ${zone}`, "list the zone's records"))
    }
    const ofLease = records.find((record) => record.owner.kind === 'lease')
    return ofLease === undefined ? ok(records) : err(heldByLease(ofLease, pointer))
  }

  #named(zone: string, { name, type, data }: Exclude<RecordChoice, { readonly id: number }>): readonly DnsRecord[] {
    const live = this.#o.dns.zones.get(zone)
    const apex = live?.identity.name ?? ''
    const whole = name === '@' ? apex : name.endsWith('.') ? name : `${name}.${apex}.`
    const found = live?.recordsNamed(whole) ?? []
    const named = found.length > 0 || name.endsWith('.') ? found : (live?.recordsNamed(name) ?? [])
    const alike = (a: string, b: string): boolean => a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '')
    return named.filter((record) => (type === undefined || alike(record.type, type)) && (data === undefined || alike(record.data, data)))
  }
}

export const heldByLease = (record: DnsRecord, pointer = ''): Refusal =>
  refusal(
    'conflict', pointer, `record ${record.id} belongs to the lease of ${record.owner.kind === 'lease' ? record.owner.address : ''}`,
    'release the lease, or give the client another name by a host entry',
  )

const toldOf = ({ serialBefore, serialAfter, remove, add }: ZoneEdit): ZoneEdited => ({
  serialBefore,
  serialAfter,
  removed: remove.length,
  added: add.length,
  remove: remove.slice(0, MOST_TOLD),
  add: add.slice(0, MOST_TOLD),
})
