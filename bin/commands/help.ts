/** The help, made from the rows of the registry. */
import { type Command, type CommandRow, COMMON_OPTIONS, type Option, type Options } from './command.ts'

/** Commands that are not clients of the API. */
export const OWN_COMMANDS = [
  { words: 'start', summary: 'run the appliance (taproot start --help)' },
  { words: 'wire', summary: 'join two TAP devices by a wire with loss, delay, rate … (taproot wire --help)' },
  { words: 'help', summary: 'show this, or taproot help COMMAND' },
  { words: 'version', summary: 'print the version' },
] as const

const usageOf = (command: CommandRow): string =>
  ['taproot', command.words, command.operands, '[options]'].filter(part => part !== '').join(' ')

const option = (name: string, { short, value }: Option): string =>
  [short === undefined ? '' : `-${short}, `, `--${name}`, value === undefined ? '' : ` ${value}`].join('')

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}

const optionRows = (options: { readonly [name: string]: Option }): readonly (readonly [string, string])[] =>
  Object.entries(options).map(([name, row]) => [option(name, row), row.says])

const EXIT_CODES = '0 done, 1 refused or not found, 2 wrong usage, 3 the appliance does not answer'

/** All commands. */
export function overview(commands: readonly Command[]): string {
  const rows = [...OWN_COMMANDS, ...commands].map(command => [command.words, command.summary] as const)
  return (
    `Taproot: DNS and DHCP appliance\n\nUsage: taproot COMMAND [options]\n\n${columns(rows)}\n` +
    `Options of every command but start and wire:\n${columns(optionRows(COMMON_OPTIONS))}\n` +
    `taproot COMMAND --help shows examples. Exit codes: ${EXIT_CODES}.\n`
  )
}

/** One command with its options and examples. */
export function helpOf(command: CommandRow, common: Options = COMMON_OPTIONS): string {
  const own = Object.keys(command.options).length === 0 ? '' : `Options:\n${columns(optionRows(command.options))}\n`
  return (
    `${usageOf(command)}\n\n${command.summary[0]?.toUpperCase() ?? ''}${command.summary.slice(1)}.\n\n${own}` +
    `Common options:\n${columns(optionRows(common))}\n` +
    `Examples:\n${command.examples.map(example => `  ${example}\n`).join('')}\nExit codes: ${EXIT_CODES}.\n`
  )
}

/** The commands that begin with a word, as "zone" of "zone add". */
export function helpOfGroup(word: string, commands: readonly Command[]): string {
  const rows = commands.map(command => [command.words, command.summary] as const)
  return `Usage: taproot ${word} …\n\n${columns(rows)}\ntaproot ${rows[0]?.[0] ?? word} --help shows examples.\n`
}

/** What to say after a wrong command line. */
export const hint = (command: CommandRow | undefined): string =>
  command === undefined
    ? 'taproot help lists the commands'
    : `usage: ${usageOf(command)}\ntaproot ${command.words} --help shows more`
