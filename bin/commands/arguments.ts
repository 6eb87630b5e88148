/** Reads a command line by the rows of the registry. A slip of the finger is answered with what may have been meant. */
import { parseArgs } from 'node:util'
import { type Command, type CommandRow, COMMON_OPTIONS, type Option, type Options, UsageError, type Values } from './command.ts'
import { nearest } from './nearest.ts'

const meant = (word: string, known: readonly string[], prefix = ''): string => {
  const near = nearest(word, known)
  return near === undefined ? '' : `; did you mean ${prefix}${near}?`
}

export type Found =
  | { readonly kind: 'command'; readonly command: Command; readonly rest: readonly string[] }
  /** A word that several commands share, and help was asked for. */
  | { readonly kind: 'group'; readonly word: string; readonly commands: readonly Command[] }

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h'

/** The command that the arguments begin with; "zone" alone is "zone list". Throws UsageError. */
export function findCommand(commands: readonly Command[], args: readonly string[], own: readonly string[]): Found {
  const [first = '', second] = args
  const group = commands.filter(command => command.words.split(' ')[0] === first)
  const [only] = group
  if (only === undefined) {
    const known = [...own, ...commands.map(command => command.words.split(' ')[0] as string)]
    throw new UsageError(`there is no command "${first}"${meant(first, known, 'taproot ')}`)
  }
  const exact = group.find(command => command.words === `${first} ${second ?? ''}`)
  if (exact !== undefined) return { kind: 'command', command: exact, rest: args.slice(2) }
  if (only.words === first) return { kind: 'command', command: only, rest: args.slice(1) }
  if (isHelp(second)) return { kind: 'group', word: first, commands: group }
  if (second === undefined || second.startsWith('-')) return { kind: 'command', command: only, rest: args.slice(1) }
  const words = group.map(command => command.words.split(' ')[1] as string)
  throw new UsageError(
    `"${first}" has no "${second}"${meant(second, words, `taproot ${first} `)}\nit has ${words.join(', ')}`,
  )
}

export type Parsed = { readonly values: Values; readonly operands: readonly string[] }

/** Throws UsageError for unknown options, missing values, and operands too few or too many. */
export function parseFor(command: CommandRow, args: readonly string[], common: Options = COMMON_OPTIONS): Parsed {
  const options: { readonly [name: string]: Option } = { ...command.options, ...common }
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple, short }]) => [
      name,
      { type, multiple: multiple === true, ...(short === undefined ? {} : { short }) },
    ]),
  )
  // Not strict: its messages name no alternative.
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: config,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const row = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (row === undefined)
      throw new UsageError(`there is no option ${token.rawName}${meant(token.name, Object.keys(options), '--')}`)
    if (row.type === 'string' && (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))) {
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${row.value ?? 'VALUE'}`)
    }
    if (row.type === 'boolean' && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
  }
  if (values['help'] !== true) checkOperands(command, positionals)
  return { values: values as Values, operands: positionals }
}

function checkOperands(command: CommandRow, operands: readonly string[]): void {
  if (operands.length < command.fewest) throw new UsageError(`${command.words} needs ${command.operands}`)
  if (operands.length > command.most) throw new UsageError(`"${operands[command.most] ?? ''}" is one word too many`)
}
