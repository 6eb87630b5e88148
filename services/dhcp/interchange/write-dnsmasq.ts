/**
 * Our model as lines of a dnsmasq.conf (dnsmasq(8)), with a note for whatever has no counterpart there. What a segment
 * or a subnet says hangs on a tag that its ranges set; readDnsmasq reads that back.
 */
import { formatIpv4, formatPrefix } from '../../../stack/index.ts'
import { DEFAULT_SITE, EMPTY_LEVEL } from '../../model/index.ts'
import type { DhcpConfiguration, Host, Level, Segment, Subnet } from '../../model/index.ts'
import { ExportNotes, OptionWriter, firstSaid, pairs, subnetsOf } from './written.ts'
import type { Written } from './written.ts'

const INFINITE_SECONDS = 0xffff_ffff
const DOMAIN_NAME = 15

export function writeDnsmasq(c: DhcpConfiguration): Written {
  const writer = new Writer(c)
  return { text: writer.whole(), notes: writer.notes.list }
}

class Writer {
  readonly notes = new ExportNotes()
  readonly #c: DhcpConfiguration
  readonly #options: OptionWriter
  readonly #lines: string[] = []

  constructor(c: DhcpConfiguration) {
    this.#c = c
    this.#options = new OptionWriter(c)
  }

  whole(): string {
    const { sites, segments, classes, hosts } = this.#c
    const site = sites.find(({ id }) => id === DEFAULT_SITE.id)?.level ?? EMPTY_LEVEL
    for (const { name, id } of sites) if (id !== DEFAULT_SITE.id) this.notes.add(`site ${name}`, 'there is one global level only', 'set its values in its subnets')
    for (const { name } of classes) this.notes.add(`class ${name}`, 'it is not written', 'make a tag by dhcp-match or dhcp-vendorclass')
    if (segments.length > 0 && segments.every(({ policy }) => policy.authoritative)) this.#lines.push('dhcp-authoritative')
    this.#level(site, '', 'site default')
    for (const segment of segments) this.#segment(segment, site)
    for (const host of hosts) this.#host(host)
    return this.#lines.map(line => `${line}\n`).join('')
  }

  #segment(segment: Segment, site: Level): void {
    const of = `segment ${segment.name}`
    const { interfaceName, relays, policy } = segment
    const subnets = subnetsOf(this.#c, segment.id)
    if (interfaceName !== undefined) this.notes.add(of, `its interface ${interfaceName} is not written`, 'set interface= to the one of that machine')
    if (relays.length > 0) this.notes.add(of, 'its relays are not written', 'dnsmasq goes by the range that holds the relay')
    if (subnets.length > 1) this.notes.add(of, 'that its subnets are one link is not written', 'set shared-network=')
    const { mode, knownOnly, authoritative } = policy
    if (mode !== 'serve' || knownOnly) this.notes.add(of, 'its mode, or that it is for known clients only, is not written', 'use proxy or static in place of the ends of a range')
    if (!authoritative) this.notes.add(of, 'dhcp-authoritative is of the whole server', 'it is left out as soon as one segment is not authoritative')
    for (const subnet of subnets) this.#subnet(subnet, segment.level, site)
  }

