/** What every level can say, on the command line: options, lease times, boot fields. */
import type { Invocation, Options } from './command.ts'
import { OPTION, optionSet } from './dhcp-options.ts'

export const LEVEL_OPTIONS = {
  lease: { type: 'string', value: 'SECONDS', says: 'lease time for clients that ask for none' },
  'min-lease': { type: 'string', value: 'SECONDS', says: 'shortest lease' },
  'max-lease': { type: 'string', value: 'SECONDS', says: 'longest lease' },
  't1': { type: 'string', value: 'SECONDS', says: 'when clients begin to renew' },
  't2': { type: 'string', value: 'SECONDS', says: 'when clients turn to any server' },
  'next-server': { type: 'string', value: 'ADDRESS', says: 'boot server (0.0.0.0 for none)' },
  'server-name': { type: 'string', value: 'NAME', says: 'name of the boot server' },
  'boot-file': { type: 'string', value: 'PATH', says: 'what to boot' },
  option: OPTION,
} as const satisfies Options

/** The fields of the API that were given; the others stay undefined and away. */
export const levelFields = ({ text, texts, integer }: Invocation): { readonly [field: string]: unknown } => ({
  leaseSeconds: integer('lease'),
  minLeaseSeconds: integer('min-lease'),
  maxLeaseSeconds: integer('max-lease'),
  renewSeconds: integer('t1'),
  rebindSeconds: integer('t2'),
  nextServer: text('next-server'),
  serverName: text('server-name'),
  bootFile: text('boot-file'),
  options: optionSet(texts('option')),
})
