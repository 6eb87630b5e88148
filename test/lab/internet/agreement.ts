/**
 * Several resolvers asked the same questions, and what sets their answers apart: rcode, answer and AD. TTLs are not
 * compared, because each counts from its own moment; nor is the order of records (RFC 1034 §3.6).
 */
import { queryBytes } from '../../support/dns.ts'
import { told, type Told } from '../dns-differences.ts'
import type { Host } from '../netns.ts'
import { LIE } from './behaviours.ts'
import type { Question } from './questions.ts'

/** Bits of the query beside RD. `bare`: without EDNS. */
export type Mode = 'bare' | 'plain' | 'ad' | 'do' | 'cd' | 'do cd'
export const MODES: readonly Mode[] = ['bare', 'plain', 'ad', 'do', 'cd', 'do cd']
const RD = 0x0100
const AD = 0x0020
const CD = 0x0010
/** Longer than a resolver takes to give a dead server up. */
const PATIENCE_MS = 20_000

/** In the order of the questions; undefined where none came. */
export async function askAll(
  asker: Host, server: string, questions: readonly Question[], mode: Mode, transport: 'udp' | 'tcp' = 'tcp',
): Promise<readonly (Told | undefined)[]> {
  const flags = RD | (mode === 'ad' ? AD : 0) | (mode.includes('cd') ? CD : 0)
  const edns = mode === 'bare' ? {} : { edns: { size: 1232, dnssecOk: mode.includes('do') } }
  const input = questions.map(({ name, type }) => Buffer.from(queryBytes(name, type, { flags, ...edns })).toString('hex'))
  const program = [process.execPath, 'test/lab/ask-dns.ts', server, transport, String(PATIENCE_MS)]
  const lines = await asker.succeed(program, { input: input.join('\n'), timeoutMs: 100_000 })
  return lines.trim().split('\n').map(line => told(Buffer.from(line === '-' ? '' : line, 'hex')))
}

/** A record of an answer without its TTL. */
const withoutTtl = (record: string): string => {
  const [owner, , ...rest] = record.split(' ')
  return [owner, ...rest].join(' ')
}
/** "NOERROR ad", then the answer's records in order. */
export const gist = (one: Told | undefined): string => one === undefined
  ? 'no answer'
  : [`${one.rcode}${one.authentic ? ' ad' : ''}`, ...one.answer.map(withoutTtl).sort()].join('\n    ')

type Pair = { readonly name: string; readonly mode: Mode; readonly one: Told; readonly other: Told }
const both = ({ one, other }: Pair, holds: (told: Told) => boolean): boolean => holds(one) && holds(other)
const isEmpty = ({ answer }: Told): boolean => answer.length === 0
const hasFailed = (told: Told): boolean => told.rcode === 'SERVFAIL' && isEmpty(told)
const isAlias = (record: string): boolean => /^\S+ \d+ (CNAME|RRSIG CNAME) /.test(record)
const butForAd = (pair: Pair): boolean => gist({ ...pair.one, authentic: false }) === gist({ ...pair.other, authentic: false })

/** Where two resolvers may differ although both are right. */
const LAWFUL: readonly { readonly what: string; readonly names: RegExp; readonly accepts: (pair: Pair) => boolean }[] = [
  {
    what: 'RFC 4035 §3.2.2: with CD nothing need be validated, so AD depends on what has been before',
    names: /./, accepts: pair => pair.mode.includes('cd') && butForAd(pair),
  },
  {
    what: 'RFC 1034 §3.6.2: a loop of aliases is an error; some say SERVFAIL with it, some without it',
    names: /^loop-|\.own-alias\.gamma$/,
    accepts: pair => both(pair, ({ rcode, answer }) => rcode === 'SERVFAIL' && answer.every(isAlias)),
  },
  {
    what: 'RFC 1034 §5.3.3: where no server answers Unbound gives what it has, an empty answer',
    names: /\.(lame|refers-to-itself|badvers)\.gamma$/,
    accepts: pair => both(pair, told => isEmpty(told) && (told.rcode === 'SERVFAIL' || told.rcode === 'NOERROR')),
  },
  {
    what: 'RFC 6891 §7 has FORMERR for who knows no EDNS, and servers have NOTIMP: not all try again without. The same with BADVERS',
    names: /\.(notimp|badvers)\.gamma$/,
    accepts: ({ name, one, other }) => [one, other].some(told => hasFailed(told) || (name.includes('.badvers.') && isEmpty(told))),
  },
  {
    what: 'RFC 5452 §9.1: who hears another question is to go on listening; Unbound takes it for a failure',
    names: /\.race-question\.gamma$/, accepts: pair => both(pair, ({ answer }) => !answer.some(record => record.endsWith(LIE))),
  },
  {
    what: 'RFC 2181 §5.4.1 has answers without AA below those of the zone; others take them of its servers nevertheless',
    names: /\.not-authoritative\.gamma$/, accepts: ({ one, other }) => hasFailed(one) || hasFailed(other),
  },
  {
    what: 'RFC 9905 §2: RSASHA1 is to be taken for no security; those of 2023 still validate it',
    names: /\bsha1\.alpha$/, accepts: butForAd,
  },
]

/** What sets two answers to the same question apart, as far as no row of LAWFUL allows it. */
export function disagreement({ name, type }: Question, mode: Mode, one: Told | undefined, other: Told | undefined): string | undefined {
  if (gist(one) === gist(other)) return undefined
  if (one !== undefined && other !== undefined) {
    const pair = { name, mode, one, other }
    if (LAWFUL.some(({ names, accepts }) => names.test(name) && accepts(pair))) return undefined
  }
  return `${mode}: ${name} ${type}\n  ${gist(one)}\n  ${gist(other)}`
}
