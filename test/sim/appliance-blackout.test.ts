/** The whole appliance with power cuts, full and failing disks and a calendar that jumps, by seed; see appliance-weather. */
import { simulate } from './simulate.ts'
import { BLACKOUT } from './weather.ts'

simulate('power cuts, failing disks, jumping calendars', import.meta.filename, {
  hosts: 5,
  climate: BLACKOUT,
  stormMs: 40 * 60_000,
  names: ['alpha', 'beta', 'gamma', 'delta', 'printer', 'laptop'],
})
