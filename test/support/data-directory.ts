/** A directory of its own for a test, which goes with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'taproot-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
