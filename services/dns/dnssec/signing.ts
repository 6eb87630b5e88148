/** Which zones are signed, and with what. A zone that is loaded anew is signed as before. */
import type { LiveZone } from '../zone/zone.ts'
import { AheadSigner } from './ahead.ts'
import { keyRrsets } from './key-rrsets.ts'
import { SignedZone } from './signed-zone.ts'
import type { SignedZonePorts } from './signed-zone.ts'
import type { ZoneSigning } from './signing-keys.ts'

export class Signing {
  readonly #ports: SignedZonePorts
  /** By zone. */
  readonly #settings = new Map<number, ZoneSigning>()
  readonly #zones = new Map<number, SignedZone>()
  readonly #ahead = new Map<number, AheadSigner>()
  /** Secondaries have signatures of this zone that are not the present ones: its serial should move. */
  onResigned: (zoneId: number) => void = () => {}

  constructor(ports: SignedZonePorts) {
    this.#ports = ports
  }

  /** Signs a zone with these keys, or no longer. */
  set(zone: LiveZone, signing: ZoneSigning | undefined): void {
    const { id } = zone.zone
    if (signing === undefined && !this.#settings.has(id)) return
    if (signing === undefined) this.#settings.delete(id)
    else this.#settings.set(id, signing)
    this.attach(zone)
    this.onResigned(id)
  }

  /** A zone is served from now on. */
  attach(zone: LiveZone): void {
    const { id } = zone.zone
    const signing = this.#settings.get(id)
    const before = this.#zones.get(id)
    zone.derive(signing === undefined ? [] : keyRrsets(zone.apex, signing))
    if (signing !== undefined && before?.zone === zone && before.change(signing)) {
      this.#ahead.get(id)?.restart()
      return
    }
    this.#close(id)
    zone.security = undefined
    if (signing === undefined) return
    const signed = new SignedZone(zone, signing, this.#ports)
    this.#zones.set(id, signed)
    this.#ahead.set(id, new AheadSigner(signed, this.#ports.clock, () => this.onResigned(id)))
    zone.security = signed
  }

  /** A zone is gone for good. */
  forget(zoneId: number): void {
    this.#settings.delete(zoneId)
    this.#close(zoneId)
  }

  #close(zoneId: number): void {
    this.#ahead.get(zoneId)?.close()
    this.#zones.get(zoneId)?.close()
    this.#ahead.delete(zoneId)
    this.#zones.delete(zoneId)
  }
}
