/** A forwarding rule as people give it, and as they see it. */
import { X509Certificate } from 'node:crypto'
import { formatPrefix, parsePrefix, type Prefix } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { canonical } from '../administration/inputs.ts'
import { isAtOrBelow, keyOf, parseName } from '../dns/wire/name.ts'
import type { ForwardServerState } from '../dns/index.ts'
import type { ForwarderInput, ForwarderServerView, ForwarderView } from '../facade.ts'
import { formatForwardServer, type ForwardRule, type ForwardServer, parseForwardServer, type Refusal, refusal, type Segment } from '../model/index.ts'

/** Of one rule; more would never be asked within the time that a client waits. */
export const MAX_SERVERS = 8
const MAX_RULE_PREFIXES = 64
/** Names that nobody outside may be asked for, whatever is wanted: RFC 6761 §6.3 and §6.4, RFC 7686 §2, RFC 9476 §2, RFC 9462 §6.4. */
const NEVER_FORWARDED = ['localhost', 'invalid', 'onion', 'alt', 'resolver.arpa', '127.in-addr.arpa'].map(keyOf)

const invalid = (field: string, problem: string, remedy: string): { readonly ok: false; readonly error: Refusal } => err(refusal('invalid', field, problem, remedy))

export function readForwarder(input: ForwarderInput, id: number, segments: readonly Segment[]): Result<ForwardRule, Refusal> {
  const domain = readDomain(input.domain)
  if (!domain.ok) return domain
  const servers = readServers(input)
  if (!servers.ok) return servers
  const prefixes: Prefix[] = []
  for (const [i, text] of input.addresses.entries()) {
    const prefix = parsePrefix(text)
    if (prefix === undefined) return invalid(`/addresses/${i}`, `"${text}" is not a prefix`, 'as 10.53.7.0/24')
    prefixes.push(prefix)
  }
  if (prefixes.length > MAX_RULE_PREFIXES) return invalid('/addresses', `${prefixes.length} prefixes are too many`, `${MAX_RULE_PREFIXES} at most, or shorter ones`)
  const segmentIds: number[] = []
  for (const [i, name] of input.segments.entries()) {
    const segment = segments.find((each) => each.name === name)
    if (segment === undefined) return invalid(`/segments/${i}`, `there is no segment ${name}`, 'list the segments')
    segmentIds.push(segment.id)
  }
  const refused = checkAuthority(input.authority, servers.value)
  if (refused !== undefined) return err(refused)
  const { target, strategy, path, failClosed, authority, enabled, comment } = input
  return ok({
    id, origin: 'rule', domain: domain.value, target, servers: servers.value, strategy, path, failClosed, segmentIds, prefixes, authority: authority ?? undefined, enabled,
    comment: comment ?? undefined,
  })
}

function readDomain(text: string): Result<string, Refusal> {
  if (text.includes('/')) {
    const prefix = parsePrefix(text)
    return prefix === undefined ? invalid('/domain', `"${text}" is no block of addresses`, 'as 10.0.0.0/8, all host bits zero') : ok(formatPrefix(prefix))
  }
  const domain = canonical(text)
  if (!parseName(domain).ok) return invalid('/domain', `"${text}" is not a domain name`, 'as corp.example, "." for everything, or 10.0.0.0/8 for reverse names')
  if (NEVER_FORWARDED.some((never) => isAtOrBelow(keyOf(domain), never))) {
    return invalid('/domain', `${domain} is never asked of other servers`, 'make a zone of it, if it is to have names')
  }
  return ok(domain)
}

function readServers({ target, servers: texts }: ForwarderInput): Result<readonly ForwardServer[], Refusal> {
  if (target === 'recursion') {
    return texts.length === 0 ? ok([]) : invalid('/servers', 'recursion from the root asks no servers of ours', 'leave the servers out, or let the target be servers')
  }
  if (texts.length === 0) return invalid('/servers', 'there is no server to forward to', 'give at least one, as 192.0.2.1')
  if (texts.length > MAX_SERVERS) return invalid('/servers', `${texts.length} servers are too many`, `give ${MAX_SERVERS} at most`)
  const servers: ForwardServer[] = []
  for (const [i, text] of texts.entries()) {
    const server = parseForwardServer(text.trim())
    if (!server.ok) return invalid(`/servers/${i}`, `"${text}" is not a server`, server.error)
    const same = servers.findIndex((other) => formatForwardServer(other) === formatForwardServer(server.value))
    if (same >= 0) return invalid(`/servers/${i}`, `${formatForwardServer(server.value)} is there twice`, 'name each once')
    servers.push(server.value)
  }
  return ok(servers)
}

function checkAuthority(authority: string | null, servers: readonly ForwardServer[]): Refusal | undefined {
  if (authority === null) return undefined
  if (!servers.some(({ name }) => name !== undefined)) {
    return refusal('invalid', '/authority', 'an authority says nothing without a server whose name it could vouch for', 'give a server a name, as tls://192.0.2.1#dns.example')
  }
  try {
    new X509Certificate(authority)
    return undefined
  } catch {
    return refusal('invalid', '/authority', 'this is no certificate in PEM form', 'the text from -----BEGIN CERTIFICATE----- to its end')
  }
}

export function forwarderView(rule: ForwardRule, segments: readonly Segment[], states: readonly ForwardServerState[]): ForwarderView {
  const { id, origin, domain, target, servers, strategy, path, failClosed, segmentIds, prefixes, authority, enabled, comment } = rule
  return {
    id: id === 0 ? null : id,
    kind: origin,
    domain, target, strategy, path, failClosed, enabled,
    servers: servers.map(formatForwardServer),
    // One that was removed is for nobody, which is not the same as for everybody.
    segments: segmentIds.map((segmentId) => segments.find((segment) => segment.id === segmentId)?.name ?? `removed (${segmentId})`),
    addresses: prefixes.map(formatPrefix),
    authority: authority ?? null,
    comment: comment ?? null,
    states: states.map(stateView),
  }
}

const stateView = ({ text, failing, srttMs, answered, failed, signs, connections, problem }: ForwardServerState): ForwarderServerView => ({
  server: text,
  state: failing ? 'failing' : srttMs === 0 ? 'unknown' : 'answering',
  rttMs: srttMs === 0 ? null : Math.round(srttMs * 10) / 10,
  answered, failed, connections,
  signs: signs ?? null,
  problem: problem ?? null,
})
