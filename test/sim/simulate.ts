/** Runs worlds by seed as tests, and says how to see a failure again. */
import { relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { World, type WorldOptions } from './world.ts'

/** Of each kind in an ordinary run. */
const USUAL_SEEDS = 80

/** 1 … n, or the one that the environment names. */
export function seeds(n = Number(process.env['TAPROOT_SIM_SEEDS'] ?? USUAL_SEEDS)): readonly number[] {
  const one = process.env['TAPROOT_SIM_SEED']
  return one === undefined ? Array.from({ length: n }, (_, i) => i + 1) : [Number(one)]
}

export function simulate(name: string, file: string, options: Omit<WorldOptions, 'replay'>): void {
  describe(name, () => {
    test.each(seeds())('seed %i', async (seed) => {
      const replay = `TAPROOT_SIM_SEED=${seed} npx vitest run ${relative(process.cwd(), file)}`
      const world = new World(seed, { ...options, replay })
      await world.run()
      // A world in which nothing happened would pass everything.
      expect(world.counts.acks).toBeGreaterThan(options.hosts)
      expect(world.questions.checked).toBeGreaterThan(options.hosts)
    })
  })
}
