/** The command line: finds the command, runs it, and turns what went wrong into words and an exit code. */
import { findCommand, parseFor } from './arguments.ts'
import { connect, ProblemAnswer, Unreachable } from './client.ts'
import { type Command, type CommandRow, type Invocation, NotDone, type Terminal, Unsuccessful, UsageError, type Values } from './command.ts'
import { helpOf, helpOfGroup, hint, overview, OWN_COMMANDS } from './help.ts'
import { printable, printJson } from './print.ts'
import { COMMANDS } from './registry.ts'
import { versionOfPackage } from './version.ts'

export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const

/** Runs one command line (without the program's name) and answers its exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [word, ...rest] = args
  switch (word) {
    case 'start': {
      const { start } = await import('./start.ts')
      return start(rest)
    }
    case 'wire': {
      const { wire, WIRE } = await import('./wire.ts')
      return wire(rest, terminal).catch((error: unknown) => complain(error, WIRE, false, terminal))
    }
    case undefined:
      terminal.err(overview(COMMANDS))
      return EXIT.usage
    case '--help':
    case '-h':
      terminal.out(overview(COMMANDS))
      return EXIT.done
    case 'help':
      return rest.length === 0 ? main(['--help'], terminal) : main([...rest, '--help'], terminal)
    case 'version':
    case '--version':
      terminal.out(`taproot ${versionOfPackage()}\n`)
      return EXIT.done
    default:
      return runClient(args, terminal)
  }
}

async function runClient(args: readonly string[], terminal: Terminal): Promise<number> {
  let command: Command | undefined
  let json = false
  try {
    const found = findCommand(
      COMMANDS,
      args,
      OWN_COMMANDS.map(own => own.words),
    )
    if (found.kind === 'group') {
      terminal.out(helpOfGroup(found.word, found.commands))
      return EXIT.done
    }
    command = found.command
    const { values, operands } = parseFor(command, found.rest)
    if (values['help'] === true) {
      terminal.out(helpOf(command))
      return EXIT.done
    }
    json = values['json'] === true
    await command.run(invocation(values, operands, terminal))
    return EXIT.done
  } catch (error) {
    return complain(error, command, json, terminal)
  }
}

function invocation(values: Values, operands: readonly string[], terminal: Terminal): Invocation {
  const text = (option: string): string | undefined => {
    const value = values[option]
    return typeof value === 'string' ? value : undefined
  }
  return {
    api: connect(terminal.environment, text('api'), text('token-file')),
    terminal,
    operands,
    json: values['json'] === true,
    text,
    integer: option => {
      const value = text(option)
      if (value !== undefined && !/^\d{1,15}$/.test(value))
        throw new UsageError(`--${option} takes a whole number, not "${value}"`)
      return value === undefined ? undefined : Number(value)
    },
    flag: option => values[option] === true,
    texts: option => {
      const value = values[option]
      return Array.isArray(value) ? (value as readonly string[]) : []
    },
  }
}

/** On stderr; with --json a refusal stays the problem+json that it was. */
function complain(error: unknown, command: CommandRow | undefined, json: boolean, terminal: Terminal): number {
  const say = (text: string): void => terminal.err(`taproot: ${text.split('\n').map(printable).join('\n')}\n`)
  if (error instanceof UsageError) {
    say(`${error.message}\n${hint(command)}`)
    return EXIT.usage
  }
  if (error instanceof Unreachable) {
    say(`${error.message}\nstart it with: taproot start\nif it runs elsewhere, say where with --api URL`)
    return EXIT.unreachable
  }
  if (error instanceof NotDone) {
    say(error.message)
    return EXIT.refused
  }
  if (error instanceof Unsuccessful) return EXIT.refused
  if (!(error instanceof ProblemAnswer)) throw error
  if (json) printJson({ ...terminal, out: text => terminal.err(text) }, error.problem)
  else say(refusalText(error))
  return EXIT.refused
}

function refusalText({ problem }: ProblemAnswer): string {
  if (problem.errors.length === 0) return problem.detail
  return problem.errors
    .map(({ pointer, detail, remedy }) => [
      pointer === '' ? detail : `${pointer.slice(1)}: ${detail}`,
      remedy === '' ? '' : `  ${remedy}`,
    ])
    .flat()
    .filter(line => line !== '')
    .join('\n')
}
