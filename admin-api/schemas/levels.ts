/** The fields that every level has, from a site to a host. */
import type { LevelFields } from '../../services/index.ts'
import { integer, list, nullable, text, word } from './common.ts'
import { Type } from 'typebox'
import { Options } from './options.ts'

/** RFC 2132 §9.2: a lease time is 32 bits of seconds; all ones is an infinite lease. */
const INFINITE_SECONDS = 0xffff_ffff

const seconds = (description: string, example: number) =>
  nullable(integer(1, INFINITE_SECONDS, `${description} In seconds; null: as the level below says.`, example))

/** "" is a value: none. */
const maybeEmpty = (longest: number, description: string, example: string) =>
  nullable(Type.String({ maxLength: longest, description, examples: [example] }))

export const levelFields = {
  options: Options,
  leaseSeconds: seconds('Lease time for clients that ask for none.', 3600),
  minLeaseSeconds: seconds('Shortest lease that a client gets.', 120),
  maxLeaseSeconds: seconds('Longest lease that a client gets.', 86_400),
  renewSeconds: seconds('T1, when clients begin to renew; half of the lease unless set.', 1800),
  rebindSeconds: seconds('T2, when clients turn to any server; seven eighths of the lease unless set.', 3150),
  nextServer: nullable(text('ipv4', 'siaddr, the boot server; 0.0.0.0: none; null: as the level below says.')),
  serverName: maybeEmpty(63, 'sname, the name of the boot server; "": none; null: as below.', 'boot.lab.internal'),
  bootFile: maybeEmpty(127, 'file, what to boot; "": none; null: as below.', 'pxelinux.0'),
}

export const LEVEL_DEFAULTS: LevelFields = {
  options: {},
  leaseSeconds: null,
  minLeaseSeconds: null,
  maxLeaseSeconds: null,
  renewSeconds: null,
  rebindSeconds: null,
  nextServer: null,
  serverName: null,
  bootFile: null,
}

const warning = Type.Object(
  {
    field: word('JSON pointer to the field.', '/options/routers'),
    problem: word('What looks wrong.', 'the router 10.99.0.1 is outside 10.53.0.0/24'),
    remedy: word('What would be right.', 'give an address of the subnet'),
  },
  { additionalProperties: false },
)
export const warnings = list(warning, 'What was accepted although it looks like a slip.')
