/** What validation counts; part of the counters of DNS. */
export const VALIDATION_COUNTS = [
  'validation-secure', 'validation-insecure', 'validation-indeterminate', 'validation-bogus',
  'validation-signature', 'validation-signature-false', 'validation-key-question', 'validation-joined', 'validation-out-of-budget', 'validation-pool-full',
] as const
export type ValidationCount = (typeof VALIDATION_COUNTS)[number]
