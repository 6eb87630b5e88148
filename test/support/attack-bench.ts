/** A resolver under attack over a virtual Internet: evil.com is the attacker's, example.com is everybody's. */
import { MAX_PENDING } from '../../services/dns/resolver/resolver.ts'
import type { DnsOptions } from '../../services/dns/index.ts'
import { CLIENT, queryBytes, told, type Told } from './dns.ts'
import { smallInternet } from './recursion-bench.ts'
import { ResolvingBench } from './resolving-bench.ts'
import type { Fault, VirtualServer } from './virtual-internet.ts'

export const EVIL_AT = '203.0.113.66'
const COM = `
  @ 172800 NS a.gtld.com.
  a.gtld.com. 172800 A 192.5.6.30
  example.com. 172800 NS ns1.example.com.
  ns1.example.com. 172800 A 192.0.2.53
  evil.com. 172800 NS ns.evil.com.
  ns.evil.com. 172800 A ${EVIL_AT}
`

export class AttackBench extends ResolvingBench {
  readonly evil: VirtualServer

  /** `evil`: lines of evil.com; `faults`: what its server does besides. */
  constructor(evil: string, faults: readonly Fault[] = [], options: Partial<DnsOptions> = {}) {
    const net = smallInternet('www 300 A 192.0.2.80\nmail 300 A 192.0.2.25\n*.many 60 A 192.0.2.99')
    net.server('192.5.6.30', { com: COM })
    super(net, { validation: 'no', ...options })
    this.evil = net.server(EVIL_AT, { 'evil.com': evil }, { faults })
  }

  /** Asks without waiting; what comes is put at the end of the list. */
  begin(name: string, type: string, answers: Told[], from = CLIENT): void {
    const bytes = queryBytes(name, type, { flags: 0x0100, from })
    const into = new Uint8Array(4096)
    const length = this.server.receive(bytes, 0, bytes.length, into, 0, 4096, from, () => (b, at, n) => void answers.push(told(b, at, n)))
    if (length > 0) answers.push(told(into, 0, length))
  }

  /** How often the attacker's server was asked since the last look at who was asked. */
  get askedOfEvil(): number {
    return this.net.asked().filter((line) => line.startsWith(`${EVIL_AT} `)).length
  }

  /** Nothing of an attack is left under way, however it went. */
  get underWay(): number {
    return this.server.sizes.pending
  }
}

/** Questions that a resolver has under way at most. */
export const MOST_UNDER_WAY = MAX_PENDING
