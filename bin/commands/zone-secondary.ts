import { readFileSync } from 'node:fs'
import type { SecondaryView } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command } from './command.ts'
import { printDone, shortTime } from './print.ts'
import { server } from './server-argument.ts'

export const zoneSecondary: Command = {
  words: 'zone secondary',
  summary: 'copy a zone from other servers, or show how the copy does',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    from: { type: 'string', multiple: true, value: 'ADDRESS[#PORT][,KEY]', says: 'primary servers, instead of those before; KEY signs' },
    tls: { type: 'boolean', says: 'by TLS (RFC 9103), port 853 unless said' },
    'tls-name': { type: 'string', value: 'NAME', says: 'by TLS, with a certificate for this name' },
    'tls-pin': { type: 'string', value: 'BASE64', says: 'by TLS, with this public key (SHA-256)' },
    'tls-ca': { type: 'string', value: 'FILE', says: 'certificates (PEM) that theirs must come from' },
  },
  examples: ['taproot zone secondary example.internal --from 10.53.0.9,transfer.lab.internal', 'taproot zone secondary example.internal'],
  async run(invocation) {
    const { api, operands, texts, text, flag } = invocation
    const url = path('zones', operands[0] as string, 'secondary')
    const [name = null, pin = null, file] = [text('tls-name'), text('tls-pin'), text('tls-ca')]
    const byTls = flag('tls') || name !== null || pin !== null || file !== undefined
    const tls = byTls ? { name, pin, authority: file === undefined ? null : readFileSync(file, 'utf8') } : null
    const primaries = texts('from').map(given => ({ ...server(given, byTls ? 853 : 53), tls }))
    const copy = await (primaries.length === 0 ? api.json<SecondaryView>('GET', url) : api.json<SecondaryView>('PUT', url, {}, { primaries }))
    printDone(invocation, described(copy), copy)
  },
}

export const zonePromote: Command = {
  words: 'zone promote',
  summary: 'become the primary of a zone that was a copy',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot zone promote example.internal'],
  async run(invocation) {
    const zone = invocation.operands[0] as string
    printDone(invocation, `this server is the primary of ${zone}`, await invocation.api.json<null>('DELETE', path('zones', zone, 'secondary')))
  },
}

export const zoneRefresh: Command = {
  words: 'zone refresh',
  summary: 'look for a new version of a copy now',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: { full: { type: 'boolean', says: 'transfer the whole zone, whatever its serial' } },
  examples: ['taproot zone refresh example.internal --full'],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const copy = await api.json<SecondaryView>('POST', path('zones', operands[0] as string, 'refresh'), {}, { full: flag('full') })
    printDone(invocation, described(copy), copy)
  },
}

function described({ zone, primaries, serial, served, state, refreshedAt, nextLookAt, expiresAt, lastFailure }: SecondaryView): string {
  const from = primaries.map(each => `${each.address}#${each.port}${each.tls === null ? '' : ' by TLS'}${each.key === null ? '' : ` (${each.key})`}`).join(', ')
  const version = serial === null ? 'not transferred yet' : `serial ${serial}${served ? '' : ', too old to be given out'}`
  const times = [
    refreshedAt === null ? undefined : `confirmed ${shortTime(refreshedAt)}`,
    nextLookAt === null ? `now ${state}` : `next look ${shortTime(nextLookAt)}`,
    expiresAt === null ? undefined : `good until ${shortTime(expiresAt)}`,
  ].filter(text => text !== undefined)
  const failure = lastFailure === null ? [] : [`  ${shortTime(lastFailure.at)} ${lastFailure.primary}: ${lastFailure.because}`]
  return [`${zone} is copied from ${from}: ${version}`, `  ${times.join(', ')}`, ...failure].join('\n')
}
