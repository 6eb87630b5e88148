/** Zones as a whole: master files in, a hosts file to edit, versions, their differences, and the way back. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Page, ZoneDifferenceView, ZoneEditView, ZoneVersionView } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, type Invocation, NotDone, type Options, PAGING_OPTIONS, UsageError } from './command.ts'
import { readText } from './dhcp.ts'
import { type Column, printable, printJson, printPage, printZoneFile, shortTime } from './print.ts'

const DRY_RUN = { 'dry-run': { type: 'boolean', says: 'only say what would change' } } as const satisfies Options

/** One line for each record, as IXFR has it: what goes, then what comes. */
function printEdit({ terminal, json }: Invocation, edit: ZoneEditView): void {
  if (json) return printJson(terminal, edit)
  for (const { action, name, ttl, type, data } of edit.changes) {
    terminal.out(`${printable(`${action === 'add' ? '+' : '-'} ${name}. ${ttl} IN ${type} ${data}`)}\n`)
  }
  const more = edit.added + edit.removed - edit.changes.length
  if (more > 0) terminal.out(`… and ${more} more\n`)
  if (edit.added + edit.removed === 0 && edit.serialBefore === edit.serialAfter) terminal.out('nothing changes\n')
  else terminal.out(`${edit.dryRun ? 'would add' : 'added'} ${edit.added} and ${edit.dryRun ? 'remove' : 'removed'} ${edit.removed}, serial ${edit.serialAfter}\n`)
}

export const zoneImport: Command = {
  words: 'zone import',
  summary: 'bring a zone to what a master file (RFC 1035) says',
  operands: 'ZONE FILE|-',
  fewest: 2,
  most: 2,
  options: {
    merge: { type: 'boolean', says: 'keep records that the file does not have' },
    soa: { type: 'boolean', says: "take the file's SOA over, with its serial if that is newer" },
    create: { type: 'boolean', says: 'make the zone if there is none' },
    include: { type: 'boolean', says: 'read the files that $INCLUDE names, beside the file' },
    ...DRY_RUN,
  },
  examples: ['taproot zone import lab.internal lab.internal.zone --dry-run', 'taproot zone import example.internal example.zone --create'],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const [zone, file] = operands as readonly [string, string]
    const text = flag('include') ? await included(zone, file) : readText(file)
    const yes = (option: string): 'true' | undefined => (flag(option) ? 'true' : undefined)
    const query = { mode: flag('merge') ? 'merge' : undefined, soa: yes('soa'), create: yes('create'), dryRun: yes('dry-run') }
    printEdit(invocation, await api.putText<ZoneEditView>(path('zones', zone, 'file'), query, text, 'text/dns'))
  },
}

/** The file and those that it includes as one: read here, because the appliance must not name files. */
async function included(zone: string, file: string): Promise<string> {
  const { formatZoneFile, readZoneFile } = await import('../../services/index.ts')
  const beside = (name: string): string => resolve(dirname(file), name)
  const include = (name: string): string | undefined => {
    try {
      return readFileSync(beside(name), 'utf8')
    } catch {
      return undefined
    }
  }
  const read = readZoneFile(readText(file), zone, { include })
  if (read.ok) return formatZoneFile(zone, read.value)
  const lines = read.error.map(fault => `${fault.file === undefined ? file : beside(fault.file)}:${fault.line}:${fault.column}: ${fault.problem}; ${fault.remedy}`)
  throw new NotDone(lines.join('\n'))
}

export const zoneDelegateBlock: Command = {
  words: 'zone delegate-block',
  summary: 'delegate the reverse names of a block smaller than /24 (RFC 2317)',
  operands: 'ZONE PREFIX SERVER…',
  fewest: 3,
  most: 15,
  options: DRY_RUN,
  examples: ['taproot zone delegate-block 2.0.192.in-addr.arpa 192.0.2.0/26 ns.example.com.'],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const [zone, prefix, ...servers] = operands as readonly [string, string, ...string[]]
    const query = { dryRun: flag('dry-run') ? 'true' : undefined }
    printEdit(invocation, await api.json<ZoneEditView>('POST', path('zones', zone, 'blocks'), query, { prefix, servers }))
  },
}

