/**
 * The zones of the small Internet, as data: what each holds, who serves it, how it is signed, and what is wrong with it on
 * purpose. A zone's delegation, glue and DS in its parent are made from its row.
 *
 *   .  (NSD, Knot, BIND)
 *   ├── alpha.  ECDSA, NSEC      ┐
 *   ├── beta.   RSA, opt-out     ├ (NSD, Knot, BIND)
 *   └── gamma.  not signed       ┘
 *        └── all others (NSD, Knot, BIND), and those whose servers were written to be difficult: see behaviours.ts
 */
import { BEHAVIOURS } from './behaviours.ts'

export type Algorithm =
  | 'RSASHA1' | 'RSASHA256' | 'RSASHA512' | 'ECDSAP256SHA256' | 'ECDSAP384SHA384' | 'ED25519' | 'ED448'
export type Denial = 'nsec' | 'nsec3' | 'nsec3-salted' | 'opt-out' | 'nsec3-150' | 'nsec3-160'
export type Signing = {
  readonly algorithms: readonly Algorithm[]
  readonly denial: Denial
  /** Whose tool signs; BIND's when left out. */
  readonly by?: 'ldns' | 'knot'
  /** When the signatures hold; now when left out. */
  readonly validity?: 'past' | 'future'
  /** Of the DS: SHA-256 when left out. */
  readonly digest?: 'SHA-1' | 'SHA-384'
  /** So many more keys of the same tag that sign nothing, as in KeyTrap (CVE-2023-50387). */
  readonly keysAlike?: number
}
export type PlannedZone = {
  /** "rsa.alpha"; "" for the root. */
  readonly zone: string
  readonly tier: 'root' | 'tld' | 'leaf'
  /** Lines of master file after SOA and NS; owners are relative to the zone. */
  readonly text: string
  /** Of its NS records, absolute. */
  readonly servers: readonly string[]
  readonly signing?: Signing
  /** Done to the lines of the signed zone. */
  readonly spoil?: (lines: readonly string[]) => readonly string[]
  /** Done to the DS records that the parent gets. */
  readonly spoilDs?: (ds: readonly string[]) => readonly string[]
  /** A server of our own answers for it: there is only the delegation. */
  readonly delegationOnly?: true
}

export const HOSTING = ['n1.hosting.alpha.', 'n2.hosting.alpha.', 'n3.hosting.alpha.'] as const
const ROOT_SERVERS = ['a.root-servers.', 'b.root-servers.', 'c.root-servers.'] as const

/** NSD, Knot and BIND of each tier, in this order. */
export const ADDRESSES = {
  root: ['198.18.0.1', '198.18.0.2', '198.18.0.3'],
  tld: ['198.18.1.1', '198.18.1.2', '198.18.1.3'],
  leaf: ['198.18.2.1', '198.18.2.2', '198.18.2.3'],
} as const

/** An address of the Internet where nobody is, one where a host says that no port is open, and another server's. */
const NOBODY = '198.18.9.9'
export const CLOSED = '198.18.2.9'

/** What is delegated to whom by which address: glue where the parent must or may give it, A records elsewhere. */
export const SERVER_ADDRESSES: ReadonlyMap<string, string> = new Map([
  ...ROOT_SERVERS.map((name, i) => [name, ADDRESSES.root[i] as string] as const),
  ...['alpha', 'gamma'].flatMap(tld => ['a', 'b', 'c'].map(
    (one, i) => [`${one}.nic.${tld}.`, ADDRESSES.tld[i] as string] as const)),
  ...HOSTING.map((name, i) => [name, ADDRESSES.leaf[i] as string] as const),
  ['n1.glue.alpha.', ADDRESSES.leaf[0]], ['n2.glue.alpha.', ADDRESSES.leaf[1]],
  ['ns.halfdead.gamma.', NOBODY], ['ns2.halfdead.gamma.', ADDRESSES.leaf[1]],
  ['ns.closed.gamma.', CLOSED],
  ['ns.halflame.gamma.', ADDRESSES.root[0]], ['ns2.halflame.gamma.', ADDRESSES.leaf[2]],
  ['ns.lame.gamma.', ADDRESSES.tld[1]],
  ...Array.from({ length: 13 }, (_, i) => [`m${i}.thirteen.alpha.`, ADDRESSES.leaf[i % 3] as string] as const),
  ...BEHAVIOURS.map(({ zone, address }) => [`ns.${zone}.gamma.`, address] as const),
])

