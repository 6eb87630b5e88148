/**
 * What counts for a client at an address, value by value with its origin. The replies are filled from here, and so is
 * what people are told: one code path.
 */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { put32, toHex } from '../../stack/platform/index.ts'
import type { OptionValue } from '../model/index.ts'
import type { Configuration, Scope } from './configuration.ts'
import type { Exchange } from './exchange.ts'
import type { CompiledLevel, EffectiveBoot, EffectiveTimes, Levels, OptionEntry } from './levels.ts'
import { renewalTimes } from './lease-time.ts'
import { codeOf } from './wire/options-table.ts'
import { decodeOption } from './wire/option-values.ts'

const NAME_SERVERS = codeOf('domain-name-servers')
const CLASSLESS_ROUTES = codeOf('classless-static-routes')
const MICROSOFT_ROUTES = codeOf('microsoft-classless-static-routes')

/** What counts for the client at this address: its host and classes on top of pool, subnet, segment and site. */
export function levelsFor(x: Exchange, scope: Scope, address: Ipv4): Levels {
  const above: CompiledLevel[] = []
  if (x.host?.level !== undefined) above.push(x.host.level)
  for (const { level } of x.classes) if (level !== undefined) above.push(level)
  const levels = scope.levelsAt(address).under(above)
  x.levels = levels
  return levels
}

/** The option that counts; null octets say that there is none. Undefined when nobody says anything. */
export function effectiveOption(x: Exchange, code: number): OptionEntry | undefined {
  const entry = x.levels?.option(code)
  // Windows before Vista knows classless routes only by this number (MS-DHCPE §2.2.8); the octets are the same.
  if (entry === undefined && code === MICROSOFT_ROUTES) return x.levels?.option(CLASSLESS_ROUTES)
  if (entry !== undefined || code !== NAME_SERVERS) return entry
  const octets = new Uint8Array(4)
  put32(octets, 0, x.serverAddress)
  return { octets, origin: 'built-in' }
}

/** Codes that any level speaks of or that follow of themselves, ascending. */
export const effectiveCodes = (x: Exchange): readonly number[] =>
  [...new Set([NAME_SERVERS, ...(x.levels?.codes() ?? [])])].sort((a, b) => a - b)

export type EffectiveOption = {
  readonly code: number
  readonly name: string
  /** null: taken away by its origin. */
  readonly value: OptionValue
  readonly origin: string
}

/** Seconds and boot fields stand beside the level that says them. */
export type EffectiveSetting = { readonly name: string; readonly value: string | number; readonly origin: string }

export type EffectiveSettings = {
  readonly segment: string
  readonly subnet: string
  readonly address: string
  readonly host: string | null
  readonly classes: readonly string[]
  readonly settings: readonly EffectiveSetting[]
  readonly options: readonly EffectiveOption[]
}

/** For people. The exchange has been identified. */
export function effectiveSettings(configuration: Configuration, x: Exchange, scope: Scope, address: Ipv4): EffectiveSettings {
  const levels = levelsFor(x, scope, address)
  const options = effectiveCodes(x).flatMap((code): readonly EffectiveOption[] => {
    const entry = effectiveOption(x, code)
    if (entry === undefined) return []
    const { name, row } = configuration.registry.coded(code)
    const decoded = entry.octets === null ? undefined : decodeOption(row, entry.octets, configuration.registry)
    const value = decoded === undefined ? null : decoded.ok ? decoded.value : toHex(entry.octets ?? new Uint8Array(0))
    return [{ code, name, value, origin: entry.origin }]
  })
  return {
    segment: scope.segment.name,
    subnet: scope.subnetHolding(address)?.name ?? '',
    address: formatIpv4(address),
    host: x.host?.label ?? null,
    classes: x.classes.map(each => each.clientClass.name),
    settings: [...timeSettings(levels.times), ...bootSettings(levels.boot)],
    options,
  }
}

function timeSettings(times: EffectiveTimes): readonly EffectiveSetting[] {
  const { t1, t2 } = renewalTimes(times.leaseSeconds, times)
  const of = (name: string, value: number, field: keyof EffectiveTimes['origins']): EffectiveSetting => ({
    name,
    value,
    origin: times.origins[field] ?? 'built-in',
  })
  return [
    of('leaseSeconds', times.leaseSeconds, 'leaseSeconds'),
    of('minLeaseSeconds', times.minSeconds, 'minSeconds'),
    of('maxLeaseSeconds', times.maxSeconds, 'maxSeconds'),
    of('renewSeconds', t1, 'renewSeconds'),
    of('rebindSeconds', t2, 'rebindSeconds'),
  ]
}

function bootSettings(boot: EffectiveBoot): readonly EffectiveSetting[] {
  const { nextServer, serverName, bootFile, origins } = boot
  const said: readonly (readonly [string, string, string | undefined])[] = [
    ['nextServer', formatIpv4(nextServer), origins.nextServer],
    ['serverName', serverName, origins.serverName],
    ['bootFile', bootFile, origins.bootFile],
  ]
  return said.flatMap(([name, value, origin]) => (origin === undefined ? [] : [{ name, value, origin }]))
}
