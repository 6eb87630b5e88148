/** Which format a list has, by what its first lines look like. */
import { addressKind } from './hosts-line.ts'
import type { ListFormat } from './model.ts'

/** More say nothing new. */
const LOOKED_AT = 500

export function detectFormat(text: string): ListFormat {
  const votes: { [format in ListFormat]: number } = { hosts: 0, domains: 0, adblock: 0, rpz: 0 }
  let looked = 0
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (++looked > LOOKED_AT) break
    votes[formatOf(line)]++
  }
  // Of as many lines the first: adblock lists have lines of the other forms among their own.
  const best = (['adblock', 'hosts', 'domains', 'rpz'] as const).reduce((most, format) => (votes[format] > votes[most] ? format : most))
  return votes[best] === 0 ? 'domains' : best
}

function formatOf(line: string): ListFormat {
  if (/^(@@|\|)|[\^$].*$|^\[|^!/.test(line) && !/^\$(TTL|ORIGIN|GENERATE|INCLUDE)\b/i.test(line)) return 'adblock'
  if (/^\$(TTL|ORIGIN)\b|^;|\s(SOA|CNAME|NS|A|AAAA|TXT)\s/i.test(line)) return 'rpz'
  return addressKind(line.split(/\s/, 1)[0] as string) === undefined ? 'domains' : 'hosts'
}
