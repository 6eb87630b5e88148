/**
 * The night's simulation: thousands of seeds over every file of test/sim, a line for each file, and for each seed that
 * failed the command that runs it again. Exit code 1 when one did. The tree must stay as it is meanwhile.
 *
 *   npm run simulate -- [--seeds 2000] [--from 1] [FILE…]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { replayOf } from './seeds.ts'

/** What is read of vitest's JSON report. */
type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly startTime: number
    readonly endTime: number
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/** Of each file; who breaks everything breaks it with the first seeds too. */
const SHOWN = 20

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '2000' }, from: { type: 'string', default: '1' } },
})
const root = join(import.meta.dirname, '../..')
process.chdir(root)
const directory = mkdtempSync(join(tmpdir(), 'taproot-simulate-'))
const file = join(directory, 'report.json')
const files = positionals.length > 0 ? positionals : ['test/sim']
const vitest = [
  'node_modules/vitest/vitest.mjs', 'run', '--project', 'core', '--reporter=json', `--outputFile=${file}`, ...files,
]
console.log(`seeds ${values.from} to ${Number(values.from) + Number(values.seeds) - 1} of ${files.join(', ')}`)
const { TAPROOT_SIM_SEED: _one, ...environment } = process.env
const run = spawnSync(process.execPath, vitest, {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...environment, TAPROOT_SIM_SEEDS: values.seeds, TAPROOT_SIM_FROM: values.from },
})
if (run.error !== undefined) throw run.error
const report = JSON.parse(readFileSync(file, 'utf8')) as Report
rmSync(directory, { recursive: true })

let failures = 0
for (const { name, message, startTime, endTime, assertionResults } of report.testResults) {
  const failed = assertionResults.filter(({ status }) => status === 'failed')
  // A file that could not be loaded has no tests.
  failures += failed.length + (assertionResults.length === 0 ? 1 : 0)
  const seconds = ((endTime - startTime) / 1000).toFixed(0)
  console.log(`${relative(root, name)}: ${assertionResults.length} runs in ${seconds} s, ${failed.length} failed`)
  if (assertionResults.length === 0) console.log(message)
  for (const { fullName, failureMessages } of failed.slice(0, SHOWN)) {
    console.log(`  ${fullName}: ${failureMessages?.[0]?.split('\n')[0] ?? ''}`)
    const seed = /seed (\d+)$/.exec(fullName)?.[1]
    if (seed !== undefined) console.log(`    ${replayOf(Number(seed), name)}`)
  }
  if (failed.length > SHOWN) console.log(`  … and ${failed.length - SHOWN} more`)
}
process.exitCode = failures > 0 || run.status !== 0 ? 1 : 0
