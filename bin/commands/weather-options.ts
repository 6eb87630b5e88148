/** Weather as people write it on a command line: --loss 1% --delay 25ms --rate 100mbit, or loss=1%,delay=25ms. */
import type { Weather } from '../../stack/index.ts'
import { type Option, UsageError } from './command.ts'

type Kind = { readonly value: string; readonly example: string; readonly read: (text: string) => number | undefined }

/** "2.5ms" → 2.5 × 1. Undefined for anything that is not a number and one of the units. */
function measured(text: string, units: { readonly [unit: string]: number }): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([a-z%/]*)$/i.exec(text) ?? []
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined
  return number === undefined || factor === undefined ? undefined : Number(number) * factor
}
const within = (value: number | undefined, least: number, most: number): number | undefined =>
  value !== undefined && value >= least && value <= most ? value : undefined

const KINDS = {
  // Without a percent sign "1" could be meant either way.
  chance: { value: 'PERCENT', example: '0.5%, up to 100%', read: (text) => within(measured(text, { '%': 0.01 }), 0, 1) },
  time: {
    value: 'TIME', example: '25ms or 0.5s, up to 60s',
    read: (text) => within(measured(text, { us: 0.001, ms: 1, s: 1000 }), 0, 60_000),
  },
  rate: {
    value: 'RATE', example: '100mbit, from 1kbit to 100gbit',
    read: (text) => within(measured(text, { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }), 1e3, 1e11),
  },
  octets: {
    value: 'OCTETS', example: '64k, from 1 to 64m',
    read: (text) => within(measured(text, { '': 1, k: 1024, m: 1_048_576 }), 1, 67_108_864),
  },
} as const satisfies { readonly [kind: string]: Kind }

type Row = { readonly field: keyof Weather; readonly kind: keyof typeof KINDS; readonly says: string }

/** Options by name, in the order of the help. */
const ROWS = {
  loss: { field: 'loss', kind: 'chance', says: 'frames that are lost, as 1%' },
  duplicate: { field: 'duplication', kind: 'chance', says: 'frames that come twice' },
  corrupt: { field: 'corruption', kind: 'chance', says: 'frames in which one bit is flipped' },
  reorder: { field: 'reordering', kind: 'chance', says: 'frames that are held back, so that others overtake them' },
  'reorder-by': { field: 'reorderMs', kind: 'time', says: 'for how long at most (default 20ms)' },
  delay: { field: 'delayMs', kind: 'time', says: 'how long every frame takes, as 25ms' },
  jitter: { field: 'jitterMs', kind: 'time', says: 'up to how much longer' },
  rate: { field: 'bitsPerSecond', kind: 'rate', says: 'how fast frames leave, as 100mbit' },
  queue: { field: 'queueBytes', kind: 'octets', says: 'octets that may wait for the rate (default 256k)' },
} as const satisfies { readonly [name: string]: Row }
type Name = keyof typeof ROWS
const NAMES = Object.keys(ROWS) as readonly Name[]

/** For a command's row. */
export const WEATHER_OPTIONS: { readonly [name: string]: Option } = Object.fromEntries(
  NAMES.map(name => [name, { type: 'string', value: KINDS[ROWS[name].kind].value, says: ROWS[name].says }]),
)

/** The weather that the options ask for. Throws UsageError with the option and what it takes. */
export function readWeather(text: (option: string) => string | undefined): Weather {
  const weather: { -readonly [field in keyof Weather]: number } = {}
  for (const name of NAMES) {
    const given = text(name)
    if (given !== undefined) weather[ROWS[name].field] = valueOf(name, given, `--${name}`)
  }
  return weather
}

/** "loss=1%,delay=25ms" over `base`. Throws UsageError, which names `option`. */
export function readWeatherList(list: string, option: string, base: Weather): Weather {
  const weather: { -readonly [field in keyof Weather]: number } = { ...base }
  for (const item of list.split(',')) {
    const [name = '', given = ''] = item.split('=')
    const known = NAMES.find(other => other === name.trim())
    if (known === undefined) throw new UsageError(`${option}: there is no "${item.trim()}"; it has ${NAMES.join(', ')}, as loss=1%`)
    weather[ROWS[known].field] = valueOf(known, given.trim(), `${option} ${known}`)
  }
  return weather
}

function valueOf(name: Name, text: string, where: string): number {
  const kind = KINDS[ROWS[name].kind]
  const value = kind.read(text)
  if (value === undefined) throw new UsageError(`${where} takes ${kind.value.toLowerCase()}, as ${kind.example}; not "${text}"`)
  return value
}

/** "loss 1%, delay 25ms"; "fair" for none. */
export function weatherText(weather: Weather): string {
  const rounded = (value: number): number => Number(value.toPrecision(6))
  const write = {
    chance: (value: number) => `${rounded(value * 100)}%`,
    time: (value: number) => `${rounded(value)}ms`,
    rate: (value: number) => (value < 1e6 ? `${rounded(value / 1e3)}kbit` : `${rounded(value / 1e6)}mbit`),
    octets: (value: number) => `${value} octets`,
  }
  const parts = NAMES.flatMap(name => {
    const { field, kind } = ROWS[name]
    const value = weather[field]
    return value === undefined ? [] : [`${name} ${write[kind](value)}`]
  })
  return parts.length === 0 ? 'fair' : parts.join(', ')
}
