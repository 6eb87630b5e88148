/**
 * Which zones are secured, and how: signed here with the keys that are set for them, or as they came. A zone that is
 * loaded anew is signed as before.
 */
import type { LiveZone } from '../zone/zone.ts'
import { AheadSigner } from './ahead.ts'
import { keyRrsets } from './key-rrsets.ts'
import { RecordedZone, recordedDenial } from './recorded-zone.ts'
import { SignedZone } from './signed-zone.ts'
import type { SignedZonePorts } from './signed-zone.ts'
import type { ZoneSigning } from './signing-keys.ts'

export class Signing {
  readonly #ports: SignedZonePorts
  /** By zone. */
  readonly #settings = new Map<number, ZoneSigning>()
  readonly #zones = new Map<number, SignedZone>()
  readonly #recorded = new Map<number, RecordedZone>()
  readonly #ahead = new Map<number, AheadSigner>()
  /** Secondaries have signatures of this zone that are not the present ones: its serial should move. */
  onResigned: (zoneId: number) => void = () => {}

  constructor(ports: SignedZonePorts) {
    this.#ports = ports
  }

  /** Signs a zone with these keys, or no longer. */
  set(zone: LiveZone, signing: ZoneSigning | undefined): void {
    const { id } = zone.identity
    if (signing === undefined && !this.#settings.has(id)) return
    if (signing === undefined) this.#settings.delete(id)
    else this.#settings.set(id, signing)
    this.attach(zone)
    this.onResigned(id)
  }

  /** A zone is served from now on. */
  attach(zone: LiveZone): void {
    const { id } = zone.identity
    const signing = this.#settings.get(id)
    const before = this.#zones.get(id)
    // A transfer under way gives the keys as they were when it began.
    if (before?.zone === zone) before.soaChanging()
    zone.derive(signing === undefined ? [] : keyRrsets(zone.apex, signing))
    if (signing !== undefined && before?.zone === zone && before.change(signing)) {
      this.#ahead.get(id)?.restart()
      return
    }
    this.#close(id)
    zone.security = undefined
    if (signing === undefined) {
      this.edited(zone)
      return
    }
    const signed = new SignedZone(zone, signing, this.#ports)
    this.#zones.set(id, signed)
    this.#ahead.set(id, new AheadSigner(signed, this.#ports.clock, () => this.onResigned(id)))
    zone.security = signed
  }

  /**
   * The apex of a zone was edited: one that is not signed here may have become one that came signed, or another such.
   * True when it has.
   */
  edited(zone: LiveZone): boolean {
    const { id } = zone.identity
    if (this.#zones.has(id)) return false
    const recorded = this.#recorded.get(id)
    const found = recordedDenial(zone)
    if (found !== undefined && recorded?.zone === zone && recorded.fits(found.denial, found.parameters)) return false
    recorded?.close()
    this.#recorded.delete(id)
    zone.security = undefined
    if (found === undefined) return recorded !== undefined
    const now = new RecordedZone(zone, found.denial, found.parameters, this.#ports.clock)
    this.#recorded.set(id, now)
    zone.security = now
    return true
  }

  /** A zone is gone for good. */
  forget(zoneId: number): void {
    this.#settings.delete(zoneId)
    this.#close(zoneId)
  }

  #close(zoneId: number): void {
    this.#ahead.get(zoneId)?.close()
    this.#zones.get(zoneId)?.close()
    this.#recorded.get(zoneId)?.close()
    this.#recorded.delete(zoneId)
    this.#ahead.delete(zoneId)
    this.#zones.delete(zoneId)
  }
}
