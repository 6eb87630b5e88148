/** What a command of the command line is: a row. registry.ts lists them; parsing, help and running read the rows. */
import type { ApiClient } from './client.ts'

/** The world of a command; a test brings its own. */
export type Terminal = {
  out(text: string): void
  err(text: string): void
  /** A person reads it: aligned tables with a heading. Otherwise one line per item, fields separated by tabs. */
  readonly isTerminal: boolean
  readonly environment: { readonly [name: string]: string | undefined }
  /** Octets to where text goes; false when nobody reads them any more. To be waited for. */
  octets(piece: Uint8Array): Promise<boolean>
  /** From now on Ctrl-C is the signal, rather than the end of the program. */
  interrupt(): AbortSignal
}

export type Option = {
  readonly type: 'string' | 'boolean'
  /** One letter: -c for --count. */
  readonly short?: string
  /** Takes several: --option a=1 --option b=2. */
  readonly multiple?: true
  /** What stands for the value in the help: MAC. */
  readonly value?: string
  readonly says: string
}
export type Options = { readonly [name: string]: Option }

export type Values = { readonly [name: string]: string | boolean | readonly string[] | undefined }

export type Invocation = {
  readonly api: ApiClient
  readonly terminal: Terminal
  readonly operands: readonly string[]
  readonly json: boolean
  /** The value of a string option. */
  text(option: string): string | undefined
  /** The value of a string option that takes a whole number. */
  integer(option: string): number | undefined
  /** A boolean option was given. */
  flag(option: string): boolean
  /** The values of an option that takes several. */
  texts(option: string): readonly string[]
}

/** What a command line is parsed and explained by. */
export type CommandRow = {
  /** "zone add". */
  readonly words: string
  readonly summary: string
  /** Operands as the usage line shows them: "ZONE NAME TYPE DATA…". */
  readonly operands: string
  readonly fewest: number
  readonly most: number
  readonly options: Options
  readonly examples: readonly string[]
}

/** A command that is a client of the API. */
export type Command = CommandRow & {
  /** Prints; throws UsageError, ProblemAnswer or Unreachable. */
  run(invocation: Invocation): Promise<void>
}

/** The command line itself is wrong. Ends with exit code 2. */
export class UsageError extends Error {}

/** What was asked for cannot be done, and no server said so. Ends with exit code 1. */
export class NotDone extends Error {}

/** The command did what it should and has said so, but what it found is no success. Ends with exit code 1. */
export class Unsuccessful extends Error {}

export const PAGING_OPTIONS = {
  limit: { type: 'string', value: 'N', says: 'items at most, 1 to 1000 (default 100)' },
  after: { type: 'string', value: 'MARK', says: 'go on where the last page ended' },
} as const satisfies Options

export const HELP_OPTION = { type: 'boolean', short: 'h', says: 'show this' } as const satisfies Option

/** Of every client of the API. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', says: "print the API's JSON" },
  api: { type: 'string', value: 'URL', says: 'the appliance (default $TAPROOT_API or http://127.0.0.1:8053)' },
  'token-file': {
    type: 'string',
    value: 'PATH',
    says: 'the token (default $TAPROOT_TOKEN_FILE or $TAPROOT_DATA/token or data/token)',
  },
  help: HELP_OPTION,
} as const satisfies Options
