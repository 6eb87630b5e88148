import { Type } from 'typebox'
import type { ComingView, SigningInput, SigningView, ZoneKeyView } from '../../services/index.ts'
import { count, creation, freeText, integer, list, nullable, object, oneOf, time, view, word } from './common.ts'
import { warnings } from './levels.ts'

const DAY = 86_400
/** Longer than any sensible policy; a TTL is 31 bits (RFC 2181 §8). */
const YEARS = 20 * 366 * DAY

const seconds = (least: number, most: number, description: string, example: number) => integer(least, most, `${description} In seconds.`, example)
const algorithm = oneOf(['ECDSAP256SHA256', 'ED25519', 'RSASHA256'], 'What keys are made of: RFC 6605, RFC 8080 or RFC 5702 (2048 bits).')
const role = oneOf(['csk', 'ksk', 'zsk'], 'Key-signing, zone-signing, or both combined.')
const state = oneOf(['hidden', 'rumoured', 'omnipresent', 'unretentive'], 'What caches may hold of it: nothing; perhaps; surely; perhaps still.')

const policy = {
  enabled: Type.Boolean({ description: 'Whether the zone is signed. Off leads back to unsigned without a moment at which it does not validate.' }),
  algorithm,
  scheme: oneOf(['csk', 'ksk-zsk'], 'One key for all, or one that the parent knows and another that signs the data.'),
  denial: oneOf(['nsec', 'nsec3', 'compact'], 'How it is proven that something is not there: RFC 4034, RFC 5155 (by RFC 9276) or RFC 9824.'),
  zskLifetime: nullable(seconds(DAY, YEARS, 'After it a new ZSK takes over; null: when you say so.', 90 * DAY)),
  kskLifetime: nullable(seconds(DAY, YEARS, 'The same of the KSK or CSK; each time the DS record at the parent changes.', 365 * DAY)),
  signatureValidity: seconds(DAY, 366 * DAY, 'How long a signature is good.', 14 * DAY),
  signatureRefresh: seconds(3600, 366 * DAY, 'It is made anew when less than this is left.', 5 * DAY),
  dnskeyTtl: seconds(1, 7 * DAY, 'TTL of the DNSKEY, CDS and CDNSKEY records.', 3600),
  largestTtl: seconds(0, 366 * DAY, 'The largest TTL of the zone, as far as is counted on; what it has above it counts too.', DAY),
  propagationDelay: seconds(0, 7 * DAY, 'Until all secondaries have a change.', 300),
  parentDsTtl: seconds(0, 7 * DAY, 'TTL of the DS records in the parent zone.', DAY),
  parentPropagationDelay: seconds(0, 7 * DAY, 'Until all servers of the parent have a change.', 3600),
  dsCheck: oneOf(['by-hand', 'ask'], 'Whether you say what the parent has, or it is asked by the upstream servers, every ten minutes while it matters; a parent that is served here gets the DS records.'),
}

export const SIGNING_DEFAULTS: SigningInput = {
  enabled: true,
  algorithm: 'ECDSAP256SHA256',
  scheme: 'csk',
  denial: 'nsec',
  zskLifetime: 90 * DAY,
  kskLifetime: null,
  signatureValidity: 14 * DAY,
  signatureRefresh: 5 * DAY,
  dnskeyTtl: 3600,
  largestTtl: DAY,
  propagationDelay: 300,
  parentDsTtl: DAY,
  parentPropagationDelay: 3600,
  dsCheck: 'by-hand',
}

const ZoneKey = view<ZoneKeyView>()('ZoneKey', 'A key of a signed zone, without its private half.', {
  id: count('Number of the key.', 1),
  role,
  keyTag: count('By which signatures and DS records name it.', 43_768),
  algorithm,
  goal: oneOf(['serve', 'retire'], 'Whether it is to be in use, or to go.'),
  dnskey: state,
  signatures: state,
  ds: state,
  madeAt: time('When it was made or imported.'),
  publishedAt: nullable(time('When its DNSKEY record came into the zone; its lifetime begins there.')),
  record: word('Its DNSKEY record, as a .key file has it.', 'lab.internal. 3600 IN DNSKEY 257 3 13 jBshb…'),
  unreadable: nullable(word('Why it cannot sign; null: it can.', 'data/dnssec.key cannot be read (ENOENT)')),
})

const Coming = view<ComingView>()('SigningEvent', 'What is to happen to a key, and why not before.', {
  keyTag: count('Of the key.', 43_768),
  at: nullable(time('When; null: when the parent has done it.')),
  what: word('What will be so then.', 'all caches know its DNSKEY record'),
  why: word('Why it is waited for.', 'until then some may hold the DNSKEY RRset without it'),
})

const records = (what: string, example: string) => list(word(what, example), what)

export const Signing = view<SigningView>()('Signing', 'How a zone is signed, with which keys, and what comes next.', {
  zone: word('The zone.', 'lab.internal'),
  status: oneOf(['unsigned', 'signed', 'secure'], 'signed: without all caches knowing a DS record; secure: with one.'),
  ...policy,
  keys: list(ZoneKey, 'Those that caches may know of, or soon will.'),
  dsRecords: records('What the parent should have; each with the digests SHA-256 and SHA-384, of which one will do.', 'lab.internal. 3600 IN DS 43768 13 2 BD386E89…'),
  cdsRecords: records('CDS records in the zone (RFC 7344), by which parents that look at them know.', 'lab.internal. 3600 IN CDS 43768 13 2 BD386E89…'),
  cdnskeyRecords: records('CDNSKEY records in the zone.', 'lab.internal. 3600 IN CDNSKEY 257 3 13 jBshb…'),
  coming: list(Coming, 'In the order of time.'),
  warnings,
})

export const SigningPolicyInput = creation('SigningPolicyInput', 'How the zone is to be signed; what is left out is as it is by default.', policy, SIGNING_DEFAULTS)

export const RollInput = creation('RollInput', 'Which key to replace.', { role: nullable(role) }, { role: null })

export const DsConfirmation = creation(
  'DsConfirmation',
  'Who says that the parent has the DS records that it should have, and no other.',
  { by: oneOf(['hand', 'asking'], 'hand: you do. asking: the parent is asked, by the upstream servers or in its zone here.') },
  { by: 'hand' },
)

/** A key of RSA with 4096 bits has 3.3 kB. */
const LONGEST_FILE = 8192

export const KeyImport = creation(
  'KeyImport',
  'Keys from elsewhere, each as the two files that dnssec-keygen makes.',
  {
    keys: Type.Unsafe<readonly { readonly privateKey: string; readonly publicKey: string }[]>(Type.Array(
      object('KeyFiles', 'The files of one key.', {
        privateKey: freeText(LONGEST_FILE, 'The .private file (Private-key-format: v1.3).', 'Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: 907M8RUEQT4HzMQcGQTLC8crrr69Dv3DtKvbQzMd54s=\n'),
        publicKey: freeText(LONGEST_FILE, 'The .key file: a DNSKEY record.', 'lab.internal. IN DNSKEY 257 3 13 jBshbFwY93P8JNoB14aki4Rlvfpk6Z/ApOnLygGU6bD09UtHXiyM67cfx9JI0K5SCXJ0QKdCzIRLJcT7gFCNQw=='),
      }),
      { minItems: 1, maxItems: 2, description: 'One, or a KSK and a ZSK.' },
    )),
    inUse: Type.Boolean({ description: 'Another server has signed the zone with them, so that all caches and the parent know them. Else they take over in time.' }),
  },
  { inUse: false },
)
