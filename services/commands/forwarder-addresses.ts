/**
 * The addresses of servers that people give by name alone ("https://dns.example/dns-query"): looked up once, as a client
 * of ours would, when the forwarder is made. It then stands there with its address, so that it needs no other server.
 */
import { formatIpv4, parseIpv4 } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { parseForwardServer, type Refusal, refusal } from '../model/index.ts'

/** Stands for an address that is not known yet. */
const SOME_ADDRESS = '192.0.2.1'

/** The same texts, each with an address. What is wrong in another way stays as it is. */
export async function withAddresses(dns: DnsServer, texts: readonly string[]): Promise<Result<readonly string[], Refusal>> {
  const located: string[] = []
  for (const [i, text] of texts.entries()) {
    const at = (address: string): string => `${text.trim()}${text.includes('#') ? ',' : '#'}${address}`
    const named = parseForwardServer(text.trim()).ok ? undefined : parseForwardServer(at(SOME_ADDRESS))
    if (named?.ok !== true || named.value.by !== 'https' || named.value.name === undefined) {
      located.push(text)
      continue
    }
    const address = await addressOf(dns, named.value.name)
    if (address === undefined) {
      const problem = `the address of ${named.value.name} is not known and could not be found`
      return err(refusal('invalid', `/servers/${i}`, problem, `write it behind the "#", as ${at(SOME_ADDRESS)}`))
    }
    located.push(at(address))
  }
  return ok(located)
}

async function addressOf(dns: DnsServer, name: string): Promise<string | undefined> {
  for (const line of (await dns.explain(name, 'A')).answers) {
    const [, , , type, data = ''] = line.split(' ')
    const address = type === 'A' ? parseIpv4(data) : undefined
    if (address !== undefined) return formatIpv4(address)
  }
  return undefined
}
