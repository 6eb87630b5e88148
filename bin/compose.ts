/**
 * The composition root: builds storage, link, threads, services and API in order from the settings, and takes them down
 * in the opposite order. The only place that knows every layer.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { ApplianceCertificates, certificateCheck } from '../services/administration/certificate-services.ts'
import { applianceServices } from '../services/appliance-services.ts'
import type { ApplianceSettings } from '../services/appliance.ts'
import { Certificates, HOST_NAME } from '../services/certificates/certificates.ts'
import type { Settings } from '../services/config/settings.ts'
import { formatServer } from '../services/config/server-address.ts'
import { parseRootHints, parseTrustAnchors } from '../services/dns/index.ts'
import { download, readHostFile } from '../services/policy-lists/download.ts'
import { ListKeeper } from '../services/policy-lists/list-keeper.ts'
import { seed, type ZoneFileText } from '../services/seed.ts'
import { openDecisions } from '../services/storage/decisions.ts'
import { ListDirectory } from '../services/storage/list-files.ts'
import { Checkpointer, lockDataDirectory, openReader, openStore, prepareDataDirectory, type SqliteStore } from '../services/storage/sqlite.ts'
import type { Transaction } from '../services/storage/store.ts'
import { formatIpv4, formatMac, parseInterfaceAddress } from '../stack/index.ts'
import { type Medium, QUERY_LOG_SETTING, queryLogSettings } from '../services/index.ts'
import { err, ok, type Result, SystemClock, SystemRandom } from '../stack/platform/index.ts'
import { hostNameservers } from './host.ts'
import { TapDevices, tapHandle } from './devices.ts'
import { openFirstLink, type SetupFault } from './link-setup.ts'
import { ListCompiler } from './list-compiler.ts'
import { watchSharedLinks } from './shared-links.ts'
import type { LoggedEvent } from './network-worker.ts'
import { QueryLogThread } from './query-log-thread.ts'
import { Threads } from './threads.ts'
import type { TunnelSocket } from './tunnel.ts'

/** Loaded while the workers start: its libraries take a third of the time to the first packet. */
const loadApi = () => import('../admin-api/index.ts')
type AdminApi = Awaited<ReturnType<typeof loadApi>>

/** HTTP's own, so that people need to type nothing but the address. */
const API_PORT_ON_LINK = 80

export type ComposeOptions = {
  readonly settings: Settings
  readonly version: string
  readonly log: FastifyBaseLogger
  readonly onEvents: (events: readonly LoggedEvent[], suppressed: number) => void
  readonly onRestart: (worker: 'network' | 'storage' | 'tls' | 'query-log', reason: string) => void
  readonly onGiveUp: (reason: string) => void
}

export type Running = {
  /** "http://127.0.0.1:8053"; undefined when the API is off. */
  readonly apiUrl: string | undefined
  readonly tokenFile: string
  /** False when the TAP device was there before, so that its host end was left alone. */
  readonly linkManaged: boolean
  /** The link leads into a network that may be somebody else's. */
  readonly linkShared: boolean
  readonly upstreams: ApplianceSettings['upstreams']
  readonly threads: Threads
  close(): Promise<void>
}

/** Things to undo, last first. */
class Undo {
  readonly #steps: (() => void | Promise<void>)[] = []

  add(step: () => void | Promise<void>): void {
    this.#steps.push(step)
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step()
  }
}

/** Starts the appliance. When it cannot, everything that was begun is undone and the fault says why and what to do. */
export async function compose(o: ComposeOptions): Promise<Result<Running, SetupFault>> {
  const undo = new Undo()
  try {
    const running = await build(o, undo)
    if (!running.ok) await undo.run()
    return running
  } catch (error) {
    await undo.run()
    throw error
  }
}

