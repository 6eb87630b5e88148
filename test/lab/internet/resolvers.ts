/**
 * Other people's resolvers in the small Internet, each on a host of its own on the LAN, with one thread, the same root
 * hints and the same trust anchor as the appliance.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../netns.ts'
import type { Program } from '../program.ts'
import type { SmallInternet } from './small-internet.ts'

export type OtherResolver = {
  readonly name: 'unbound' | 'bind'
  /** Starts it on `address`, which the host must have. */
  start(host: Host, address: string, internet: SmallInternet): Promise<Program>
}

const START_TIMEOUT_MS = 60_000
const CACHE_MB = 64

export const unbound: OtherResolver = {
  name: 'unbound',
  async start(host, address, internet) {
    const directory = mkdtempSync(join(host.directory, 'unbound-'))
    const config = join(directory, 'unbound.conf')
    writeFileSync(config, `
server:
  interface: ${address}
  access-control: 0.0.0.0/0 allow
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  verbosity: 1
  do-ip6: no
  num-threads: 1
  root-hints: "${internet.rootHintsFile}"
  trust-anchor-file: "${internet.anchorFile}"
  trust-anchor-signaling: no
  root-key-sentinel: no
  val-log-level: 1
  msg-cache-size: ${CACHE_MB}m
  rrset-cache-size: ${2 * CACHE_MB}m
remote-control:
  control-enable: no
`)
    const program = host.start('unbound', ['unbound', '-d', '-p', '-c', config])
    await program.line(/start of service/, 0, START_TIMEOUT_MS)
    return program
  },
}

export const bindResolver: OtherResolver = {
  name: 'bind',
  async start(host, address, internet) {
    const directory = mkdtempSync(join(host.directory, 'bind-'))
    const config = join(directory, 'named.conf')
    const anchors = internet.anchors.map(ds => {
      const [tag, algorithm, digest, ...hex] = ds.split(' ')
      return `. static-ds ${tag} ${algorithm} ${digest} "${hex.join('')}";`
    })
    writeFileSync(config, `
options {
  directory "${directory}";
  listen-on { ${address}; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile "${directory}/session.key";
  lock-file none;
  recursion yes;
  allow-query { any; };
  allow-recursion { any; };
  dnssec-validation yes;
  trust-anchor-telemetry no;
  root-key-sentinel no;
  empty-zones-enable no;
  max-cache-size ${4 * CACHE_MB}m;
};
controls { };
trust-anchors { ${anchors.join(' ')} };
zone "." { type hint; file "${internet.rootHintsFile}"; };
`)
    const program = host.start('named', ['named', '-4', '-g', '-n', '1', '-c', config])
    await program.line(/all zones loaded/, 0, START_TIMEOUT_MS)
    return program
  },
}
