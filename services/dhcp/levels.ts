/**
 * Levels put together. A level says some options, lease times and boot fields; what it does not say comes from the
 * next one down: host, classes by priority, pool, subnet, segment, site, built-in. What lies below the classes is the
 * same for every client of a pool and is merged once; a host and classes are laid on top for one exchange.
 */
import type { BootFields, LeaseTimes, Level, OptionSet } from '../model/index.ts'
import { encodeOption } from './wire/option-values.ts'
import type { OptionRegistry } from './wire/option-spaces.ts'

/** Octets by code; null where a value of a lower level is taken away. */
export type CompiledOptions = ReadonlyMap<number, Uint8Array | null>

/** What one level says itself. */
export type CompiledLevel = {
  /** "host 3", "class pxe", "pool 1", "subnet 10.53.0.0/24", "segment lan0", "site default", "built-in". */
  readonly origin: string
  readonly options: CompiledOptions
  readonly leaseTimes: LeaseTimes
  readonly boot: BootFields
}

/** An option as it counts, and the level that says it. */
export type OptionEntry = { readonly octets: Uint8Array | null; readonly origin: string }

/** Lease times as they count, and for each the level that says it. */
export type EffectiveTimes = {
  readonly leaseSeconds: number
  readonly minSeconds: number
  readonly maxSeconds: number
  readonly renewSeconds: number | undefined
  readonly rebindSeconds: number | undefined
  readonly origins: { readonly [K in keyof LeaseTimes]: string }
}

export type EffectiveBoot = {
  readonly nextServer: number
  readonly serverName: string
  readonly bootFile: string
  readonly origins: { readonly [K in keyof BootFields]: string }
}

/** Below every level. */
const BUILT_IN_TIMES: EffectiveTimes = {
  leaseSeconds: 3600,
  minSeconds: 60,
  maxSeconds: 86_400,
  renewSeconds: undefined,
  rebindSeconds: undefined,
  origins: { leaseSeconds: 'built-in', minSeconds: 'built-in', maxSeconds: 'built-in' },
}
const BUILT_IN_BOOT: EffectiveBoot = { nextServer: 0, serverName: '', bootFile: '', origins: {} }

/** All levels that count for a client, from the built-in one up. */
export class Levels {
  readonly times: EffectiveTimes
  readonly boot: EffectiveBoot
  readonly #below: ReadonlyMap<number, OptionEntry>
  /** Strongest first. */
  readonly #above: readonly CompiledLevel[]

  private constructor(
    below: ReadonlyMap<number, OptionEntry>,
    above: readonly CompiledLevel[],
    times: EffectiveTimes,
    boot: EffectiveBoot,
  ) {
    this.#below = below
    this.#above = above
    this.times = times
    this.boot = boot
  }

  /** Merged from levels in their order of precedence, the strongest first. */
  static merged(levels: readonly CompiledLevel[]): Levels {
    const options = new Map<number, OptionEntry>()
    for (const { options: own, origin } of levels.toReversed()) {
      for (const [code, octets] of own) options.set(code, { octets, origin })
    }
    return new Levels(options, [], timesOf(levels, BUILT_IN_TIMES), bootOf(levels, BUILT_IN_BOOT))
  }

  /** These with others on top, the strongest first. */
  under(above: readonly CompiledLevel[]): Levels {
    if (above.length === 0) return this
    return new Levels(this.#below, above, timesOf(above, this.times), bootOf(above, this.boot))
  }

  /** The value that counts: null octets say that there is none. Undefined when no level says anything. */
  option(code: number): OptionEntry | undefined {
    for (const { options, origin } of this.#above) {
      const octets = options.get(code)
      if (octets !== undefined) return { octets, origin }
    }
    return this.#below.get(code)
  }

  /** Codes that any level speaks of, ascending. */
  codes(): readonly number[] {
    const codes = new Set(this.#below.keys())
    for (const { options } of this.#above) for (const code of options.keys()) codes.add(code)
    return [...codes].sort((a, b) => a - b)
  }
}

/**
 * What a level says pushes what it inherits: who sets ten days at a host need not set the maximum too, and a maximum
 * of a minute makes an inherited hour a minute. So the least, the lease and the longest time are always in order.
 */
function timesOf(levels: readonly CompiledLevel[], below: EffectiveTimes): EffectiveTimes {
  let times = below
  for (const { leaseTimes: own, origin } of levels.toReversed()) {
    const said = TIME_FIELDS.filter(field => own[field] !== undefined)
    if (said.length === 0) continue
    const next = { ...times, origins: { ...times.origins } } as Writable<EffectiveTimes>
    const put = (field: keyof LeaseTimes, seconds: number): void => {
      next[field] = seconds
      next.origins[field] = origin
    }
    for (const field of said) put(field, own[field] as number)
    const { leaseSeconds, minSeconds, maxSeconds } = own
    const least = minSeconds ?? leaseSeconds ?? maxSeconds
    const longest = maxSeconds ?? leaseSeconds ?? minSeconds
    if (least !== undefined && next.minSeconds > least) put('minSeconds', least)
    if (longest !== undefined && next.maxSeconds < longest) put('maxSeconds', longest)
    if (next.leaseSeconds < next.minSeconds) put('leaseSeconds', next.minSeconds)
    if (next.leaseSeconds > next.maxSeconds) put('leaseSeconds', next.maxSeconds)
    times = next
  }
  return times
}

const TIME_FIELDS = ['leaseSeconds', 'minSeconds', 'maxSeconds', 'renewSeconds', 'rebindSeconds'] as const

type Writable<T> = { -readonly [K in keyof T]: T[K] extends object | undefined ? { -readonly [L in keyof T[K]]: T[K][L] } : T[K] }

function bootOf(levels: readonly CompiledLevel[], below: EffectiveBoot): EffectiveBoot {
  let boot = below
  for (const { boot: own, origin } of levels.toReversed()) {
    const said = Object.entries(own).filter(([, value]) => value !== undefined)
    if (said.length === 0) continue
    boot = {
      ...boot,
      ...(Object.fromEntries(said) as BootFields),
      origins: { ...boot.origins, ...Object.fromEntries(said.map(([field]) => [field, origin])) },
    } as EffectiveBoot
  }
  return boot
}

/** Undefined for a level that says nothing, so that nobody looks into it again. */
export function compileLevel(level: Level, origin: string, registry: OptionRegistry): CompiledLevel | undefined {
  const options = compileOptions(level.options, registry)
  const says = (of: object): boolean => Object.values(of).some(value => value !== undefined)
  if (options.size === 0 && !says(level.leaseTimes) && !says(level.boot)) return undefined
  return { origin, options, leaseTimes: level.leaseTimes, boot: level.boot }
}

/** What checkConfiguration refuses is left out here, so that a bad row in the store costs one option and no more. */
export function compileOptions(options: OptionSet, registry: OptionRegistry): Map<number, Uint8Array | null> {
  const compiled = new Map<number, Uint8Array | null>()
  for (const [name, value] of Object.entries(options)) {
    const row = registry.named(name)
    if (row === undefined) continue
    const bytes = value === null ? null : encodeOption(row, value, registry)
    if (bytes === null) compiled.set(row.code, null)
    else if (bytes.ok) compiled.set(row.code, bytes.value)
  }
  return compiled
}
