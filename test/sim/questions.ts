/** What hosts ask DNS, and whether what they hear is what is on disk. */
import type { Ipv4 } from '../../stack/index.ts'
import { reverseName } from '../../services/dns/index.ts'
import type { Told } from '../support/dns.ts'
import { ZONE } from './administrator.ts'
import type { Host } from './hosts.ts'
import type { Ledger } from './ledger.ts'
import type { World } from './world.ts'

/** How long after a commit the network side may not have heard of it. */
const UNSETTLED_MS = 2_500

export class Questions {
  readonly #world: World
  readonly #server: Ipv4
  readonly #ledger: Ledger
  /** The newest serial that an answer has shown. */
  #serialSeen = 0
  answers = 0
  /** Answers that had to be one thing and no other. */
  checked = 0

  constructor(world: World, server: Ipv4, ledger: Ledger) {
    this.#world = world
    this.#server = server
    this.#ledger = ledger
  }

  /** The own name, another's, an address, or the serial. */
  askSomething(host: Host): void {
    const { random, hosts } = this.#world
    const other = hosts[random.below(hosts.length)] as Host
    const address = other.client.lease?.address
    const kind = random.below(4)
    if (kind === 0) this.#askSerial(host)
    else if (kind === 1 && address !== undefined) this.ask(host, reverseName(address), 'PTR')
    else this.ask(host, `${(kind === 2 ? host : other).options.hostName ?? 'nobody'}.${ZONE}`, 'A')
  }

  /** `done` says whether an answer came; a wrong one ends the run. */
  ask(host: Host, name: string, type: string, done: (heard: boolean) => void = () => undefined): void {
    const askedAt = this.#world.clock.now()
    host.ask(this.#server, name, type, (answer) => {
      if (answer !== undefined) this.#judge(host, name, type, answer, askedAt)
      done(answer !== undefined)
    })
  }

  #judge(host: Host, name: string, type: string, answer: Told, askedAt: number): void {
    this.answers++
    // What changed while the question was on its way may be answered either way.
    if (this.#ledger.changedAt(name, type) + UNSETTLED_MS >= askedAt || this.#ledger.hasAlias(name)) return
    this.checked++
    const data = this.#ledger.dataAt(name, type)
    const problem = wrongAnswer(answer, data)
    if (problem !== undefined) this.#world.fail(`${host.name} asked for ${name} ${type} and heard ${problem}; on disk is ${data.join(', ') || 'nothing'}`)
  }

  /** A serial never goes back, not even over a power cut. */
  #askSerial(host: Host): void {
    const before = this.#serialSeen
    host.ask(this.#server, ZONE, 'SOA', (answer) => {
      if (answer === undefined) return
      const serial = Number(answer.answer[0]?.split(' ')[5])
      if (!(serial >= before)) this.#world.fail(`${host.name} saw serial ${serial} of ${ZONE} after ${before} had been seen`)
      this.#serialSeen = Math.max(serial, this.#serialSeen)
    })
  }
}

/** What is wrong with an answer, if something is. */
function wrongAnswer(answer: Told, data: readonly string[]): string | undefined {
  const heard = answer.answer.map((line) => line.split(' ').slice(3).join(' ').replace(/\.$/, '')).sort()
  if (JSON.stringify(heard) !== JSON.stringify(data)) return `${answer.rcode} ${heard.join(', ')}`
  if (data.length > 0 ? answer.rcode !== 'NOERROR' : answer.rcode !== 'NXDOMAIN' && answer.rcode !== 'NOERROR') return answer.rcode
  return undefined
}
