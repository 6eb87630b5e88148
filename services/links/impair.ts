/** Bad weather on a live interface. */
import { FaultyLink, type Interface, type Link, type Weather } from '../../stack/index.ts'
import { type Clock, SeededRandom } from '../../stack/platform/index.ts'
import type { Impairment } from '../model/index.ts'

/** The weather of an interface: its link is wrapped while there is any. */
export class InterfaceWeather {
  readonly #clock: Clock
  readonly #iface: Interface
  #wrapped: { readonly link: FaultyLink; readonly inner: Link; readonly seed: number } | undefined

  constructor(clock: Clock, iface: Interface) {
    this.#clock = clock
    this.#iface = iface
  }

  set(impairment: Impairment | undefined): void {
    if (impairment === undefined) return this.#clear()
    const { direction, seed, bitsPerSecond, ...rest } = impairment
    const weather: Weather = { ...rest, ...(bitsPerSecond === undefined ? {} : { bitsPerSecond }) }
    const sent = direction === 'received' ? {} : weather
    const received = direction === 'sent' ? {} : weather
    if (this.#wrapped?.seed === seed) this.#wrapped.link.setWeather(sent, received)
    else this.#wrap(seed, sent, received)
  }

  /** The link is as fast as before; frames that are under way in the wrapper still arrive. */
  #clear(): void {
    if (this.#wrapped !== undefined) this.#iface.exchange(this.#wrapped.inner)
    this.#wrapped = undefined
  }

  #wrap(seed: number, sent: Weather, received: Weather): void {
    const inner = this.#wrapped?.inner ?? this.#iface.wire
    const link = new FaultyLink(inner, this.#clock, new SeededRandom(seed), sent, received)
    this.#wrapped = { link, inner, seed }
    this.#iface.exchange(link)
  }
}
