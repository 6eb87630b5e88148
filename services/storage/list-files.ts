/**
 * SHELL: the content of lists that were fetched, a file each in the directory "lists" of the data directory. A new content
 * is written aside, reaches the disk, and then takes the place of the old one: after a crash there is one or the other.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LIST_NAME } from '../model/index.ts'

/** Of a name that no list has (LIST_NAME ends in a letter or a digit). */
const ASIDE = '.new~'

export interface ListFiles {
  /** Undefined: there is none that can be read. */
  read(name: string): Promise<Uint8Array | undefined>
  /** Throws when there is no room, or the directory cannot be written. */
  write(name: string, content: Uint8Array): Promise<void>
  /** Removes what belongs to none of these lists. */
  keepOnly(names: ReadonlySet<string>): Promise<void>
}

export class ListDirectory implements ListFiles {
  readonly #directory: string

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'lists')
  }

  /** Where the content of a list is. */
  pathOf(name: string): string {
    return join(this.#directory, name)
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.pathOf(name))
    } catch {
      return undefined
    }
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const aside = this.pathOf(name) + ASIDE
    const file = await open(aside, 'w', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, this.pathOf(name))
    const directory = await open(this.#directory, 'r')
    await directory.sync().finally(() => directory.close())
  }

  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const there = await readdir(this.#directory).catch(() => [])
    const gone = there.filter((file) => !names.has(file) && (LIST_NAME.test(file) || file.endsWith(ASIDE)))
    for (const file of gone) await rm(this.pathOf(file), { force: true })
  }
}
