/** The whole appliance with pools for classes and addresses kept for hosts, by seed; see appliance-weather. */
import { simulate } from './simulate.ts'
import { STORM } from './weather.ts'

simulate('hosts and classes in bad weather', import.meta.filename, {
  hosts: 6,
  climate: STORM,
  stormMs: 25 * 60_000,
  names: ['alpha', 'beta', 'gamma', 'printer'],
  hostsAndClasses: true,
})
