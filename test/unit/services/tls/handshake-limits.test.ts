/** How many TLS connections a client may begin, and that others do not feel it. */
import { expect, test } from 'vitest'
import { HANDSHAKE_BURST, HandshakeLimits, HANDSHAKES_PER_SECOND } from '../../../../services/tls/handshake-limits.ts'
import { VirtualClock } from '../../../../stack/platform/index.ts'

const tries = (limits: HandshakeLimits, client: string, count: number): number =>
  Array.from({ length: count }, () => limits.allows(client)).filter((allowed) => allowed).length

test('a burst, then so many a second', () => {
  const clock = new VirtualClock()
  const limits = new HandshakeLimits(clock)
  expect(tries(limits, '10.53.0.9', 1000)).toBe(HANDSHAKE_BURST)
  clock.advance(1000)
  expect(tries(limits, '10.53.0.9', 1000)).toBe(HANDSHAKES_PER_SECOND)
  clock.advance(60_000)
  expect(tries(limits, '10.53.0.9', 1000)).toBe(HANDSHAKE_BURST)
})

test('each client has its own, and as many clients as there are do not take more than so much memory', () => {
  const limits = new HandshakeLimits(new VirtualClock())
  expect(tries(limits, '10.53.0.9', 1000)).toBe(HANDSHAKE_BURST)
  expect(limits.allows('10.53.0.10')).toBe(true)
  for (let i = 0; i < 5000; i++) limits.allows(`10.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`)
  // Forgotten meanwhile.
  expect(tries(limits, '10.53.0.9', 1000)).toBe(HANDSHAKE_BURST)
})
