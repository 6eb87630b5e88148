import type { DnsPolicyInput, DnsPolicyView } from '../../services/index.ts'

/** A policy as it is sent back: without what only the appliance says of it. */
export const policyBody = ({ active: _, paused: __, pausedUntil: ___, ...input }: DnsPolicyView): DnsPolicyInput => input
