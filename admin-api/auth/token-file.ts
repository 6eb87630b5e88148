/** SHELL: the file that holds the first token for the person who runs the appliance. */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const OWNER_ONLY = 0o600

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/**
 * Writes the token for its owner alone, whole or not at all, and on disk when it returns. An existing file is never
 * touched: answers 'exists' then. Throws for what the file system refuses.
 */
export function writeTokenFile(path: string, token: string): 'written' | 'exists' {
  const draft = `${path}.${process.pid}.new`
  const file = openSync(draft, 'wx', OWNER_ONLY)
  try {
    writeSync(file, `${token}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  try {
    // Unlike rename, link does not replace a file that is there.
    linkSync(draft, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'exists'
    throw error
  } finally {
    unlinkSync(draft)
  }
  const directory = openSync(dirname(path), 'r')
  fsyncSync(directory)
  closeSync(directory)
  return 'written'
}

/** The token in the file; undefined when there is no file. */
export function readTokenFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
