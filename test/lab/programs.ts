/** The C programs of test/bench/c, built by plain gcc when their source is newer than what is there. */
import { mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { succeed } from './program.ts'

const SOURCE = join(import.meta.dirname, '../bench/c')
const BUILT = join(import.meta.dirname, '../bench/build')

export type CProgram = 'responder' | 'dns-load' | 'dhcp-load' | 'tcp-load' | 'raw-send'

const modified = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** Path of the program, ready to run. */
export async function cProgram(name: CProgram): Promise<string> {
  const target = join(BUILT, name)
  const source = join(SOURCE, `${name}.c`)
  if (modified(target) > Math.max(modified(source), modified(join(SOURCE, 'wire.h')))) return target
  mkdirSync(BUILT, { recursive: true })
  // Renamed into place, so that a half-written program is never run.
  const fresh = `${target}.${process.pid}`
  await succeed(['gcc', '-O2', '-Wall', '-Wextra', '-Werror', '-o', fresh, source])
  renameSync(fresh, target)
  return target
}
