/** Writes docs/dhcp-options.md: `npm run docs:options`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/source-tree.ts'
import { optionsDocument } from './options.ts'

writeFileSync(join(ROOT, 'docs/dhcp-options.md'), optionsDocument())
