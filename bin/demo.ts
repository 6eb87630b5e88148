/**
 * SHELL: the demonstration that `npm run demo` tells about. bin/demo has put it into a network namespace of its own,
 * where it is root: there it starts the appliance on a bridge, three hosts with a DHCP client each, and looks at what
 * came of it. Exit code 0 only when everything was as promised.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const HOSTS = ['alice', 'bob', 'carol'] as const
const DOMAIN = 'lab.internal'
const APPLIANCE = '10.53.0.2'
const BRIDGE = 'demo0'
/** Much more than the appliance or a client needs; reached only when something is broken. */
const PATIENCE_MS = 30_000

/** Called by the DHCP client: udhcpc passes the event and plain names, dhclient $reason and new_… */
const CLIENT_SCRIPT = `#!/bin/sh
case \${1:-\${reason:-}} in
  bound | renew) address=$ip bits=$mask gateway=\${router%% *} ;;
  BOUND | RENEW | REBIND | REBOOT) address=$new_ip_address bits=$new_subnet_mask gateway=\${new_routers%% *} ;;
  *) exit 0 ;;
esac
ip address flush dev "$interface"
ip address add "$address/$bits" dev "$interface"
ip route replace default via "$gateway"
`

type Lease = {
  readonly address: string
  readonly mac: string
  readonly name: string | null
  readonly state: string
  readonly expiresAt: string | null
}
type Guest = { readonly name: string; readonly process: ChildProcess; readonly pid: number }

const directory = mkdtempSync(join(tmpdir(), 'taproot-demo-'))
const started: ChildProcess[] = []
const colour = process.stdout.isTTY
const say = (text = ''): void => console.log(text)
const step = (text: string): void => say(colour ? `\n\u001b[1m${text}\u001b[0m` : `\n${text}`)
const shown = (argv: readonly string[]): void => say(`  $ ${argv.join(' ')}`)
const indent = (text: string): string => text.trimEnd().split('\n').map(line => `    ${line}`).join('\n')

function expect(truth: boolean, otherwise: string): asserts truth {
  if (!truth) throw new Error(otherwise)
}

/** Runs a program to its end; its output, or an error with all that it said. */
function run(argv: readonly string[]): string {
  const [command = '', ...args] = argv
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: PATIENCE_MS })
  expect(error === undefined && status === 0, `${argv.join(' ')} failed: ${error?.message ?? ''}\n${stdout}${stderr}`)
  return stdout
}

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const inside = (guest: Guest, argv: readonly string[]): readonly string[] => [
  'nsenter', `--target=${guest.pid}`, '--net', ...argv,
]

function start(argv: readonly string[]): ChildProcess {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  started.push(child)
  return child
}

