/** Which zones are signed, and with what. A zone that is loaded anew is signed as before. */
import type { LiveZone } from '../zone/zone.ts'
import { keyRrsets } from './key-rrsets.ts'
import { SignedZone } from './signed-zone.ts'
import type { SignedZonePorts } from './signed-zone.ts'
import type { ZoneSigning } from './signing-keys.ts'

export class Signing {
  readonly #ports: SignedZonePorts
  /** By zone. */
  readonly #settings = new Map<number, ZoneSigning>()
  readonly #zones = new Map<number, SignedZone>()

  constructor(ports: SignedZonePorts) {
    this.#ports = ports
  }

  /** Signs a zone with these keys, or no longer. */
  set(zone: LiveZone, signing: ZoneSigning | undefined): void {
    if (signing === undefined) this.#settings.delete(zone.zone.id)
    else this.#settings.set(zone.zone.id, signing)
    this.attach(zone)
  }

  /** A zone is served from now on. */
  attach(zone: LiveZone): void {
    const { id } = zone.zone
    const signing = this.#settings.get(id)
    const before = this.#zones.get(id)
    zone.derive(signing === undefined ? [] : keyRrsets(zone.apex, signing))
    if (signing !== undefined && before?.zone === zone && before.change(signing)) return
    before?.close()
    if (signing === undefined) {
      this.#zones.delete(id)
      zone.security = undefined
      return
    }
    const signed = new SignedZone(zone, signing, this.#ports)
    this.#zones.set(id, signed)
    zone.security = signed
  }

  /** A zone is gone for good. */
  forget(zoneId: number): void {
    this.#settings.delete(zoneId)
    this.#zones.get(zoneId)?.close()
    this.#zones.delete(zoneId)
  }
}
