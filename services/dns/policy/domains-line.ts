/**
 * Lists of domains: a name a line, which stands for itself and for everything below it; "*.name" and ".name" say the
 * same, "*" is everything. An address stands for answers that have it. Comments begin with "#", ";", "!" or "//".
 */
import { addressKind, readHostsLine } from './hosts-line.ts'
import { addressRule, NOTHING, notUnderstood, oneRule, plainRule } from './list-line.ts'
import type { ListLine } from './list-line.ts'
import { SCOPE } from './model.ts'
import type { ListKind } from './model.ts'
import { readAnswerAddress, readRuleName, shown } from './rule-name.ts'

export function readDomainsLine(line: string, kind: ListKind): ListLine {
  const said = withoutComment(line).trim()
  if (said === '') return NOTHING
  const words = said.split(/\s+/)
  if (words.length > 1) {
    // Lists that are made of several often have both forms.
    return addressKind(words[0] as string) === undefined ? notUnderstood(`"${shown(said)}" is more than a name`) : readHostsLine(said, kind)
  }
  if (said.startsWith('/') && said.endsWith('/')) return notUnderstood('regular expressions are not taken')
  if (said.includes('://')) return notUnderstood('an address of a web page, not a name')
  const address = readAnswerAddress(said)
  if (address !== undefined) return oneRule(addressRule(address, kind))
  const name = readRuleName(said.startsWith('*.') ? said.slice(2) : said.startsWith('.') ? said.slice(1) : said)
  return name.ok ? oneRule(plainRule(name.value, SCOPE.subtree, kind)) : notUnderstood(name.error)
}

function withoutComment(line: string): string {
  const begin = line.trimStart()
  if (begin.startsWith('!') || begin.startsWith(';') || begin.startsWith('//')) return ''
  const hash = line.indexOf('#')
  return hash < 0 ? line : line.slice(0, hash)
}
