/**
 * A bump in the wire: two links joined so that what comes in by one goes out by the other, with weather in each
 * direction. Two TAP devices so joined are a cable with faults, on kernels that have no netem too.
 */
import type { Clock, Random } from '../platform/index.ts'
import { FaultyLink } from './faulty.ts'
import type { Link } from './link.ts'
import { patch } from './patch.ts'
import type { Weather } from './weather.ts'

export type BumpWeather = { readonly aToB: Weather; readonly bToA: Weather }

export type Bump = {
  setWeather(weather: BumpWeather): void
  /** By direction: frames and bytes that entered, and by name what befell frames. */
  counters(): { readonly aToB: Record<string, number>; readonly bToA: Record<string, number> }
  /** Closes both links. */
  close(): void
}

export function bumpInTheWire(a: Link, b: Link, clock: Clock, random: Random, weather: BumpWeather): Bump {
  // Each is rough on its way out, so that frames wait on the side where they leave.
  const toA = new FaultyLink(a, clock, random, weather.bToA)
  const toB = new FaultyLink(b, clock, random, weather.aToB)
  const joined = patch(toA, toB)
  return {
    setWeather: ({ aToB, bToA }) => {
      toA.setWeather(bToA)
      toB.setWeather(aToB)
    },
    counters: () => {
      const entered = joined.counters()
      return { aToB: { ...entered.aToB, ...toB.weatherCounters() }, bToA: { ...entered.bToA, ...toA.weatherCounters() } }
    },
    close: () => {
      toA.close()
      toB.close()
    },
  }
}
