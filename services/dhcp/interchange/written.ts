/** What becomes of our model in another server's file, and how option values are written there. */
import { toHex } from '../../../stack/platform/index.ts'
import type { DhcpConfiguration, Level, OptionSet, OptionValue, Subnet } from '../../model/index.ts'
import { encodeOption } from '../wire/option-values.ts'
import { OptionRegistry } from '../wire/option-spaces.ts'
import type { OptionType } from '../wire/options-table.ts'

/** What the other format cannot say, and what to do. */
export type ExportNote = { readonly of: string; readonly problem: string; readonly remedy: string }
export type Written = { readonly text: string; readonly notes: readonly ExportNote[] }

/** `text` in the words of a person: values by commas; undefined where only the octets are sure. */
export type WrittenOption = { readonly code: number; readonly text: string | undefined; readonly octets: string }

/** Types that every server reads from text as we do. */
const PLAIN_TYPES: readonly OptionType[] = [
  'ipv4', 'ipv4[]', 'u8', 'u16', 'u32', 'i32', 'u8[]', 'u16[]', 'u32[]', 'bool', 'text', 'name', 'name[]',
]

export class OptionWriter {
  readonly #registry: OptionRegistry

  constructor(configuration: DhcpConfiguration) {
    this.#registry = new OptionRegistry(configuration.optionDefinitions as ConstructorParameters<typeof OptionRegistry>[0])
  }

  /** Options by code; `none` tells of each that takes away what a lower level gives. */
  *written(options: OptionSet, none: (name: string) => void): Iterable<WrittenOption> {
    for (const [name, value] of Object.entries(options)) {
      const row = this.#registry.named(name)
      const octets = row === undefined || value === null ? undefined : encodeOption(row, value, this.#registry)
      if (row === undefined || octets?.ok !== true) none(name)
      else yield { code: row.code, text: row.rfc === '' ? undefined : textOf(row.type, value), octets: toHex(octets.value) }
    }
  }
}

function textOf(type: OptionType, value: OptionValue): string | undefined {
  if (!PLAIN_TYPES.includes(type)) return undefined
  const text = Array.isArray(value) ? value.join(', ') : String(value)
  // A comma or a quote in a text is escaped differently everywhere.
  return type === 'text' && /[,"'\\#]/.test(text) ? undefined : text
}

/** The first level that says it. */
export const firstSaid = <T>(levels: readonly Level[], of: (level: Level) => T | undefined): T | undefined =>
  levels.map(of).find(value => value !== undefined)

/** The subnets that a segment has. */
export const subnetsOf = (c: DhcpConfiguration, segmentId: number): readonly Subnet[] =>
  c.subnets.filter(subnet => subnet.segmentId === segmentId)

/** Octets as pairs with colons. */
export const pairs = (octets: string): string => octets.replaceAll(/..(?=.)/g, '$&:')

export class ExportNotes {
  readonly list: ExportNote[] = []

  add(of: string, problem: string, remedy: string): void {
    this.list.push({ of, problem, remedy })
  }

  /** An option that cannot be written. */
  option(of: string): (name: string) => void {
    return name => this.add(of, `option ${name} is taken away here`, 'set at the lower levels only what all of them are to have')
  }
}
