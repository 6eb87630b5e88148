/** What finds names that are not ours, put together: cache, sources of answers, validation, and the resolver before them. */
import type { Counters } from '../../../stack/platform/index.ts'
import { RrsetCache } from '../cache/rrset-cache.ts'
import { Recursion } from '../recursion/recursion.ts'
import { Exchange } from '../resolver/exchange.ts'
import type { SendTo } from '../resolver/exchange.ts'
import { DEFAULT_FORWARD, Forwarder } from '../resolver/forward.ts'
import { forwarderSource } from '../resolver/forwarder-source.ts'
import { Resolver } from '../resolver/resolver.ts'
import type { ResolverPorts } from '../resolver/resolver.ts'
import { ServerBook } from '../resolver/server-book.ts'
import type { Server } from '../resolver/server-book.ts'
import { AnchorSet } from '../validator/anchors.ts'
import { Validator } from '../validator/validator.ts'
import type { DnsCount } from './counts.ts'
import type { DnsOptions, DnsPorts } from './options.ts'

export type ResolverParts = {
  readonly cache: RrsetCache
  readonly resolver: Resolver
  readonly forwarder: Forwarder
  /** Undefined: nobody recurses here. */
  readonly recursion: Recursion | undefined
  readonly anchors: AnchorSet
  readonly validator: Validator | undefined
}

export function resolverParts(ports: DnsPorts, options: DnsOptions, counters: Counters<DnsCount>): ResolverParts {
  const { clock, random } = ports
  const count = (name: DnsCount): void => counters.count(name)
  const emit = options.emit ?? (() => {})
  const cache = new RrsetCache(ports, { ...options.cache, count })
  const mixCase = options.mixCase ?? DEFAULT_FORWARD.mixCase
  const forwarder = new Forwarder(
    { clock, random, send: (...asked) => ports.query(...asked), sendStream: ports.queryStream?.bind(ports) }, options.upstreams, count,
    {
      mixCase,
      maxPending: options.maxPending ?? DEFAULT_FORWARD.maxPending,
      maxWaiting: options.maxWaiting ?? DEFAULT_FORWARD.maxWaiting,
      totalMs: options.upstreamTotalMs ?? DEFAULT_FORWARD.totalMs,
    },
  )
  forwarder.onDown = (upstream, failures) => emit('dns.upstream.down', { upstream, failures })
  const anchors = new AnchorSet(clock)
  if (options.trustAnchors !== undefined) anchors.set(options.trustAnchors, new Map())
  const find: Resolver['find'] = (...asked) => resolver.find(...asked)
  const exchange = new Exchange({ clock, random, count, book: new ServerBook(clock, random), send: sendBy(ports) })
  const recursion = options.recursion && new Recursion({ clock, exchange, cache, find, count, emit }, { mixCase, ...options.recursion })
  const validator = ports.verify && new Validator({
    clock, find, anchors, count, verify: ports.verify, discard: (partition, name, type) => void cache.flush({ partition, name, type }),
  })
  const forwarding = forwarderSource(forwarder, clock)
  const sourceOf: ResolverPorts['sourceOf'] = () => (forwarder.hasUpstreams ? forwarding : recursion)
  const validate: ResolverPorts['validate'] = (finding, ask, done) => {
    if (validator === undefined || options.validation === 'no' || sourceOf(ask) !== recursion) done({ ...finding, security: 'insecure' })
    else validator.validate(finding, ask, done)
  }
  const resolver = new Resolver({ clock, cache, count, sourceOf, validate }, options)
  return { cache, resolver, forwarder, recursion, anchors, validator }
}

const sendBy = (ports: DnsPorts): SendTo<Server> => (server, transport, bytes, length, received, failed) => {
  if (transport === 'udp') return ports.query(server, bytes, length, received, failed)
  if (transport === 'tcp' && ports.queryStream !== undefined) return ports.queryStream(server, bytes, length, received, failed)
  failed('no-socket')
  return { cancel: () => {} }
}
