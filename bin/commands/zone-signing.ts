import { readFileSync } from 'node:fs'
import type { ComingView, SigningView, ZoneKeyView } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, type Invocation, NotDone, UsageError } from './command.ts'
import { type Column, printable, printDone, printJson, printTable, shortTime } from './print.ts'

const KEY_COLUMNS: readonly Column<ZoneKeyView>[] = [
  ['TAG', key => key.keyTag],
  ['ROLE', key => key.role],
  ['ALGORITHM', key => key.algorithm],
  ['IS TO', key => key.goal],
  ['DNSKEY', key => key.dnskey],
  ['SIGNATURES', key => (key.role === 'ksk' ? null : key.signatures)],
  ['DS', key => (key.role === 'zsk' ? null : key.ds)],
  ['PUBLISHED', key => shortTime(key.publishedAt)],
]
const COMING_COLUMNS: readonly Column<ComingView>[] = [
  ['AT', each => shortTime(each.at) ?? 'when it is done'],
  ['KEY', each => each.keyTag],
  ['WHAT', each => each.what],
  ['WHY NOT BEFORE', each => each.why],
]

const ONE_ZONE = { operands: 'ZONE', fewest: 1, most: 1 } as const
const DAY_SECONDS = 86_400

const signingOf = (invocation: Invocation, ...more: readonly string[]): string => path('zones', invocation.operands[0] as string, 'signing', ...more)

/** "90" days → seconds, "never" → null. */
function lifetimeOf(option: string, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  if (text === 'never') return null
  if (!/^\d{1,5}$/.test(text)) throw new UsageError(`--${option} takes days, or never, not "${text}"`)
  return Number(text) * DAY_SECONDS
}

/** The fields of the policy out of all that is shown. */
function policyOf(view: SigningView): Record<string, unknown> {
  const { zone: _zone, status: _status, keys: _keys, dsRecords: _ds, cdsRecords: _cds, cdnskeyRecords: _cdnskey, coming: _coming, warnings: _warnings, ...policy } = view
  return policy
}

function warn({ terminal }: Invocation, { warnings }: SigningView): void {
  for (const { problem, remedy } of warnings) terminal.err(`${printable(`taproot: warning: ${problem}; ${remedy}`)}\n`)
}

const keysText = (view: SigningView): string => view.keys.filter(key => key.goal === 'serve').map(key => `${key.role.toUpperCase()} ${key.keyTag}`).join(' and ')

export const zoneSign: Command = {
  words: 'zone sign',
  summary: 'sign a zone (DNSSEC), or sign it otherwise',
  ...ONE_ZONE,
  options: {
    algorithm: { type: 'string', value: 'NAME', says: 'ECDSAP256SHA256, ED25519 or RSASHA256 (default ECDSAP256SHA256)' },
    scheme: { type: 'string', value: 'SCHEME', says: 'csk: one key for all; ksk-zsk: two (default csk)' },
    denial: { type: 'string', value: 'KIND', says: 'nsec, nsec3 or compact (default nsec)' },
    'zsk-lifetime': { type: 'string', value: 'DAYS', says: 'after which a new ZSK takes over, or never (default 90)' },
    'ksk-lifetime': { type: 'string', value: 'DAYS', says: 'the same of the KSK or CSK (default never)' },
    'ds-check': { type: 'string', value: 'HOW', says: 'by-hand, or ask: the parent is asked what it has (default by-hand)' },
  },
  examples: ['taproot zone sign lab.internal', 'taproot zone sign lab.internal --scheme ksk-zsk --zsk-lifetime 30 --denial nsec3'],
  async run(invocation) {
    const { api, text } = invocation
    const before = await api.json<SigningView>('GET', signingOf(invocation))
    const given = {
      algorithm: text('algorithm')?.toUpperCase(), scheme: text('scheme'), denial: text('denial'), dsCheck: text('ds-check'),
      zskLifetime: lifetimeOf('zsk-lifetime', text('zsk-lifetime')), kskLifetime: lifetimeOf('ksk-lifetime', text('ksk-lifetime')),
    }
    const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const view = await api.json<SigningView>('PUT', signingOf(invocation), {}, { ...policyOf(before), ...changes, enabled: true })
    warn(invocation, view)
    printDone(invocation, `${view.zone} is signed with ${keysText(view)}; what comes next: taproot zone signing ${view.zone}`, view)
  },
}