/** Names that nearly every zone has. */
const COMMON = `
www A 198.19.0.1
www TXT "of this zone"
mail MX 10 www
alias CNAME www
six AAAA 2001:db8::1
a.b.c.ent A 198.19.0.2
`
const WILDCARDS = `${COMMON}
*.w A 198.19.1.1
*.w TXT "from a wildcard"
there.w TXT "no wildcard for this"
*.alias-of CNAME www
below.*.w A 198.19.1.2
`
const leaf = (zone: string, more: Partial<PlannedZone> = {}): PlannedZone =>
  ({ zone, tier: 'leaf', text: COMMON, servers: HOSTING, ...more })
const signed = (zone: string, algorithm: Algorithm, denial: Denial, more: Partial<PlannedZone & Signing> = {}): PlannedZone => {
  const { by, validity, digest, keysAlike, ...rest } = more
  const how = { ...(by && { by }), ...(validity && { validity }), ...(digest && { digest }), ...(keysAlike && { keysAlike }) }
  return leaf(zone, { signing: { algorithms: [algorithm], denial, ...how }, ...rest })
}

/** One field of a line "owner TTL IN TYPE …", blanks single. */
const field = (line: string, n: number): string => line.split(/\s+/)[n] ?? ''
const typeOf = (line: string): string => field(line, 3)
const coveredBy = (line: string): string => (typeOf(line) === 'RRSIG' ? field(line, 4) : '')
const without = (gone: (line: string) => boolean) => (lines: readonly string[]): readonly string[] => lines.filter(line => !gone(line))
/** The last but one octet of a signature becomes another. */
const otherSignature = (line: string): string =>
  line.replace(/(.)(...)$/, (_, one: string, rest: string) => (one === 'A' ? 'B' : 'A') + rest)
const otherDigest = (ds: string): string => ds.replace(/.$/, digit => (digit === '0' ? '1' : '0'))

const long = (strings: number): string => Array.from({ length: strings }, (_, i) => `"${String(i).padStart(200, 'x')}"`).join(' ')

