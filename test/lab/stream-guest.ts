/** A guest at a unix socket as QEMU's would be (`-netdev stream,addr.type=unix`), with a stack and a DHCP client in it. */
import { createConnection, type Socket } from 'node:net'
import { Uplinks } from '../../services/uplinks.ts'
import { formatIpv4, parseIpv4, QemuStreamLink, Stack } from '../../stack/index.ts'
import { SystemClock, SystemRandom } from '../../stack/platform/index.ts'
import { eventually } from './world.ts'

/** RFC 2131 §4.4.1 lets a client wait up to ten seconds before its first DISCOVER. */
const LEASE_WITHIN_MS = 30_000

export class StreamGuest {
  readonly stack: Stack
  readonly #socket: Socket
  readonly #uplinks: Uplinks
  readonly #name: string

  constructor(path: string, number: number) {
    const clock = new SystemClock()
    const random = new SystemRandom()
    this.#name = `guest${number}`
    this.#socket = createConnection(path)
    const link = new QemuStreamLink(this.#socket, { name: this.#name, mac: `52:54:00:00:00:0${number}` })
    this.stack = new Stack({ clock, random })
    this.stack.addInterface(link, { addresses: [] })
    this.#uplinks = new Uplinks({
      clock, random, stack: this.stack, hostName: this.#name, release: false, remembered: new Map(), submit: () => {},
      onNameServers: () => {},
    })
  }

  /** Asks for an address, and has it when this resolves. */
  async lease(): Promise<string> {
    this.#uplinks.start(this.#name)
    return eventually('a lease for the guest', async () => {
      const report = this.#uplinks.report(this.#name)
      return report?.state === 'bound' && report.terms !== undefined ? formatIpv4(report.terms.address) : undefined
    }, LEASE_WITHIN_MS)
  }

  /** Whether a target answers one of three echo requests. */
  reaches(target: string): Promise<boolean> {
    return new Promise(resolve => {
      let answered = false
      const ping = this.stack.ping({ target: parseIpv4(target) ?? 0, count: 3, intervalMs: 200, timeoutMs: 1_000 }, event => {
        if (event.kind === 'reply') answered = true
        if (event.kind === 'done') resolve(answered)
      })
      if (ping === undefined) resolve(false)
    })
  }

  close(): void {
    this.#uplinks.close()
    this.stack.close()
    this.#socket.destroy()
  }
}