const VERSION_COLUMNS: readonly Column<ZoneVersionView>[] = [
  ['SERIAL', version => version.serial],
  ['AT', version => shortTime(version.at)],
  ['ADDED', version => version.added],
  ['REMOVED', version => version.removed],
  ['BY', version => version.by],
]

export const zoneVersions: Command = {
  words: 'zone versions',
  summary: 'list the versions of a zone',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: PAGING_OPTIONS,
  examples: ['taproot zone versions lab.internal --limit 10'],
  async run(invocation) {
    const { api, operands, text, integer } = invocation
    const query = { limit: integer('limit'), after: text('after') }
    const page = await api.json<Page<ZoneVersionView>>('GET', path('zones', operands[0] as string, 'versions'), query)
    printPage(invocation, page, VERSION_COLUMNS, 'nothing has changed so far')
  },
}

function serialOf(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`"${text}" is no serial`)
  return Number(text)
}

export const zoneDiff: Command = {
  words: 'zone diff',
  summary: 'show what is different in two versions of a zone',
  operands: 'ZONE FROM TO',
  fewest: 3,
  most: 3,
  options: {},
  examples: ['taproot zone diff lab.internal 7 9'],
  async run({ api, operands, terminal, json }) {
    const [zone, from, to] = operands as readonly [string, string, string]
    const query = { from: serialOf(from), to: serialOf(to) }
    if (json) printJson(terminal, await api.json<ZoneDifferenceView>('GET', path('zones', zone, 'difference'), query))
    else terminal.out(await api.text(path('zones', zone, 'difference'), { ...query, format: 'text' }))
  },
}

export const zoneUndo: Command = {
  words: 'zone undo',
  summary: 'take one version of a zone back, or all after one',
  operands: 'ZONE SERIAL',
  fewest: 2,
  most: 2,
  options: { back: { type: 'boolean', says: 'go back to that version: take back everything after it' }, ...DRY_RUN },
  examples: ['taproot zone undo lab.internal 9', 'taproot zone undo lab.internal 7 --back --dry-run'],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const [zone, serial] = operands as readonly [string, string]
    const body = { mode: flag('back') ? 'back' : 'undo', serial: serialOf(serial) }
    const query = { dryRun: flag('dry-run') ? 'true' : undefined }
    printEdit(invocation, await api.json<ZoneEditView>('POST', path('zones', zone, 'undo'), query, body))
  },
}

export const hostsShow: Command = {
  words: 'hosts show',
  summary: 'print the names and addresses of a zone as a hosts file',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot hosts show lab.internal'],
  async run(invocation) {
    const zone = invocation.operands[0] as string
    printZoneFile(invocation, zone, await invocation.api.text(path('zones', zone, 'hosts')))
  },
}

export const hostsEdit: Command = {
  words: 'hosts edit',
  summary: 'edit the names and addresses of a zone as a hosts file',
  operands: 'ZONE [FILE|-]',
  fewest: 1,
  most: 2,
  options: DRY_RUN,
  examples: ['taproot hosts edit lab.internal', 'taproot hosts edit lab.internal hosts.txt --dry-run'],
  async run(invocation) {
    const { api, operands, flag, terminal } = invocation
    const [zone, file] = operands as readonly [string, string | undefined]
    const resource = path('zones', zone, 'hosts')
    const text = file === undefined ? edited(await api.text(resource), terminal.environment) : readText(file)
    const query = { dryRun: flag('dry-run') ? 'true' : undefined }
    printEdit(invocation, await api.putText<ZoneEditView>(resource, query, text, 'text/plain'))
  },
}

/** The text after a person has had it in their editor. */
function edited(text: string, environment: Invocation['terminal']['environment']): string {
  const editor = environment['VISUAL'] || environment['EDITOR'] || 'vi'
  const directory = mkdtempSync(join(tmpdir(), 'taproot-'))
  try {
    const file = join(directory, 'hosts')
    writeFileSync(file, text, { mode: 0o600 })
    // As git and crontab do it: the variable may hold arguments.
    const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
    if (error !== undefined || status !== 0) throw new NotDone(`${editor} did not end well, so nothing was changed`)
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(directory, { recursive: true })
  }
}