const SIGNED: readonly PlannedZone[] = [
  signed('hosting.alpha', 'ECDSAP256SHA256', 'nsec', {
    text: `${COMMON}\n${HOSTING.map(name => `${name} A ${SERVER_ADDRESSES.get(name)}`).join('\n')}`,
  }),
  signed('rsa.alpha', 'RSASHA256', 'nsec'),
  signed('rsa512.alpha', 'RSASHA512', 'nsec3'),
  signed('p384.alpha', 'ECDSAP384SHA384', 'nsec', { digest: 'SHA-384' }),
  signed('ed25519.alpha', 'ED25519', 'nsec3-salted'),
  signed('ed448.alpha', 'ED448', 'nsec'),
  signed('sha1.alpha', 'RSASHA1', 'nsec'),
  signed('ds-sha1.alpha', 'ECDSAP256SHA256', 'nsec', { digest: 'SHA-1' }),
  signed('by-ldns.alpha', 'ECDSAP256SHA256', 'nsec3-salted', { by: 'ldns' }),
  signed('by-knot.alpha', 'ED25519', 'nsec3', { by: 'knot' }),
  signed('glue.alpha', 'ECDSAP256SHA256', 'nsec', {
    servers: ['n1.glue.alpha.', 'n2.glue.alpha.'],
    text: `${COMMON}\nn1 A ${ADDRESSES.leaf[0]}\nn2 A ${ADDRESSES.leaf[1]}`,
  }),
  leaf('two.alpha', { signing: { algorithms: ['RSASHA256', 'ECDSAP256SHA256'], denial: 'nsec3' } }),
  signed('wild.alpha', 'ECDSAP256SHA256', 'nsec', { text: WILDCARDS }),
  signed('wild3.alpha', 'ECDSAP256SHA256', 'nsec3', { text: WILDCARDS }),
  signed('secure.beta', 'ECDSAP256SHA256', 'nsec3'),
  signed('optout.beta', 'ECDSAP256SHA256', 'opt-out', { text: WILDCARDS }),
  // The DS of a zone on the same servers as its parent: RFC 4035 §3.1.4.1.
  signed('child.secure.beta', 'ED25519', 'nsec'),
  leaf('child.optout.beta'),
  leaf('unsigned.secure.beta'),
  // RFC 9276 §3.2: more rounds than a validator need do.
  signed('rounds.beta', 'ECDSAP256SHA256', 'nsec3-160', { by: 'ldns' }),
  signed('dname.alpha', 'ECDSAP256SHA256', 'nsec', {
    text: `${COMMON}\nto-signed DNAME p384.alpha.\nto-unsigned DNAME plain.beta.\nto-bogus DNAME badsig.alpha.\nto-self DNAME other\nx.other A 198.19.2.1\n`,
  }),
  signed('chain.alpha', 'ECDSAP256SHA256', 'nsec', {
    text: `${COMMON}
one CNAME alias.rsa.alpha.
two CNAME one
into-plain CNAME www.plain.beta.
into-gamma CNAME alias.unsigned.gamma.
into-bogus CNAME www.badsig.alpha.
into-nothing CNAME nothing.rsa.alpha.
into-wildcard CNAME any.w.wild3.alpha.
into-dname CNAME www.to-signed.dname.alpha.
eight-1 CNAME eight-2
eight-2 CNAME eight-3.chain.gamma.
eight-4 CNAME eight-5
eight-5 CNAME eight-6.chain.gamma.
eight-7 CNAME eight-8
eight-8 CNAME www.ed25519.alpha.
loop-a CNAME loop-b
loop-b CNAME loop-a
loop-far CNAME loop-near.chain.gamma.
`,
  }),
  signed('big.alpha', 'ECDSAP256SHA256', 'nsec', {
    text: `${COMMON}\nlong TXT ${long(15)}\n${Array.from({ length: 100 }, (_, i) => `many A 198.19.3.${i}`).join('\n')}\n`,
  }),
  signed('thirteen.alpha', 'ECDSAP256SHA256', 'nsec', {
    servers: Array.from({ length: 13 }, (_, i) => `m${i}.thirteen.alpha.`),
    text: `${COMMON}\n${Array.from({ length: 13 }, (_, i) => `m${i} A ${ADDRESSES.leaf[i % 3]}`).join('\n')}\n`,
  }),
]

/** RFC 4035 §5: what must not validate. */
const BOGUS: readonly PlannedZone[] = [
  signed('expired.alpha', 'ECDSAP256SHA256', 'nsec', { validity: 'past' }),
  signed('future.alpha', 'ECDSAP256SHA256', 'nsec', { validity: 'future' }),
  signed('wrongds.alpha', 'ECDSAP256SHA256', 'nsec', { spoilDs: ds => ds.map(otherDigest) }),
  signed('unsigned-despite-ds.alpha', 'ECDSAP256SHA256', 'nsec', {
    spoil: without(line => ['RRSIG', 'NSEC', 'DNSKEY'].includes(typeOf(line))),
  }),
  signed('nosig.alpha', 'ECDSAP256SHA256', 'nsec', {
    spoil: without(line => coveredBy(line) === 'A' || coveredBy(line) === 'CNAME'),
  }),
  signed('badsig.alpha', 'ECDSAP256SHA256', 'nsec', {
    spoil: lines => lines.map(line => (['A', 'CNAME'].includes(coveredBy(line)) ? otherSignature(line) : line)),
  }),
  signed('badkeysig.alpha', 'ECDSAP256SHA256', 'nsec', {
    spoil: lines => lines.map(line => (coveredBy(line) === 'DNSKEY' ? otherSignature(line) : line)),
  }),
  // Served by NSD alone, which takes a zone as it is.
  signed('nodenial.alpha', 'ECDSAP256SHA256', 'nsec', {
    servers: [HOSTING[0]], text: WILDCARDS, spoil: without(line => typeOf(line) === 'NSEC' || coveredBy(line) === 'NSEC'),
  }),
]

/** The signature of www A as so many that are wrong, each otherwise. */
const TRAP_SIGNATURES = 100
const manyWrong = (lines: readonly string[]): readonly string[] => lines.flatMap(line =>
  coveredBy(line) === 'A' && line.startsWith('www.')
    ? Array.from({ length: TRAP_SIGNATURES }, (_, i) => line.replace(/....(....)$/, `A${String(i).padStart(3, '0')}$1`)) : line)

