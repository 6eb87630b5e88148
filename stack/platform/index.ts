/** What everything else may stand on: time, chance, results, bytes, bounds and counters. Knows of no network. */
export * from './assert.ts'
export * from './bounded.ts'
export * from './bytes.ts'
export * from './clock.ts'
export * from './counters.ts'
export * from './random.ts'
export * from './result.ts'
export * from './host-sockets.ts'
