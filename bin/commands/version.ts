/** SHELL: the program's version. */
import { readFileSync } from 'node:fs'

/** From package.json, the only place that says it. */
export function versionOfPackage(): string {
  const description: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return (description as { readonly version: string }).version
}
