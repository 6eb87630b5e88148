/** What recursion counts; part of the counters of DNS. */
export const RECURSION_COUNTS = [
  'recursion-asked', 'recursion-answered', 'recursion-failed', 'recursion-full', 'recursion-crowded', 'recursion-busy',
  'recursion-referred', 'recursion-useless', 'recursion-lame', 'recursion-seeking', 'recursion-minimised',
  'recursion-relaxed', 'recursion-local-root', 'recursion-primed',
] as const
export type RecursionCount = (typeof RECURSION_COUNTS)[number]
