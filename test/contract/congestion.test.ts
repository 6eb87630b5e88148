import { describe, expect, test } from 'vitest'
import { congestionControls } from '../../stack/tcp/congestion/controls.ts'
import type { CongestionName } from '../../stack/tcp/congestion/controls.ts'
import { congestionBattery, lossBattery, throughput } from './congestion.ts'

for (const name of Object.keys(congestionControls) as CongestionName[]) congestionBattery(name)
lossBattery('newreno')
lossBattery('cubic')

describe('[T5] random loss on a path of 50 ms', () => {
  test.each([0.01, 0.03, 0.05])('BBR carries more than CUBIC at %f', (loss) => {
    const bbr = throughput('bbr', loss, 25, 200, 2_000_000)
    const cubic = throughput('cubic', loss, 25, 200, 2_000_000)
    expect(bbr).toBeGreaterThan(2 * (cubic ?? Number.POSITIVE_INFINITY))
  })
})

describe('[T5] throughput by loss, delay and buffer', () => {
  test('in Mbit/s of 20: a change shows here', () => {
    const rows = (['newreno', 'cubic', 'bbr'] as const).flatMap((name) =>
      ([[0, 5, 40], [0, 50, 120], [0.01, 5, 200], [0.01, 50, 200], [0.05, 25, 200]] as const).map(
        ([loss, delay, queue]) => {
          const rate = throughput(name, loss, delay, queue, 1_500_000)
          return `${name} loss ${loss} delay ${delay} queue ${queue}: ${((rate ?? 0) / 1e6).toFixed(1)}`
        },
      ),
    )
    expect(rows).toMatchInlineSnapshot(`
      [
        "newreno loss 0 delay 5 queue 40: 17.9",
        "newreno loss 0 delay 50 queue 120: 7.1",
        "newreno loss 0.01 delay 5 queue 200: 10.1",
        "newreno loss 0.01 delay 50 queue 200: 1.1",
        "newreno loss 0.05 delay 25 queue 200: 0.9",
        "cubic loss 0 delay 5 queue 40: 17.9",
        "cubic loss 0 delay 50 queue 120: 8.1",
        "cubic loss 0.01 delay 5 queue 200: 12.1",
        "cubic loss 0.01 delay 50 queue 200: 1.3",
        "cubic loss 0.05 delay 25 queue 200: 0.9",
        "bbr loss 0 delay 5 queue 40: 17.9",
        "bbr loss 0 delay 50 queue 120: 7.6",
        "bbr loss 0.01 delay 5 queue 200: 17.4",
        "bbr loss 0.01 delay 50 queue 200: 4.6",
        "bbr loss 0.05 delay 25 queue 200: 5.2",
      ]
    `)
  })
})
