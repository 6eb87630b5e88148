/** The whole appliance in bad weather, by seed; which seeds run is said in seeds.ts. */
import { simulate } from './simulate.ts'
import { STORM } from './weather.ts'

simulate('cables that lose, repeat, delay and damage', import.meta.filename, {
  hosts: 6,
  climate: STORM,
  stormMs: 40 * 60_000,
  names: ['alpha', 'beta', 'gamma', 'delta', 'printer', 'laptop', 'camera', 'tv'],
})
