/**
 * Other people's authoritative servers on a host of the lab: Knot, NSD and BIND, each with one thread for queries, the
 * same master files, and nothing of the machine's own configuration.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from './netns.ts'
import type { Program } from './program.ts'

/** A zone and the master file that it is read from. */
export type ZoneFile = { readonly zone: string; readonly path: string }
export type NameServer = {
  readonly name: 'knot' | 'nsd' | 'bind'
  /**
   * Starts it on `address`, which the host must have; resolves when it answers for all zones. With `open`, anybody in
   * the lab may transfer the zones and (but for NSD, which has none) send dynamic updates.
   */
  start(host: Host, address: string, zones: readonly ZoneFile[], open?: boolean): Promise<Program>
}

const START_TIMEOUT_MS = 60_000

/** A directory of one program run. */
const directoryOf = (host: Host, name: string): string => mkdtempSync(join(host.directory, `${name}-`))

export const knot: NameServer = {
  name: 'knot',
  async start(host, address, zones, open = false) {
    const directory = directoryOf(host, 'knot')
    const config = join(directory, 'knot.conf')
    writeFileSync(config, `
server:
    rundir: "${directory}"
    listen: ${address}@53
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    tcp-idle-timeout: 60
log:
  - target: stdout
    any: info
database:
    storage: "${directory}"
acl:
  - id: lab
    address: 10.53.0.0/24
    action: [transfer, update]
template:
  - id: default
    storage: "${directory}"
    semantic-checks: off
    zonefile-sync: -1
    journal-content: ${open ? 'changes' : 'none'}
${open ? '    acl: lab\n' : ''}
zone:
${zones.map(({ zone, path }) => `  - domain: "${zone.replace(/\.?$/, '.')}"\n    file: "${path}"\n`).join('')}`)
    const program = host.start('knotd', ['knotd', '-c', config])
    await program.line(/server started/, 0, START_TIMEOUT_MS)
    return program
  },
}

export const nsd: NameServer = {
  name: 'nsd',
  async start(host, address, zones, open = false) {
    const directory = directoryOf(host, 'nsd')
    const config = join(directory, 'nsd.conf')
    writeFileSync(config, `
server:
  server-count: 1
  ip-address: ${address}
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  pidfile: ""
  database: ""
  zonelistfile: "${directory}/zone.list"
  xfrdfile: ""
  xfrdir: "${directory}"
  logfile: ""
  verbosity: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map(({ zone, path }) => `zone:\n  name: "${zone}"\n  zonefile: "${path}"\n${open ? '  provide-xfr: 10.53.0.0/24 NOKEY\n' : ''}`).join('')}`)
    const program = host.start('nsd', ['nsd', '-d', '-c', config])
    await program.line(/nsd started/, 0, START_TIMEOUT_MS)
    return program
  },
}

export const bind: NameServer = {
  name: 'bind',
  async start(host, address, zones, open = false) {
    const directory = directoryOf(host, 'bind')
    const config = join(directory, 'named.conf')
    writeFileSync(config, `
options {
  directory "${directory}";
  listen-on { ${address}; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile "${directory}/session.key";
  lock-file none;
  recursion no;
  dnssec-validation no;
  notify no;
  minimal-responses no-auth;
  check-names primary ignore;
  check-integrity no;
  check-mx ignore;
  check-mx-cname ignore;
  check-srv-cname ignore;
  check-sibling no;
  check-wildcard no;
  check-dup-records ignore;
  ${open ? 'allow-transfer { any; };' : ''}
};
controls { };
${zones.map(({ zone, path }) => `zone "${zone}" { type primary; file "${path}"; ${open ? 'allow-update { any; };' : ''} };`).join('\n')}
`)
    const program = host.start('named', ['named', '-g', '-n', '1', '-c', config])
    await program.line(/all zones loaded/, 0, START_TIMEOUT_MS)
    return program
  },
}
