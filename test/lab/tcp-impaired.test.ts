/**
 * TCP of ours and the Linux kernel's over a bad line: loss, delay, reordering … by seed, whole transfers both ways at once.
 * With TAPROOT_LAB_LONG=1 over more weathers, seeds and octets. The seed of a run is in the name of its test, and may be
 * set by TAPROOT_LAB_SEED.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CongestionName, Weather } from '../../stack/index.ts'
import { hashOfOctets, octetsAt } from '../support/octets.ts'
import { describeLab } from './available.ts'
import { dissect } from './dissect.ts'
import { Lab, type Host } from './netns.ts'
import { OUR_MAC, OURS, StackHost } from './stack-host-control.ts'

const LONG = process.env['TAPROOT_LAB_LONG'] === '1'
const SEED = Number(process.env['TAPROOT_LAB_SEED'] ?? 1)
const SEEDS = LONG ? Array.from({ length: 5 }, (_, i) => SEED + i) : [SEED]
/** A transfer that has not ended by then is stuck: each takes a few seconds. */
const STUCK_S = 60 * (LONG ? 10 : 1)
const TEST_MS = (STUCK_S + 30) * 1000

const MB = 1_000_000
/** Each direction has this weather. */
const WEATHERS: readonly (readonly [name: string, weather: Weather, bytes: number])[] = [
  ['loss of 0.1 %', { loss: 0.001, delayMs: 5 }, 10 * MB],
  ['loss of 1 %', { loss: 0.01, delayMs: 5 }, 4 * MB],
  ['loss of 5 %', { loss: 0.05, delayMs: 5 }, MB],
  ['loss of 20 %', { loss: 0.2, delayMs: 1 }, 0.1 * MB],
  ['delay and jitter', { delayMs: 30, jitterMs: 30 }, 4 * MB],
  ['reordering', { delayMs: 5, reordering: 0.1, reorderMs: 10 }, 4 * MB],
  ['duplication', { delayMs: 5, duplication: 0.2 }, 8 * MB],
  ['corruption', { delayMs: 2, corruption: 0.01 }, 3 * MB],
  ['a rate of 20 Mbit/s and a short queue', { delayMs: 5, bitsPerSecond: 20e6, queueBytes: 40_000 }, 3 * MB],
  ['a rate of 20 Mbit/s and a long queue', { delayMs: 5, bitsPerSecond: 20e6, queueBytes: 400_000 }, 3 * MB],
  [
    'everything at once',
    { loss: 0.02, delayMs: 10, jitterMs: 10, reordering: 0.05, duplication: 0.05, corruption: 0.005, bitsPerSecond: 50e6 }, MB,
  ],
]
const FACTOR = LONG ? 5 : 1

describeLab('TCP over a bad line', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await Lab.open()
  })
  afterAll(() => lab.close())

  const curl = (host: Host, ...more: readonly string[]): Promise<string> =>
    host.succeed(['curl', '-sS', '--max-time', String(STUCK_S), ...more], { timeoutMs: (STUCK_S + 5) * 1000 })

  describe.each(SEEDS)('seed %i', (seed) => {
    let host: Host
    let ours: StackHost
    const file = (): string => join(host.directory, 'upload')
    beforeAll(async () => {
      host = await lab.host('kernel')
      ours = await StackHost.besideKernel(host, { seed })
    })
    afterAll(() => host.close())

    test.each(WEATHERS)('%s: both ways arrive whole', { timeout: TEST_MS }, async (_name, weather, size) => {
      const bytes = size * FACTOR
      writeFileSync(file(), octetsAt(0, bytes))
      await ours.ask({ do: 'weather', link: 'tap0', outgoing: weather, incoming: weather })
      const [down, up] = await Promise.all([
        host.succeed(
          ['sh', '-c', `curl -sS --max-time ${STUCK_S} http://${OURS}/bytes/${bytes} | sha256sum`], { timeoutMs: (STUCK_S + 5) * 1000 },
        ),
        curl(host, '-T', file(), `http://${OURS}/`),
      ])
      expect([down.slice(0, 64), up]).toEqual([hashOfOctets(bytes), hashOfOctets(bytes)])
      // The weather was there: else this would say nothing.
      const link = (await ours.counters())['tap0'] ?? {}
      for (const [part, name] of FATES) if ((weather[part] ?? 0) > 0) expect(link[name]).toBeGreaterThan(0)
      expect(ours.program.lines.filter((line) => line.startsWith('fault'))).toEqual([])
    })

    test('tshark finds nothing wrong with what we send into the worst of it', { timeout: TEST_MS }, async () => {
      const [, weather] = WEATHERS.at(-1) as (typeof WEATHERS)[0]
      await ours.ask({ do: 'weather', link: 'tap0', outgoing: weather, incoming: weather })
      const capture = join(host.directory, 'capture.pcapng')
      writeFileSync(file(), octetsAt(0, 200_000))
      await ours.ask({ do: 'capture', link: 'tap0', file: capture })
      await Promise.all([curl(host, '-o', '/dev/null', `http://${OURS}/bytes/200000`), curl(host, '-T', file(), `http://${OURS}/`)])
      await ours.ask({ do: 'end-capture' })
      const { wrong, frames } = await dissect(capture, OUR_MAC, { repacketised: true })
      expect(wrong).toEqual([])
      expect(frames.get('tcp')).toBeGreaterThan(200)
    })
  })
})

