/** The rollover machine run on its own: events with the seconds at which they come, as lines. */
import { newKey } from '../../services/dns/rollover/new-key.ts'
import { DEFAULT_SIGNING } from '../../services/dns/rollover/policy.ts'
import { deadline, NOT_SIGNED, placesOf, seenAtParent, step } from '../../services/dns/rollover/step.ts'
import type { SigningPolicy, ZoneKey } from '../../services/model/index.ts'

const TTLS = { largest: 3600, negative: 300 }

export class RolloverTrace {
  policy: SigningPolicy
  keys: readonly ZoneKey[] = []
  /** "+3900 zsk 2 signs" */
  lines: string[] = []
  #now = 0
  #since = 0
  #lastId = 0
  #parentIsRight = false

  /** Keys have their ids as tags. */
  constructor(policy: Partial<SigningPolicy> = {}) {
    this.policy = { ...DEFAULT_SIGNING, ...policy }
  }

  /** Signed for long, and the parent knows it. */
  static atRest(policy: Partial<SigningPolicy> = {}): RolloverTrace {
    const trace = new RolloverTrace(policy)
    trace.run()
    trace.parent()
    trace.run()
    trace.begin()
    return trace
  }

  /** From here on lines are gathered, and seconds counted. */
  begin(): void {
    this.lines = []
    this.#since = this.#now
  }

  change(policy: Partial<SigningPolicy>): void {
    this.policy = { ...this.policy, ...policy }
  }

  roll(role: ZoneKey['role']): void {
    const place = placesOf(this.policy).find((each) => each.role === role)
    if (place === undefined) throw new Error(`no place for a ${role}`)
    this.#make(place)
  }

  /** The parent has what it should have, and that is seen. */
  parent(): void {
    const wanted = this.keys.filter((key) => key.ds.kind === 'rumoured' || key.ds.kind === 'omnipresent')
    this.keys = seenAtParent({ ...NOT_SIGNED, policy: this.policy, keys: this.keys }, (key) => wanted.includes(key), this.#now)
  }

  /** Until nothing comes by itself. With `parent` it acts as soon as it is asked. */
  run(options: { readonly parent: boolean } = { parent: false }): readonly string[] {
    this.#parentIsRight = options.parent
    for (;;) {
      this.#settle()
      const next = deadline({ ...NOT_SIGNED, policy: this.policy, keys: this.keys })
      if (next === undefined) return this.lines
      this.#now = next
    }
  }

  #settle(): void {
    for (let again = true; again; ) {
      again = false
      const { keys, effects } = step({ ...NOT_SIGNED, policy: this.policy, keys: this.keys }, TTLS, this.#now)
      this.keys = keys
      for (const effect of effects) {
        if (effect.kind === 'make-key') {
          this.#make(effect.place)
          again = true
        }
        if (effect.kind === 'event') {
          const [id, facts] = effect.event
          const about = 'role' in facts ? `${String(facts.role).toLowerCase()} ${facts.keyTag} ${id.split('.').at(-1)}` : `ds ${String(Object.values(facts)[0])} ${id.split('.').at(-1)}`
          this.lines.push(`+${(this.#now - this.#since) / 1000} ${id.startsWith('dnssec.ds') && 'role' in facts ? `ds of ${about}` : about}`)
        }
      }
      if (this.#parentIsRight && this.keys.some(({ ds }) => 'until' in ds && ds.until === null)) this.parent()
    }
  }

  #make({ role, algorithm }: { readonly role: ZoneKey['role']; readonly algorithm: ZoneKey['algorithm'] }): void {
    const id = ++this.#lastId
    this.keys = [...this.keys, newKey({ id, zoneId: 1, role, algorithm, keyTag: id, dnskeyRdata: '', madeAt: this.#now })]
  }
}
