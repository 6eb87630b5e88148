/**
 * Everything known about a client, an address or a name on one screen: what holds now, how it came about, and why.
 * Reads only. Texts come from the catalogue of events.
 */
import { type Ipv4, parseIpv4, parseMac, formatMac } from '../stack/index.ts'
import { err, ok } from '../stack/platform/index.ts'
import { isAskable } from './dns/index.ts'
import { renderStep } from './events/catalogue.ts'
import type { Answer, DecisionView, ExplanationView, LeaseHistoryView, LeaseView, RecordView, Services, WhatIfView } from './facade.ts'
import { refusal } from './model/index.ts'
import type { NetworkSide } from './network-side.ts'

const COLUMNS = 100
/** Decisions told step by step; one screen holds no more. */
const DECISIONS_SHOWN = 3
const HOLDINGS_SHOWN = 4
/** Names of an alias chain whose records are listed. */
const NAMES_SHOWN = 8

type Known = Omit<ExplanationView, 'lines'>

/** Explains a MAC, an IPv4 address or a domain name. */
export async function explain(services: Services, network: NetworkSide, subject: string, at?: string, client?: string, type = 'A'): Answer<ExplanationView> {
  const text = subject.trim()
  const asking = client === undefined ? undefined : parseIpv4(client)
  if (client !== undefined && asking === undefined)
    return err(refusal('invalid', '/client', `"${client}" is not an IPv4 address`, 'the address of who would ask, as 10.53.0.20'))
  if (!isAskable(type)) return err(refusal('invalid', '/type', `${type} is no type that is answered`, 'a mnemonic such as A or MX, or TYPE65400'))
  const mac = parseMac(text)
  if (at !== undefined) return asItWas(services, mac === undefined ? text.toLowerCase() : formatMac(mac), at)
  if (mac !== undefined) return byClient(services, formatMac(mac))
  if (parseIpv4(text) !== undefined) return byAddress(services, text)
  if (text.length > 0 && text.length <= 253 && /^(?:[A-Za-z0-9_*.-]|\\[\x21-\x7e])+$/.test(text)) return byName(services, network, text.toLowerCase().replace(/\.$/, ''), asking, type.toUpperCase())
  return err(
    refusal('invalid', '/subject', `"${subject}" is neither an Ethernet address, an IPv4 address nor a name`, 'give one of them, as 02:00:00:00:00:01, 10.53.0.100 or printer.lab.internal'),
  )
}

const page = (limit: number): { readonly limit: number } => ({ limit })

async function byClient(services: Services, mac: string): Answer<ExplanationView> {
  const known = await gather(services, 'mac', mac, { mac }, { mac })
  return known.ok ? ok({ ...known.value, lines: [...dhcpLines(known.value), ...(await presentLines(services, mac))] }) : known
}

/** What was held then, and the decisions that led to it. */
async function asItWas(services: Services, subject: string, at: string): Answer<ExplanationView> {
  const kind = parseMac(subject) !== undefined ? 'mac' : parseIpv4(subject) !== undefined ? 'address' : 'name'
  const of = kind === 'name' ? { hostName: subject.split('.')[0] as string } : { [kind]: subject }
  const history = await services.leases.leaseHistory({ ...of, at }, page(HOLDINGS_SHOWN))
  if (!history.ok) return history
  const decisions = await services.reasons.listDecisions({ ...of, until: at }, page(20))
  if (!decisions.ok) return decisions
  const known: Known = { subject, kind, leases: [], history: history.value.items, records: [], decisions: decisions.value.items }
  const held = known.history.map((holding) => clip(`  ${holdingLine(holding)}`))
  const otherwise = await whyNotSince(services, known)
  return ok({ ...known, lines: [`${at}: ${held.length === 0 ? `nothing was held by or at ${subject}` : 'held'}`, ...held, ...decidedLines(known), ...otherwise] })
}

/**
 * Why not otherwise: the steps of then say what was decided by the configuration of then, which is not kept. What did not
 * count can only be asked of the present one.
 */
async function whyNotSince(services: Services, { decisions, history }: Known): Promise<readonly string[]> {
  const last = decisions.find(({ received }) => CLIENT_MESSAGES.includes(received)) ?? history[0]
  if (last === undefined) return []
  const { mac, clientId, hostName } = last
  const found = await services.dhcp.whatIf({ ...NOTHING_SAID, mac, clientId, hostName })
  if (!found.ok || found.value.whyNot.length === 0) return []
  return ['', clip(`why not otherwise, by the configuration of now (that of then is not kept), for ${mac}:`), ...whyNotLines(found.value.whyNot)]
}