const FATES = [
  ['loss', 'lost'], ['loss', 'rx-lost'], ['delayMs', 'delayed'], ['delayMs', 'rx-delayed'], ['reordering', 'reordered'],
  ['duplication', 'duplicated'], ['corruption', 'corrupted'],
] as const satisfies readonly (readonly [keyof Weather, string])[]

describeLab('congestion control against the kernel as receiver', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await Lab.open()
  })
  afterAll(() => lab.close())

  /** Octets a second that a kernel got from us, over 50 ms there and back. */
  async function goodput(congestion: CongestionName, loss: number, bytes: number, seed: number): Promise<number> {
    const host = await lab.host(`${congestion}-${seed}`)
    // Acknowledgements are lost too, as on a real line. The rate bounds how far a lucky slow start can go.
    const weather: Weather = { loss, delayMs: 25, bitsPerSecond: 20e6, queueBytes: 100_000 }
    await StackHost.besideKernel(host, { congestion, seed, outgoing: weather, incoming: weather })
    const text = await host.succeed(
      ['curl', '-sS', '-o', '/dev/null', '-w', '%{speed_download} %{size_download}', '--max-time', String(STUCK_S), `http://${OURS}/bytes/${bytes}`],
      { timeoutMs: (STUCK_S + 5) * 1000 },
    )
    await host.close()
    const [speed, size] = text.split(' ').map(Number)
    expect(size).toBe(bytes)
    return speed as number
  }

  /** Of three seeds at a time: a slow start that meets no loss for long is luck. */
  const median = async (congestion: CongestionName, loss: number, bytes: number, seed: number): Promise<number> => {
    const all = await Promise.all([0, 1, 2].map((i) => goodput(congestion, loss, bytes, 3 * seed + i)))
    return all.toSorted((a, b) => a - b)[1] as number
  }

  // Octets for BBR and CUBIC, so that either takes some seconds: what slow start gave must be used up.
  const LOSSES = [
    [0.04, 3 * MB, 0.3 * MB], ...(LONG ? [[0.01, 30 * MB, 10 * MB], [0.02, 10 * MB, 3 * MB], [0.05, 5 * MB, MB]] as const : []),
  ] as const
  test.each(SEEDS.flatMap((seed) => LOSSES.map(([loss, most, least]) => [loss, seed, most, least] as const)))(
    'BBR brings half as much again as CUBIC at a loss of %f, seed %i',
    { timeout: 3 * TEST_MS },
    async (loss, seed, most, least) => {
      const [bbr, cubic] = [await median('bbr', loss, most, seed), await median('cubic', loss, least, seed)]
      if (LONG) console.log(`loss ${loss}: BBR ${(bbr * 8e-6).toFixed(1)}, CUBIC ${(cubic * 8e-6).toFixed(1)} Mbit/s`)
      expect(bbr).toBeGreaterThan(1.5 * cubic)
    },
  )
})
