/** The whole DHCP model in a file: YAML, which JSON is too. */
import { readFileSync } from 'node:fs'
import type { DhcpDocument, ForeignExportView, ImportView } from '../../services/index.ts'
import { type Command, NotDone, UsageError } from './command.ts'
import { type Column, printable, printJson, printTable } from './print.ts'

const COLUMNS: readonly Column<ImportView['changes'][number]>[] = [
  ['HOW', change => change.how],
  ['WHAT', change => change.what],
  ['NAME', change => change.name],
]

export const dhcpExport: Command = {
  words: 'dhcp export',
  summary: 'print the whole DHCP model as YAML',
  operands: '',
  fewest: 0,
  most: 0,
  options: { to: { type: 'string', value: 'kea|dnsmasq', says: 'as the configuration of that server' } },
  examples: ['taproot dhcp export > dhcp.yaml', 'taproot dhcp export --to kea > kea-dhcp4.conf'],
  async run({ api, text, terminal, json }) {
    const to = text('to')
    if (to !== undefined) {
      if (to !== 'kea' && to !== 'dnsmasq') throw new UsageError(`--to takes kea or dnsmasq, not "${to}"`)
      const written = await api.json<ForeignExportView>('GET', 'dhcp/export', { format: to })
      if (json) {
        printJson(terminal, written)
        return
      }
      for (const { of, problem, remedy } of written.notes) terminal.err(`${printable(`${of}: ${problem}; ${remedy}`)}\n`)
      terminal.out(written.text)
      return
    }
    const document = await api.json<DhcpDocument>('GET', 'dhcp/configuration')
    if (json) printJson(terminal, document)
    else terminal.out((await import('yaml')).stringify(document, { lineWidth: 0 }))
  },
}

export const dhcpImport: Command = {
  words: 'dhcp import',
  summary: 'replace the whole DHCP model by that of a file',
  operands: 'FILE',
  fewest: 1,
  most: 1,
  options: {
    'dry-run': { type: 'boolean', says: 'only say what would change' },
    from: { type: 'string', value: 'kea|dnsmasq|isc', says: 'the file is the configuration of that server; leases are not in it' },
  },
  examples: ['taproot dhcp import dhcp.yaml --dry-run', 'taproot dhcp import kea-dhcp4.conf --from kea --dry-run'],
  async run({ api, operands, flag, text, terminal, json }) {
    const [file] = operands as [string]
    const from = text('from')
    if (from !== undefined && from !== 'kea' && from !== 'dnsmasq' && from !== 'isc') throw new UsageError(`--from takes kea, dnsmasq or isc, not "${from}"`)
    const document = from === undefined ? await read(file) : await readForeign(file, from, note => terminal.err(`${printable(note)}\n`))
    const query = { dryRun: flag('dry-run') ? 'true' : undefined }
    const done = await api.json<ImportView>('PUT', 'dhcp/configuration', query, document)
    for (const { field, problem, remedy } of done.warnings) {
      terminal.err(`${printable(`taproot: warning: ${field.slice(1)}: ${problem}; ${remedy}`)}\n`)
    }
    if (json) printJson(terminal, done)
    else printTable(terminal, done.changes, COLUMNS, 'nothing changes')
  },
}

/** Tells every line that is not taken over. */
async function readForeign(file: string, from: 'kea' | 'dnsmasq' | 'isc', tell: (note: string) => void): Promise<unknown> {
  const { readDnsmasq, readIsc, readKea } = await import('../../services/index.ts')
  const translated = { kea: readKea, dnsmasq: readDnsmasq, isc: readIsc }[from](readText(file))
  if (!translated.ok) throw new NotDone(`${file}:${translated.error.line}: ${translated.error.problem}; ${translated.error.remedy}`)
  for (const { line, problem, remedy } of translated.value.notes) tell(`${file}:${line}: ${problem}; ${remedy}`)
  return translated.value.document
}

/** The text of a file; "-" is what comes in on the standard input. */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new NotDone(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function read(file: string): Promise<unknown> {
  const { parse } = await import('yaml')
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new NotDone(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