/** What would happen if the client asked now, and which entries do not count for it. */
async function presentLines(services: Services, mac: string): Promise<readonly string[]> {
  const leases = await services.leases.listLeases({ mac }, page(1))
  const decisions = await services.reasons.listDecisions({ mac }, page(20))
  const lease = leases.ok ? leases.value.items[0] : undefined
  // What relays, expiries and ARP tell is not what the client says.
  const last = decisions.ok ? decisions.value.items.find(({ received }) => CLIENT_MESSAGES.includes(received)) : undefined
  if (last === undefined && lease === undefined) return []
  const { clientId, hostName } = last ?? lease ?? { clientId: null, hostName: null }
  const found = await services.dhcp.whatIf({ ...NOTHING_SAID, mac, clientId, hostName })
  if (!found.ok) return []
  const { sent, address, reply, whyNot } = found.value
  const answer = sent === 'none' ? 'no answer' : `${sent} of ${reply?.address ?? address ?? ''}`
  return ['', clip(`a DISCOVER of ${mac} now would get: ${answer}`), ...whyNotLines(whyNot)]
}

const whyNotLines = (whyNot: WhatIfView['whyNot']): readonly string[] => whyNot.map(({ subject, because }) => clip(`  not ${subject}: ${because}`))

const CLIENT_MESSAGES: readonly string[] = ['DISCOVER', 'REQUEST', 'INFORM', 'BOOTP']
const NOTHING_SAID = {
  messageType: 'DISCOVER', uuid: null, vendorClass: null, userClass: null, architecture: null, circuitId: null, remoteId: null, subnet: null,
  interface: null, giaddr: null, ciaddr: null, requestedAddress: null, serverIdentifier: null, parameterRequestList: null, fqdn: null, options: null, packet: null,
} as const

async function byAddress(services: Services, address: string): Answer<ExplanationView> {
  const known = await gather(services, 'address', address, { address }, { address })
  if (!known.ok) return known
  const neighbours = await services.links.listNeighbours()
  const lines = dhcpLines(known.value)
  if (neighbours.ok)
    for (const n of neighbours.value.filter((neighbour) => neighbour.address === address))
      lines.push(clip(`on ${n.interface}: ARP says ${n.mac ?? 'nobody answers'} (${n.state})`))
  return ok({ ...known.value, lines })
}

async function byName(services: Services, network: NetworkSide, name: string, client: Ipv4 | undefined, type: string): Answer<ExplanationView> {
  const hostName = name.split('.')[0] as string
  const known = await gather(services, 'name', name, { hostName }, { hostName })
  if (!known.ok) return known
  const dns = await network.dns.explainName(name, type, client)
  const lines: string[] = []
  if (dns.ok) {
    lines.push(clip(`${name} ${type}: ${dns.value.rcode}${dns.value.answers.length === 0 ? ', no answer records' : ''}`))
    for (const answer of dns.value.answers) lines.push(clip(`  ${answer}`))
    for (const step of dns.value.steps) lines.push(clip(`  because ${renderStep(step)}`))
  }
  const view = dns.ok ? dns.value.view : undefined
  const zone = await zoneOf(services, name, view)
  const records = await recordsOf(services, [...new Set([name, ...(dns.ok ? dns.value.owners : [])])], view)
  for (const r of records) lines.push(clip(`  record ${r.id}: ${r.name} ${r.ttl} ${r.type} ${r.data} (owner: ${r.owner})`))
  if (zone !== undefined) lines.push(...(await signingLines(services, zone)))
  lines.push('', ...dhcpLines(known.value))
  const mac = await macNamed(services, hostName)
  if (mac !== undefined) lines.push(...(await presentLines(services, mac)))
  return ok({ ...known.value, records, lines })
}

/** The client that a host entry of this name means. */
async function macNamed(services: Services, hostName: string): Promise<string | undefined> {
  const hosts = await services.dhcp.list('hosts')
  const host = hosts.ok ? hosts.value.find(({ name }) => name === hostName) : undefined
  return host?.identifiers.find(({ kind }) => kind === 'mac')?.value
}

/** The zone that answers in this view, as the API calls it. */
async function zoneOf(services: Services, name: string, view: string | undefined): Promise<string | undefined> {
  const zones = await services.dns.listZones()
  if (!zones.ok) return undefined
  const zone = zones.value
    .filter((z) => (z.view === null || z.view === view) && (name === z.name || name.endsWith(`.${z.name}`)))
    .sort((a, b) => b.name.length - a.name.length || Number(a.view === null) - Number(b.view === null))[0]
  return zone === undefined || zone.view === null ? zone?.name : `${zone.name}@${zone.view}`
}

