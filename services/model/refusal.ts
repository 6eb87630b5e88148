/** A person's input that was refused. Nothing has changed. Becomes RFC 9457 problem+json, or a line on the terminal. */
export type Refusal = {
  /** Stable code from the catalogue in admin-api/errors.ts: 'invalid', 'not-found', 'conflict', 'storage', … */
  readonly code: RefusalCode
  /** JSON pointer (RFC 6901) to the field, or the setting's name: "/address", "dhcp.pool". '' for the whole input. */
  readonly field: string
  /** What was wrong, with the value. */
  readonly problem: string
  /** What would be right. */
  readonly remedy: string
  /** What else is wrong with the same input. */
  readonly others?: readonly Omit<Refusal, 'code' | 'others'>[]
}

/** What was accepted although it looks like a slip. Fields as of a Refusal. */
export type Warning = Omit<Refusal, 'code' | 'others'>

/** invalid: 400/422. not-found: 404. conflict: 409. changed: 412. unavailable: 503 (storage failed, worker restarting). */
export type RefusalCode = 'invalid' | 'not-found' | 'conflict' | 'changed' | 'unavailable'

export const refusal = (code: RefusalCode, field: string, problem: string, remedy: string): Refusal => ({
  code,
  field,
  problem,
  remedy,
})