async function build(o: ComposeOptions, undo: Undo): Promise<Result<Running, SetupFault>> {
  const { settings } = o
  const directory = resolve(settings.data)
  const prepared = prepareDataDirectory(directory)
  if (!prepared.ok) return prepared
  const lock = lockDataDirectory(directory)
  if (!lock.ok) return lock
  undo.add(() => lock.value.release())

  const tokenFile = join(directory, 'token')
  const stored = openStore(directory, Date.now())
  if (!stored.ok) return stored
  const store = stored.value
  const seeded = applySettings(store, settings)
  if (!seeded.ok) {
    store.close()
    return seeded
  }

  const link = settings.linkSocket === undefined ? openFirstLink(settings) : ok(undefined)
  if (!link.ok) {
    store.close()
    return link
  }
  const first = link.value
  undo.add(() => first?.close())
  const devices = new TapDevices({ offloads: settings.offloads === 'auto' })
  undo.add(() => devices.closeAll())
  devices.openAll(store.snapshot().interfaces)

  const files = resolverFiles(settings)
  if (!files.ok) {
    first?.close()
    store.close()
    return files
  }
  const queryLog = keepQueryLog(o, directory, store, undo)
  const network = { ...networkSettings(settings), ...files.value }
  const setCarriers = (on: boolean): void => {
    first?.setCarrier(on)
    devices.setCarrier(on)
  }
  const connections = new EarlyConnections()
  const checkpointer = new Checkpointer(directory)
  undo.add(() => checkpointer.close())
  const threads = new Threads({
    directory,
    onConnection: (socket) => connections.take(socket),
    tls: { pair: () => certificates.shown.pair, apiAddress: settings.api === undefined || settings.apiOnLink === 'no' ? undefined : formatIpv4(settings.address.address) },
    onCheckpointDue: () => checkpointer.run(),
    network: () => ({
      directory,
      link: settings.link,
      medium: firstMedium(settings),
      device: first === undefined ? undefined : tapHandle(first),
      mac: formatMac(settings.linkMac),
      mtu: settings.mtu,
      devices: devices.table(),
      settings: network,
      queryLog: queryLog.memory,
      apiPort: settings.api === undefined || settings.apiOnLink === 'no' ? undefined : API_PORT_ON_LINK,
    }),
    onEvents: o.onEvents,
    onReady: () => setCarriers(true),
    onRestart: (worker, reason) => {
      if (worker !== 'tls') setCarriers(false)
      o.onRestart(worker, reason)
    },
    onGiveUp: o.onGiveUp,
  })
  undo.add(() => threads.close())
  const started = threads.start()
  // Meanwhile; nobody can have connected yet.
  const certificates = openCertificates(o, directory)
  const adminApi = await loadApi()
  const token = ensureToken(adminApi, store, tokenFile)
  store.close()
  const failure = await started
  if (failure !== undefined) {
    const { problem, remedy = 'this is a fault of the program: report it with the lines above' } = failure
    return err({ problem, remedy })
  }
  if (!token.ok) return token

  undo.add(watchSharedLinks(() => new Map([...(first === undefined ? [] : [[settings.link, first.shared] as const]), ...devices.sharing()]), threads))
  certificates.onChange = (pair) => threads.showCertificate(pair)
  watchCertificates(certificates, threads, undo)
  const listKeeper = keepLists(directory, threads, undo)
  const api = await startApi({ api: adminApi, o, directory, threads, devices, connections, certificates, listKeeper, queryLog, undo })
  if (!api.ok) return api
  return ok({
    apiUrl: api.value,
    tokenFile,
    linkManaged: first?.managed ?? false,
    linkShared: first?.shared ?? false,
    upstreams: network.upstreams,
    threads,
    close: () => undo.run(),
  })
}

function keepQueryLog({ onRestart }: ComposeOptions, directory: string, store: SqliteStore, undo: Undo): QueryLogThread {
  const settings = queryLogSettings(store.snapshot().settings.get(QUERY_LOG_SETTING))
  const queryLog = new QueryLogThread(directory, settings, (reason) => onRestart('query-log', reason))
  undo.add(() => queryLog.close())
  return queryLog
}

/** Connections from the link; those that come before the API is ready are refused. */
class EarlyConnections {
  #give: (socket: TunnelSocket) => void = (socket) => socket.destroy()

  take(socket: TunnelSocket): void {
    this.#give(socket)
  }

  give(to: (socket: TunnelSocket) => void): void {
    this.#give = to
  }
}

/** What the settings say goes into the database before any thread runs. */
function applySettings(store: SqliteStore, settings: Settings): Result<null, SetupFault> {
  const files = readZoneFiles(settings)
  if (!files.ok) return files
  const writes = seed(store.snapshot(), settings, files.value, Date.now())
  return writes.ok ? save(store, writes.value) : writes
}

function save(store: SqliteStore, transaction: Transaction): Result<null, SetupFault> {
  const fault = transaction.length === 0 ? undefined : store.commit([transaction])[0]
  if (fault === undefined) return ok(null)
  return err({ problem: `the database cannot be written (${fault.detail})`, remedy: 'free space on its file system, or name another data directory with --data' })
}

