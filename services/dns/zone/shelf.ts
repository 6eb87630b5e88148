/**
 * Rows of a zone that are kept and not served: those that are off, and those that say what others are to be (ALIAS and
 * URL), which stand at their names for whoever plans a change.
 */
import type { DnsRecord } from '../../model/index.ts'
import type { NameKey } from '../wire/name.ts'

/** Types of ours that other servers know nothing of: addresses are made of them. */
export const isInstruction = (record: Pick<DnsRecord, 'type'>): boolean => record.type === 'ALIAS' || record.type === 'URL'

/** Whether queries, transfers and signatures know of it. What another server has sent is served as it came. */
export const isServed = (record: Pick<DnsRecord, 'type' | 'enabled' | 'owner'>): boolean =>
  record.enabled && (!isInstruction(record) || record.owner.kind === 'transfer')

const NONE: readonly DnsRecord[] = []

export class Shelf {
  readonly #byId = new Map<number, { readonly record: DnsRecord; readonly key: NameKey }>()
  readonly #instructions = new Map<NameKey, readonly DnsRecord[]>()

  put(record: DnsRecord, key: NameKey): void {
    this.#byId.set(record.id, { record, key })
    if (record.enabled) this.#instructions.set(key, [...this.at(key), record])
  }

  remove(id: number): void {
    const found = this.#byId.get(id)
    if (found === undefined) return
    this.#byId.delete(id)
    const left = this.at(found.key).filter((record) => record.id !== id)
    if (left.length === 0) this.#instructions.delete(found.key)
    else this.#instructions.set(found.key, left)
  }

  get(id: number): DnsRecord | undefined {
    return this.#byId.get(id)?.record
  }

  /** What is to be at a name. */
  at(key: NameKey): readonly DnsRecord[] {
    return this.#instructions.get(key) ?? NONE
  }

  *all(): Iterable<DnsRecord> {
    for (const { record } of this.#byId.values()) yield record
  }
}
