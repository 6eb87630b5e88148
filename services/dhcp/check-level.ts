/** What is wrong with one level: its options, lease times and boot fields. */
import type { BootFields, LeaseTimes, Level, OptionSet, Refusal } from '../model/index.ts'
import { invalid } from './check-fields.ts'
import { SNAME_BYTES, FILE_BYTES } from './wire/layout.ts'
import type { OptionRegistry } from './wire/option-spaces.ts'
import { encodeOption } from './wire/option-values.ts'

const LONGEST_SECONDS = 0xffff_ffff
/** RFC 2131 §3.3 knows no least time; a lease must outlast a renewal under load. */
const SHORTEST_SECONDS = 10

/** Fields are called as the API calls them: the parts of a level stand beside the entry's own. */
export const checkLevel = (level: Level, at: string, registry: OptionRegistry): Refusal | undefined =>
  checkTimes(level.leaseTimes, at) ?? checkBoot(level.boot, at) ?? checkOptions(level.options, `${at}/options`, registry)

const TIME_FIELDS = {
  leaseSeconds: 'leaseSeconds',
  minSeconds: 'minLeaseSeconds',
  maxSeconds: 'maxLeaseSeconds',
  renewSeconds: 'renewSeconds',
  rebindSeconds: 'rebindSeconds',
} as const satisfies { readonly [K in keyof LeaseTimes]-?: string }

/** Pairs that must be in order where one level says both. */
const ORDER = [
  ['minSeconds', 'leaseSeconds', 'the lease time'],
  ['leaseSeconds', 'maxSeconds', 'the longest lease'],
  ['minSeconds', 'maxSeconds', 'the longest lease'],
  ['renewSeconds', 'rebindSeconds', 'the rebinding time'],
  ['rebindSeconds', 'leaseSeconds', 'the lease time'],
  ['renewSeconds', 'leaseSeconds', 'the lease time'],
] as const satisfies readonly (readonly [keyof LeaseTimes, keyof LeaseTimes, string])[]

function checkTimes(times: LeaseTimes, at: string): Refusal | undefined {
  for (const [name, field] of Object.entries(TIME_FIELDS)) {
    const value = times[name as keyof LeaseTimes]
    if (value === undefined) continue
    const least = name.startsWith('re') ? 1 : SHORTEST_SECONDS
    if (!Number.isInteger(value) || value < least || value > LONGEST_SECONDS) {
      const remedy = `whole seconds from ${least} to ${LONGEST_SECONDS} (for ever)`
      return invalid(`${at}/${field}`, `${value} is no lease time`, remedy)
    }
  }
  for (const [low, high, what] of ORDER) {
    const [a, b] = [times[low], times[high]]
    if (a === undefined || b === undefined || a <= b) continue
    // The bound is wrong, not the lease time that it is compared with.
    return low === 'leaseSeconds'
      ? invalid(`${at}/${TIME_FIELDS[high]}`, `${b} is less than the lease time of ${a}`, `at least ${a}`)
      : invalid(`${at}/${TIME_FIELDS[low]}`, `${a} is more than ${what} of ${b}`, `at most ${b}`)
  }
  return undefined
}

function checkBoot({ serverName, bootFile }: BootFields, at: string): Refusal | undefined {
  const fields = [
    ['serverName', serverName, SNAME_BYTES - 1],
    ['bootFile', bootFile, FILE_BYTES - 1],
  ] as const
  for (const [field, value, longest] of fields) {
    if (value === undefined || (value.length <= longest && /^[\x20-\x7e]*$/.test(value))) continue
    const problem = `"${value.slice(0, 40)}" does not fit the message`
    return invalid(`${at}/${field}`, problem, `at most ${longest} printable ASCII characters; "" for none`)
  }
  return undefined
}

/** Every option by a known name, with a value of its type. */
export function checkOptions(options: OptionSet, at: string, registry: OptionRegistry): Refusal | undefined {
  for (const [name, value] of Object.entries(options)) {
    const field = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const row = registry.named(name)
    if (row === undefined) {
      return invalid(
        field,
        `there is no option "${name}"`,
        'a name from the option table or of an option definition, or "option-224" for a code without a name',
      )
    }
    if (row.role === 'protocol') {
      return invalid(field, `"${name}" is written by the server itself`, 'leave it out; lease times have fields of their own')
    }
    if (value === null) continue
    const encoded = encodeOption(row, value, registry)
    if (!encoded.ok) return invalid(field, `${JSON.stringify(value)} is no value of "${name}"`, encoded.error)
  }
  return undefined
}
