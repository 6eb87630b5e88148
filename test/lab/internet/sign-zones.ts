/**
 * Makes the master files of the planned zones: each with its children's delegations, signed by the tools of BIND, ldns or
 * Knot with keys made here, from the leaves up to the root, because a parent holds its children's DS.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { succeed } from '../program.ts'
import { type Denial, type PlannedZone, SERVER_ADDRESSES, type Signing } from './plan.ts'

/** `anchors`: the root's DS records, "20326 8 2 E06D…". */
export type SignedInternet = { readonly paths: ReadonlyMap<string, string>; readonly anchors: readonly string[] }

const DENIALS: { readonly [D in Denial]: readonly string[] } = {
  nsec: [], nsec3: ['-3', '-'], 'nsec3-salted': ['-3', 'aabbccdd', '-H', '5'], 'opt-out': ['-3', '-', '-A'],
  'nsec3-150': ['-3', '-', '-H', '150'], 'nsec3-160': ['-3', '-', '-H', '160'],
}
const LDNS_DENIALS: { readonly [D in Denial]: readonly string[] } = {
  nsec: [], nsec3: ['-n', '-t', '0'], 'nsec3-salted': ['-n', '-t', '5', '-s', 'aabbccdd'], 'opt-out': ['-n', '-p', '-t', '0'],
  'nsec3-150': ['-n', '-t', '150'], 'nsec3-160': ['-n', '-t', '160'],
}
const VALIDITY = {
  past: ['-s', '20200101000000', '-e', '20200201000000'], future: ['-s', '20900101000000', '-e', '20900201000000'],
} as const

const origin = (zone: string): string => (zone === '' ? '.' : `${zone}.`)
const isBelow = (name: string, zone: string): boolean => zone === '' || name.endsWith(`.${zone}.`) || name === `${zone}.`

/** NS, DS and glue of a child for its parent's zone. Siblings' addresses are given too, as far as the parent has them. */
function delegation({ zone, servers }: PlannedZone, parent: PlannedZone, ds: readonly string[]): string {
  const addresses = servers.flatMap(name => {
    const address = SERVER_ADDRESSES.get(name)
    const known = address !== undefined && isBelow(name, parent.zone) && !parent.text.includes(`${name} A `)
    return known ? [`${name} A ${address}`] : []
  })
  return [
    ...servers.map(name => `${zone}. NS ${name}`), ...ds.map(data => `${zone}. DS ${data}`), ...addresses,
  ].join('\n')
}

function masterFile(zone: PlannedZone, delegations: readonly string[]): string {
  const soa = `@ SOA ${zone.servers[0]} hostmaster.${origin(zone.zone).replace(/^\.$/, '')} 1 3600 600 86400 60`
  const servers = zone.servers.map(name => `@ NS ${name}`)
  // Siblings may share glue.
  const lines = new Set([...servers, ...zone.text.trim().split('\n'), ...delegations.join('\n').split('\n')])
  return `$ORIGIN ${origin(zone.zone)}\n$TTL 300\n${soa}\n${[...lines].join('\n')}\n`
}

/** Making an RSA key is a matter of luck, and of what else the machine does. */
const TOOL_TIMEOUT_MS = 90_000
const tool = (argv: readonly string[]): Promise<string> => succeed(argv, { timeoutMs: TOOL_TIMEOUT_MS })

type Made = { readonly path: string; readonly ds: readonly string[] }

async function bindKeys(zone: string, { algorithms }: Signing, directory: string): Promise<readonly string[]> {
  const keys: string[] = []
  for (const algorithm of algorithms) {
    const argv = ['dnssec-keygen', '-q', '-a', algorithm, '-K', directory, '-f', 'KSK', origin(zone)]
    keys.push(join(directory, (await tool(argv)).trim()))
  }
  return keys
}

/** RFC 4034 appendix B: the tag out of the sum of all 16-bit words of a DNSKEY record's rdata. */
const tagOf = (sum: number): number => (sum + (sum >> 16)) & 0xffff
const wordsOf = (octets: Uint8Array): number => octets.reduce((all, octet, i) => all + (i % 2 === 0 ? octet << 8 : octet), 0)
/** Protocol 3 and algorithm 13. */
const BEFORE_KEY = 0x030d

/**
 * DNSKEY records of P-256 keys that have the tag of another: what is left of the flags makes up for the key, since all
 * but ZONE and REVOKE are to be ignored (RFC 4034 §2.1.1, RFC 5011 §7). Those of RFC 2535 that BIND's tool knows stay clear.
 */
function keysAlike(count: number, tag: number): readonly string[] {
  const able = Array.from({ length: 0x1000 }, (_, flags) => flags).filter(flags => (flags & 0x180) === 0x100)
  const records: string[] = []
  while (records.length < count) {
    const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    const key = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
    const rest = BEFORE_KEY + wordsOf(key)
    const flags = able.find(one => tagOf(one + rest) === tag)
    if (flags !== undefined) records.push(`@ DNSKEY ${flags} 3 13 ${key.toString('base64')}`)
  }
  return records
}

