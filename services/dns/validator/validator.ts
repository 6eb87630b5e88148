/**
 * DNSSEC validation: says of a finding whether it is what the owner of its zone has signed. Read RFC 4033 §5 and RFC 4035
 * §5 first; RFC 6840 for what they left open. The chain of trust is chain.ts, denials are denials.ts, signatures
 * verifier.ts.
 *
 *   finding ─▶ which zone has signed it? ─▶ chain: the state of that zone ─▶ secure: signatures and proofs of the finding
 *                     └ nobody ─▶ chain: the state at its name: secure ─▶ bogus, it should be signed; insecure ─▶ insecure
 *
 * Pure: arithmetic and questions go through ports. Work is bounded by the budget of the question, memory by the chain.
 */
import type { Clock } from '../../../stack/platform/index.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import type { Ask, FindOther } from '../resolver/source.ts'
import { formatKey, isAtOrBelow, nameKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import { META, TYPE, typeName } from '../wire/type-names.ts'
import type { Anchors } from './anchors.ts'
import { Chain, tooManyIterations } from './chain.ts'
import type { ValidationCount } from './counts.ts'
import { isDenial, proveDenial } from './denials.ts'
import type { Denial } from './denials.ts'
import type { Proof } from './denial.ts'
import { errorOf, fault, FAULT_CODE, outOfBudget, setText, zoneText } from './faults.ts'
import type { Fault } from './faults.ts'
import { signerOf } from './signature.ts'
import { Verifier } from './verifier.ts'
import type { Context, KeyedZone, Proven, VerifySignature } from './verifier.ts'

export type ValidatorPorts = {
  readonly clock: Clock
  readonly verify: VerifySignature
  readonly find: FindOther
  readonly anchors: Anchors
  readonly count: (name: ValidationCount) => void
  /** What was found of this name and type proved wrong, and is not to be given again. True: somebody else can be asked. */
  readonly discard: (partition: number, key: NameKey, type: number) => boolean
}

type Outcome =
  | { readonly kind: 'secure'; readonly answer: readonly SignedRrset[]; readonly authority: readonly SignedRrset[] }
  | { readonly kind: 'insecure'; readonly fault: Fault | undefined }
  | { readonly kind: 'indeterminate' }
  | { readonly kind: 'bogus'; readonly fault: Fault }
type OnOutcome = (outcome: Outcome) => void

const bogus = (because: Fault): Outcome => ({ kind: 'bogus', fault: because })

export class Validator {
  readonly #count: (name: ValidationCount) => void
  readonly #verifier: Verifier
  readonly #chain: Chain

  constructor(ports: ValidatorPorts, limits: { readonly maxRemembered?: number } = {}) {
    this.#count = ports.count
    this.#verifier = new Verifier(ports)
    this.#chain = new Chain(ports, this.#verifier, limits.maxRemembered)
  }

  /** Names whose place in the chain of trust is remembered. */
  get remembered(): number {
    return this.#chain.remembered
  }

  /** After a change of trust anchors: what was derived from them is found out anew. */
  forget(): void {
    this.#chain.forget()
  }

  /**
   * Gives the finding back with its security, its TTLs and what is signed of it; `done` is called once, perhaps before
   * this returns. A finding that was validated before is given back as it is.
   */
  validate(finding: Finding, ask: Ask, done: (validated: Finding) => void): void {
    if (finding.security !== 'unchecked') {
      done(finding)
      return
    }
    const { trace } = ask
    this.#judge(finding, ask, (outcome) => {
      this.#count(`validation-${outcome.kind}`)
      if (outcome.kind === 'bogus') trace?.('dns.validation.bogus', { name: formatKey(finding.owner), type: typeName(finding.type), because: outcome.fault.text })
      if (outcome.kind === 'indeterminate') trace?.('dns.validation.no-anchor', { name: formatKey(finding.owner) })
      done(validated(finding, outcome))
    })
  }

  #judge(finding: Finding, context: Context, done: OnOutcome): void {
    const isPositive = finding.kind === 'rrset' || finding.kind === 'alias'
    // Signatures are not signed: nothing can be said of them.
    if (isPositive && finding.type === TYPE.RRSIG) {
      done({ kind: 'insecure', fault: undefined })
      return
    }
    if (!isConsistent(finding)) {
      done(bogus(fault(FAULT_CODE.bogus, `what came is no answer to ${setText(finding.owner, finding.type)}`)))
      return
    }
    const sets = isPositive ? finding.answer : finding.authority
    const owner = isPositive && finding.answer[0] !== undefined ? nameKey(finding.answer[0].rrset.name) : finding.owner
    // DS records are the parent's (RFC 4035 §3.1.4.1).
    const place = finding.type === TYPE.DS && owner !== ROOT_KEY && finding.kind !== 'alias' ? parentKey(owner) : owner
    const signer = signerOf(isPositive ? sets : sets.filter(isDenial), place) ?? signerOf(sets, place)
    this.#chain.stateOf(signer ?? place, context, (state) => {
      if (state.kind !== 'secure') done(state)
      else if (signer === undefined) done(bogus(unsigned(finding, state)))
      else if (state.zone !== signer) done(bogus(fault(FAULT_CODE.bogus, `${setText(finding.owner, finding.type)} is signed by ${zoneText(signer)}, which is no zone`)))
      else if (isPositive) this.#positive(finding, state, context, done)
      else this.#negative(finding, state, context, done)
    })
  }

  #positive(finding: Finding, by: KeyedZone, context: Context, done: OnOutcome): void {
    const made = finding.kind === 'alias' || isMadeAlias(finding.answer, finding.type) ? aliasByDname(finding) : undefined
    if (made !== undefined && !made.isRight) {
      done(bogus(fault(FAULT_CODE.bogus, `the alias of ${formatKey(finding.owner)} is not what its DNAME record makes`)))
      return
    }
    const toProve = made === undefined ? finding.answer : [made.dname]
    this.#verifier.verifyAll(toProve, by, context, (verdict) => {
      if (verdict.kind === 'fault') {
        done(bogus(verdict.fault))
        return
      }
      const ttl = Math.min(...verdict.all.map((one) => one.set.rrset.ttl))
      const answer = [...verdict.all.map((one) => one.set), ...(made === undefined ? [] : [withTtlAtMost(made.cname, ttl)])]
      const wild = verdict.all.find((one): one is Proven & { encloser: NameKey } => one.encloser !== undefined)
      if (wild === undefined) done({ kind: 'secure', answer, authority: [] })
      else this.#wildcard(finding, nameKey(wild.set.rrset.name), wild.encloser, answer, by, context, done)
    })
  }

  /** RFC 4035 §5.3.4: what a wildcard made counts only with the proof that nothing stands nearer. */
  #wildcard(finding: Finding, owner: NameKey, encloser: NameKey, answer: readonly SignedRrset[], by: KeyedZone, context: Context, done: OnOutcome): void {
    proveDenial(this.#verifier, finding.authority, { key: owner, type: finding.type, wholly: false }, by, context, (verdict) => {
      if (verdict.kind === 'fault') done(bogus(verdict.fault))
      else done(this.#by(verdict.denial, verdict.denial.nothingCloser(owner, encloser), finding, by, answer, context))
    })
  }

  #negative(finding: Finding, by: KeyedZone, context: Context, done: OnOutcome): void {
    const { owner: key, type, kind } = finding
    proveDenial(this.#verifier, finding.authority, { key, type, wholly: true }, by, context, (verdict) => {
      if (verdict.kind === 'fault') {
        done(bogus(verdict.fault))
        return
      }
      const { denial } = verdict
      done(this.#by(denial, kind === 'nxdomain' ? denial.noName(key) : denial.noType(key, type), finding, by, [], context))
    })
  }

  #by(denial: Denial, proof: Proof, finding: Finding, by: KeyedZone, answer: readonly SignedRrset[], { trace }: Context): Outcome {
    const what = setText(finding.owner, finding.type)
    switch (proof) {
      case 'proven':
        trace?.('dns.validation.denied', { zone: zoneText(by.zone), name: formatKey(finding.owner), type: typeName(finding.type), by: denial.by })
        return { kind: 'secure', answer, authority: denial.sets }
      case 'insecure': {
        const iterations = denial.tooManyIterations
        return { kind: 'insecure', fault: iterations === undefined ? undefined : tooManyIterations(by.zone, iterations) }
      }
      case 'out-of-budget':
        this.#count('validation-out-of-budget')
        return bogus(outOfBudget(`${what} needs more hashing than one question may cost`))
      case 'unproven':
        return bogus(fault(FAULT_CODE.denialMissing, answer.length > 0 ? `nothing proves that ${what} may come from a wildcard` : `the records of ${zoneText(by.zone)} do not prove that there is no ${what}`))
    }
  }
}