/** A token for the person who starts the appliance; made once, kept as a file for them and as a hash for us. */
function ensureToken(api: AdminApi, store: SqliteStore, tokenFile: string): Result<null, SetupFault> {
  const { hashToken, makeToken, readTokenFile, writeTokenFile } = api
  const now = Date.now()
  const hashes = store.tokenHashes()
  const existing = readTokenFile(tokenFile)
  if (existing === undefined) {
    const token = makeToken(new SystemRandom())
    // The hash first: a file whose token opens nothing would be worse than a hash without a file.
    const saved = save(store, [{ kind: 'token', name: 'first start', sha256: hashToken(token), at: now }])
    if (saved.ok) writeTokenFile(tokenFile, token)
    return saved
  }
  const hash = hashToken(existing)
  if (hashes.some((known) => Buffer.compare(known, hash) === 0)) return ok(null)
  return save(store, [{ kind: 'token', name: 'token file', sha256: hash, at: now }])
}

function readZoneFiles(settings: Settings): Result<readonly ZoneFileText[], SetupFault> {
  const files: ZoneFileText[] = []
  for (const { zone, path } of settings.zoneFile ?? []) {
    try {
      const text = readFileSync(path, 'utf8')
      files.push({ zone, path, text, sha256: createHash('sha256').update(text).digest('hex') })
    } catch (error) {
      return err({
        problem: `--zone-file ${zone}=${path}: the file cannot be read (${error instanceof Error ? error.message : String(error)})`,
        remedy: 'name a master file that this user can read',
      })
    }
  }
  return ok(files)
}

/** Root hints and trust anchors, where files of them are named. */
function resolverFiles({ rootHints, trustAnchors }: Settings): Result<Pick<ApplianceSettings, 'rootHints' | 'trustAnchors'>, SetupFault> {
  const hints = readSetting('--root-hints', rootHints, parseRootHints, "NS and A records of the root's servers")
  if (!hints.ok) return hints
  const anchors = readSetting('--trust-anchors', trustAnchors, parseTrustAnchors, 'DS or DNSKEY records')
  return anchors.ok ? ok({ rootHints: hints.value, trustAnchors: anchors.value }) : anchors
}

function readSetting<T>(flag: string, path: string | undefined, parse: (text: string) => Result<T, string>, records: string): Result<T | undefined, SetupFault> {
  if (path === undefined) return ok(undefined)
  const remedy = `name a master file with ${records} that this user can read, or none`
  try {
    const parsed = parse(readFileSync(path, 'utf8'))
    return parsed.ok ? parsed : err({ problem: `${flag} ${path}: ${parsed.error}`, remedy })
  } catch (error) {
    return err({ problem: `${flag} ${path}: the file cannot be read (${error instanceof Error ? error.message : String(error)})`, remedy })
  }
}

const firstMedium = (s: Settings): Medium =>
  s.linkSocket === undefined
    ? { kind: 'tap', hostEnd: { address: s.hostAddress, bridge: s.bridge, owner: s.owner, persist: s.persist === 'yes' } }
    : { kind: 'qemu', socket: s.linkSocket, owner: s.owner }

/** The host is the way out until there is a better one: an uplink's lease comes before it (LEARNT_METRIC). */
const HOST_END_METRIC = 200

function networkSettings(s: Settings): ApplianceSettings {
  const upstreams =
    s.upstreams.kind === 'list'
      ? s.upstreams.servers
      : s.upstreams.kind !== 'auto'
        ? []
        : hostNameservers(s.address.prefix).map((address) => ({ address, port: 53 }))
  return { address: s.address, gateway: s.gateway, gatewayMetric: s.gateway === s.hostAddress?.address ? HOST_END_METRIC : 0, upstreams, recurse: s.upstreams.kind === 'root' || (s.upstreams.kind === 'auto' && upstreams.length === 0), validation: s.dnssecValidation, mixCase: s.mixCase === 'yes', cache: { octets: s.cacheSize * 2 ** 20, ttl: { minSeconds: s.cacheMinTtl, maxSeconds: s.cacheMaxTtl }, staleSeconds: s.serveStale }, upstreamPath: s.upstreamPath, upstreamsFromUplinks: s.upstreams.kind === 'auto', releaseUplinks: s.uplinkRelease === 'yes', probe: s.probe === 'yes', serveBesideOthers: s.serveBesideOthers === 'yes', nsid: s.nsid, tls: { name: ownNames(s)[0], dns: s.dnsOverTls === 'yes', https: s.https === 'yes' }, rateLimit: s.rateLimit === undefined ? undefined : { perSecond: s.rateLimit, exempt: s.rateLimitExempt ?? [] } }
}

