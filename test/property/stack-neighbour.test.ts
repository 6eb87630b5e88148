import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../stack/index.ts'
import { deadline, step, UNKNOWN } from '../../stack/arp/neighbour.ts'
import type { NeighbourEvent, NeighbourState } from '../../stack/arp/neighbour.ts'
import { ARP_REPLY } from '../../stack/wire/arp.ts'
import { arpFrame, bench, HOST_MAC, must, octets } from '../support/stack-lan.ts'

const event: fc.Arbitrary<NeighbourEvent | 'wait'> = fc.oneof(
  fc.constant<NeighbourEvent>({ kind: 'wanted' }),
  fc.constant<NeighbourEvent>({ kind: 'heard', mac: Uint8Array.from([2, 0, 0, 0, 0, 2]) }),
  fc.constant('wait' as const),
)

describe('neighbour machine', () => {
  const happenings = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 5000 }), fc.boolean()), { maxLength: 100 })

  test('asks no oftener than once a second, ends every wait, and its deadline lies ahead', () => {
    fc.assert(
      fc.property(happenings, (events) => {
        let state: NeighbourState = UNKNOWN
        let now = 0
        let askedAt = Number.NEGATIVE_INFINITY
        const apply = (happening: NeighbourEvent): void => {
          const waiting = state.kind === 'incomplete'
          const [next, effects] = step(state, happening, now)
          for (const effect of effects) {
            if (effect.kind !== 'ask') continue
            // Once heard, an address may be asked anew when it is polled; a request was never less than a second ago.
            expect(now - askedAt).toBeGreaterThanOrEqual(1000)
            askedAt = now
          }
          if (waiting && next.kind !== 'incomplete') {
            expect(effects.some((e) => e.kind === 'release' || e.kind === 'fail')).toBe(true)
          }
          state = next
          expect(deadline(state) ?? now).toBeGreaterThanOrEqual(now)
        }
        for (const [happening, ms, used] of events) {
          const until = now + (happening === 'wait' ? ms * 300 : ms)
          for (let due = deadline(state); due !== undefined && due <= until; due = deadline(state)) {
            now = due
            apply({ kind: 'due', used })
          }
          now = until
          if (happening !== 'wait' && !(state.kind === 'unknown' && now - askedAt < 1000)) apply(happening)
        }
      }),
    )
  })
})

describe('neighbour cache', () => {
  test('a datagram is sent, or its sender is told, or it is counted: none is forgotten', () => {
    const act = fc.record({
      host: fc.integer({ min: 20, max: 24 }),
      length: fc.integer({ min: 0, max: 3000 }),
      answer: fc.boolean(),
      ms: fc.integer({ min: 0, max: 1500 }),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
        const lan = bench({ knowsPeer: false })
        let failed = 0
        const onError = (): void => void failed++
        const endpoint = must(lan.stack.bindUdp({ port: 1000, onDatagram: () => {}, onError }))
        let accepted = 0
        for (const { host, length, answer, ms } of acts) {
          const target = `10.53.0.${host}`
          if (endpoint.send(octets(length), 0, length, ipv4(target), 9) === 0) accepted++
          if (answer) lan.peer.send(arpFrame({ operation: ARP_REPLY, sender: target, toMac: HOST_MAC }))
          lan.clock.advance(ms)
        }
        lan.clock.advance(10_000)
        const sent = lan.stack.counters['ipv4']?.get('sent') ?? 0
        const dropped = lan.stack.counters['arp']?.get('waiting-dropped') ?? 0
        expect(sent + failed + dropped).toBe(accepted)
      }),
      { numRuns: 60 },
    )
  })
})