/** Whether the records of an answer are what its kind says: genuine ones of another name answer nothing. */
function isConsistent({ kind, owner, type, answer }: Finding): boolean {
  const isOwn = (set: SignedRrset | undefined): boolean => set !== undefined && nameKey(set.rrset.name) === owner
  const [first, second] = answer
  if (kind === 'rrset' && !isMadeAlias(answer, type)) return answer.length > 0 && answer.every((set) => isOwn(set) && (set.rrset.type === type || type === META.ANY))
  if (kind !== 'alias' && kind !== 'rrset') return true
  if (first?.rrset.type === TYPE.DNAME) return answer.length === 2 && isOwn(second) && second?.rrset.type === TYPE.CNAME
  return answer.length === 1 && isOwn(first) && first?.rrset.type === TYPE.CNAME && first.rrset.rdata.length === 1
}

/** The alias itself was asked for, and it is one that a DNAME makes. */
const isMadeAlias = (answer: readonly SignedRrset[], type: number): boolean =>
  (type === TYPE.CNAME || type === META.ANY) && answer.length === 2 && answer[0]?.rrset.type === TYPE.DNAME && answer[1]?.rrset.type === TYPE.CNAME

function unsigned(finding: Finding, by: KeyedZone): Fault {
  const what = setText(finding.owner, finding.type)
  const isDenied = finding.kind === 'nodata' || finding.kind === 'nxdomain'
  if (isDenied && !finding.authority.some(isDenial)) return fault(FAULT_CODE.denialMissing, `nothing proves that there is no ${what}, and ${zoneText(by.zone)} is signed`)
  return fault(FAULT_CODE.signatureMissing, `${what} is not signed, but ${zoneText(by.zone)} is`)
}

