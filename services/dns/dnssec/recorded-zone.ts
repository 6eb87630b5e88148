/**
 * A zone that came signed, from a primary server or a file: its signatures and denials are records like others, and are
 * served as they are. RFC 4035 §3.1, RFC 5155 §7.2.8 (names that only own NSEC3 records are not there).
 */
import { u16 } from '../../../stack/platform/index.ts'
import type { Clock } from '../../../stack/platform/index.ts'
import type { DnsRecord } from '../../model/index.ts'
import { nameKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import { APEX } from '../zone/zone-nodes.ts'
import { findRrset } from '../zone/zone.ts'
import type { LiveZone } from '../zone/zone.ts'
import { orderKey } from './canonical.ts'
import { nsec3Owner } from './nsec3-hash.ts'
import { ownersIn } from './owners.ts'
import type { HashParameters, Signed, ZoneSecurity } from './security.ts'
import { SlotOrder } from './slot-order.ts'
import { Turns } from './turns.ts'

const NO_HASHING: HashParameters = { iterations: 0, salt: new Uint8Array(0) }
/** RFC 5155 §4.1.2: an NSEC3PARAM with flags does not count. */
const parametersOf = (rdata: Uint8Array): HashParameters => ({ iterations: u16(rdata, 2), salt: rdata.subarray(5, 5 + (rdata[4] as number)) })

/** How a zone's records say that names are denied; undefined when it has not come signed. */
export function recordedDenial(zone: LiveZone): { readonly denial: 'nsec' | 'nsec3'; readonly parameters: HashParameters } | undefined {
  const apex = zone.node(zone.key)
  if (apex === undefined || findRrset(apex, TYPE.DNSKEY) === undefined || findRrset(apex, TYPE.RRSIG) === undefined) return undefined
  const parameter = findRrset(apex, TYPE.NSEC3PARAM)?.rdata.find((rdata) => rdata[1] === 0)
  if (parameter !== undefined) return { denial: 'nsec3', parameters: parametersOf(parameter) }
  return findRrset(apex, TYPE.NSEC) === undefined ? undefined : { denial: 'nsec', parameters: NO_HASHING }
}

export class RecordedZone implements ZoneSecurity {
  readonly zone: LiveZone
  readonly denial: 'nsec' | 'nsec3'
  readonly hashParameters: HashParameters
  readonly isMade = false
  /** Owners of denial records, in canonical order: of NSEC3 that is the order of the hashes too. */
  readonly #order = new SlotOrder()
  readonly #members = new Set<number>()
  readonly #turns: Turns
  #edited: ReadonlySet<NameKey> = new Set()

  constructor(zone: LiveZone, denial: 'nsec' | 'nsec3', parameters: HashParameters, clock: Clock) {
    this.zone = zone
    this.denial = denial
    this.hashParameters = parameters
    this.#turns = new Turns(clock, () => zone.tree.end, (node) => this.#consider(node))
  }

  /** Its rows can be walked at any time. */
  get isReady(): boolean {
    return true
  }

  close(): void {
    this.#turns.close()
  }

  /** Whether it is what the zone's records say now. */
  fits(denial: 'nsec' | 'nsec3', parameters: HashParameters): boolean {
    const { iterations, salt } = this.hashParameters
    return denial === this.denial && parameters.iterations === iterations && Buffer.compare(parameters.salt, salt) === 0
  }

  sign(rrset: Rrset): Signed {
    return this.#signed(rrset, this.zone.tree.find(nameKey(rrset.name)))
  }

  /** Compact proofs are made, and nothing is made here. */
  signAs(rrset: Rrset): Signed {
    return this.sign(rrset)
  }
  nsecFor(owner: Name): Signed {
    return { rrset: { name: owner, type: TYPE.NSEC, ttl: 0, rdata: [] }, signatures: undefined, until: Number.POSITIVE_INFINITY }
  }

  nsec(key: NameKey): Signed | undefined {
    return this.#denialBy(key, TYPE.NSEC)
  }

  nsec3(digest: Uint8Array): (Signed & { readonly matches: boolean }) | undefined {
    const key = nameKey(nsec3Owner(digest, this.zone.apex))
    const found = this.#denialBy(key, TYPE.NSEC3)
    return found && { ...found, matches: nameKey(found.rrset.name) === key }
  }

  #denialBy(key: NameKey, type: number): Signed | undefined {
    const order = orderKey(key, this.zone.key.length)
    const node = this.#order.seek((other) => this.zone.tree.compare(order, other))
    const rrset = node < 0 ? undefined : findRrset({ rrsets: this.zone.ownedAt(node) }, type)
    return rrset && this.#signed(rrset, node)
  }

  #signed(rrset: Rrset, node: number): Signed {
    const all = node < 0 || rrset.type === TYPE.RRSIG ? undefined : findRrset({ rrsets: this.zone.ownedAt(node) }, TYPE.RRSIG)
    const rdata = all?.rdata.filter((octets) => u16(octets, 0) === rrset.type) ?? []
    const signatures = rdata.length === 0 ? undefined : { name: rrset.name, type: TYPE.RRSIG, ttl: rrset.ttl, rdata }
    return { rrset, signatures, until: Number.POSITIVE_INFINITY }
  }

  ownedBy(): readonly Rrset[] {
    return []
  }

  walk(): undefined {
    return undefined
  }

  beforeEdit(remove: readonly DnsRecord[], add: readonly DnsRecord[]): void {
    this.#edited = new Set(ownersIn(remove, add).map(([key]) => key))
  }

  nodeMade(): void {
    // It owns nothing yet; afterEdit() looks at what the edit has brought.
  }

  nodeGone(node: number): void {
    this.#leave(node)
  }

  afterEdit(): void {
    for (const key of this.#edited) {
      const node = this.zone.tree.find(key)
      if (node >= 0 && this.#turns.hasDone(node)) this.#consider(node)
    }
    this.#edited = new Set()
  }

  soaChanging(): void {
    // Nothing is made here, so nothing changes with the SOA.
  }

  soaChanged(): void {
    // As above.
  }

  /** Takes a node in or out. */
  #consider(node: number): void {
    if (!this.zone.tree.holds(node)) return
    if (!this.#isDenying(node)) this.#leave(node)
    else if (!this.#members.has(node)) {
      this.#members.add(node)
      this.#order.insert(node, this.#place(node))
    }
  }

  #isDenying(node: number): boolean {
    const type = this.denial === 'nsec' ? TYPE.NSEC : TYPE.NSEC3
    if (!this.zone.typesAt(node).includes(type)) return false
    // While a zone goes over to another salt it has two chains.
    return type === TYPE.NSEC || findRrset({ rrsets: this.zone.ownedAt(node) }, type)?.rdata.some((rdata) => {
      const { iterations, salt } = parametersOf(rdata)
      return iterations === this.hashParameters.iterations && Buffer.compare(salt, this.hashParameters.salt) === 0
    }) === true
  }

  #leave(node: number): void {
    if (this.#members.delete(node)) this.#order.remove(node, this.#place(node))
  }

  #place(node: number): (other: number) => number {
    const order = node === APEX ? '' : orderKey(this.zone.tree.key(node), this.zone.key.length)
    return (other) => this.zone.tree.compare(order, other)
  }
}
