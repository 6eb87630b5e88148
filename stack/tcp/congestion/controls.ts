/** The congestion controls there are, by name. All pass test/contract/congestion.ts. */
import { Bbr } from './bbr.ts'
import type { Congestion } from './congestion.ts'
import { Cubic } from './cubic.ts'
import { NewReno } from './newreno.ts'

export const congestionControls = {
  newreno: (mss) => new NewReno(mss),
  cubic: (mss) => new Cubic(mss),
  bbr: (mss) => new Bbr(mss),
} satisfies Record<string, (mss: number) => Congestion>

export type CongestionName = keyof typeof congestionControls
