/**
 * A zone with every record type, in its own text and in that of RFC 3597, read by BIND and ldns and printed again, and
 * served by Knot, NSD and us: everybody has the same octets.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseZoneFile, RDATA } from '../../services/dns/index.ts'
import { parseMessage } from '../../services/dns/wire/message.ts'
import { ABSOLUTE, name } from '../../services/dns/wire/name.ts'
import { foldedRdata, formatRdata, parseRdataText } from '../../services/dns/wire/rdata.ts'
import { RDATA_VECTORS } from '../unit/services/dns/wire/rdata-vectors.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { bind, knot, nsd } from './name-servers.ts'
import { Lab, type Host } from './netns.ts'
import { APPLIANCE, BRIDGE } from './world.ts'

const octetsOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const VECTORS = RDATA_VECTORS.map(([type, text, hex], i) => ({
  owner: `v${i}`, type, code: RDATA[type].code, text, octets: octetsOf(hex),
}))
  // The SOA is the zone's, and the two others are orders to us: what they say is served, not they.
  .filter(({ type }) => !['SOA', 'ALIAS', 'URL'].includes(type))
type Vector = (typeof VECTORS)[number]

/** What a program has no text for, or wants more of than the wire does. */
const types = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const LATE = 'DSYNC RESINFO WALLET TA'
const OLD = 'MD MF EID NIMLOC ATMA A6 SINK DOA NXT'
const UNREAD = {
  bind: types('TA'),
  ldns: types(`${LATE} NINFO RKEY AVC AMTRELAY NXT ATMA A6 SINK DOA`),
  nsd: types(`${LATE} ${OLD} NSAP-PTR GPOS HIP NINFO RKEY TALINK AMTRELAY`),
  knot: types(
    `${LATE} ${OLD} MB MG MR WKS X25 ISDN NSAP NSAP-PTR SIG PX GPOS HIP NINFO RKEY TALINK AVC AMTRELAY DLV`,
  ),
}
/** BIND looks at digests and refuses obsolete types; it and ldns want a key; "ohttp" is younger than all of them. */
const STRICT: readonly { readonly who: string; readonly what: RegExp }[] = [
  { who: 'bind ldns nsd', what: /^DLV 0 0 0 -/ },
  { who: 'bind bind-generic', what: /^(ZONEMD|DLV|MD|MF) / },
  { who: 'bind-generic', what: /^TA / },
  { who: 'bind bind-generic ldns ldns-generic', what: /^IPSECKEY 10 2 0 / },
  { who: 'bind ldns nsd knot', what: /ohttp/ },
  // It prints ports by name, one of two levels of escapes (RFC 9460 appendix A.1), no "" and no final dot.
  { who: 'ldns ldns-generic', what: /^WKS |alpn="f/ },
  { who: 'ldns-generic', what: /^(CAA 128 tbs|NSAP-PTR|DLV 0|NXT|ATMA|SINK) / },
]

const able = (who: keyof typeof UNREAD, form: Form): readonly Vector[] => VECTORS.filter(({ type, text }) => {
  const key = form === 'text' ? who : `${who}-generic`
  const strict = STRICT.some(row => row.who.split(' ').includes(key) && row.what.test(`${type} ${text}`))
  return !strict && (form === 'generic' || !UNREAD[who].has(type))
})

type Form = 'text' | 'generic'
/** NS records below the apex make a delegation; names that only have NSEC3 records are not there (RFC 5155 §7.2.8). */
const isAskedFor = ({ type }: Vector): boolean => type !== 'NS' && type !== 'NSEC3'
const HEAD = '$TTL 60\n@ IN SOA ns h 1 2 3 4 5\n@ IN NS ns\nns IN A 192.0.2.1\n'
function zoneText(vectors: readonly Vector[], form: Form): string {
  const lines = vectors.map(({ owner, type, code, octets }) => form === 'text'
    ? `${owner} IN ${type} ${formatRdata(code, octets, 'final-dots')}`
    : `${owner} IN TYPE${code} \\# ${octets.length} ${Buffer.from(octets).toString('hex')}`)
  return `${HEAD}${lines.join('\n')}\n`
}

let lab: Lab
let host: Host

function write(directory: string, file: string, text: string): string {
  const path = join(directory, file)
  writeFileSync(path, text)
  return path
}

/** Owner and data of what a program printed of a zone. */
function read(text: string, zone: string): ReadonlyMap<string, string> {
  // BIND prints no class where it is that of the zone, and the SOA's times with comments; both are read.
  const parsed = parseZoneFile(text, zone)
  if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.error)}\n${text.split('\n')[parsed.error.line - 1]}`)
  const label = (owner: string): string => owner.split('.')[0] as string
  return new Map(parsed.value.records.map(({ name: owner, type, data }) => [label(owner), `${type} ${data}`]))
}

describeLab('every record type', () => {
  beforeAll(async () => {
    lab = await Lab.open()
    host = await lab.host('lan')
    await host.bridge(BRIDGE)
  })
  afterAll(() => lab.close())

  test.each([['text'], ['generic']] as const)('%s, as BIND prints it', async form => {
    const vectors = able('bind', form)
    const file = write(host.directory, `bind-${form}`, zoneText(vectors, form))
    const out = join(host.directory, `bind-${form}.out`)
    const how = ['-i', 'none', '-k', 'ignore', '-s', 'full', '-o', out]
    await host.succeed(['named-compilezone', ...how, 'types.internal', file])
    const printed = read(readFileSync(out, 'utf8'), 'types.internal')
    for (const { owner, type, text } of vectors) expect([owner, printed.get(owner)]).toEqual([owner, `${type} ${text}`])
  })

  test.each([['text'], ['generic']] as const)('%s, as ldns prints it', async form => {
    const vectors = able('ldns', form)
    const file = write(host.directory, `ldns-${form}`, `$ORIGIN types.internal.\n${zoneText(vectors, form)}`)
    const printed = read(await host.succeed(['ldns-read-zone', file]), 'types.internal')
    for (const { owner, type, text } of vectors) expect([owner, printed.get(owner)]).toEqual([owner, `${type} ${text}`])
  })

  test.each([[knot, 'knot'], [nsd, 'nsd'], [bind, 'bind']] as const)('as served by $name', async (server, who) => {
    const files = (['text', 'generic'] as const).map(form => {
      const zone = `${form}.internal`
      return { zone, path: write(host.directory, `${who}-${form}-served`, zoneText(able(who, form), form)), form }
    })
    const peer = await lab.hostOn(host, BRIDGE, who)
    await peer.address('eth0', '10.53.0.3/24')
    const program = await server.start(peer, '10.53.0.3', files)
    for (const { zone, form } of files) await hasOctets(peer, '10.53.0.3', zone, able(who, form).filter(isAskedFor))
    await program.stop()
  })

  test('as served by us', async () => {
    const files = (['text', 'generic'] as const).map(form => {
      const zone = `${form}.internal`
      return { zone, setting: `${zone}=${write(host.directory, `ours-${form}`, zoneText(VECTORS, form))}` }
    })
    const settings = ['--zone-file', files.map(({ setting }) => setting).join(',')]
    await Appliance.start(host, { arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', ...settings] })
    const asker = await lab.hostOn(host, BRIDGE, 'asker')
    await asker.address('eth0', '10.53.0.50/24')
    const asked = VECTORS.filter(isAskedFor)
    for (const { zone } of files) await hasOctets(asker, APPLIANCE, zone, asked)
  })
})

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

/** Asks for all of them over TCP and compares octets. Knot and NSD keep names in lower case. */
async function hasOctets(asker: Host, server: string, zone: string, vectors: readonly Vector[]): Promise<void> {
  const input = vectors.map(({ owner, code }) => Buffer.from([
    0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name(`${owner}.${zone}`), code >> 8, code & 255, 0, 1,
  ]).toString('hex')).join('\n')
  const lines = await asker.succeed([process.execPath, 'test/lab/ask-dns.ts', server, 'tcp'], { input })
  const answers = lines.trim().split('\n').map(line => parseMessage(Buffer.from(line, 'hex'), 0, line.length / 2))
  vectors.forEach(({ owner, type, code, text, octets }, i) => {
    const answer = answers[i]
    const records = answer?.ok === true ? answer.value.answer : []
    const rdata = records.map(record => hex(foldedRdata(code, record.rdata)))
    // A name without origin in the text is whole: the stored form that vectors have.
    const whole = parseRdataText(code, text, ABSOLUTE)
    expect(whole).toEqual({ ok: true, value: octets })
    expect([owner, type, rdata]).toEqual([owner, type, [hex(foldedRdata(code, octets))]])
  })
}
