/**
 * SHELL: `taproot wire`: joins two TAP devices, with weather between them, until a signal ends it. Needs no appliance. For
 * whoever wants a bad line between two hosts, also on a kernel without netem.
 */
import {
  bumpInTheWire, closeTap, hostEnd, mac, openTap, SLOT_BYTES, TapLink, TX_QUEUE_FRAMES, type Bump, type TapDevice, type TapError,
} from '../../stack/index.ts'
import { type Result, SeededRandom, SystemClock, SystemRandom } from '../../stack/platform/index.ts'
import { deviceExists, deviceMtu, isTapDevice } from '../host.ts'
import { parseFor } from './arguments.ts'
import { type CommandRow, HELP_OPTION, NotDone, type Terminal, UsageError } from './command.ts'
import { helpOf } from './help.ts'
import { printJson } from './print.ts'
import { readWeather, readWeatherList, WEATHER_OPTIONS, weatherText } from './weather-options.ts'

/** What a slot of the driver's rings holds besides the headers of link and frame. */
const LARGEST_MTU = SLOT_BYTES - 30
const SMALLEST_MTU = 68
const USUAL_MTU = 1500

export const WIRE: CommandRow = {
  words: 'wire',
  summary: 'join two TAP devices by a wire with loss, delay, rate … (needs no appliance)',
  operands: 'TAP-A TAP-B',
  fewest: 2,
  most: 2,
  options: {
    ...WEATHER_OPTIONS,
    'a-to-b': { type: 'string', value: 'LIST', says: 'other weather in this direction, as loss=5%,delay=80ms' },
    'b-to-a': { type: 'string', value: 'LIST', says: 'the same for the way back' },
    mtu: { type: 'string', value: 'N', says: `of devices that are made, ${SMALLEST_MTU} to ${LARGEST_MTU} (default ${USUAL_MTU})` },
    seed: { type: 'string', value: 'N', says: 'the same seed makes the same choices (default: a new one, which is printed)' },
    json: { type: 'boolean', says: 'print the counters as JSON in the end' },
  },
  examples: [
    'taproot wire tap-a tap-b --loss 1% --delay 25ms --jitter 5ms --rate 100mbit',
    'taproot wire tap-a tap-b --rate 50mbit --b-to-a rate=10mbit,loss=2%',
  ],
}
const COMMON = { help: HELP_OPTION }

/** Runs until SIGINT or SIGTERM, then prints the counters. Throws UsageError and NotDone. Exit code 0. */
export async function wire(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, operands } = parseFor(WIRE, args, COMMON)
  if (values['help'] === true) {
    terminal.out(helpOf(WIRE, COMMON))
    return 0
  }
  const text = (option: string): string | undefined => {
    const value = values[option]
    return typeof value === 'string' ? value : undefined
  }
  const whole = (option: string, least: number, most: number): number | undefined => {
    const given = text(option)
    if (given === undefined) return undefined
    const value = /^\d{1,10}$/.test(given) ? Number(given) : -1
    if (value < least || value > most) throw new UsageError(`--${option} takes a whole number from ${least} to ${most}, not "${given}"`)
    return value
  }
  const [nameA, nameB] = operands as [string, string]
  if (nameA === nameB) throw new UsageError(`a wire has two ends; "${nameA}" is named twice`)
  const both = readWeather(text)
  const listed = (option: string) => readWeatherList(text(option) as string, `--${option}`, both)
  const weather = {
    aToB: text('a-to-b') === undefined ? both : listed('a-to-b'),
    bToA: text('b-to-a') === undefined ? both : listed('b-to-a'),
  }
  const seed = whole('seed', 0, 0xffff_ffff) ?? new SystemRandom().u32()
  const mtu = whole('mtu', SMALLEST_MTU, LARGEST_MTU) ?? USUAL_MTU
  const { promise: ended, resolve: end } = Promise.withResolvers<string | undefined>()
  const open = (name: string): End => openEnd(name, mtu, (code) => end(`${name}: the device is gone (${code})`))
  const a = open(nameA)
  let b: End
  try {
    b = open(nameB)
  } catch (error) {
    a.close()
    throw error
  }
  const clock = new SystemClock()
  const bump = bumpInTheWire(a.link, b.link, clock, new SeededRandom(seed), weather)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(undefined))
  terminal.err(
    `${nameA} and ${nameB} are joined; Ctrl-C ends it (seed ${seed})\n` +
    `  ${nameA} to ${nameB}: ${weatherText(weather.aToB)}\n  ${nameB} to ${nameA}: ${weatherText(weather.bToA)}\n`,
  )
  const fault = await ended
  show(bump, [nameA, nameB], values['json'] === true, terminal)
  bump.close()
  a.close()
  b.close()
  if (fault !== undefined) throw new NotDone(fault)
  return 0
}

type End = { readonly link: TapLink; close(): void }

function openEnd(name: string, mtu: number, onGone: (code: string) => void): End {
  const existed = deviceExists(name)
  if (existed && !isTapDevice(name)) throw new NotDone(`${name} is a device of the host, but no TAP device`)
  const actual = existed ? deviceMtu(name) : mtu
  if (actual > LARGEST_MTU) throw new NotDone(`${name} has an MTU of ${actual}; a wire carries ${LARGEST_MTU} at most`)
  const device = must(name, openTap({ name, attachOnly: existed, persist: false, ownerUid: undefined, offloads: false }))
  if (!existed) configure(device, mtu)
  // No stack uses the wire's own addresses; and its weather befalls frames, not super-segments.
  const link = new TapLink({ fd: device.fd, name, offloads: device.offloads, mac: mac('02:00:00:00:00:00'), mtu: actual, onGone })
  return { link, close: () => void closeTap(device) }
}

function configure(device: TapDevice, mtu: number): void {
  const { name } = device
  const steps = [
    () => hostEnd.setMtu(name, mtu), () => hostEnd.setTxQueueLength(name, TX_QUEUE_FRAMES), () => hostEnd.setUp(name, true),
  ]
  for (const step of steps) {
    const done = step()
    if (done.ok) continue
    closeTap(device)
    must(name, done)
  }
}

function must<T>(name: string, result: Result<T, TapError>): T {
  if (result.ok) return result.value
  throw new NotDone(`${name}: ${result.error.problem}\n  ${result.error.remedy}`)
}

function show(bump: Bump, [a, b]: readonly [string, string], json: boolean, terminal: Terminal): void {
  const { aToB, bToA } = bump.counters()
  if (json) return printJson(terminal, { aToB, bToA })
  const line = (counters: Record<string, number>): string =>
    Object.entries({ frames: 0, bytes: 0, ...counters }).map(([name, value]) => `${name} ${value}`).join(', ')
  terminal.out(`${a} to ${b}: ${line(aToB)}\n${b} to ${a}: ${line(bToA)}\n`)
}
