/**
 * SHELL: private keys go out of the data directory here and nowhere else: not over the API, but for whoever may read the files
 * of the appliance anyway.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { SealedKey } from '../../services/model/index.ts'
import { KeyFile } from '../../services/storage/key-file.ts'
import { DATABASE_FILE, openReader } from '../../services/storage/sqlite.ts'
import { formatDnskey, formatPrivateKeyFile } from '../../services/zone-signing/key-files.ts'
import { fromPkcs8 } from '../../services/zone-signing/key-pair.ts'
import { SystemRandom } from '../../stack/platform/index.ts'
import { type Command, NotDone } from './command.ts'
import { printDone } from './print.ts'

export const zoneKeyExport: Command = {
  words: 'zone key-export',
  summary: 'write the keys of a zone into files, on the machine of the appliance',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    data: { type: 'string', value: 'DIRECTORY', says: 'where the appliance keeps its data (default $TAPROOT_DATA or data)' },
    to: { type: 'string', value: 'DIRECTORY', says: 'where the files go (default: here)' },
  },
  examples: ['taproot zone key-export lab.internal --to /root/keys'],
  async run(invocation) {
    const { operands, terminal, text } = invocation
    const zone = (operands[0] as string).toLowerCase().replace(/\.$/, '')
    const directory = resolve(text('data') ?? terminal.environment['TAPROOT_DATA'] ?? 'data')
    const to = text('to') ?? '.'
    const written = keysOf(zone, directory).flatMap(({ key, sealed }) => {
      const opened = new KeyFile(directory, new SystemRandom()).open(sealed, Buffer.from(key.dnskeyRdata, 'base64'))
      if (!opened.ok) throw new NotDone(`the private half of the key ${key.keyTag} cannot be read: ${opened.error}`)
      const base = join(to, `K${zone}.+${String(key.algorithm).padStart(3, '0')}+${String(key.keyTag).padStart(5, '0')}`)
      write(`${base}.private`, formatPrivateKeyFile({ algorithm: key.algorithm, key: fromPkcs8(opened.value) }))
      write(`${base}.key`, `${formatDnskey(zone, 3600, Buffer.from(key.dnskeyRdata, 'base64'))}\n`)
      return [base]
    })
    printDone(invocation, `wrote ${written.map(base => `${base}.private and .key`).join(', ')}`, written)
  },
}

/** Those that are to serve. */
function keysOf(zone: string, directory: string): readonly SealedKey[] {
  if (!existsSync(join(directory, DATABASE_FILE))) throw new NotDone(`${directory} is no data directory of an appliance; say which with --data`)
  const reader = openReader(directory)
  try {
    const { zones, dnssecKeys } = reader.snapshot()
    const found = zones.find((each) => each.zone.name === zone)
    const keys = dnssecKeys.filter(({ key }) => key.zoneId === found?.zone.id && key.goal === 'serve')
    if (keys.length === 0) throw new NotDone(`there is no signed zone ${zone} in ${directory}`)
    return keys
  } finally {
    reader.close()
  }
}

function write(file: string, content: string): void {
  try {
    writeFileSync(file, content, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new NotDone(`cannot write ${file} (${error instanceof Error ? error.message : String(error)})`)
  }
}
