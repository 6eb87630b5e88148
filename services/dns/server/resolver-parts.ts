/** What finds names that are not ours, put together: cache, sources of answers, validation, and the resolver before them. */
import type { Counters } from '../../../stack/platform/index.ts'
import { RrsetCache } from '../cache/rrset-cache.ts'
import { fallbackRule } from '../forwarding/fallback-rule.ts'
import type { ForwardRules } from '../forwarding/forward-rules.ts'
import { DEFAULT_FORWARDING, Forwarding, plainSend } from '../forwarding/forwarding.ts'
import { Recursion } from '../recursion/recursion.ts'
import { Exchange } from '../resolver/exchange.ts'
import { Resolver } from '../resolver/resolver.ts'
import type { ResolverPorts } from '../resolver/resolver.ts'
import { ServerBook } from '../resolver/server-book.ts'
import { AnchorSet } from '../validator/anchors.ts'
import { Validator } from '../validator/validator.ts'
import type { DnsCount } from './counts.ts'
import type { DnsOptions, DnsPorts } from './options.ts'

export type ResolverParts = {
  readonly cache: RrsetCache
  readonly resolver: Resolver
  readonly forwarding: Forwarding
  /** Undefined: nobody recurses here. */
  readonly recursion: Recursion | undefined
  readonly anchors: AnchorSet
  readonly validator: Validator | undefined
}

export function resolverParts(ports: DnsPorts, options: DnsOptions, counters: Counters<DnsCount>, rules: ForwardRules): ResolverParts {
  const { clock, random } = ports
  const count = (name: DnsCount): void => counters.count(name)
  const emit = options.emit ?? (() => {})
  const cache = new RrsetCache(ports, { ...options.cache, count })
  const mixCase = options.mixCase ?? DEFAULT_FORWARDING.mixCase
  const book = new ServerBook(clock, random)
  const anchors = new AnchorSet(clock)
  if (options.trustAnchors !== undefined) anchors.set(options.trustAnchors, new Map())
  const find: Resolver['find'] = (...asked) => resolver.find(...asked)
  const exchange = new Exchange({ clock, random, count, book, send: plainSend(ports) })
  const recursion = options.recursion && new Recursion({ clock, exchange, cache, find, count, emit }, { mixCase, ...options.recursion })
  const validator = ports.verify && new Validator({
    clock, find, anchors, count, verify: ports.verify, discard: (partition, name, type) => void cache.flush({ partition, name, type }),
  })
  const validation = validator === undefined ? 'no' : (options.validation ?? 'auto')
  const forwarding = new Forwarding(
    rules,
    {
      clock, random, book, recursion, count, send: ports.forward?.send ?? plainSend(ports), standing: ports.forward?.standing,
      onDown: (upstream, failures) => emit('dns.upstream.down', { upstream, failures }),
    },
    { mixCase, validation, totalMs: options.upstreamTotalMs ?? DEFAULT_FORWARDING.totalMs },
  )
  rules.setFallback(fallbackRule(options.upstreams, 'host', 'settings', recursion !== undefined))
  const sourceOf: ResolverPorts['sourceOf'] = (sought) => forwarding.sourceOf(sought)
  const validate: ResolverPorts['validate'] = (finding, ask, done) => {
    if (validator === undefined) return done({ ...finding, security: 'insecure' })
    forwarding.isToValidate({ partition: ask.partition, key: finding.owner, type: finding.type }, (isTo) => {
      if (isTo) validator.validate(finding, ask, done)
      else done({ ...finding, security: 'insecure' })
    })
  }
  const resolver = new Resolver({ clock, cache, count, sourceOf, validate }, options)
  return { cache, resolver, forwarding, recursion, anchors, validator }
}
