/**
 * Property tests draw from one seed, so that a run of `npm test` says the same each time; TAPROOT_SEED draws others
 * (TAPROOT_SEED=random a new one), which is what a night's run does. A failure prints the seed either way.
 */
import fc from 'fast-check'

const asked = process.env['TAPROOT_SEED']
if (asked !== 'random') fc.configureGlobal({ seed: asked === undefined ? 20_261_122 : Number(asked) })
