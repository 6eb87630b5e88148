/** The forwarder as a source of answers: what a server said, taken apart link by link. */
import type { Clock } from '../../../stack/platform/index.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import { RCODE } from '../wire/message.ts'
import { nameKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { META, TYPE } from '../wire/type-names.ts'
import { TRUST } from './finding.ts'
import type { Finding } from './finding.ts'
import type { CachedAnswer, Forwarder } from './forward.ts'
import type { AnswerSource, Ask, SourceOutcome } from './source.ts'

/** Failures to reach a server at all. */
const UNREACHED: ReadonlySet<string> = new Set(['unreachable', 'refused', 'no-socket'])

export const forwarderSource = (forwarder: Forwarder, clock: Clock): AnswerSource => ({
  ask(ask: Ask, done: (outcome: SourceOutcome) => void): void {
    const failed = (because: string): void =>
      done({ kind: 'failed', because, fault: UNREACHED.has(because) ? EXTENDED_ERROR.networkError : EXTENDED_ERROR.noReachableAuthority })
    const accepted = forwarder.ask({ key: ask.key, type: ask.type, dnssecOk: false, checkingDisabled: false }, (outcome) => {
      if (outcome.kind === 'failed') return failed(outcome.because)
      if (outcome.kind === 'truncated') return failed('truncated')
      done({ kind: 'answered', findings: findingsOf(ask, outcome.answer, outcome.upstream, clock.now()), server: outcome.upstream, tookMs: outcome.tookMs })
    })
    if (!accepted) failed('no-socket')
  },
})

function findingsOf(ask: Ask, answer: CachedAnswer, source: string, now: number): [Finding, ...Finding[]] {
  const common = { authority: [], trust: TRUST.answer, security: 'unchecked', fault: undefined, storedAt: now, source, zone: ROOT_KEY } as const
  const made: Finding[] = []
  let at: NameKey = ask.key
  const unsigned = (rrset: Rrset): Finding['answer'][number] => ({ rrset, signatures: undefined })
  const until = (rrsets: readonly Rrset[]): number => now + 1000 * Math.min(...rrsets.map(({ ttl }) => ttl))
  for (;;) {
    const here = answer.answer.filter((rrset) => nameKey(rrset.name) === at)
    const wanted = here.filter(({ type }) => type === ask.type || ask.type === META.ANY)
    const cname = here.find(({ type }) => type === TYPE.CNAME)
    if (wanted.length > 0) {
      made.push({ ...common, owner: at, type: ask.type, kind: 'rrset', answer: wanted.map(unsigned), expiresAt: until(wanted) })
      break
    }
    if (cname === undefined || made.some(({ owner }) => owner === at)) break
    made.push({ ...common, owner: at, type: ask.type, kind: 'alias', answer: [unsigned(cname)], expiresAt: until([cname]) })
    at = nameKey(leadingName(cname.rdata[0] as Uint8Array))
  }
  const isDenial = made.length === 0 || (made.at(-1)?.kind === 'alias' && answer.authority.length > 0)
  if (isDenial) {
    const kind = answer.rcode === RCODE.NXDOMAIN ? 'nxdomain' : 'nodata'
    const authority = answer.authority.map(unsigned)
    made.push({ ...common, owner: at, type: ask.type, kind, answer: [], authority, expiresAt: answer.authority.length === 0 ? now : until(answer.authority) })
  }
  return made as [Finding, ...Finding[]]
}