/** The first line of a program's output that `wanted` accepts. */
function firstLine(child: ChildProcess, what: string, wanted: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let rest = ''
    const timer = setTimeout(() => reject(new Error(`${what}: not within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
    const settle = (finish: () => void): void => {
      clearTimeout(timer)
      finish()
    }
    child.on('error', error => settle(() => reject(error)))
    child.on('exit', code => settle(() => reject(new Error(`${what}: ended with exit code ${code}\n${rest}`))))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      rest += text
      const line = rest.split('\n').slice(0, -1).find(wanted)
      if (line !== undefined) settle(() => resolve(line))
    })
  })
}

function stop(child: ChildProcess): Promise<number | null> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode)
    child.on('exit', code => resolve(code))
    child.stdin?.end()
    child.kill('SIGTERM')
  })
}

async function startAppliance(): Promise<{
  readonly child: ChildProcess
  readonly token: string
  readonly api: string
}> {
  const argv = [
    'start', '--bridge', BRIDGE, '--domain', DOMAIN, '--upstreams', 'none', '--data', join(directory, 'data'),
    '--log-format', 'json',
  ]
  shown(['bin/taproot', ...argv.slice(0, -2)])
  const since = performance.now()
  const child = start([process.execPath, join(import.meta.dirname, 'taproot.ts'), ...argv])
  const ready = JSON.parse(
    await firstLine(child, 'the appliance', line => line.includes('"appliance.ready"')),
  ) as { readonly [name: string]: string | undefined }
  const took = Math.round(performance.now() - since)
  say(`    ready after ${took} ms: DHCP and DNS at ${APPLIANCE}, REST at ${ready['api'] ?? 'nowhere'}`)
  const token = readFileSync(ready['tokenFile'] ?? join(directory, 'data', 'token'), 'utf8').trim()
  return { child, token, api: `${ready['api'] ?? ''}/api/v1` }
}

/** A namespace with one cable to the bridge; it lives as long as its process, which lives as long as our pipe to it. */
async function makeHost(name: string): Promise<Guest> {
  const child = start(['unshare', '--net', 'sh', '-c', 'ip link set lo up && echo held && exec cat'])
  await firstLine(child, name, line => line === 'held')
  const pid = child.pid
  expect(pid !== undefined, `${name} did not start`)
  run(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)])
  run(['ip', 'link', 'set', name, 'master', BRIDGE, 'up'])
  const guest = { name, process: child, pid }
  run(inside(guest, ['ip', 'link', 'set', 'eth0', 'up']))
  return guest
}

/** The DHCP client of this machine that is there, as a command that ends when it has an address. */
function dhcpClient(name: string, script: string): readonly string[] {
  const udhcpc = ['-i', 'eth0', '-f', '-q', '-n', '-t', '8', '-s', script, '-x', `hostname:${name}`]
  if (has('udhcpc')) return ['udhcpc', ...udhcpc]
  if (has('dhclient')) {
    const file = (kind: string): string => join(directory, `${name}.${kind}`)
    writeFileSync(file('conf'), `send host-name "${name}";\n`)
    return [
      'dhclient', '-4', '-1', '-cf', file('conf'), '-sf', script, '-lf', file('leases'), '-pf', file('pid'), 'eth0',
    ]
  }
  const applets = has('busybox') ? run(['busybox', '--list']).split('\n') : []
  if (applets.includes('udhcpc')) return ['busybox', 'udhcpc', ...udhcpc]
  throw new Error('no DHCP client here: apt-get install udhcpc (or isc-dhcp-client)')
}

/** An address by DHCP; returns it. */
function lease(guest: Guest, script: string): string {
  const argv = dhcpClient(guest.name, script)
  say(`  ${guest.name}$ ${argv.join(' ')}`)
  run(inside(guest, argv))
  const text = run(inside(guest, ['ip', '-4', '-oneline', 'address', 'show', 'dev', 'eth0']))
  const address = /inet (\S+)\//.exec(text)?.[1]
  expect(address !== undefined, `${guest.name} has no address:\n${text}`)
  const route = /via \S+/.exec(run(inside(guest, ['ip', 'route'])))?.[0] ?? 'missing'
  say(`    ${guest.name} has ${address}, default ${route}`)
  return address
}

/** Resolves a name or, with `reverse`, an address: with dig from a host where it is, else with node:dns from here. */
async function resolve(from: Guest, subject: string, reverse: boolean): Promise<string> {
  if (has('dig')) {
    const argv = ['dig', `@${APPLIANCE}`, '+short', ...(reverse ? ['-x'] : []), subject]
    const answer = run(inside(from, argv)).trim().replace(/\.$/, '')
    say(`  ${from.name}$ ${argv.join(' ')}   →  ${answer}`)
    return answer
  }
  const resolver = new Resolver()
  resolver.setServers([APPLIANCE])
  const [answer = ''] = reverse ? await resolver.reverse(subject) : await resolver.resolve4(subject)
  say(`  node:dns ${subject}   →  ${answer}`)
  return answer
}

async function showLeases(api: string, token: string, expected: number): Promise<void> {
  say('  $ curl -H "Authorization: Bearer …" http://127.0.0.1:8053/api/v1/leases')
  const answer = await fetch(`${api}/leases`, { headers: { authorization: `Bearer ${token}` } })
  expect(answer.ok, `GET /leases: ${answer.status} ${await answer.clone().text()}`)
  const { items } = (await answer.json()) as { readonly items: readonly Lease[] }
  for (const { address, mac, name, state, expiresAt } of items)
    say(`    ${address.padEnd(15)} ${mac}  ${state.padEnd(8)} ${(name ?? '–').padEnd(22)} until ${expiresAt ?? '–'}`)
  expect(items.filter(item => item.state === 'bound').length === expected, `${expected} leases were expected`)
}

async function main(): Promise<void> {
  run(['ip', 'link', 'set', 'lo', 'up'])
  const script = join(directory, 'client-script')
  writeFileSync(script, CLIENT_SCRIPT, { mode: 0o755 })

  step('1. The appliance starts, with a TAP device on a bridge of its own')
  const appliance = await startAppliance()

  step(`2. ${HOSTS.length} hosts, each a network namespace with a cable to the bridge, ask for an address by DHCP`)
  const guests: Guest[] = []
  for (const name of HOSTS) guests.push(await makeHost(name))
  const addresses = guests.map(guest => lease(guest, script))
  expect(new Set(addresses).size === HOSTS.length, 'two hosts have the same address')

  step('3. They find each other by name, and names by address')
  for (const [i, guest] of guests.entries()) {
    const asker = guests[(i + 1) % guests.length] ?? guest
    const address = addresses[i] ?? ''
    const name = `${guest.name}.${DOMAIN}`
    expect((await resolve(asker, name, false)) === address, `${name} should be ${address}`)
    expect((await resolve(asker, address, true)) === name, `${address} should be ${name}`)
  }

  step("4. They reach each other and the appliance's own TCP/IP stack")
  const [alice] = guests
  expect(alice !== undefined, 'no hosts')
  if (has('ping')) {
    for (const target of [APPLIANCE, addresses[1] ?? '']) {
      const argv = ['ping', '-c2', '-i0.2', '-W3', target]
      say(`  alice$ ${argv.join(' ')}`)
      say(indent(run(inside(alice, argv)).split('\n').filter(line => /bytes from|packet loss/.test(line)).join('\n')))
    }
  } else say('    (no ping on this machine)')

  step('5. What the REST API says about it')
  await showLeases(appliance.api, appliance.token, HOSTS.length)

  step('6. Why alice has her address')
  shown(['bin/taproot', 'explain', `alice.${DOMAIN}`])
  const entry = [
    process.execPath, join(import.meta.dirname, 'taproot.ts'), 'explain', `alice.${DOMAIN}`, '--token-file',
    join(directory, 'data', 'token'),
  ]
  say(indent(run(entry)))

  step('7. The appliance is told to end (SIGTERM)')
  const code = await stop(appliance.child)
  expect(code === 0, `it ended with exit code ${code}`)
  say('    it ended cleanly, and its device is gone')
}

let failed = false
try {
  await main()
} catch (error) {
  failed = true
  console.error(`\ndemo failed: ${error instanceof Error ? error.message : String(error)}`)
} finally {
  await Promise.all(started.map(stop))
  rmSync(directory, { recursive: true, force: true })
}
if (!failed) step('Everything was as it should be.')
process.exitCode = failed ? 1 : 0
