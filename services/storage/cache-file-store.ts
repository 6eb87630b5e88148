/**
 * SHELL: the file dns-cache.bin in the data directory, which the resolver's cache is kept in over a restart. Its form is
 * that of services/dns/cache/cache-file.ts. It is written aside and renamed when it is whole, by the threads of
 * node:fs/promises, so that neither packets nor commits wait for the disk.
 */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  END_OCTETS, type FileHead, isIntact, MAX_HEAD_OCTETS, MAX_PIECE_OCTETS, PIECE_HEAD_OCTETS, readFileHead, readPieceHead,
} from '../dns/index.ts'

export const CACHE_FILE = 'dns-cache.bin'
/** Of what is written in turns, which may still go on when the last one is written. */
const ASIDE = 'dns-cache.tmp'
const LAST_ASIDE = 'dns-cache.last.tmp'

export type OpenedCacheFile =
  | { readonly kind: 'none' }
  /** `because` is for people: "a piece of it is damaged". */
  | { readonly kind: 'unusable'; readonly because: string }
  /** Every piece of it is intact. `next` gives one after the other, at the end undefined; `close` is to be called in any case. */
  | { readonly kind: 'file'; readonly head: FileHead; next(): Promise<Uint8Array | undefined>; close(): Promise<void> }

export interface CacheFilePort {
  open(): Promise<OpenedCacheFile>
  /** Puts these octets in the place of the file. A fault is for people. */
  write(octets: AsyncIterable<Uint8Array>): Promise<string | undefined>
  /** The same before the program ends, with nothing else going on. */
  writeNow(octets: Iterable<Uint8Array>): string | undefined
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export class CacheFileStore implements CacheFilePort {
  readonly #path: string
  readonly #aside: string
  readonly #lastAside: string

  constructor(directory: string) {
    this.#path = join(directory, CACHE_FILE)
    this.#aside = join(directory, ASIDE)
    this.#lastAside = join(directory, LAST_ASIDE)
  }

  async open(): Promise<OpenedCacheFile> {
    let file: FileHandle | undefined
    try {
      file = await open(this.#path)
      const head = readFileHead(await octetsAt(file, 0, MAX_HEAD_OCTETS))
      const fault = head === undefined ? 'it is of another program, or of another version of this one' : await faultOf(file, head.octets)
      if (head !== undefined && fault === undefined) return reading(file, head)
      await file.close()
      return { kind: 'unusable', because: fault ?? '' }
    } catch (error) {
      await file?.close().catch(() => undefined)
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { kind: 'none' } : { kind: 'unusable', because: textOf(error) }
    }
  }

  async write(octets: AsyncIterable<Uint8Array>): Promise<string | undefined> {
    let file: FileHandle | undefined
    try {
      file = await open(this.#aside, 'w', 0o600)
      for await (const some of octets) await file.appendFile(some)
      await file.sync()
      await file.close()
      await rename(this.#aside, this.#path)
      return undefined
    } catch (error) {
      await file?.close().catch(() => undefined)
      await rm(this.#aside, { force: true }).catch(() => undefined)
      return textOf(error)
    }
  }

  writeNow(octets: Iterable<Uint8Array>): string | undefined {
    try {
      const file = openSync(this.#lastAside, 'w', 0o600)
      try {
        for (const some of octets) for (let at = 0; at < some.length;) at += writeSync(file, some, at)
      } finally {
        closeSync(file)
      }
      renameSync(this.#lastAside, this.#path)
      return undefined
    } catch (error) {
      rmSync(this.#lastAside, { force: true })
      return textOf(error)
    }
  }
}

/** Fewer at the end of the file. */
async function octetsAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, at)
  return buffer.subarray(0, bytesRead)
}

/** One piece with its head; undefined at the end; or what is wrong. */
async function pieceAt(file: FileHandle, at: number, before: number): Promise<Uint8Array | string | undefined> {
  const head = await octetsAt(file, at, PIECE_HEAD_OCTETS)
  if (head.length < END_OCTETS) return 'it is cut short'
  const { octets, sum } = readPieceHead(head)
  if (octets === 0) return sum === before ? undefined : 'pieces of it are missing'
  if (octets > MAX_PIECE_OCTETS) return 'a piece of it is damaged'
  const piece = await octetsAt(file, at, PIECE_HEAD_OCTETS + octets)
  return piece.length === PIECE_HEAD_OCTETS + octets && isIntact(piece.subarray(PIECE_HEAD_OCTETS), sum) ? piece : 'a piece of it is damaged'
}

async function faultOf(file: FileHandle, from: number): Promise<string | undefined> {
  let at = from
  for (let count = 0; ; count++) {
    const piece = await pieceAt(file, at, count)
    if (piece === undefined || typeof piece === 'string') return piece
    at += piece.length
  }
}

function reading(file: FileHandle, head: FileHead): OpenedCacheFile {
  let at = head.octets
  let count = 0
  return {
    kind: 'file', head, close: () => file.close(),
    next: async () => {
      const piece = await pieceAt(file, at, count++)
      if (piece === undefined || typeof piece === 'string') return undefined
      at += piece.length
      return piece
    },
  }
}