/** By BIND's or ldns's tool, with one key for each algorithm that signs everything. */
async function signWithKeys(zone: string, file: string, signing: Signing, directory: string): Promise<Made> {
  const keys = await bindKeys(zone, signing, directory)
  const path = `${file}.signed`
  const validity = signing.validity === undefined ? [] : VALIDITY[signing.validity]
  if (signing.keysAlike !== undefined) {
    const [key = ''] = keys
    const [own = ''] = readFileSync(`${key}.key`, 'utf8').split('\n').filter(line => line.includes(' DNSKEY '))
    const alike = keysAlike(signing.keysAlike, Number(key.slice(-5)))
    writeFileSync(file, `${readFileSync(file, 'utf8')}${[own, ...alike].join('\n')}\n`)
    await tool(['dnssec-signzone', '-q', '-P', '-z', '-O', 'full', '-d', directory, '-o', origin(zone), '-f', path, file, key])
  } else if (signing.by === 'ldns') {
    await tool(['ldns-signzone', ...LDNS_DENIALS[signing.denial], '-o', origin(zone), '-f', path, file, ...keys])
  } else {
    await tool([
      'dnssec-signzone', '-q', '-P', '-z', '-O', 'full', '-d', directory, '-S', '-K', directory, ...validity, ...DENIALS[signing.denial],
      '-o', origin(zone), '-f', path, file, ...keys,
    ])
  }
  const digest = signing.digest ?? 'SHA-256'
  const ds = await Promise.all(keys.map(key => tool(['dnssec-dsfromkey', '-a', digest, `${key}.key`])))
  return { path, ds: ds.map(text => text.trim().split(' ').slice(3).join(' ')) }
}

/** By Knot, which makes its own keys. */
async function signByKnot(zone: string, file: string, signing: Signing, directory: string): Promise<Made> {
  const config = join(directory, 'knot.conf')
  const out = join(directory, 'signed')
  mkdirSync(out)
  writeFileSync(config, `
database:
    storage: "${directory}"
policy:
  - id: small
    algorithm: ${signing.algorithms[0]?.toLowerCase()}
    single-type-signing: on
    nsec3: ${signing.denial === 'nsec' ? 'off' : 'on'}
    nsec3-iterations: 0
    nsec3-salt-length: 0
zone:
  - domain: ${origin(zone)}
    storage: "${directory}"
    file: "${file}"
    dnssec-signing: on
    dnssec-policy: small
`)
  await tool(['kzonesign', '-c', config, '-o', out, origin(zone)])
  const [name] = readdirSync(out)
  const ds = await tool(['keymgr', '-c', config, origin(zone), 'ds'])
  const sha256 = ds.split('\n').filter(line => / DS \d+ \d+ 2 /.test(line))
  return { path: join(out, name ?? ''), ds: sha256.map(line => line.split(' DS ')[1] ?? '') }
}

async function make(zone: PlannedZone, directory: string, delegations: readonly string[]): Promise<Made> {
  const own = join(directory, zone.zone === '' ? 'root' : zone.zone)
  mkdirSync(own)
  const file = join(own, 'zone')
  writeFileSync(file, masterFile(zone, delegations))
  if (zone.signing === undefined) return { path: file, ds: [] }
  const sign = zone.signing.by === 'knot' ? signByKnot : signWithKeys
  const made = await sign(zone.zone, file, zone.signing, own)
  if (zone.spoil !== undefined) {
    const lines = readFileSync(made.path, 'utf8').split('\n')
    writeFileSync(made.path, zone.spoil(lines).join('\n'))
  }
  return made
}

const depth = (zone: string): number => (zone === '' ? 0 : zone.split('.').length)
/** Tools that run at a time: there are few processors. */
const AT_A_TIME = 8

/** `work` for each, some at a time. */
async function forAll<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < all.length) await work(all[next++] as T)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

export async function signZones(directory: string, zones: readonly PlannedZone[]): Promise<SignedInternet> {
  const paths = new Map<string, string>()
  const delegations = new Map<string, string[]>()
  const byName = new Map(zones.map(zone => [zone.zone, zone]))
  /** The zone that encloses another one; undefined for the root. */
  const parentOf = (zone: string): PlannedZone | undefined => {
    const labels = zone === '' ? [] : zone.split('.')
    return labels.map((_, i) => byName.get(labels.slice(i + 1).join('.'))).find(found => found !== undefined)
  }
  let anchors: readonly string[] = []
  for (let level = Math.max(...zones.map(({ zone }) => depth(zone))); level >= 0; level--) {
    await forAll(zones.filter(({ zone }) => depth(zone) === level), async zone => {
      const below = delegations.get(zone.zone) ?? []
      const { path, ds } = zone.delegationOnly ? { path: '', ds: [] } : await make(zone, directory, below)
      if (path !== '') paths.set(zone.zone, path)
      const parent = parentOf(zone.zone)
      const told = zone.spoilDs === undefined ? ds : zone.spoilDs(ds)
      if (parent === undefined) anchors = told
      else delegations.set(parent.zone, [...delegations.get(parent.zone) ?? [], delegation(zone, parent, told)])
    })
  }
  return { paths, anchors }
}