/** What is meant to keep validators busy: KeyTrap (CVE-2023-50387), and the rounds that RFC 9276 §3.2 bounds (CVE-2023-50868). */
export const EXHAUSTING: readonly PlannedZone[] = [
  signed('keytrap.alpha', 'ECDSAP256SHA256', 'nsec', { servers: [HOSTING[0]], keysAlike: 20, spoil: manyWrong }),
  signed('hashes.alpha', 'ECDSAP256SHA256', 'nsec3-150', { by: 'ldns' }),
]

/** RFC 4035 §5.2, RFC 6840 §5.2: a DS that nobody here can use stands for no security at all. */
const UNKNOWN: readonly PlannedZone[] = [
  leaf('algorithm200.alpha', { spoilDs: () => [`12345 200 2 ${'ab'.repeat(32)}`] }),
  leaf('digest200.alpha', { spoilDs: () => [`12345 13 200 ${'ab'.repeat(32)}`] }),
  signed('one-known-ds.alpha', 'ECDSAP256SHA256', 'nsec', { spoilDs: ds => [...ds, `12345 200 2 ${'ab'.repeat(32)}`] }),
]

const UNSIGNED: readonly PlannedZone[] = [
  leaf('plain.alpha'),
  leaf('plain.beta', { text: `${WILDCARDS}\ninto-signed CNAME www.rsa.alpha.\ninto-bogus CNAME www.badsig.alpha.\n` }),
  leaf('unsigned.gamma'),
  leaf('victim.gamma'),
  leaf('chain.gamma', {
    text: `${COMMON}\neight-3 CNAME eight-4.chain.alpha.\neight-6 CNAME eight-7.chain.alpha.\nloop-near CNAME loop-far.chain.alpha.\n`,
  }),
  leaf('halfdead.gamma', {
    servers: ['ns.halfdead.gamma.', 'ns2.halfdead.gamma.'],
    text: `${COMMON}\nns A ${NOBODY}\nns2 A ${ADDRESSES.leaf[1]}\n`,
  }),
  leaf('halflame.gamma', {
    servers: ['ns.halflame.gamma.', 'ns2.halflame.gamma.'],
    text: `${COMMON}\nns A ${ADDRESSES.root[0]}\nns2 A ${ADDRESSES.leaf[2]}\n`,
  }),
  leaf('lame.gamma', { servers: ['ns.lame.gamma.'], delegationOnly: true }),
  leaf('closed.gamma', { servers: ['ns.closed.gamma.'], delegationOnly: true }),
  // Neither can be found without the other.
  leaf('glueless-a.gamma', { servers: ['ns.glueless-b.gamma.'], delegationOnly: true }),
  leaf('glueless-b.gamma', { servers: ['ns.glueless-a.gamma.'], delegationOnly: true }),
]

export const ZONES: readonly PlannedZone[] = [
  {
    zone: '', tier: 'root', servers: ROOT_SERVERS, signing: { algorithms: ['RSASHA256'], denial: 'nsec' },
    text: ROOT_SERVERS.map((name, i) => `${name} A ${ADDRESSES.root[i]}`).join('\n'),
  },
  ...(['alpha', 'beta', 'gamma'] as const).map((zone): PlannedZone => {
    const home = zone === 'gamma' ? 'gamma' : 'alpha'
    const names = ['a', 'b', 'c'].map(one => `${one}.nic.${home}.`)
    return {
      zone, tier: 'tld', servers: names,
      text: home === zone ? names.map((name, i) => `${name} A ${ADDRESSES.tld[i]}`).join('\n') : '',
      ...(zone === 'alpha' && { signing: { algorithms: ['ECDSAP256SHA256'], denial: 'nsec' } }),
      ...(zone === 'beta' && { signing: { algorithms: ['RSASHA256'], denial: 'opt-out' } }),
    }
  }),
  ...SIGNED, ...BOGUS, ...EXHAUSTING, ...UNKNOWN, ...UNSIGNED,
  ...BEHAVIOURS.map(({ zone }) => leaf(`${zone}.gamma`, { servers: [`ns.${zone}.gamma.`], delegationOnly: true })),
]
