/** SHELL: `taproot start`: reads the settings, brings everything up, tells the person what there is, and logs. */
import { existsSync, readFileSync } from 'node:fs'
import { pino, type Logger } from 'pino'
import { eventRow, renderStep } from '../../services/events/catalogue.ts'
import { readSettings, type SettingFault, type Settings, SETTINGS } from '../../services/config/settings.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { compose, type Running } from '../compose.ts'
import type { LoggedEvent } from '../network-worker.ts'
import { startHelp } from './start-help.ts'
import { startScreen } from './start-screen.ts'
import { versionOfPackage } from './version.ts'

/** Looked for in the working directory when --config is not given. */
const CONFIG_FILE = 'taproot.yaml'

/** Runs until a signal ends it. Exit codes: 0 ended by a signal, 1 could not start or gave up, 2 wrong settings. */
export async function start(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(startHelp())
    return 0
  }
  const settings = await settingsFrom(args)
  if (!settings.ok) {
    for (const fault of settings.error) complain(`${fault.setting} "${fault.value}": ${fault.problem}`, fault.remedy)
    return 2
  }
  return run(settings.value)
}

const complain = (problem: string, remedy: string): void => void process.stderr.write(`taproot: ${problem}\n  ${remedy}\n`)

async function settingsFrom(args: readonly string[]): Promise<Result<Settings, readonly SettingFault[]>> {
  const flags = readFlags(args)
  if (!flags.ok) return flags
  const named = flags.value.get('--config') ?? process.env['TAPROOT_CONFIG']
  const name = named ?? CONFIG_FILE
  if (named === undefined && !existsSync(name)) return readSettings({ flags: flags.value, environment: process.env, file: undefined })
  // Loaded only when there is such a file.
  const { parse: parseYaml, YAMLParseError } = await import('yaml')
  try {
    const document: unknown = parseYaml(readFileSync(name, 'utf8'))
    return readSettings({ flags: flags.value, environment: process.env, file: { name, document } })
  } catch (error) {
    if (!(error instanceof YAMLParseError) && !(error instanceof Error && 'code' in error)) throw error
    return err([{ setting: '--config', value: name, problem: error.message, remedy: 'name a YAML file that this user can read' }])
  }
}

/** "--pool X" and "--pool=X". Flags are few and all take a value, so that the error can name the nearest by itself. */
function readFlags(args: readonly string[]): Result<ReadonlyMap<string, string>, readonly SettingFault[]> {
  const known = new Set<string>(['--config', ...Object.values(SETTINGS).map((setting) => setting.flag)])
  const flags = new Map<string, string>()
  const faults: SettingFault[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string
    const equals = arg.indexOf('=')
    const flag = equals < 0 ? arg : arg.slice(0, equals)
    const value = equals < 0 ? args[++i] : arg.slice(equals + 1)
    if (!known.has(flag)) faults.push({ setting: flag, value: value ?? '', problem: 'there is no such setting', remedy: 'taproot start --help lists them' })
    else if (value === undefined) faults.push({ setting: flag, value: '', problem: 'its value is missing', remedy: `write ${flag} VALUE` })
    else flags.set(flag, value)
  }
  return faults.length > 0 ? err(faults) : ok(flags)
}

const isPretty = (s: Settings): boolean => s.logFormat === 'pretty' || (s.logFormat === 'auto' && process.stdout.isTTY === true)

/** Both forms write in this thread: the log is small, and a thread for it would cost 30 MB. */
async function makeLogger(s: Settings): Promise<Logger> {
  const options = { level: s.logLevel, base: undefined }
  if (!isPretty(s)) return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime })
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }))
}

async function run(settings: Settings): Promise<number> {
  const log = await makeLogger(settings)
  const { promise: ended, resolve: end } = Promise.withResolvers<number>()
  const composed = await compose({
    settings,
    version: versionOfPackage(),
    log,
    onEvents: (events, suppressed) => logEvents(log, events, suppressed),
    onRestart: (worker, reason) => log.error({ event: 'appliance.worker.restarted', worker, reason }, `the ${worker} worker died and is replaced`),
    onGiveUp: (reason) => {
      log.fatal({ event: 'appliance.gave-up', reason }, reason)
      end(1)
    },
  })
  if (!composed.ok) {
    complain(composed.error.problem, composed.error.remedy)
    return 1
  }
  const running = composed.value
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      log.info({ event: 'appliance.stopping', signal }, `${signal}: stopping`)
      end(0)
    })
  announce(log, settings, running)
  const code = await ended
  await running.close()
  log.info({ event: 'appliance.stopped' }, 'stopped: the device is released and the database closed')
  await new Promise<void>((resolve) => log.flush(() => resolve()))
  return code
}

function announce(log: Logger, settings: Settings, running: Running): void {
  if (isPretty(settings)) process.stdout.write(startScreen(settings, running))
  log.info(
    {
      event: 'appliance.ready',
      link: settings.link,
      api: running.apiUrl ?? null,
      tokenFile: running.tokenFile,
      startedInMs: Math.round(performance.now()),
    },
    'ready',
  )
}

function logEvents(log: Logger, events: readonly LoggedEvent[], suppressed: number): void {
  for (const { event, facts } of events) log[eventRow(event)?.level ?? 'info']({ event, ...facts }, renderStep([event, facts]))
  if (suppressed > 0) log.info({ event: 'appliance.events.suppressed', suppressed }, `${suppressed} more events; all are in the database`)
}
