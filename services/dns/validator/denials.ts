/** The denial records that came with an answer, proven, and what they say together. RFC 4035 §5.4, RFC 5155 §8. */
import type { SignedRrset } from '../resolver/finding.ts'
import type { NameKey } from '../wire/name.ts'
import { nameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { nsecCut, nsecNoName, nsecNothingCloser, nsecNoType, nsecRecords } from './denial-nsec.ts'
import type { NsecRecord } from './denial-nsec.ts'
import { Nsec3Records } from './denial-nsec3.ts'
import type { CutProof, Proof } from './denial.ts'
import { fault, FAULT_CODE, setText, zoneText } from './faults.ts'
import type { Fault } from './faults.ts'
import { signaturesOf } from './signature.ts'
import type { Context, KeyedZone, Proven, Verifier } from './verifier.ts'

/** A proof needs three at most; some servers send one more. Each costs a signature. */
const MAX_DENIAL_RRSETS = 6

export const isDenial = (set: SignedRrset): boolean => set.rrset.type === TYPE.NSEC || set.rrset.type === TYPE.NSEC3

export class Denial {
  readonly #zone: NameKey
  readonly #nsec: readonly NsecRecord[]
  readonly #nsec3: Nsec3Records
  /** All RRsets that were proven, with the TTLs that are allowed. */
  readonly sets: readonly SignedRrset[]

  constructor(proven: readonly Proven[], zone: NameKey, context: Context) {
    // A record that was made from a wildcard says nothing of the name that it has now (CVE-2017-15105).
    const rrsets = proven.filter((one) => one.encloser === undefined).map((one) => one.set.rrset)
    this.sets = proven.map((one) => one.set)
    this.#zone = zone
    this.#nsec = nsecRecords(rrsets, zone)
    this.#nsec3 = new Nsec3Records(rrsets, zone, context.budget)
  }

  /** For people. */
  get by(): 'NSEC' | 'NSEC3' {
    return this.#nsec.length > 0 ? 'NSEC' : 'NSEC3'
  }

  /** The zone hashes more often than is believed: nothing of its denials is. */
  get tooManyIterations(): number | undefined {
    return this.#nsec3.isTooDear ? this.#nsec3.iterations : undefined
  }

  noName(key: NameKey): Proof {
    return this.#either(nsecNoName(this.#nsec, this.#zone, key), () => this.#nsec3.noName(key))
  }

  noType(key: NameKey, type: number): Proof {
    return this.#either(nsecNoType(this.#nsec, this.#zone, key, type), () => this.#nsec3.noType(key, type))
  }

  nothingCloser(key: NameKey, encloser: NameKey): Proof {
    return this.#either(nsecNothingCloser(this.#nsec, this.#zone, key, encloser), () => this.#nsec3.nothingCloser(key, encloser))
  }

  cut(key: NameKey): CutProof {
    return this.#either(nsecCut(this.#nsec, this.#zone, key), () => this.#nsec3.cut(key))
  }

  #either<P extends Proof | CutProof>(byNsec: P, byNsec3: () => P): P | 'unproven' | 'insecure' {
    if (byNsec !== 'unproven') return byNsec
    if (this.#nsec3.isEmpty) return 'unproven'
    return this.#nsec3.isTooDear ? 'insecure' : byNsec3()
  }
}

export type DenialVerdict = { readonly kind: 'denial'; readonly denial: Denial } | { readonly kind: 'fault'; readonly fault: Fault }

/**
 * Proves the records of an authority section by the keys of a zone. `about` is what is denied. With `wholly` the SOA is
 * proven too, as all that a client is told to be authentic (RFC 4035 §3.2.3).
 */
export function proveDenial(
  verifier: Verifier, authority: readonly SignedRrset[], about: { readonly key: NameKey; readonly type: number; readonly wholly: boolean },
  by: KeyedZone, context: Context, done: (verdict: DenialVerdict) => void,
): void {
  const denials = authority.filter(isDenial)
  // Those of other zones along a chain of aliases may stand beside; they say nothing here.
  const own = denials.filter((set) => signaturesOf(set).some((signature) => signature.signer === by.zone)).slice(0, MAX_DENIAL_RRSETS)
  if (own.length === 0) {
    const what = setText(about.key, about.type)
    const because = denials.length === 0 ? `nothing proves that there is no ${what}` : `the proof that there is no ${what} is not signed by ${zoneText(by.zone)}`
    done({ kind: 'fault', fault: fault(denials.length === 0 ? FAULT_CODE.denialMissing : FAULT_CODE.signatureMissing, because) })
    return
  }
  const soa = about.wholly ? authority.filter((set) => set.rrset.type === TYPE.SOA && nameKey(set.rrset.name) === by.zone).slice(0, 1) : []
  verifier.verifyAll([...soa, ...own], by, context, (verdict) => {
    done(verdict.kind === 'fault' ? verdict : { kind: 'denial', denial: new Denial(verdict.all, by.zone, context) })
  })
}
