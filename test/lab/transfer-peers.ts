/**
 * BIND, Knot and NSD as the other side of transfers: each the primary of one zone and a secondary of the appliance's,
 * with a TSIG key, telling and hearing NOTIFY. What they say goes to a log that tests may look at.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from './netns.ts'
import type { Program } from './program.ts'

export type PeerOptions = {
  readonly host: Host
  /** Of the peer, and of the appliance. */
  readonly address: string
  readonly appliance: string
  /** "hmac-sha256:name:secret". */
  readonly key: string
  /** Whose primary the peer is. */
  readonly own: string
  /** Whose primary the appliance is. */
  readonly copied: string
}
export type Peer = {
  readonly name: 'bind' | 'knot' | 'nsd'
  start(o: PeerOptions): Promise<RunningPeer>
}
export type RunningPeer = {
  readonly program: Program
  /** Puts another version of its own zone in place, and tells its secondaries. */
  change(serial: number, lines: readonly string[]): void
}

const START_TIMEOUT_MS = 60_000

export const ownZone = (zone: string, address: string, serial: number, lines: readonly string[]): string => `
$ORIGIN ${zone}.
$TTL 300
@ IN SOA ns hostmaster ( ${serial} 3600 600 86400 60 )
@ IN NS ns
ns IN A ${address}
${lines.join('\n')}
`

/** A directory of its own and the zone file in it; `change` writes the file anew and has it read. */
function prepared(o: PeerOptions, name: string): { readonly directory: string; readonly file: string; write(serial: number, lines: readonly string[]): void } {
  const directory = mkdtempSync(join(o.host.directory, `${name}-`))
  const file = join(directory, 'own.zone')
  const write = (serial: number, lines: readonly string[]): void => writeFileSync(file, ownZone(o.own, o.address, serial, lines))
  write(1, ['www IN A 10.9.0.1'])
  return { directory, file, write }
}

const running = (program: Program, write: (serial: number, lines: readonly string[]) => void): RunningPeer => ({
  program,
  change(serial, lines) {
    write(serial, lines)
    process.kill(program.pid, 'SIGHUP')
  },
})

export const bindPeer: Peer = {
  name: 'bind',
  async start(o) {
    const { directory, file, write } = prepared(o, 'bind')
    const [algorithm, key, secret] = o.key.split(':')
    writeFileSync(join(directory, 'named.conf'), `
options {
  directory "${directory}"; listen-on { ${o.address}; }; listen-on-v6 { none; }; pid-file none; lock-file none;
  session-keyfile "${directory}/session.key"; recursion no; dnssec-validation no;
};
controls { };
key "${key}" { algorithm ${algorithm}; secret "${secret}"; };
zone "${o.own}" {
  type primary; file "${file}"; ixfr-from-differences yes; max-ixfr-ratio unlimited; notify explicit; notify-delay 0;
  also-notify { ${o.appliance} key "${key}"; }; allow-transfer { key "${key}"; };
};
zone "${o.copied}" { type secondary; primaries { ${o.appliance} key "${key}"; }; file "${directory}/copied.zone"; };
`)
    const program = o.host.start('named', ['named', '-g', '-n', '1', '-c', join(directory, 'named.conf')])
    await program.line(/all zones loaded/, 0, START_TIMEOUT_MS)
    return running(program, write)
  },
}

export const knotPeer: Peer = {
  name: 'knot',
  async start(o) {
    const { directory, file, write } = prepared(o, 'knot')
    const [algorithm, key, secret] = o.key.split(':')
    writeFileSync(join(directory, 'knot.conf'), `
server:
    rundir: "${directory}"
    listen: ${o.address}@53
log:
  - target: stdout
    any: info
database:
    storage: "${directory}"
key:
  - id: ${key}
    algorithm: ${algorithm}
    secret: ${secret}
remote:
  - id: appliance
    address: ${o.appliance}@53
    key: ${key}
acl:
  - id: transfer
    key: ${key}
    action: transfer
  - id: notify
    address: ${o.appliance}
    key: ${key}
    action: notify
template:
  - id: default
    storage: "${directory}"
zone:
  - domain: "${o.own}."
    file: "${file}"
    zonefile-load: difference
    journal-content: all
    notify: appliance
    acl: transfer
  - domain: "${o.copied}."
    master: appliance
    acl: notify
`)
    const program = o.host.start('knotd', ['knotd', '-c', join(directory, 'knot.conf')])
    await program.line(/server started/, 0, START_TIMEOUT_MS)
    return running(program, write)
  },
}

export const nsdPeer: Peer = {
  name: 'nsd',
  async start(o) {
    const { directory, file, write } = prepared(o, 'nsd')
    const [algorithm, key, secret] = o.key.split(':')
    writeFileSync(join(directory, 'nsd.conf'), `
server:
  server-count: 1
  ip-address: ${o.address}
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  pidfile: ""
  database: ""
  zonelistfile: "${directory}/zone.list"
  xfrdfile: ""
  xfrdir: "${directory}"
  logfile: ""
  verbosity: 2
  rrl-ratelimit: 0
remote-control:
  control-enable: no
key:
  name: "${key}"
  algorithm: ${algorithm}
  secret: "${secret}"
zone:
  name: "${o.own}"
  zonefile: "${file}"
  notify: ${o.appliance} ${key}
  provide-xfr: 10.53.0.0/24 ${key}
zone:
  name: "${o.copied}"
  request-xfr: ${o.appliance} ${key}
  allow-notify: ${o.appliance} ${key}
`)
    const program = o.host.start('nsd', ['nsd', '-d', '-c', join(directory, 'nsd.conf')])
    await program.line(/nsd started/, 0, START_TIMEOUT_MS)
    return running(program, write)
  },
}
