/**
 * The checkout as an ordinary user can read it: itself, or, where it or a folder above it is closed to others (a clone in
 * root's own temporary folder, say), a copy by hard links that is open.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** nobody, on Debian. */
export const NOBODY = 65_534

export type OpenCheckout = { readonly directory: string; remove(): void }

function readableByNobody(directory: string): boolean {
  try {
    execFileSync('setpriv', [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'test', '-r', join(directory, 'package.json')])
    return true
  } catch {
    return false
  }
}

export function openCheckout(): OpenCheckout {
  const own = process.cwd()
  if (readableByNobody(own)) return { directory: own, remove: () => {} }
  const directory = mkdtempSync(join(tmpdir(), 'taproot-checkout-'))
  try {
    execFileSync('cp', ['-al', `${own}/.`, directory], { stdio: 'ignore' })
  } catch {
    // Another file system: no hard links across.
    execFileSync('cp', ['-a', `${own}/.`, directory])
  }
  chmodSync(directory, 0o755)
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}
