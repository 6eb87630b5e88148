/** What is asked of every resolver in the small Internet: each zone's names, and for the difficult servers a few of theirs. */
import { BEHAVIOURS } from './behaviours.ts'
import { EXHAUSTING, ZONES } from './plan.ts'

export type Question = { readonly name: string; readonly type: string }

/** Owners relative to the zone, "@" for the apex. */
const COMMON = [
  'www A', 'www TXT', 'www AAAA', 'mail MX', 'alias A', 'alias AAAA', 'alias CNAME', 'six AAAA', 'c.ent A', 'a.b.c.ent A',
  'nothing A', 'deep.nothing A', 'z.a.b.c.ent A', '@ SOA', '@ NS', '@ DNSKEY', '@ DS', '@ A', 'WWW A',
]
const WILD = [
  'any.w A', 'any.w TXT', 'any.w MX', 'x.any.w A', 'there.w A', 'there.w TXT', 'x.there.w A', 'w A', 'foo.alias-of A',
  'foo.alias-of TXT', '*.w A', 'x.below.y.w A', 'below.*.w A',
]
const MORE: { readonly [zone: string]: readonly string[] } = {
  'wild.alpha': WILD, 'wild3.alpha': WILD, 'optout.beta': WILD, 'plain.beta': [...WILD, 'into-signed A', 'into-bogus A'],
  'nodenial.alpha': WILD,
  'dname.alpha': [
    'to-signed DNAME', 'to-signed A', 'www.to-signed A', 'nothing.to-signed A', 'alias.to-signed A', 'www.to-unsigned A',
    'www.to-bogus A', 'x.to-self A', 'www.to-signed TXT', 'www.to-signed DS',
  ],
  'chain.alpha': [
    'one A', 'two A', 'two TXT', 'into-plain A', 'into-gamma A', 'into-bogus A', 'into-nothing A', 'into-wildcard A', 'into-dname A',
    'eight-1 A', 'loop-a A', 'loop-far A', 'two CNAME',
  ],
  'big.alpha': ['long TXT', 'many A'],
  'thirteen.alpha': ['m0 A', 'm12 A'],
}
const ROOT = ['. SOA', '. NS', '. DNSKEY', '. DS', 'nothing A', 'a.b.nothing A', 'a.root-servers A', 'root-servers A']
const TOP = ['@ SOA', '@ NS', '@ DS', '@ DNSKEY', 'nothing A', 'nothing DS', 'a.nic A', 'plain DS', 'www.nothing A']
const DIFFICULT = ['www A', 'alias A', 'nothing A', 'x.y.ent A', 'www AAAA']
/** Those that the attacks' own tests ask. */
const ATTACKS = new Set(['deeper', 'endless-servers', 'nxns', 'flooded', 'endless-alias', 'oversized'])
/** A resolver waits for these until it gives up: twelve seconds of BIND's for a missing signature. */
const SLOW_ZONES = new Set(['unsigned-despite-ds.alpha', 'nosig.alpha'])
const LEFT_OUT = new Set([...SLOW_ZONES, ...EXHAUSTING.map(({ zone }) => zone)])
const SLOW = new Set(['silent', 'drops-opt', 'truncating-deaf-tcp', 'echo', 'garbage', 'cut-short'])

const within = (zone: string) => (text: string): Question => {
  const [owner = '', type = ''] = text.split(' ')
  return { name: owner === '@' ? zone : zone === '' || owner === '.' ? owner : `${owner}.${zone}`, type }
}

export const QUESTIONS: readonly Question[] = [
  ...ROOT.map(within('')),
  ...ZONES.flatMap(({ zone, tier, delegationOnly }) => {
    if (tier === 'root' || delegationOnly === true || LEFT_OUT.has(zone)) return []
    return (tier === 'tld' ? TOP : [...COMMON, ...MORE[zone] ?? []]).map(within(zone))
  }),
  { name: 'www.lame.gamma', type: 'A' },
  ...BEHAVIOURS.filter(({ zone }) => !ATTACKS.has(zone) && !SLOW.has(zone)).flatMap(({ zone }) => DIFFICULT.map(within(`${zone}.gamma`))),
  // What the liars lied about.
  ...['www', 'mail', 'six'].flatMap(owner => ['A', 'AAAA'].map(type => ({ name: `${owner}.victim.gamma`, type }))),
]

/** Those that servers say nothing to that can be used. */
export const SLOW_QUESTIONS: readonly Question[] = [
  ...SLOW_ZONES, ...['closed', 'glueless-a', 'glueless-b', ...SLOW].map(zone => `${zone}.gamma`),
].map(zone => ({ name: `www.${zone}`, type: 'A' }))
