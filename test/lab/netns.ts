/**
 * A laboratory of network namespaces: hosts, bridges and cables of our own, so that nothing reaches this machine's
 * network.
 *
 * A namespace is held by a process of its own (`unshare --net --mount`, then `cat` on a pipe from us) and has no name
 * in /run/netns: when the test process ends, for whatever reason, the pipe closes, the holder ends, and the kernel
 * takes the namespace with its devices away. The mount namespace gives every host its own /etc/resolv.conf, /run and
 * /sys.
 *
 *   await using lab = await Lab.open()
 *   const lan = await lab.host('lan'), alice = await lab.host('alice')
 *   await lan.bridge('br0'); await lab.cable(alice, 'eth0', lan, 'br0')
 *   await alice.succeed(['ping', '-c1', '10.53.0.2'])
 */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Program, run, succeed, type Output, type RunOptions } from './program.ts'

/**
 * What the holder does first. A private /run, because DHCP clients keep their pid files there; a private resolv.conf
 * that a client script may write (it may be a link into /run); /sys of the new network namespace. IPv6 is off: it only
 * adds frames that no test asks for.
 */
const HOLDER = `
set -eu
mount --make-rprivate /
target=$(readlink -m /etc/resolv.conf)
mount -t tmpfs tmpfs /run
mkdir -p "$(dirname "$target")"
[ -e "$target" ] || : >"$target"
: >"$1/resolv.conf"
mount --bind "$1/resolv.conf" "$target"
for d in /var/lib/dhcpcd /var/lib/dhcp; do [ ! -d $d ] || mount -t tmpfs tmpfs $d; done
mount -t sysfs none /sys 2>/dev/null || :
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null || :
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null || :
ip link set lo up
echo held
exec cat
`

/** Processes in the network namespace of `holder`. */
function processesIn(holder: number): readonly number[] {
  const namespace = (pid: number | string): string | undefined => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`)
    } catch {
      return undefined // ended meanwhile
    }
  }
  const wanted = namespace(holder)
  if (wanted === undefined || wanted === namespace('self')) return []
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && namespace(name) === wanted).map(Number)
}

/** A network namespace with the devices in it. */
export class Host {
  readonly name: string
  /** A directory of this host's own, gone with the lab. */
  readonly directory: string
  readonly #holder: Program
  readonly #programs = new Set<Program>()

  private constructor(name: string, directory: string, holder: Program) {
    this.name = name
    this.directory = directory
    this.#holder = holder
  }

  static async open(name: string, directory: string): Promise<Host> {
    const holder = new Program(`${name} (holder)`, ['unshare', '--net', '--mount', 'sh', '-c', HOLDER, 'sh', directory])
    await holder.line(/^held$/)
    return new Host(name, directory, holder)
  }

  /** The process whose namespaces these are: `nsenter -t <pid> -n -m` enters them by hand. */
  get pid(): number {
    return this.#holder.pid
  }

  /** The command line that runs `argv` on this host, in the present working directory. */
  enter(argv: readonly string[]): readonly string[] {
    return ['nsenter', `--target=${this.pid}`, '--net', '--mount', 'env', `--chdir=${process.cwd()}`, ...argv]
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
    return run(this.enter(argv), options)
  }

  succeed(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return succeed(this.enter(argv), options)
  }

  /** Starts a program that stays; close() stops it. */
  start(name: string, argv: readonly string[], env: { readonly [name: string]: string } = {}): Program {
    const program = new Program(name, this.enter(['setpriv', '--pdeathsig=KILL', ...argv]), env)
    this.#programs.add(program)
    program.ended.then(() => this.#programs.delete(program), () => this.#programs.delete(program))
    return program
  }

  /** Makes a bridge that is up, forwards from the first frame, and shows its frames to no netfilter. */
  async bridge(name: string): Promise<void> {
    await this.succeed(
      ['ip', 'link', 'add', name, 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0', 'mcast_snooping', '0'],
    )
    await this.succeed(['ip', 'link', 'set', name, 'up'])
    // Else br_netfilter, where it is loaded, drops malformed IPv4 packets before the appliance can be tested with them.
    await this.run(['sysctl', '-q', '-e', '-w', 'net.bridge.bridge-nf-call-iptables=0'])
  }

  /** Gives a device an address with prefix length ("10.53.0.9/24") and optionally the default gateway. */
  async address(device: string, address: string, gateway?: string): Promise<void> {
    await this.succeed(['ip', 'address', 'add', address, 'dev', device])
    if (gateway !== undefined) await this.succeed(['ip', 'route', 'add', 'default', 'via', gateway])
  }

  /** As when the power goes: no process of this host gets another word in. */
  killAll(): void {
    for (const pid of processesIn(this.pid)) {
      try {
        if (pid !== this.pid) process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  /** Stops what runs here, also what programs have left behind, and gives the namespaces up. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#programs].map(program => program.stop()))
    this.killAll()
    await this.#holder.stop()
  }
}

/** All hosts of one test file. */
export class Lab implements AsyncDisposable {
  readonly directory: string
  readonly #hosts: Host[] = []
  #ports = 0

  private constructor(directory: string) {
    this.directory = directory
  }

  static async open(): Promise<Lab> {
    return new Lab(mkdtempSync(join(tmpdir(), 'taproot-lab-')))
  }

  async host(name: string): Promise<Host> {
    const directory = mkdtempSync(join(this.directory, `${name}-`))
    const host = await Host.open(name, directory)
    this.#hosts.push(host)
    return host
  }

  /**
   * A cable from a new device `device` of `host` to a port of `bridge` on `lan`. Without a bridge the other end is only
   * up, and may be given an address; its name is returned. Checksums are complete in every frame (ethtool tx off).
   * @param mac the device's address; a random one when left out
   */
  async cable(host: Host, device: string, lan: Host, bridge: string | undefined, mac?: string): Promise<string> {
    const port = `port${++this.#ports}`
    const pick = mac === undefined ? [] : ['address', mac]
    await succeed([
      'ip', 'link', 'add', device, ...pick, 'netns', String(host.pid), 'type', 'veth', 'peer', 'name', port, 'netns',
      String(lan.pid),
    ])
    if (bridge !== undefined) await lan.succeed(['ip', 'link', 'set', port, 'master', bridge])
    await host.succeed(['ethtool', '-K', device, 'tx', 'off'])
    await lan.succeed(['ethtool', '-K', port, 'tx', 'off'])
    await lan.succeed(['ip', 'link', 'set', port, 'up'])
    await host.succeed(['ip', 'link', 'set', device, 'up'])
    return port
  }

  /** A host with one cable to a bridge, with no address yet. */
  async hostOn(lan: Host, bridge: string, name: string, mac?: string): Promise<Host> {
    const host = await this.host(name)
    await this.cable(host, 'eth0', lan, bridge, mac)
    return host
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#hosts.map(host => host.close()))
    rmSync(this.directory, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
