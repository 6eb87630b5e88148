/** Messages of other servers from master-file lines, and what was made of them as text. */
import type { Finding } from '../../services/dns/resolver/finding.ts'
import { parseMessage } from '../../services/dns/wire/message.ts'
import type { Message } from '../../services/dns/wire/message.ts'
import { formatName } from '../../services/dns/wire/name.ts'
import { formatRdata } from '../../services/dns/wire/rdata.ts'
import type { Rrset } from '../../services/dns/wire/rrset.ts'
import { typeName } from '../../services/dns/wire/type-names.ts'
import { queryBytes, replyTo } from './dns.ts'

export const AA = 0x0400

/** The response to "www.example.com A", as octets; AA unless said otherwise. */
export function responseBytes(question: string, shape: Parameters<typeof replyTo>[1] = {}): Uint8Array {
  const [text, type] = question.split(' ') as [string, string]
  return replyTo({ bytes: queryBytes(text, type, { flags: 0 }) }, { flags: AA, ...shape })
}

export function messageOf(question: string, shape: Parameters<typeof replyTo>[1] = {}): Message {
  const bytes = responseBytes(question, shape)
  const parsed = parseMessage(bytes, 0, bytes.length)
  if (!parsed.ok) throw new Error(`a test's message is malformed: ${parsed.error}`)
  return parsed.value
}

export const rrsetLines = (rrset: Rrset): readonly string[] =>
  rrset.rdata.map((rdata) => `${formatName(rrset.name)} ${rrset.ttl} ${typeName(rrset.type)} ${formatRdata(rrset.type, rdata)}`)

/** "rrset | www.example.com 300 A 192.0.2.1", "nxdomain | example.com 60 SOA …": kind, then answer, or for denials authority. */
export function findingText(finding: Finding): string {
  const sets = finding.answer.length > 0 ? finding.answer : finding.authority
  return [finding.kind, ...sets.flatMap(({ rrset }) => rrsetLines(rrset))].join(' | ')
}
