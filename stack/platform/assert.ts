/** Throws when an invariant of ours is broken. Never for input from the wire or from people. */
export function assert(truth: boolean, invariant: string): asserts truth {
  if (!truth) throw new Error(`broken invariant: ${invariant}`)
}

/** The last case of a switch over a union: the compiler refuses it while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
