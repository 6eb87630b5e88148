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

/** The fields of the API by their options. */
export const LEVEL_FIELDS = {
  lease: 'leaseSeconds',
  'min-lease': 'minLeaseSeconds',
  'max-lease': 'maxLeaseSeconds',
  't1': 'renewSeconds',
  't2': 'rebindSeconds',
  'next-server': 'nextServer',
  'server-name': 'serverName',
  'boot-file': 'bootFile',
} as const satisfies { readonly [K in Exclude<keyof typeof LEVEL_OPTIONS, 'option'>]: string }

const NUMBERS: readonly string[] = ['lease', 'min-lease', 'max-lease', 't1', 't2']

/** The fields of the API that were given, but for the DHCP options; the others stay undefined and away. */
export const ownLevelFields = ({ text, integer }: Invocation): { readonly [field: string]: unknown } =>
  Object.fromEntries(Object.entries(LEVEL_FIELDS).map(([option, field]) => [field, NUMBERS.includes(option) ? integer(option) : text(option)]))

export const levelFields = (invocation: Invocation): { readonly [field: string]: unknown } => ({
  ...ownLevelFields(invocation),
  options: optionSet(invocation.texts('option')),
})
