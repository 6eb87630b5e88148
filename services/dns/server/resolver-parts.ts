/** What finds names that are not ours, put together: cache, sources of answers, validation, and the resolver before them. */
import type { Counters } from '../../../stack/platform/index.ts'
import { RrsetCache } from '../cache/rrset-cache.ts'
import { fallbackRule } from '../forwarding/fallback-rule.ts'
import type { ForwardRules } from '../forwarding/forward-rules.ts'
import { DEFAULT_FORWARDING, Forwarding, plainSend } from '../forwarding/forwarding.ts'
import { judgeByCopyIn } from '../recursion/local-root.ts'
import { Recursion } from '../recursion/recursion.ts'
import { Exchange } from '../resolver/exchange.ts'
import type { Finding } from '../resolver/finding.ts'
import { Resolver } from '../resolver/resolver.ts'
import type { ResolverPorts, Sought } from '../resolver/resolver.ts'
import { ServerBook } from '../resolver/server-book.ts'
import { isOfTheData } from '../validator/faults.ts'
import { Trust } from '../validator/trust.ts'
import type { ZoneSet } from '../zone/zone-set.ts'
import { Validator } from '../validator/validator.ts'
import type { Delegation } from '../recursion/delegation.ts'
import { ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import type { VerifySignature } from '../validator/verifier.ts'
import type { DnsCount } from './counts.ts'
import type { DnsOptions, DnsPorts } from './options.ts'
import { ownDelegation } from './own-delegations.ts'

/** Whether answers about these are validated says whether anything is. */
const ROOT_KEYS: Sought = { partition: 0, key: ROOT_KEY, type: TYPE.DNSKEY }

export type ResolverParts = {
  readonly cache: RrsetCache
  readonly resolver: Resolver
  readonly forwarding: Forwarding
  /** Undefined: nobody recurses here. */
  readonly recursion: Recursion | undefined
  readonly trust: Trust
  readonly validator: Validator | undefined
  /** A zone of ours delegates the name to servers that recursion asks. */
  readonly isDelegated: (sought: Sought) => boolean
}

export function resolverParts(
  ports: DnsPorts, options: DnsOptions, counters: Counters<DnsCount>, rules: ForwardRules, zones: ZoneSet,
): ResolverParts {
  const { clock, random } = ports
  const count = (name: DnsCount): void => counters.count(name)
  const emit = options.emit ?? (() => {})
  const cache = new RrsetCache(ports, { ...options.cache, count })
  const mixCase = options.mixCase ?? DEFAULT_FORWARDING.mixCase
  const book = new ServerBook(clock, random)
  const find: Resolver['find'] = (...asked) => resolver.find(...asked)
  const exchange = new Exchange({ clock, random, count, book, send: plainSend(ports) })
  const delegated = (key: NameKey, type: number): Delegation | undefined => ownDelegation(zones.seenFrom(undefined), key, type)
  const recursion = options.recursion && new Recursion(
    { clock, exchange, cache, find, count, emit }, { mixCase, ownDelegation: delegated, localRoot: (situation) => judgeByCopyIn(zones, situation), ...options.recursion },
  )
  const verify: VerifySignature = ports.verify ?? ((...job) => job[4](false))
  const trust = new Trust({ clock, find, verify, count, whenUsed: (told) => validator === undefined ? told(false) : forwarding.isToValidate(ROOT_KEYS, told) }, options.trustAnchors)
  const validator = ports.verify && new Validator({
    clock, find, anchors: trust, count, verify, discard: (partition, name, type) => {
      const wrong = cache.rrset(partition, name, type)
      cache.flush({ partition, name, type })
      return wrong !== undefined && recursion?.distrust(wrong) === true
    },
  })
  const validation = validator === undefined ? 'no' : (options.validation ?? 'auto')
  const forwarding = new Forwarding(
    rules,
    {
      clock, random, book, recursion, count, send: ports.forward?.send ?? plainSend(ports), standing: ports.forward?.standing,
      onDown: (upstream, failures) => emit('dns.upstream.down', { upstream, failures }),
      onUntrusted: (upstream, because) => emit('dns.upstream.untrusted', { upstream, because }),
    },
    { mixCase, validation, totalMs: options.upstreamTotalMs ?? DEFAULT_FORWARDING.totalMs },
  )
  rules.setFallback(fallbackRule(options.upstreams, 'host', 'settings', recursion !== undefined))
  // Whom a zone of ours delegates to knows better than servers that are asked for everything.
  const sourceOf: ResolverPorts['sourceOf'] = (sought) => {
    const cut = delegated(sought.key, sought.type)
    return recursion === undefined || cut === undefined || rules.claims(sought.partition, sought.key, cut.zone) ? forwarding.sourceOf(sought) : recursion
  }
  const validate: ResolverPorts['validate'] = (finding, ask, done) => {
    // Nothing vouches for what hangs below zones of ours.
    if (validator === undefined || (validation !== 'yes' && delegated(finding.owner, finding.type) !== undefined)) return done({ ...finding, security: 'insecure' })
    forwarding.isToValidate({ partition: ask.partition, key: finding.owner, type: finding.type }, (isTo) => {
      if (isTo) validator.validate(finding, ask, done)
      else done({ ...finding, security: 'insecure' })
    })
  }
  const distrust = (finding: Finding): boolean => isOfTheData(finding.fault) && recursion?.distrust(finding) === true
  const resolver = new Resolver({ clock, cache, count, sourceOf, validate, distrust }, options)
  const isDelegated = (sought: Sought): boolean => recursion !== undefined && delegated(sought.key, sought.type) !== undefined
  return { cache, resolver, forwarding, recursion, trust, validator, isDelegated }
}
