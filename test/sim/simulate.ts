/** Runs worlds by seed as tests, and says how to see a failure again. */
import { describe, expect, test } from 'vitest'
import { replayOf, seeds } from './seeds.ts'
import { World, type WorldOptions } from './world.ts'

/** Of each kind in an ordinary run. */
const USUAL_SEEDS = 80

export function simulate(name: string, file: string, options: Omit<WorldOptions, 'replay'>): void {
  describe(name, () => {
    test.each(seeds(USUAL_SEEDS))('seed %i', async (seed) => {
      const world = new World(seed, { ...options, replay: replayOf(seed, file) })
      await world.run()
      // A world in which nothing happened would pass everything.
      expect(world.counts.acks).toBeGreaterThan(options.hosts)
      expect(world.questions.checked).toBeGreaterThan(options.hosts)
    })
  })
}
