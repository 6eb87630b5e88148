/**
 * SHELL: the store on better-sqlite3. WAL with synchronous=FULL: a commit has been fsynced when it returns (SQLite
 * documentation, pragma synchronous). One connection writes; readers have their own (reader.ts).
 */
import { accessSync, chmodSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Sqlite, { type Database, type Statement } from 'better-sqlite3'
import { err, ok } from '../../stack/platform/index.ts'
import { DHCP_KINDS, type DhcpKind, type DnsRecord, type Lease, type LeaseChange, leaseClientKey, type ZoneEdit, zoneText } from '../model/index.ts'
import { DHCP_TABLES, type DhcpTable } from './dhcp-rows.ts'
import { forwardRuleCells } from './forward-rows.ts'
import { TRUST_SQL, writeTrust } from './trust-rows.ts'
import { migrate, readMigrations } from './migrate.ts'
import { SqliteReader } from './reader.ts'
import { hostGroupCells, listStateCells, policyCells, policyListCells, policyRuleCells } from './policy-rows.ts'
import { RowBatch } from './row-batch.ts'
import { KEYED_HOLDINGS, RunKeys } from './run-keys.ts'
import { loadedSnapshot } from './snapshot.ts'
import {
  dnssecKeyColumns,
  interfaceColumns,
  orNull,
  RECORD_COLUMNS,
  recordCells,
  unsigned,
  catalogColumns,
  secondaryColumns,
  signingPolicyText,
  transferPolicyColumns,
  updateRulesText,
  viewCells,
} from './rows.ts'
import type { LoadedSnapshot, Opened, PolicyWrite, Store, StoreFault, Transaction, Write } from './store.ts'

/** Rows kept of each history; the oldest go first. A home LAN fills this in years, 5,000 leases a second in minutes. */
const HISTORY_ROWS = 1_000_000
/** Writes between two looks at whether a history has outgrown its bound. */
const PRUNE_EVERY = 64
/** Versions of zones are kept for so long, if there is room. */
const VERSIONS_KEPT_MS = 366 * 86_400_000
/** Rows of versions that are too old taken away at once: a commit must not wait for a year's worth. */
const OLD_ROWS_AT_ONCE = 1000
const HISTORIES = ['events', 'lease_history', 'record_history'] as const

/**
 * Pages of write-ahead log at which a commit itself moves the log into the database (64 MiB). Below it the main thread
 * does, from a connection of its own: a commit that does takes 4–25 ms.
 */
const LOG_PAGES_BOUND = 16_384
/** Half a MiB, without waiting for the disk: some 0.3 ms. */
const SMALL_LOG_PAGES = 128

const migrationsDirectory = (name: string): string => new URL(`../../migrations/${name}`, import.meta.url).pathname

/** The message of a better-sqlite3 error, sorted by what a person would do about it. */
export function storeFault(error: unknown): StoreFault {
  if (!(error instanceof Sqlite.SqliteError)) throw error
  const detail = `${error.code}: ${error.message}`
  if (error.code === 'SQLITE_FULL') return { kind: 'full', detail }
  if (error.code.startsWith('SQLITE_READONLY') || error.code === 'SQLITE_CANTOPEN') return { kind: 'read-only', detail }
  return { kind: 'failed', detail }
}

/** A fault of the file itself: trying the transactions one by one would only fail as often. */
const concernsTheFile = (fault: StoreFault): boolean => fault.kind !== 'failed' || fault.detail.startsWith('SQLITE_IOERR')

const IN_MEMORY = ':memory:'

/** Secrets are in it. The log and its index get the mode of the database, unless they were there before. */
function keepFromOthers(file: string): void {
  for (const each of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(each)) chmodSync(each, 0o600)
}

/** Opens or creates a database file of ours: pragmas, integrity check, migrations. ':memory:' for tests. */
export function openDatabase(
  file: string,
  options: {
    readonly migrations: string
    readonly durable: boolean
    readonly wallMs: number
    /** Another connection of this program has read every page of it already, which takes a second per million rows. */
    readonly checked?: boolean
    /** Pages that are idle can be given back to the file system a few at a time (incremental_vacuum). */
    readonly shrinks?: boolean
  },
): Opened<Database> {
  let db: Database
  try {
    db = new Sqlite(file, { timeout: 2_000 })
    if (file !== IN_MEMORY) keepFromOthers(file)
    // Counts only before there is a table.
    if (options.shrinks === true) db.pragma('auto_vacuum = INCREMENTAL')
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${options.durable ? 'FULL' : 'OFF'}`)
    db.pragma('foreign_keys = ON')
    // Durable: a safety net only, because another connection moves the log into the database while this one goes on
    // committing. Else a commit moves it, a little at a time.
    db.pragma(`wal_autocheckpoint = ${options.durable ? LOG_PAGES_BOUND : SMALL_LOG_PAGES}`)
    const check = options.checked === true ? 'ok' : db.pragma('quick_check(1)', { simple: true })
    if (check !== 'ok')
      return err({
        problem: `the database ${file} is damaged: ${String(check)}`,
        remedy: 'restore a backup of the data directory, or move the file away to begin anew',
      })
    const migrated = migrate(db, readMigrations(migrationsDirectory(options.migrations)), options.wallMs)
    if (!migrated.ok) {
      db.close()
      return migrated
    }
    return ok(db)
  } catch (error) {
    const fault = storeFault(error)
    const remedies = {
      full: 'free space on that file system',
      'read-only': 'make the data directory writable, or name another with --data',
      failed: 'is it a Taproot database? Move it away, or name another data directory with --data',
    }
    return err({ problem: `cannot use the database ${file} (${fault.detail})`, remedy: remedies[fault.kind] })
  }
}

/** Takes a database and its log away, to be begun anew. */
export function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
}

/** Component by component: Node's own recursive mkdir never returns below /proc. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return
  makeDirectory(dirname(directory))
  mkdirSync(directory, { mode: 0o700 })
}

/** Checks that the data directory exists (it is made, mode 0700) and can be written. */
export function prepareDataDirectory(directory: string): Opened<string> {
  try {
    makeDirectory(directory)
    accessSync(directory, constants.W_OK | constants.R_OK | constants.X_OK)
    return ok(directory)
  } catch (error) {
    return err({
      problem: `cannot write to the data directory ${directory} (${error instanceof Error ? error.message : String(error)})`,
      remedy: 'make it writable for this user, or name another with --data',
    })
  }
}

/** Held while the appliance runs; a second one on the same data directory is refused. Ends with the process. */
export function lockDataDirectory(directory: string): Opened<{ release(): void }> {
  const file = join(directory, 'lock.db')
  try {
    const db = new Sqlite(file, { timeout: 0 })
    try {
      db.pragma('locking_mode = EXCLUSIVE')
      db.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      db.close()
      throw error
    }
    return ok({ release: () => db.close() })
  } catch (error) {
    const fault = storeFault(error)
    if (fault.detail.startsWith('SQLITE_BUSY'))
      return err({
        problem: `another taproot is using the data directory ${directory}`,
        remedy: 'stop it first, or name another data directory with --data',
      })
    return err({ problem: `cannot write to the data directory ${directory} (${fault.detail})`, remedy: 'make it writable, free space on it, or name another with --data' })
  }
}

export const DATABASE_FILE = 'taproot.db'

/** Opens the store in `directory`. */
export function openStore(directory: string, wallMs: number, checked = false): Opened<SqliteStore> {
  const db = openDatabase(join(directory, DATABASE_FILE), { migrations: '.', durable: true, wallMs, checked })
  return db.ok ? ok(new SqliteStore(db.value)) : db
}

/**
 * Moves the write-ahead log of the store in `directory` into the database, without holding up its writer (a passive
 * checkpoint waits for nobody). On a connection of its own.
 */
export class Checkpointer {
  readonly #db: Database

  constructor(directory: string) {
    this.#db = new Sqlite(join(directory, DATABASE_FILE), { timeout: 0 })
    this.#db.pragma('wal_autocheckpoint = 0')
  }

  /** Nothing is lost when it fails: the log stays, and is moved another time. */
  run(): void {
    try {
      this.#db.pragma('wal_checkpoint(PASSIVE)')
    } catch (error) {
      storeFault(error)
    }
  }

  close(): void {
    this.#db.close()
  }
}

/** A reader on a connection of its own. The store must have been opened once, so that the schema is there. */
export const openReader = (directory: string): SqliteReader =>
  new SqliteReader(new Sqlite(join(directory, DATABASE_FILE), { readonly: true, timeout: 2_000 }))

/** A store that ends with the process, for tests and the simulation. */
export function memoryStore(): SqliteStore {
  const db = openDatabase(IN_MEMORY, { migrations: '.', durable: false, wallMs: 0 })
  if (!db.ok) throw new Error(db.error.problem)
  return new SqliteStore(db.value)
}

export class SqliteStore extends SqliteReader implements Store {
  readonly #sql: Statements
  readonly #dhcp: DhcpStatements
  readonly #added: Added
  readonly #pruning: readonly Statement[]
  readonly #holdingKeys: RunKeys
  /** The last holding's id; undefined: to be read first. */
  #lastHolding: number | undefined
  /** Serials of zones that the present transaction has moved on; the last of each is written. */
  readonly #serials = new Map<number, number>()
  #untilPrune = PRUNE_EVERY

  constructor(db: Database) {
    super(db)
    this.#sql = prepareAll(db)
    this.#dhcp = prepareDhcp(db)
    this.#added = addedRows(db)
    this.#holdingKeys = new RunKeys(db, KEYED_HOLDINGS)
    this.#pruning = HISTORIES.map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE id <= (SELECT max(id) FROM ${table}) - ${HISTORY_ROWS}`),
    )
  }

  load(): LoadedSnapshot {
    return loadedSnapshot(this.snapshot())
  }

  commit(transactions: readonly Transaction[]): readonly (StoreFault | undefined)[] {
    const together = this.#attempt(transactions)
    if (together === undefined || transactions.length === 1 || concernsTheFile(together))
      return transactions.map(() => together)
    return transactions.map((transaction) => this.#attempt([transaction]))
  }

  #attempt(transactions: readonly Transaction[]): StoreFault | undefined {
    try {
      this.#sql.begin.run()
      for (const transaction of transactions) for (const write of transaction) this.#write(write)
      this.#flush()
      this.#sql.commit.run()
      return undefined
    } catch (error) {
      // After some errors (a full disk) SQLite has rolled back by itself.
      if (this.db.inTransaction) this.#sql.rollback.run()
      for (const rows of Object.values(this.#added)) rows.clear()
      this.#holdingKeys.clear()
      this.#lastHolding = undefined
      this.#serials.clear()
      return storeFault(error)
    }
  }

  #flush(): void {
    for (const rows of Object.values(this.#added)) rows.flush()
    this.#holdingKeys.store()
    for (const [zoneId, serial] of this.#serials) this.#sql.setSerial.run(serial, zoneId)
    this.#serials.clear()
  }

  #write(w: Write): void {
    const sql = this.#sql
    switch (w.kind) {
      case 'lease':
        return this.#writeLease(w.change, w.at)
      case 'zone-edit':
        return this.#writeEdit(w.edit, w.at)
      case 'event':
        this.#added.events.add(w.at, w.event, JSON.stringify(w.facts))
        return this.#prune()
      case 'zone-put': {
        const z = w.zone
        this.#serials.delete(z.id)
        sql.putZone.run(
          z.id, zoneText(z), z.serial, z.primaryServer, z.hostmaster, z.refresh, z.retry, z.expire, z.minimum, z.defaultTtl,
          orNull(z.soaTtl), z.serialPolicy ?? 'increment',
        )
        return
      }
      case 'zone-remove':
        this.#added.records.flush()
        sql.removeZoneRecords.run(w.id)
        sql.removeZone.run(w.id)
        return
      case 'dhcp-put':
        this.#dhcp[w.what].put.run(w.item.id, ...(DHCP_TABLES[w.what] as DhcpTable<DhcpKind>).cells(w.item))
        return
      case 'dhcp-remove':
        this.#dhcp[w.what].remove.run(w.id)
        return
      case 'interface-put':
        sql.putInterface.run(...interfaceColumns(w.interface))
        return
      case 'interface-remove':
        sql.removeInterface.run(w.name)
        return
      case 'route-put': {
        const r = w.route
        const gateway = r.gateway === undefined ? null : unsigned(r.gateway)
        sql.putRoute.run(r.id, unsigned(r.prefix.network), r.prefix.length, gateway, orNull(r.interfaceName), r.metric, orNull(r.comment))
        return
      }
      case 'neighbour-put': {
        const n = w.neighbour
        sql.putNeighbour.run(n.interfaceName, unsigned(n.address), n.mac)
        return
      }
      case 'neighbour-remove':
        return void sql.removeNeighbour.run(w.interfaceName, unsigned(w.address))
      case 'route-remove':
        return void sql.removeRoute.run(w.id)
      case 'transfer-policy-put':
        return void sql.putTransferPolicy.run(...transferPolicyColumns(w.policy))
      case 'views-put':
        sql.removeViews.run()
        for (const [position, view] of w.views.entries()) sql.addView.run(...viewCells(view, position))
        return
      case 'forward-rule-put':
        return void sql.putForwardRule.run(...forwardRuleCells(w.rule))
      case 'forward-rule-remove':
        return void sql.removeForwardRule.run(w.id)
      case 'trust':
        return writeTrust(sql, w.write)
      case 'update-policy-put':
        return void sql.putUpdatePolicy.run(w.policy.zoneId, updateRulesText(w.policy))
      case 'catalog-put':
        return void sql.putCatalog.run(...catalogColumns(w.catalog))
      case 'catalog-remove':
        return void sql.removeCatalog.run(w.zoneId)
      case 'catalog-member-put':
        return void sql.putCatalogMember.run(w.member.zoneId, w.member.catalogId, w.member.label)
      case 'secondary-put':
        return void sql.putSecondary.run(...secondaryColumns(w.secondary))
      case 'secondary-remove':
        return void sql.removeSecondary.run(w.zoneId)
      case 'signing-policy-put':
        sql.putSigningPolicy.run(w.policy.zoneId, signingPolicyText(w.policy))
        return
      case 'dnssec-key-put':
        sql.putDnssecKey.run(...dnssecKeyColumns(w.key))
        return
      case 'dnssec-key-remove':
        sql.removeDnssecKey.run(w.id)
        return
      case 'tsig-key-put':
        sql.putTsigKey.run(w.key.name, w.key.algorithm, w.key.secret)
        return
      case 'tsig-key-remove':
        sql.removeTsigKey.run(w.name)
        return
      case 'setting':
        sql.putSetting.run(w.name, w.value)
        return
      case 'token':
        sql.addToken.run(w.name, Buffer.from(w.sha256), w.at)
        return
      default:
        return this.#writePolicy(w)
    }
  }

  #writePolicy(w: PolicyWrite): void {
    const sql = this.#sql
    switch (w.kind) {
      case 'policy-list-put':
        return void sql.putPolicyList.run(...policyListCells(w.list))
      case 'policy-list-state':
        return void sql.putListState.run(...listStateCells(w.state))
      case 'policy-list-remove':
        return void sql.removePolicyList.run(w.name)
      case 'policy-rule-put':
        return void sql.putPolicyRule.run(...policyRuleCells(w.rule))
      case 'policy-rule-remove':
        return void sql.removePolicyRule.run(w.id)
      case 'policies-put':
        sql.removePolicies.run()
        for (const [position, policy] of w.policies.entries()) sql.addPolicy.run(...policyCells(policy, position))
        return
      case 'host-group-put':
        return void sql.putHostGroup.run(...hostGroupCells(w.group))
      case 'host-group-remove':
        return void sql.removeHostGroup.run(w.name)
    }
  }

  #writeLease({ before, after, because }: LeaseChange, at: number): void {
    const l = after
    this.#sql.putLease.run(
      unsigned(l.address),
      l.subnetId,
      l.state,
      l.hardwareType,
      l.mac,
      orNull(l.clientId),
      orNull(l.hostName),
      orNull(l.publishedName),
      orNull(l.hostId),
      l.startedAt,
      l.renewedAt,
      orNull(l.expiresAt),
      orNull(l.relayInformation),
      l.countedUnder === undefined ? null : JSON.stringify(l.countedUnder),
    )
    const held = before?.state === 'bound'
    const goesOn = held && l.state === 'bound' && leaseClientKey(before) === leaseClientKey(l)
    if (goesOn) return
    if (held) {
      const ended = l.state === 'bound' ? 'taken over' : because.endsWith('by-administrator') ? 'released by administrator' : l.state
      this.#added.holdings.flush()
      this.#sql.endHolding.run(at, ended, unsigned(l.address))
    }
    if (l.state === 'bound') this.#addHolding(l)
    this.#prune()
  }

  #addHolding(l: Lease): void {
    this.#lastHolding ??= (this.#sql.lastHolding.get() as { readonly id: number }).id
    const id = ++this.#lastHolding
    this.#added.holdings.add(id, unsigned(l.address), l.mac, orNull(l.clientId), orNull(l.hostName), l.startedAt)
    this.#holdingKeys.add(id, { mac: l.mac })
  }

  #writeEdit(edit: ZoneEdit, at: number): void {
    const added = this.#added
    if (edit.remove.length > 0) added.records.flush()
    for (const record of edit.remove) {
      this.#sql.removeRecord.run(record.id)
      this.#addChange(record, edit, at, 'remove')
    }
    for (const record of edit.add) {
      added.records.add(record.id, ...recordCells(record))
      this.#addChange(record, edit, at, 'add')
    }
    this.#serials.set(edit.zoneId, edit.serialAfter)
    this.#prune()
    if (this.#untilPrune === PRUNE_EVERY) this.#sql.removeOldVersions.run(at - VERSIONS_KEPT_MS)
  }

  #addChange(r: DnsRecord, edit: ZoneEdit, at: number, action: 'add' | 'remove'): void {
    this.#added.changes.add(edit.serialAfter, at, action, orNull(edit.author), edit.soaChanged === true ? null : edit.serialBefore, ...recordCells(r))
  }

  /** Histories are bounded: now and then the oldest rows go. */
  #prune(): void {
    if (--this.#untilPrune > 0) return
    this.#untilPrune = PRUNE_EVERY
    for (const statement of this.#pruning) statement.run()
    if (this.#lastHolding !== undefined) this.#holdingKeys.prune(this.#lastHolding - HISTORY_ROWS)
  }
}

type Statements = { readonly [K in keyof typeof SQL]: Statement }

function prepareAll(db: Database): Statements {
  return Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as Statements
}

/** Tables that only grow at their end in a lease's transaction. */
const addedRows = (db: Database) => ({
  holdings: new RowBatch(db, 'lease_history', ['id', 'address', 'mac', 'client_id', 'host_name', 'from_ms']),
  events: new RowBatch(db, 'events', ['at_ms', 'event', 'facts']),
  records: new RowBatch(db, 'records', ['id', ...RECORD_COLUMNS]),
  changes: new RowBatch(db, 'record_history', ['serial', 'at_ms', 'action', 'author', 'serial_before', ...RECORD_COLUMNS]),
})
type Added = ReturnType<typeof addedRows>

type DhcpStatements = { readonly [K in DhcpKind]: { readonly put: Statement; readonly remove: Statement } }

function prepareDhcp(db: Database): DhcpStatements {
  const entries = DHCP_KINDS.map((kind) => {
    const { table, columns } = DHCP_TABLES[kind]
    const put = `INSERT INTO ${table} (id, ${columns.join(', ')}) VALUES (?${', ?'.repeat(columns.length)})
      ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`
    return [kind, { put: db.prepare(put), remove: db.prepare(`DELETE FROM ${table} WHERE id = ?`) }]
  })
  return Object.fromEntries(entries) as DhcpStatements
}

const SQL = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  putLease: `INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (address) DO UPDATE SET subnet_id = excluded.subnet_id, state = excluded.state,
      hardware_type = excluded.hardware_type, mac = excluded.mac, client_id = excluded.client_id,
      host_name = excluded.host_name, published_name = excluded.published_name,
      host_id = excluded.host_id, started_ms = excluded.started_ms,
      renewed_ms = excluded.renewed_ms, expires_ms = excluded.expires_ms,
      relay_information = excluded.relay_information, counted_under = excluded.counted_under`,
  lastHolding: 'SELECT coalesce(max(id), 0) AS id FROM lease_history',
  endHolding: `UPDATE lease_history SET to_ms = ?, ended = ?
    WHERE id = (SELECT id FROM lease_history WHERE address = ? AND to_ms IS NULL ORDER BY from_ms DESC LIMIT 1)`,
  removeRecord: 'DELETE FROM records WHERE id = ?',
  removeOldVersions: `DELETE FROM record_history WHERE at_ms < ?
    AND id IN (SELECT id FROM record_history ORDER BY id LIMIT ${OLD_ROWS_AT_ONCE})`,
  setSerial: 'UPDATE zones SET serial = ? WHERE id = ?',
  putZone: `INSERT INTO zones
    (id, name, serial, primary_server, hostmaster, refresh, retry, expire, minimum, default_ttl, soa_ttl, serial_policy)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, serial = excluded.serial,
      primary_server = excluded.primary_server, hostmaster = excluded.hostmaster, refresh = excluded.refresh,
      retry = excluded.retry, expire = excluded.expire, minimum = excluded.minimum, default_ttl = excluded.default_ttl,
      soa_ttl = excluded.soa_ttl, serial_policy = excluded.serial_policy`,
  removeZone: 'DELETE FROM zones WHERE id = ?',
  removeZoneRecords: 'DELETE FROM records WHERE zone_id = ?',
  putInterface: `INSERT INTO interfaces VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET mac = excluded.mac, mtu = excluded.mtu, peer_mac = excluded.peer_mac,
      medium = excluded.medium, properties = excluded.properties`,
  removeInterface: 'DELETE FROM interfaces WHERE name = ?',
  putRoute: `INSERT INTO routes VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET network = excluded.network, length = excluded.length, gateway = excluded.gateway,
      interface = excluded.interface, metric = excluded.metric, comment = excluded.comment`,
  removeRoute: 'DELETE FROM routes WHERE id = ?',
  putNeighbour: 'INSERT INTO neighbours VALUES (?, ?, ?) ON CONFLICT (interface, address) DO UPDATE SET mac = excluded.mac',
  removeNeighbour: 'DELETE FROM neighbours WHERE interface = ? AND address = ?',
  putTransferPolicy: `INSERT INTO zone_transfers VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (zone_id) DO UPDATE SET prefixes = excluded.prefixes, keys = excluded.keys, notify = excluded.notify,
      notify_servers = excluded.notify_servers, tls_only = excluded.tls_only`,
  removeViews: 'DELETE FROM views',
  addView: 'INSERT INTO views (name, position, prefixes, segments, keys, comment) VALUES (?, ?, ?, ?, ?, ?)',
  putForwardRule: `INSERT INTO forward_rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET domain = excluded.domain, target = excluded.target, servers = excluded.servers,
      strategy = excluded.strategy, path = excluded.path, fail_closed = excluded.fail_closed, segments = excluded.segments,
      prefixes = excluded.prefixes, authority = excluded.authority, enabled = excluded.enabled, comment = excluded.comment`,
  removeForwardRule: 'DELETE FROM forward_rules WHERE id = ?',
  ...TRUST_SQL,
  putUpdatePolicy: 'INSERT INTO zone_updates VALUES (?, ?) ON CONFLICT (zone_id) DO UPDATE SET rules = excluded.rules',
  putPolicyList: `INSERT INTO policy_lists VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, format = excluded.format, source = excluded.source,
      enabled = excluded.enabled, refresh_seconds = excluded.refresh_seconds, comment = excluded.comment`,
  putListState: 'INSERT OR REPLACE INTO policy_list_states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  removePolicyList: 'DELETE FROM policy_lists WHERE name = ?',
  putPolicyRule: `INSERT INTO policy_rules VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, domain = excluded.domain, policy = excluded.policy,
      comment = excluded.comment, expires_ms = excluded.expires_ms`,
  removePolicyRule: 'DELETE FROM policy_rules WHERE id = ?',
  removePolicies: 'DELETE FROM policies',
  addPolicy: 'INSERT INTO policies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  putHostGroup: `INSERT INTO host_groups VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET members = excluded.members, comment = excluded.comment`,
  removeHostGroup: 'DELETE FROM host_groups WHERE name = ?',
  putCatalog: `INSERT INTO catalogs VALUES (?, ?, ?, ?)
    ON CONFLICT (zone_id) DO UPDATE SET role = excluded.role, primaries = excluded.primaries, groups = excluded.groups`,
  removeCatalog: 'DELETE FROM catalogs WHERE zone_id = ?',
  putCatalogMember: `INSERT INTO catalog_members VALUES (?, ?, ?)
    ON CONFLICT (zone_id) DO UPDATE SET catalog_id = excluded.catalog_id, label = excluded.label`,
  putSecondary: `INSERT INTO zone_secondaries VALUES (?, ?, ?)
    ON CONFLICT (zone_id) DO UPDATE SET primaries = excluded.primaries, refreshed_ms = excluded.refreshed_ms`,
  removeSecondary: 'DELETE FROM zone_secondaries WHERE zone_id = ?',
  putSigningPolicy: 'INSERT INTO zone_signing VALUES (?, ?) ON CONFLICT (zone_id) DO UPDATE SET policy = excluded.policy',
  putDnssecKey: `INSERT INTO dnssec_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET published_ms = excluded.published_ms, goal = excluded.goal, states = excluded.states`,
  removeDnssecKey: 'DELETE FROM dnssec_keys WHERE id = ?',
  putTsigKey: `INSERT INTO tsig_keys VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET algorithm = excluded.algorithm, secret = excluded.secret`,
  removeTsigKey: 'DELETE FROM tsig_keys WHERE name = ?',
  putSetting: 'INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  addToken: 'INSERT INTO tokens (name, sha256, created_ms) VALUES (?, ?, ?)',
} as const
