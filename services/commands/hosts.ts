/** Which address a person means, and what a host is called: by our own DNS. */
import { formatIpv4, type Interface, type Ipv4, isUnicast, parseIpv4, type Stack } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { keyOf } from '../dns/wire/name.ts'
import { type DhcpConfiguration, type Refusal, refusal } from '../model/index.ts'

export type HostsOptions = {
  readonly stack: Stack
  readonly dns: DnsServer
  /** In whose domains a single label is looked for. */
  readonly configuration: () => DhcpConfiguration
}

const invalid = (field: string, problem: string, remedy: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('invalid', field, problem, remedy))

export class Hosts {
  readonly #o: HostsOptions

  constructor(options: HostsOptions) {
    this.#o = options
  }

  /** The address that `target` is or that it resolves to; one host's. */
  async target(target: string): Promise<Result<Ipv4, Refusal>> {
    const given = parseIpv4(target)
    const address = given ?? (await this.#resolve(target))
    if (address === undefined)
      return invalid(
        '/target',
        `no address is known for "${target}"`,
        'give an address, or a name that the appliance resolves',
      )
    if (isUnicast(address) || address >>> 24 === 127) return ok(address)
    return invalid('/target', `${formatIpv4(address)} is not the address of one host`, 'give the address of a host')
  }

  /** The name in a reverse zone of ours, as the address itself sees it. */
  async nameOf(address: Ipv4): Promise<string | undefined> {
    const { dns } = this.#o
    const reverse = dns.zones.reverseNameOf(address)
    const view = dns.views.viewOf(address, undefined)
    // Others are not asked: a hop of the internet would make its line wait for their servers.
    if (dns.zones.seenFrom(view).closest(keyOf(reverse)) === undefined) return undefined
    const { answers } = await dns.explain(reverse, 'PTR', { view })
    return dataOf(answers, 'PTR')?.replace(/\.$/, '')
  }

  interface(name: string | null): Result<Interface | undefined, Refusal> {
    if (name === null) return ok(undefined)
    const found = this.#o.stack.anyInterface(name)
    if (found !== undefined) return ok(found)
    const names = [...this.#o.stack.interfaces, this.#o.stack.loopback].map((iface) => iface.name).join(', ')
    return invalid('/interface', `there is no interface ${name}`, `the interfaces are ${names}`)
  }

  source(text: string | null): Result<Ipv4, Refusal> {
    if (text === null) return ok(0)
    const address = parseIpv4(text)
    const own = [...this.#o.stack.interfaces, this.#o.stack.loopback].flatMap((iface) =>
      iface.addresses.map((each) => each.address),
    )
    if (address !== undefined && own.includes(address)) return ok(address)
    return invalid(
      '/source',
      `"${text}" is not an address of the appliance`,
      `its addresses are ${own.map(formatIpv4).join(', ')}`,
    )
  }

  async #resolve(name: string): Promise<Ipv4 | undefined> {
    const { segments, subnets } = this.#o.configuration()
    const domains = [...subnets, ...segments].flatMap(({ domain }) => (domain === undefined ? [] : [domain]))
    const names = name.includes('.') ? [name] : [...new Set(domains)].map((domain) => `${name}.${domain}`)
    // What everybody sees first, then what the views do.
    for (const view of [undefined, ...this.#o.dns.views.names]) {
      for (const full of names) {
        const { answers } = await this.#o.dns.explain(full, 'A', { view })
        const data = dataOf(answers, 'A')
        if (data !== undefined) return parseIpv4(data)
      }
    }
    return undefined
  }
}

/** The data of the first answer "owner ttl IN type data" of a type; CNAMEs may stand before it. */
const dataOf = (answers: readonly string[], type: string): string | undefined =>
  answers.map((line) => line.split(' ')).find((words) => words[3] === type)?.[4]