/** Records of a name and of those that its answer was made of, whatever zones they are in; with who made them. */
async function recordsOf(services: Services, names: readonly string[], view: string | undefined): Promise<readonly RecordView[]> {
  const records: RecordView[] = []
  for (const name of names.slice(0, NAMES_SHOWN)) {
    const zone = await zoneOf(services, name, view)
    if (zone !== undefined) records.push(...(await recordsAt(services, zone, name)))
  }
  return records
}

async function recordsAt(services: Services, zone: string, name: string): Promise<readonly RecordView[]> {
  const records = await services.dns.listRecords(zone, { name: `${name}.` }, page(20))
  return records.ok ? records.value.items : []
}

/** With which keys the zone's answers are signed, and what they wait for. */
async function signingLines(services: Services, zone: string): Promise<readonly string[]> {
  const found = await services.signing.getSigning(zone)
  if (!found.ok || found.value.status === 'unsigned') return []
  const { keys, coming } = found.value
  const signers = keys.filter((key) => key.signatures === 'rumoured' || key.signatures === 'omnipresent')
  const by = signers.map((key) => `${key.role.toUpperCase()} ${key.keyTag}`).join(' and ')
  return [
    clip(`${zone} is signed with ${by}`),
    ...coming.map(({ keyTag, at, what }) => clip(`  key ${keyTag}: ${what} ${at === null ? 'when that is done and said' : `at ${shortTime(at)}`}`)),
  ]
}

type Filter = { readonly mac?: string; readonly address?: string; readonly hostName?: string }

async function gather(services: Services, kind: Known['kind'], subject: string, of: Filter, decided: Filter): Answer<Known> {
  const leases = await services.leases.listLeases(of, page(10))
  if (!leases.ok) return leases
  const history = await services.leases.leaseHistory(of, page(HOLDINGS_SHOWN))
  if (!history.ok) return history
  const decisions = await services.reasons.listDecisions(decided, page(20))
  if (!decisions.ok) return decisions
  return ok({ subject, kind, leases: leases.value.items, history: history.value.items, records: [], decisions: decisions.value.items })
}

function dhcpLines(known: Known): string[] {
  const lines: string[] = []
  if (known.leases.length === 0) lines.push(`no lease is known for ${known.subject}`)
  for (const lease of known.leases) {
    lines.push(clip(leaseLine(lease)))
    if (lease.clientIdText !== null) lines.push(clip(`  its client identifier: ${lease.clientIdText}`))
  }
  if (known.history.length > 0) lines.push('', 'held before and now:')
  for (const holding of known.history) lines.push(clip(`  ${holdingLine(holding)}`))
  lines.push(...decidedLines(known))
  return lines
}

function decidedLines(known: Known): string[] {
  if (known.decisions.length === 0) return ['', 'no DHCP decision is kept about it']
  const lines = ['', `the last ${Math.min(DECISIONS_SHOWN, known.decisions.length)} of its DHCP decisions, newest first:`]
  for (const decision of known.decisions.slice(0, DECISIONS_SHOWN)) lines.push(...decisionLines(decision))
  return lines
}

/** "2026-11-22T05:42:16.447Z" → "2026-11-22 05:42:16Z": a line has a hundred columns. */
const shortTime = (text: string): string => text.replace('T', ' ').replace(/\.\d+/, '')

const leaseLine = (l: LeaseView): string =>
  `${l.address} is ${l.state}${l.state === 'bound' ? ' to' : '; last'} ${l.mac}${l.hostName === null ? '' : ` "${l.hostName}"`} ` +
  `${l.expiresAt === null ? 'without end' : `until ${shortTime(l.expiresAt)}`}${l.name === null ? '' : `, as ${l.name}`}`

const holdingLine = (h: LeaseHistoryView): string =>
  `${h.address} ${h.mac}${h.hostName === null ? '' : ` "${h.hostName}"`} from ${shortTime(h.from)} ` +
  (h.to === null ? 'until now' : `to ${shortTime(h.to)} (${h.ended ?? 'ended'})`)

function decisionLines(d: DecisionView): string[] {
  const head = `  #${d.id} ${shortTime(d.at)} ${d.received} from ${d.mac} on ${d.interface} → ${d.sent}${d.address === null ? '' : ` ${d.address}`}`
  return [clip(head), ...d.steps.map((step) => clip(`      ${step.text}`))]
}

const clip = (line: string): string => (line.length <= COLUMNS ? line : `${line.slice(0, COLUMNS - 1)}…`)