/** How often certificates are looked at: files may be replaced, addresses may come, and the day of renewal does. */
const CERTIFICATE_CHECK_MS = 60_000

function openCertificates({ settings, onEvents }: ComposeOptions, directory: string): Certificates {
  const { address, domain, tlsCertificate, tlsKey } = settings
  return new Certificates({
    directory, domain, ...address,
    clock: new SystemClock(),
    random: new SystemRandom(),
    files: tlsCertificate === undefined || tlsKey === undefined ? undefined : { certificate: tlsCertificate, key: tlsKey },
    say: (event) => onEvents([event], 0),
  })
}

function watchCertificates(certificates: Certificates, threads: Threads, undo: Undo): void {
  const check = async (): Promise<void> => {
    const interfaces = await threads.network.interfaces.interfaces()
    if (interfaces.ok) certificates.check(interfaces.value.flatMap((each) => each.addresses.flatMap((a) => parseInterfaceAddress(a)?.address ?? [])))
  }
  const timer = setInterval(() => void check(), CERTIFICATE_CHECK_MS).unref()
  undo.add(() => clearInterval(timer))
  void check()
}

/** Lists that are stored count soon after the first frame; what is due is fetched then. */
function keepLists(directory: string, threads: Threads, undo: Undo): ListKeeper {
  const compiler = new ListCompiler(directory)
  const keeper = new ListKeeper({
    clock: new SystemClock(),
    network: threads.network.lists,
    files: new ListDirectory(directory),
    compile: (job) => compiler.compile(job),
    download, readHostFile,
  })
  keeper.start()
  undo.add(() => compiler.close())
  undo.add(() => keeper.close())
  return keeper
}

/** By which the API is reached with https, and with http too. */
const ownNames = ({ domain }: Settings): readonly string[] => (domain === undefined ? [] : [`${HOST_NAME}.${domain}`])

type ApiParts = {
  readonly api: AdminApi
  readonly o: ComposeOptions
  readonly directory: string
  readonly threads: Threads
  readonly devices: TapDevices
  readonly connections: EarlyConnections
  readonly certificates: Certificates
  readonly listKeeper: ListKeeper
  readonly queryLog: QueryLogThread
  readonly undo: Undo
}

async function startApi({ api, o, directory, threads, devices, connections, certificates, listKeeper, queryLog, undo }: ApiParts): Promise<Result<string | undefined, SetupFault>> {
  const listen = o.settings.api
  if (listen === undefined) return ok(undefined)
  const clock = new SystemClock()
  const reader = openReader(directory)
  undo.add(() => reader.close())
  const decisions = openDecisions(directory, clock.wallMs())
  if (!decisions.ok) return decisions
  undo.add(() => decisions.value.close())
  const services = applianceServices({
    network: threads.network,
    devices,
    certificates: new ApplianceCertificates({ certificates }),
    listKeeper,
    reader,
    decisions: decisions.value,
    queryLog,
    clock,
    version: o.version,
    supervision: () => [...threads.checks(), certificateCheck(certificates, clock.wallMs()), listKeeper.check(), queryLog.check()],
  })
  const server = api.buildServer({ services, tokens: reader, clock, log: o.log, version: o.version, allowedHosts: ownNames(o.settings) })
  const listening = await listenOn(server, formatIpv4(listen.address), listen.port)
  if (!listening.ok) return listening
  undo.add(() => server.close())
  connections.give((socket) => server.server.emit('connection', socket))
  return ok(`http://${formatServer(listen)}`)
}

async function listenOn(server: FastifyInstance, host: string, port: number): Promise<Result<null, SetupFault>> {
  try {
    await server.listen({ host, port })
    return ok(null)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code !== 'EADDRINUSE' && code !== 'EADDRNOTAVAIL' && code !== 'EACCES') throw error
    const problem = { EADDRINUSE: 'something listens there already', EADDRNOTAVAIL: 'the host has no such address', EACCES: 'this user may not listen there' }[code]
    return err({ problem: `--api ${host}:${port}: ${problem}`, remedy: `choose another, as --api 127.0.0.1:${port + 1}, or none` })
  }
}
