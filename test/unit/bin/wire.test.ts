import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../bin/commands/command.ts'
import { readWeather, readWeatherList, weatherText } from '../../../bin/commands/weather-options.ts'
import type { Weather } from '../../../stack/index.ts'
import { runCommand } from '../../support/command-line.ts'

const from = (options: { readonly [name: string]: string }): Weather => readWeather(name => options[name])

describe('weather as people write it', () => {
  test.each<[string, string, Weather, string]>([
    ['loss', '1%', { loss: 0.01 }, 'loss 1%'],
    ['loss', '0.1%', { loss: 0.001 }, 'loss 0.1%'],
    ['loss', '100%', { loss: 1 }, 'loss 100%'],
    ['duplicate', '2%', { duplication: 0.02 }, 'duplicate 2%'],
    ['corrupt', '0.5%', { corruption: 0.005 }, 'corrupt 0.5%'],
    ['reorder', '10%', { reordering: 0.1 }, 'reorder 10%'],
    ['reorder-by', '5ms', { reorderMs: 5 }, 'reorder-by 5ms'],
    ['delay', '25ms', { delayMs: 25 }, 'delay 25ms'],
    ['delay', '1.5s', { delayMs: 1500 }, 'delay 1500ms'],
    ['jitter', '250us', { jitterMs: 0.25 }, 'jitter 0.25ms'],
    ['rate', '100mbit', { bitsPerSecond: 100e6 }, 'rate 100mbit'],
    ['rate', '64kbit', { bitsPerSecond: 64e3 }, 'rate 64kbit'],
    ['rate', '1GBIT', { bitsPerSecond: 1e9 }, 'rate 1000mbit'],
    ['queue', '64k', { queueBytes: 65_536 }, 'queue 65536 octets'],
    ['queue', '1500', { queueBytes: 1500 }, 'queue 1500 octets'],
  ])('--%s %s', (option, given, weather, text) => {
    expect(from({ [option]: given })).toEqual(weather)
    expect(weatherText(weather)).toBe(text)
  })

  test.each([
    ['loss', '1'], ['loss', '0.01'], ['loss', '101%'], ['loss', '-1%'], ['loss', ''], ['delay', '25'], ['delay', '61s'],
    ['delay', 'soon'], ['rate', '100'], ['rate', '10bit'], ['rate', '1tbit'], ['queue', '0'], ['queue', '1g'], ['jitter', '1e3ms'],
  ])('--%s "%s" is refused with what it takes', (option, given) => {
    expect(() => from({ [option]: given })).toThrow(UsageError)
    expect(() => from({ [option]: given })).toThrow(`--${option} takes`)
  })

  test('a list is laid over what holds for both directions', () => {
    expect(readWeatherList('loss=5%, delay=80ms', '--a-to-b', from({ delay: '10ms', rate: '1mbit' }))).toEqual({
      loss: 0.05, delayMs: 80, bitsPerSecond: 1e6,
    })
    expect(() => readWeatherList('los=5%', '--a-to-b', {})).toThrow('--a-to-b: there is no "los=5%"; it has loss,')
    expect(() => readWeatherList('loss', '--b-to-a', {})).toThrow('--b-to-a loss takes percent')
  })

  test('no weather is fair', () => expect(weatherText({})).toBe('fair'))
})

describe('taproot wire', () => {
  test.each([
    ['one end', ['tap-a'], 'wire needs TAP-A TAP-B'],
    ['three ends', ['a', 'b', 'c'], '"c" is one word too many'],
    ['both ends alike', ['a', 'a'], '"a" is named twice'],
    ['a slip of the finger', ['a', 'b', '--dealy', '5ms'], 'did you mean --delay?'],
    ['a value that is none', ['a', 'b', '--rate', 'fast'], '--rate takes rate, as 100mbit'],
    ['an MTU out of range', ['a', 'b', '--mtu', '9000'], '--mtu takes a whole number from 68 to'],
  ])('%s is wrong usage', async (_what, words, said) => {
    const { code, out, err } = await runCommand(['wire', ...words], {})
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(said)
    expect(err).toContain('usage: taproot wire TAP-A TAP-B')
  })

  test('a device that is no TAP device is refused', async () => {
    const { code, err } = await runCommand(['wire', 'lo', 'tap-b'], {})
    expect([code, err]).toEqual([1, 'taproot: lo is a device of the host, but no TAP device\n'])
  })

  test('its help shows the options with their units, and asks for no appliance', async () => {
    const { code, out } = await runCommand(['wire', '--help'], {})
    expect(code).toBe(0)
    for (const part of ['--loss PERCENT', '--delay TIME', '--rate RATE', '--a-to-b LIST', '--seed N', 'Examples:']) {
      expect(out).toContain(part)
    }
    expect(out).not.toContain('--token-file')
    expect((await runCommand(['help'], {})).out).toContain('wire ')
  })
})
