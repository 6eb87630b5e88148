/**
 * A zone that is signed here. Signatures are made when an answer needs them, or ahead of need (ahead.ts), and kept; an
 * edit forgets exactly those that it makes wrong. Read RFC 4035 §2, RFC 5155 §7.1, RFC 9824 §3 first.
 */
import type { Clock, Instant, Random } from '../../../stack/platform/index.ts'
import type { DnsRecord } from '../../model/index.ts'
import { nameKey, nameOfKey, parentKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import { APEX } from '../zone/zone-nodes.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { ZoneWalk } from '../zone/zone-walk.ts'
import { rrsigHead, rrsigRdata, signedOctets } from './canonical.ts'
import { deniableTypes, nsec3Rrset, nsecRrset } from './denial-records.ts'
import { HashOrder } from './hash-order.ts'
import { NameOrder } from './name-order.ts'
import { ownersIn } from './owners.ts'
import type { HashParameters, Signed, ZoneSecurity } from './security.ts'
import { SignatureStore } from './signature-store.ts'
import type { DenialKind, SigningKey, ZoneSigning } from './signing-keys.ts'
import { SignedWalk } from './signed-walk.ts'
import { successor } from './successor.ts'
import { Turns } from './turns.ts'

/** Signed by the keys that sign keys. */
const KEY_TYPES: ReadonlySet<number> = new Set([TYPE.DNSKEY, TYPE.CDS, TYPE.CDNSKEY])
/** A signature that is due for refreshing is asked for again so soon. */
const DUE_AGAIN_MS = 30_000

/** A signature that is missing, or soon over. */
export type DueSignature = {
  /** There is one, which goes on to serve until this is made. */
  readonly renews: boolean
  /** Makes it on another thread. `done` is told whether it was kept: an edit may have made it wrong meanwhile. */
  make(done: (kept: boolean) => void): void
}

/** Signed sets kept ready, some two megabytes. */
const MOST_READY = 4096
const readyKey = (node: number, type: number): number => node * 65_536 + type

/** Nodes remembered after edits, to be signed ahead of need; those beyond are signed when they are asked for. */
const MOST_TOUCHED = 200

/** Made because an answer needed it, before any did, or in the place of one that is soon over. */
export type SignatureCount = 'signature-made' | 'signature-made-ahead' | 'signature-renewed'

export type SignedZonePorts = { readonly clock: Clock; readonly random: Random; readonly count: (what: SignatureCount) => void }

export class SignedZone implements ZoneSecurity {
  readonly zone: LiveZone
  #signing: ZoneSigning
  readonly store = new SignatureStore()
  readonly hashParameters: HashParameters
  readonly #ports: SignedZonePorts
  /** In lower case, as signatures name it. */
  readonly #apex: Name
  /** Signed sets as answers have them, by node and type. */
  readonly #ready = new Map<number, Signed>()
  readonly #names: NameOrder
  readonly #hashes: HashOrder | undefined
  /** They put the nodes in order. */
  readonly #turns: Turns
  /** Those that are not over. */
  readonly #walks = new Set<SignedWalk>()
  /** Nodes that edits have taken signatures from. */
  readonly #touched = new Set<number>()
  /** There are some again. */
  onTouched: () => void = () => {}
  /** Counts what was forgotten of each node since something of it is under way. */
  readonly #underWay = new Map<number, { jobs: number; forgotten: number }>()
  /** What the names that an edit touches were before it. */
  readonly #before = new Map<NameKey, { readonly member: boolean; readonly ends: boolean }>()
  #edited: readonly (readonly [NameKey, type: number])[] = []

  constructor(zone: LiveZone, signing: ZoneSigning, ports: SignedZonePorts) {
    this.zone = zone
    this.#signing = signing
    this.#ports = ports
    this.#apex = nameOfKey(zone.key)
    this.hashParameters = signing.nsec3
    this.#names = new NameOrder(zone)
    this.#hashes = signing.denial === 'nsec3' ? new HashOrder(zone, signing.nsec3) : undefined
    this.#turns = new Turns(ports.clock, () => zone.tree.end, (node) => {
      if (!zone.tree.holds(node)) return
      this.#names.insert(node)
      this.#hashes?.insert(node)
    })
  }

  /** While a large zone is being put in order, proofs that need no order are given: they are as good. */
  get denial(): DenialKind {
    return this.isReady ? this.#signing.denial : 'compact'
  }

  get signing(): ZoneSigning {
    return this.#signing
  }

  /**
   * Goes on with other keys or times; what is signed with keys that stay is kept. False when the proofs are to be
   * otherwise, for which another one is needed.
   */
  change(signing: ZoneSigning): boolean {
    const old = this.#signing
    if (signing.denial !== old.denial || Buffer.compare(signing.nsec3.salt, old.nsec3.salt) !== 0) return false
    const staying = new Set(signing.keys.filter((key) => old.keys.some((was) => was.id === key.id && Buffer.compare(was.dnskey, key.dnskey) === 0)).map((key) => key.id))
    this.#signing = signing
    this.#ready.clear()
    for (const type of [...KEY_TYPES, TYPE.NSEC, TYPE.NSEC3]) this.#forget(APEX, type)
    if (staying.size < old.keys.length) this.store.dropAll((_type, key) => !staying.has(key))
    return true
  }

  /** The zone is not signed any more, or otherwise. */
  close(): void {
    this.#turns.close()
  }

  readonly isMade = true
  get isReady(): boolean {
    return this.#turns.isDone
  }

  /** Not before it is ready. A zone with compact proofs is walked with a chain of NSEC, as others can serve it. */
  walk(): ZoneWalk {
    const walk = new SignedWalk(this, () => this.#walks.delete(walk))
    this.#walks.add(walk)
    return walk
  }

  sign(rrset: Rrset): Signed {
    if (rrset.type === TYPE.RRSIG) return { rrset, signatures: undefined, until: this.#instant(0) }
    if (rrset.type === TYPE.NSEC && this.denial === 'compact') return this.#signedOnce(rrset)
    return this.#signed(rrset, this.zone.tree.find(nameKey(rrset.name)), rrset.type)
  }

  signAs(rrset: Rrset, owner: Name): Signed {
    return this.#signedOnce({ ...rrset, name: owner })
  }

  nsec(key: NameKey): Signed | undefined {
    return this.nsecOf(this.#names.atOrBefore(key))
  }

  /** The NSEC record of a member of the chain. */
  nsecOf(node: number): Signed {
    return this.#readyAt(node, TYPE.NSEC) ?? this.#signNow(this.#nsecRrset(node), node, TYPE.NSEC)
  }

  nsec3(digest: Uint8Array): (Signed & { readonly matches: boolean }) | undefined {
    if (this.#hashes === undefined) return undefined
    const node = this.#hashes.atOrBefore(digest)
    const signed = this.#readyAt(node, TYPE.NSEC3) ?? this.#signNow(nsec3Rrset(this.zone, node, this.#hashes, this.hashParameters), node, TYPE.NSEC3)
    return { ...signed, matches: Buffer.compare(this.#hashes.hashOf(node), digest) === 0 }
  }

  nsecFor(owner: Name, types: readonly number[]): Signed {
    return this.#signedOnce(nsecRrset(this.zone, owner, successor(owner, this.zone.apex), types))
  }

  ownedBy(key: NameKey): readonly Rrset[] {
    const node = this.zone.tree.find(key)
    if (node < 0 || this.zone.endAbove(node) >= 0) return []
    const all = this.signedAt(node)
    const rdata = all.flatMap(({ signatures }) => signatures?.rdata ?? [])
    const nsec = all.filter(({ rrset }) => rrset.type === TYPE.NSEC).map(({ rrset }) => rrset)
    const ttl = Math.min(...all.map(({ rrset }) => rrset.ttl))
    return rdata.length === 0 ? nsec : [{ name: this.zone.tree.name(node), type: TYPE.RRSIG, ttl, rdata }, ...nsec]
  }

  /** All that is signed at a node of the zone's own: its RRsets, and its NSEC record. */
  signedAt(node: number): readonly Signed[] {
    const own = this.rrsetsAt(node).map((rrset) => this.#signed(rrset, node, rrset.type))
    if (this.denial === 'nsec' && this.#names.isMember(node)) return [...own, this.nsecOf(node)]
    return this.denial === 'compact' ? [...own, this.nsecFor(this.zone.tree.name(node), deniableTypes(this.zone, node))] : own
  }

  /** The RRsets of a node that are signed. */
  rrsetsAt(node: number): readonly Rrset[] {
    const { rrsets } = this.zone.nodeAt(node)
    return this.zone.isCut(node) ? rrsets.filter((rrset) => rrset.type === TYPE.DS) : rrsets
  }

  /** Whether a node has a record in the chain of denials. */
  isDenying(node: number): boolean {
    return this.#hashes?.isMember(node) ?? this.#names.isMember(node)
  }

  /** The denial record of a node in the chain that others can serve; undefined when it has none. */
  denialOf(node: number): Signed | undefined {
    return this.isDenying(node) ? this.#signed(this.#denialRrset(node), node, this.#hashes === undefined ? TYPE.NSEC : TYPE.NSEC3) : undefined
  }

  #denialRrset(node: number): Rrset {
    return this.#hashes === undefined ? this.#nsecRrset(node) : nsec3Rrset(this.zone, node, this.#hashes, this.hashParameters)
  }

  #nsecRrset(node: number): Rrset {
    const { tree } = this.zone
    return nsecRrset(this.zone, tree.name(node), tree.name(this.#names.after(node)), deniableTypes(this.zone, node))
  }

  /** The keys that sign RRsets of a type. */
  keysFor(type: number): readonly SigningKey[] {
    const { keys } = this.#signing
    return KEY_TYPES.has(type) ? keys.filter((key) => key.signsKeys) : keys.filter((key) => key.signsZone)
  }

  #signed(rrset: Rrset, node: number, type: number): Signed {
    const ready = this.#readyAt(node, type)
    return ready === undefined ? this.#signNow(rrset, node, type) : { ...ready, rrset }
  }

  /** What was signed lately, as long as nothing of it was forgotten. */
  #readyAt(node: number, type: number): Signed | undefined {
    const ready = this.#ready.get(readyKey(node, type))
    return ready !== undefined && this.#ports.clock.now() < ready.until ? ready : undefined
  }

  #signNow(rrset: Rrset, node: number, type: number): Signed {
    let until = Number.POSITIVE_INFINITY
    const rdata = this.keysFor(type).map((key) => {
      const kept = this.store.find(node, type, key.id)
      const entry = kept >= 0 && !this.#isOverdue(kept) ? kept : this.#make(rrset, node, type, key)
      until = Math.min(until, this.store.expiration(entry) - this.#signing.refreshSeconds)
      const times = { inception: this.store.inception(entry), expiration: this.store.expiration(entry) }
      return rrsigRdata(this.#head(rrset, key, times), this.store.signature(entry))
    })
    const signed = { rrset, signatures: this.#rrsig(rrset, rdata), until: this.#instant(until) }
    if (this.#ready.size >= MOST_READY) this.#ready.clear()
    this.#ready.set(readyKey(node, type), signed)
    return signed
  }

  /** Signs what is not kept: it belongs to one answer. */
  #signedOnce(rrset: Rrset): Signed {
    const times = this.times()
    const rdata = this.keysFor(rrset.type).map((key) => {
      this.#ports.count('signature-made')
      const head = this.#head(rrset, key, times)
      return rrsigRdata(head, key.sign(signedOctets(head, rrset)))
    })
    return { rrset, signatures: this.#rrsig(rrset, rdata), until: this.#instant(times.expiration - this.#signing.refreshSeconds) }
  }

  #rrsig(rrset: Rrset, rdata: readonly Uint8Array[]): Rrset | undefined {
    return rdata.length === 0 ? undefined : { name: rrset.name, type: TYPE.RRSIG, ttl: rrset.ttl, rdata }
  }

  #make(rrset: Rrset, node: number, type: number, key: SigningKey): number {
    const times = this.times()
    this.#ports.count('signature-made')
    const signature = key.sign(signedOctets(this.#head(rrset, key, times), rrset))
    return this.store.put(node, type, key.id, times.inception, times.expiration, signature)
  }

  #head(rrset: Rrset, key: SigningKey, times: { readonly inception: number; readonly expiration: number }): Uint8Array {
    return rrsigHead(rrset, { apex: this.#apex, algorithm: key.algorithm, keyTag: key.keyTag }, times)
  }

  /** A node whose signatures went with an edit; −1: there are none left. */
  takeTouched(): number {
    for (const node of this.#touched) {
      this.#touched.delete(node)
      return this.zone.tree.holds(node) ? node : this.takeTouched()
    }
    return -1
  }

  get hasTouched(): boolean {
    return this.#touched.size > 0
  }

  /** What is to be signed at a node. */
  dueAt(node: number): readonly DueSignature[] {
    const { tree } = this.zone
    if (!tree.holds(node) || this.zone.endAbove(node) >= 0) return []
    const now = this.#seconds()
    const isDue = (type: number): boolean => this.keysFor(type).some((key) => {
      const entry = this.store.find(node, type, key.id)
      return entry < 0 || now >= this.store.expiration(entry) - this.#signing.refreshSeconds
    })
    const types = this.zone.typesAt(node).filter((type) => (type === TYPE.DS || !this.zone.isCut(node)) && isDue(type))
    const own = types.length === 0 ? [] : this.rrsetsAt(node).filter((rrset) => types.includes(rrset.type)).map((rrset) => ({ rrset, type: rrset.type }))
    const denial = this.#signing.denial === 'nsec' ? TYPE.NSEC : TYPE.NSEC3
    if (this.#signing.denial !== 'compact' && this.isDenying(node) && isDue(denial)) own.push({ rrset: this.#denialRrset(node), type: denial })
    return own.flatMap(({ rrset, type }) => this.keysFor(type).map((key) => this.#due(rrset, node, type, key)))
  }

  #due(rrset: Rrset, node: number, type: number, key: SigningKey): DueSignature {
    const renews = this.store.find(node, type, key.id) >= 0
    return {
      renews,
      make: (done) => {
        this.#ports.count(renews ? 'signature-renewed' : 'signature-made-ahead')
        const times = this.times()
        const watch = this.#underWay.get(node) ?? { jobs: 0, forgotten: 0 }
        const { forgotten } = watch
        watch.jobs++
        this.#underWay.set(node, watch)
        key.signLater(signedOctets(this.#head(rrset, key, times), rrset), (signature) => {
          if (--watch.jobs === 0) this.#underWay.delete(node)
          const good = watch.forgotten === forgotten && this.#signing.keys.includes(key)
          if (good) this.store.put(node, type, key.id, times.inception, times.expiration, signature)
          done(good)
        })
      },
    }
  }

  /** Forgets the signatures of an RRset, or of all at a node. */
  #forget(node: number, type?: number): void {
    const watch = this.#underWay.get(node)
    if (watch !== undefined) watch.forgotten++
    if (type === undefined) {
      this.store.dropNode(node)
      this.#ready.clear()
    } else {
      this.store.drop(node, type)
      this.#ready.delete(readyKey(node, type))
    }
    if (this.#touched.size >= MOST_TOUCHED) return
    this.#touched.add(node)
    this.onTouched()
  }

  /** For a signature that is made now. */
  times(): { readonly inception: number; readonly expiration: number } {
    const { validitySeconds, jitterSeconds, inceptionOffsetSeconds } = this.#signing
    const now = this.#seconds()
    return {
      inception: now - inceptionOffsetSeconds,
      expiration: now + validitySeconds - (jitterSeconds > 0 ? this.#ports.random.below(jitterSeconds + 1) : 0),
    }
  }

  /** It should have been refreshed, or the clock was set back to before it begins. */
  #isOverdue(entry: number): boolean {
    const now = this.#seconds()
    return now > this.store.expiration(entry) - this.#signing.refreshSeconds / 2 || now < this.store.inception(entry)
  }

  #instant(second: number): Instant {
    const { clock } = this.#ports
    return clock.now() + Math.max(DUE_AGAIN_MS, second * 1000 - clock.wallMs())
  }

  #seconds(): number {
    return Math.floor(this.#ports.clock.wallMs() / 1000)
  }

  beforeEdit(remove: readonly DnsRecord[], add: readonly DnsRecord[]): void {
    this.#edited = ownersIn(remove, add)
    this.#before.clear()
    for (const [key] of this.#edited) if (!this.#before.has(key)) this.#before.set(key, this.#state(key))
    if (this.#walks.size > 0) this.#tellWalks(this.#edited)
  }

  /** Walks read what an edit changes before it does: the owners, the names above them, and who denies any of these. */
  #tellWalks(edited: readonly (readonly [NameKey, type: number])[]): void {
    const nodes = new Set([APEX])
    for (const [key, type] of edited) {
      for (let at = key; at.length > this.zone.key.length; at = parentKey(at)) {
        const node = this.zone.tree.find(at)
        if (node >= 0) nodes.add(node).add(this.#names.before(node))
        else nodes.add(this.#names.atOrBefore(at))
        if (this.#hashes !== undefined) nodes.add(node >= 0 ? this.#hashes.before(node) : this.#hashes.atOrBefore(this.#hashes.hash(at)))
      }
      const end = type === TYPE.DNAME || (type === TYPE.NS && key !== this.zone.key) ? this.zone.tree.find(key) : -1
      for (const below of end >= 0 ? this.#names.below(end) : []) {
        nodes.add(below).add(this.#names.before(below))
        if (this.#hashes !== undefined) nodes.add(this.#hashes.before(below))
      }
    }
    for (const walk of this.#walks) for (const node of nodes) walk.changing(node)
  }

  #state(key: NameKey): { readonly member: boolean; readonly ends: boolean } {
    const node = this.zone.tree.find(key)
    return { member: node >= 0 && this.#names.isMember(node), ends: node >= 0 && this.zone.endsAt(node) }
  }

  nodeMade(node: number): void {
    for (const walk of this.#walks) walk.made(node)
    if (!this.#turns.hasDone(node)) return
    this.#names.insert(node)
    this.#hashes?.insert(node)
    if (this.#hashes !== undefined) this.#forget(this.#hashes.before(node), TYPE.NSEC3)
  }

  nodeGone(node: number): void {
    this.#forget(node)
    if (!this.#turns.hasDone(node)) return
    if (this.#hashes !== undefined) this.#forget(this.#hashes.before(node), TYPE.NSEC3)
    this.#hashes?.remove(node)
    this.#names.remove(node)
  }

  afterEdit(): void {
    this.#forget(APEX, TYPE.SOA)
    for (const [key, type] of this.#edited) {
      const node = this.zone.tree.find(key)
      if (node >= 0) this.#forget(node, type)
    }
    for (const [key, before] of this.#before) this.#changedAt(key, before)
    this.#before.clear()
    this.#edited = []
  }

  /** Forgets the denials that a change at a name makes wrong. */
  #changedAt(key: NameKey, before: { readonly member: boolean; readonly ends: boolean }): void {
    const node = this.zone.tree.find(key)
    const now = this.#state(key)
    if (node >= 0) this.#dropDenials(node)
    if (!this.isReady) return
    if (now.member !== before.member) {
      this.#forget(node >= 0 ? this.#names.before(node) : this.#names.atOrBefore(key), TYPE.NSEC)
    }
    if (node < 0 || now.ends === before.ends || !this.zone.tree.hasChildren(node)) return
    // What lies below has come to be the zone's, or is it no longer.
    for (const below of this.#names.below(node)) {
      this.#dropDenials(below)
      this.#forget(this.#names.before(below), TYPE.NSEC)
      if (this.#hashes !== undefined) this.#forget(this.#hashes.before(below), TYPE.NSEC3)
    }
  }

  #dropDenials(node: number): void {
    this.#forget(node, TYPE.NSEC)
    this.#forget(node, TYPE.NSEC3)
  }

  /** What stands at the apex is about to be otherwise. */
  soaChanging(): void {
    for (const walk of this.#walks) walk.changing(APEX)
  }

  soaChanged(): void {
    this.#forget(APEX, TYPE.SOA)
    for (const watch of this.#underWay.values()) watch.forgotten++
    this.#ready.clear()
    this.store.dropAll((type) => type === TYPE.NSEC || type === TYPE.NSEC3)
  }
}
