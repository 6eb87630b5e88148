/**
 * What a run of queries has in it, gathered while they are written, and asked by who searches: a search reads only runs
 * that may have what it looks for. Sets of bits, and int32 in the machine's order.
 */
import { hashText } from '../../stack/platform/index.ts'

/** Queries of a run: reading one takes a millisecond or two. */
export const RUN_QUERIES = 1024

export type QueryRun = {
  readonly last_id: number
  readonly first_text: number
  readonly from_ms: number
  readonly to_ms: number
  readonly sources: number
  readonly rcodes: number
}
/** What lies on pages of its own, and is read only where the rest does not say enough. */
export type RunContents = { readonly types: Buffer; readonly clients: Buffer; readonly names: Buffer }

/** Above 31 they share a bit. */
export const bitOf = (code: number): number => 1 << Math.min(code, 31)

/** The hashes of a name and of all names above it, but the root. */
export function* hashesOf(name: string): Iterable<number> {
  for (let at = 0; at >= 0 && at < name.length; ) {
    yield hashText(at === 0 ? name : name.slice(at))
    const dot = name.indexOf('.', at)
    at = dot < 0 ? -1 : dot + 1
  }
}

export class GatheredRun {
  count = 0
  #fromMs = Number.POSITIVE_INFINITY
  #toMs = Number.NEGATIVE_INFINITY
  #sources = 0
  #rcodes = 0
  readonly #types = new Set<number>()
  readonly #clients = new Set<number>()
  readonly #names = new Set<number>()
  /** Names whose hashes are in. */
  readonly #seen = new Set<string>()

  /** `client` as int32. */
  add(at: number, client: number | undefined, name: string | undefined, type: number, rcode: number, source: number): void {
    this.count++
    this.#fromMs = Math.min(this.#fromMs, at)
    this.#toMs = Math.max(this.#toMs, at)
    this.#sources |= bitOf(source)
    this.#rcodes |= bitOf(rcode)
    this.#types.add(type)
    if (client !== undefined) this.#clients.add(client)
    if (name === undefined || this.#seen.has(name)) return
    this.#seen.add(name)
    for (const hash of hashesOf(name)) this.#names.add(hash)
  }

  /** The values of a row of query_runs. */
  row(lastId: number, firstText: number): readonly (number | Buffer)[] {
    return [lastId, firstText, this.#fromMs, this.#toMs, this.#sources, this.#rcodes, packed(this.#types), packed(this.#clients), packed(this.#names)]
  }
}

const packed = (set: ReadonlySet<number>): Buffer => Buffer.from(Int32Array.from(set).buffer)

/** What packed() was given. A copy, because a blob may lie at any octet. */
export const unpacked = (blob: Buffer): Int32Array => new Int32Array(blob.buffer.slice(blob.byteOffset, blob.byteOffset + blob.length))