  #subnet({ id, prefix, level }: Subnet, segment: Level, site: Level): void {
    const text = formatPrefix(prefix)
    const tag = `subnet${id}`
    const mask = formatIpv4(prefix.length === 0 ? 0 : -1 << (32 - prefix.length))
    const pools = this.#c.pools.filter(({ subnetId }) => subnetId === id)
    if (pools.length === 0) this.#lines.push(`dhcp-range=set:${tag},${formatIpv4(prefix.network)},static,${mask}`)
    for (const pool of pools) {
      const range = `${formatIpv4(pool.first)},${formatIpv4(pool.last)}`
      const seconds = firstSaid([pool.level, level, segment, site], ({ leaseTimes }) => leaseTimes.leaseSeconds)
      this.#lines.push(`dhcp-range=set:${tag},${range},${mask}${seconds === undefined ? '' : `,${timeOf(seconds)}`}`)
      const { options, boot } = pool.level
      if (pool.allow.length > 0 || pool.deny.length > 0) this.notes.add(`pool ${range}`, 'who may use it is not written', 'set tag: in its dhcp-range')
      if (Object.keys(options).length > 0 || Object.keys(boot).length > 0) this.notes.add(`pool ${range}`, 'its options are not written', 'give its dhcp-range a tag of its own')
    }
    const options = { ...segment.options, ...level.options }
    const boot = { ...segment.boot, ...said(level.boot) }
    this.#level({ options, boot, leaseTimes: { ...said(segment.leaseTimes), ...said(level.leaseTimes) } }, `tag:${tag},`, `subnet ${text}`)
  }

  #level({ options, boot, leaseTimes }: Level, tag: string, of: string): void {
    const { minSeconds, maxSeconds, renewSeconds, rebindSeconds } = leaseTimes
    if ([minSeconds, maxSeconds, renewSeconds, rebindSeconds].some(value => value !== undefined)) {
      this.notes.add(of, 'bounds of lease times, T1 and T2 are not written', 'set options 58 and 59 with dhcp-option')
    }
    for (const { code, text, octets } of this.#options.written(options, this.notes.option(of))) {
      const plain = text?.replaceAll(', ', ',')
      // A single pair would be read as a number.
      const value = plain ?? (octets.length > 2 ? pairs(octets) : undefined)
      if (value === undefined) this.notes.add(of, `option ${code} is not written`, 'set it with dhcp-option')
      else if (code === DOMAIN_NAME && tag === '') this.#lines.push(`domain=${value}`)
      else this.#lines.push(`dhcp-option=${tag}${code},${value === 'true' ? 1 : value === 'false' ? 0 : value}`)
    }
    const { bootFile, serverName = '', nextServer } = boot
    if (bootFile !== undefined && bootFile !== '') {
      const server = nextServer === undefined || nextServer === 0 ? '' : formatIpv4(nextServer)
      this.#lines.push(`dhcp-boot=${tag}${bootFile},${serverName},${server}`.replace(/,+$/, ''))
    } else if (Object.values(boot).some(value => value !== undefined)) {
      this.notes.add(of, 'a boot server without a boot file is not written', 'set dhcp-boot')
    }
  }

  #host(host: Host): void {
    const of = `host ${host.name ?? host.id}`
    const words: string[] = []
    for (const { kind, value } of host.identifiers) {
      if (kind === 'mac') words.push(value)
      else if (kind === 'client-id') words.push(`id:${pairs(value)}`)
      else if (kind !== 'host-name' || value !== host.name) this.notes.add(of, `its ${kind} is not written`, 'make a tag by dhcp-match, or give its hardware address')
    }
    const byName = host.identifiers.some(({ kind, value }) => kind === 'host-name' && value === host.name)
    if (words.length === 0 && !byName) return
    const [first, ...more] = host.addresses
    if (first !== undefined) words.push(formatIpv4(first.address))
    if (more.length > 0) this.notes.add(of, 'a host has one address there; the first is written', 'write further lines with tags')
    if (host.name !== undefined) words.push(host.name)
    const { options, boot, leaseTimes } = host.level
    if (leaseTimes.leaseSeconds !== undefined) words.push(timeOf(leaseTimes.leaseSeconds))
    if (host.denied) words.push('ignore')
    if (Object.keys(options).length > 0 || Object.values(boot).some(value => value !== undefined)) {
      this.notes.add(of, 'its options and boot fields are not written', 'give it set:TAG, and options for the tag')
    }
    if (host.classes.length > 0 || host.tags.length > 0 || host.comment !== undefined) {
      this.notes.add(of, 'classes, tags and comment are not written', 'give it set:TAG')
    }
    this.#lines.push(`dhcp-host=${words.join(',')}`)
  }
}

const timeOf = (seconds: number): string => (seconds >= INFINITE_SECONDS ? 'infinite' : String(seconds))

function said<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}
