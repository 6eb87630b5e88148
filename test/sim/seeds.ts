/**
 * Which seeds a simulation runs. An ordinary run takes a few of each kind; `npm run simulate` takes thousands by
 * TAPROOT_SIM_SEEDS=n, beginning at TAPROOT_SIM_FROM; TAPROOT_SIM_SEED=k takes that one.
 */
import { relative } from 'node:path'

export function seeds(usual: number): readonly number[] {
  const { TAPROOT_SIM_SEED: one, TAPROOT_SIM_SEEDS: count, TAPROOT_SIM_FROM: from } = process.env
  if (one !== undefined) return [Number(one)]
  const first = Number(from ?? 1)
  return Array.from({ length: Number(count ?? usual) }, (_, i) => first + i)
}

/** The command that runs one seed of a file again. */
export const replayOf = (seed: number, file: string): string =>
  `TAPROOT_SIM_SEED=${seed} npx vitest run ${relative(process.cwd(), file)}`
