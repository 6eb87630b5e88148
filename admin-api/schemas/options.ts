import { Type } from 'typebox'
import type { OptionSet } from '../../services/index.ts'

/** DHCP options by name. Which names and values there are stands in the DHCP part's table, which refuses the rest. */
export const Options = Type.Unsafe<OptionSet>({
  type: 'object',
  additionalProperties: {},
  maxProperties: 255, // option numbers are one octet
  description:
    'DHCP options by name: addresses and names are text, lists are arrays, times are seconds. ' +
    'null removes an option that would be given otherwise. A change replaces the whole set.',
  examples: [{ routers: ['10.53.0.1'], 'domain-name': 'lab.internal' }],
})
