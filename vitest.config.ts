import { defineConfig } from 'vitest/config'

/** Cores and the simulation run in parallel; lab tests share the machine's network devices, so one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'core',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**', '**/node_modules/**'],
          testTimeout: 60_000,
          setupFiles: ['test/support/property-seed.ts'],
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          fileParallelism: false,
          // Real clients on a shared machine: a neighbour that takes the processor for a second must not fail the run.
          retry: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
