/** The whole appliance with hosts of the same few names and an administrator who edits them, by seed; see appliance-weather. */
import { simulate } from './simulate.ts'
import { CROWD } from './weather.ts'

simulate('many hosts of few names', import.meta.filename, {
  hosts: 6,
  climate: CROWD,
  stormMs: 25 * 60_000,
  names: ['alpha', 'beta', 'laptop'],
})