/** RFC 6672 §5.3.1: the CNAME that a DNAME makes is not signed, and has to be the right one. */
function aliasByDname(finding: Finding): { readonly dname: SignedRrset; readonly cname: SignedRrset; readonly isRight: boolean } | undefined {
  const [dname, cname] = finding.answer
  if (dname?.rrset.type !== TYPE.DNAME || cname === undefined) return undefined
  // A CNAME with signatures of its own would be proven by them; beside a DNAME there can be none (RFC 6672 §2.4).
  const above = nameKey(dname.rrset.name)
  const isBelow = finding.owner.length > above.length && isAtOrBelow(finding.owner, above)
  const [target] = dname.rrset.rdata
  const [said] = cname.rrset.rdata
  if (!isBelow || target === undefined || said === undefined || cname.rrset.type !== TYPE.CNAME || cname.rrset.rdata.length !== 1 || dname.rrset.rdata.length !== 1) {
    return { dname, cname, isRight: false }
  }
  const made = finding.owner.slice(0, -above.length) + nameKey(leadingName(target))
  return { dname, cname: { rrset: cname.rrset, signatures: undefined }, isRight: nameKey(cname.rrset.name) === finding.owner && nameKey(leadingName(said)) === made }
}

const withTtlAtMost = (set: SignedRrset, ttl: number): SignedRrset => ({ ...set, rrset: { ...set.rrset, ttl: Math.min(ttl, set.rrset.ttl) } })

function validated(finding: Finding, outcome: Outcome): Finding {
  if (outcome.kind !== 'secure') {
    return { ...finding, security: outcome.kind, fault: 'fault' in outcome && outcome.fault !== undefined ? errorOf(outcome.fault) : finding.fault }
  }
  const { answer, authority } = outcome
  const ttl = Math.min(...[...answer, ...authority].map((set) => set.rrset.ttl))
  return { ...finding, security: 'secure', answer, authority, expiresAt: Math.min(finding.expiresAt, finding.storedAt + 1000 * ttl) }
}