export const zoneUnsign: Command = {
  words: 'zone unsign',
  summary: 'sign a zone no longer, as soon as nobody expects signatures',
  ...ONE_ZONE,
  options: {},
  examples: ['taproot zone unsign lab.internal'],
  async run(invocation) {
    const { api } = invocation
    const before = await api.json<SigningView>('GET', signingOf(invocation))
    const view = await api.json<SigningView>('PUT', signingOf(invocation), {}, { ...policyOf(before), enabled: false })
    const said = view.status === 'unsigned' ? 'is not signed any more' : `stays signed until the parent has no DS record: taproot zone signing ${view.zone}`
    printDone(invocation, `${view.zone} ${said}`, view)
  },
}

export const zoneSigning: Command = {
  words: 'zone signing',
  summary: 'show what is to happen to the keys of a zone, when and why',
  ...ONE_ZONE,
  options: {},
  examples: ['taproot zone signing lab.internal'],
  async run(invocation) {
    const view = await invocation.api.json<SigningView>('GET', signingOf(invocation))
    if (invocation.json) return printJson(invocation.terminal, view)
    warn(invocation, view)
    printTable(invocation.terminal, view.coming, COMING_COLUMNS, `${view.zone} is ${view.status}; nothing is to happen`)
  },
}

export const zoneKeys: Command = {
  words: 'zone keys',
  summary: 'list the keys of a zone, and what caches know of each',
  ...ONE_ZONE,
  options: { records: { type: 'boolean', says: 'their DNSKEY records, as trust anchors and .key files have them' } },
  examples: ['taproot zone keys lab.internal', 'taproot zone keys lab.internal --records'],
  async run(invocation) {
    const view = await invocation.api.json<SigningView>('GET', signingOf(invocation))
    if (invocation.json) return printJson(invocation.terminal, view.keys)
    if (invocation.flag('records')) {
      for (const key of view.keys) invocation.terminal.out(`${key.record}\n`)
      return
    }
    printTable(invocation.terminal, view.keys, KEY_COLUMNS, `${view.zone} is not signed`)
  },
}

export const zoneRoll: Command = {
  words: 'zone roll',
  summary: 'replace a key of a zone, beginning now',
  ...ONE_ZONE,
  options: { role: { type: 'string', value: 'ROLE', says: 'csk, ksk or zsk (default: all there are)' } },
  examples: ['taproot zone roll lab.internal', 'taproot zone roll lab.internal --role zsk'],
  async run(invocation) {
    const view = await invocation.api.json<SigningView>('POST', signingOf(invocation, 'roll'), {}, { role: invocation.text('role') ?? null })
    printDone(invocation, `${view.zone}: ${keysText(view)} will take over; what comes next: taproot zone signing ${view.zone}`, view)
  },
}

export const zoneDs: Command = {
  words: 'zone ds',
  summary: 'print the DS records that the parent of a zone should have',
  ...ONE_ZONE,
  options: {
    seen: { type: 'boolean', says: 'the parent has them now, and no other' },
    ask: { type: 'boolean', says: 'ask the parent' },
  },
  examples: ['taproot zone ds lab.internal', 'taproot zone ds lab.internal --seen'],
  async run(invocation) {
    const { api, flag, json, terminal } = invocation
    if (flag('seen') && flag('ask')) throw new UsageError('--seen or --ask, not both')
    const said = flag('seen') ? 'hand' : flag('ask') ? 'asking' : undefined
    const view = said === undefined
      ? await api.json<SigningView>('GET', signingOf(invocation))
      : await api.json<SigningView>('POST', signingOf(invocation, 'ds'), {}, { by: said })
    if (json) return printJson(terminal, view.dsRecords)
    if (view.dsRecords.length === 0) terminal.err(`the parent of ${view.zone} should have no DS record\n`)
    for (const record of view.dsRecords) terminal.out(`${record}\n`)
    if (said === 'asking' && view.coming.some(each => each.at === null)) throw new NotDone('the parent does not have them yet, or has others too')
  },
}

export const zoneKeyImport: Command = {
  words: 'zone key-import',
  summary: 'sign a zone with keys from elsewhere',
  operands: 'ZONE FILE…',
  fewest: 2,
  most: 3,
  options: { 'in-use': { type: 'boolean', says: 'another server has signed the zone with them until now' } },
  examples: ['taproot zone key-import lab.internal Klab.internal.+013+43768 --in-use'],
  async run(invocation) {
    const [, ...files] = invocation.operands
    const keys = files.map(file => file.replace(/\.(private|key)?$/, '')).map(base => ({ privateKey: contentOf(`${base}.private`), publicKey: contentOf(`${base}.key`) }))
    const view = await invocation.api.json<SigningView>('POST', signingOf(invocation, 'keys'), {}, { keys, inUse: invocation.flag('in-use') })
    printDone(invocation, `${view.zone} is signed with ${keysText(view)}`, view)
  },
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new NotDone(`cannot read ${file} (${error instanceof Error ? error.message : String(error)})`)
  }
}
