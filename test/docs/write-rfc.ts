/** Writes docs/rfc.md: `npm run docs:rfc`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/source-tree.ts'
import { readClaims, rfcDocument } from './claims.ts'

writeFileSync(join(ROOT, 'docs/rfc.md'), rfcDocument(readClaims()))
