/** What the DNS server gets to know of a zone's keys. */
import type { SigningKey, ZoneSigning } from '../dns/index.ts'
import { CDNSKEY_DELETE, CDS_DELETE, dsRdata } from '../dns/rollover/dnskey.ts'
import { isPublished, isSep } from '../dns/rollover/key-records.ts'
import { publication, type SigningState } from '../dns/rollover/step.ts'
import { name } from '../dns/wire/name.ts'
import type { SigningPolicy, ZoneKey } from '../model/index.ts'
import type { Signer } from './key-pair.ts'

/** For clients whose clocks are late: as much as other signers give. */
const INCEPTION_OFFSET_SECONDS = 3600
/** Expirations are spread over this part of the validity, so that not all signatures are due at once. */
const JITTER_PART = 1 / 14
const NO_SALT = new Uint8Array(0)

/** Keys of which nothing is in the zone are none of its business. */
const inZone = ({ keys }: SigningState): readonly ZoneKey[] =>
  keys.filter((key) => {
    const { published, signsZone } = publication(key)
    return published || signsZone
  })

/** Keys whose DS records the parent is to have (RFC 7344 §4). */
export const wantedAtParent = ({ keys }: SigningState): readonly ZoneKey[] => keys.filter((key) => isSep(key) && isPublished(key.ds))

/** RFC 8624 §3.3: SHA-256 is the digest that every validator has. */
export const dsOf = (key: ZoneKey, zoneName: string): Uint8Array => dsRdata(name(zoneName.toLowerCase()), Buffer.from(key.dnskeyRdata, 'base64'), 2)

/** The parent may have DS records, and is to have none (RFC 8078 §4). */
const isLeaving = (state: SigningState): boolean => !state.policy.enabled && state.keys.some((key) => key.ds.kind === 'unretentive' && key.ds.until === null)

/** Changes when what is to be published does. */
export const publishedState = (state: SigningState): string =>
  JSON.stringify([
    inZone(state).map((key) => [key.id, publication(key)]),
    wantedAtParent(state).map((key) => key.id),
    isLeaving(state),
    state.policy,
  ])

/** Undefined: the zone is not signed. `signerOf`: undefined for a key whose private half cannot be read. */
export function signingOf(state: SigningState, zoneName: string, signerOf: (keyId: number) => Signer | undefined): ZoneSigning | undefined {
  const keys = inZone(state).map((key) => signingKey(key, signerOf(key.id)))
  if (keys.length === 0) return undefined
  const wanted = wantedAtParent(state)
  const leaving = isLeaving(state)
  return {
    keys,
    ...timesOf(state.policy),
    denial: state.policy.denial,
    nsec3: { iterations: 0, salt: NO_SALT, optOut: false },
    cds: leaving ? [CDS_DELETE] : wanted.map((key) => dsOf(key, zoneName)),
    cdnskey: leaving ? [CDNSKEY_DELETE] : wanted.map((key) => Buffer.from(key.dnskeyRdata, 'base64')),
  }
}

const timesOf = ({ signatureValidity, signatureRefresh, dnskeyTtl }: SigningPolicy) => ({
  validitySeconds: signatureValidity,
  refreshSeconds: signatureRefresh,
  jitterSeconds: Math.floor(Math.min(signatureValidity * JITTER_PART, (signatureValidity - signatureRefresh) / 2)),
  inceptionOffsetSeconds: INCEPTION_OFFSET_SECONDS,
  dnskeyTtl,
})

/** A key that cannot sign is still published: what it signed before stays valid. */
function signingKey(key: ZoneKey, signer: Signer | undefined): SigningKey {
  const { published, signsKeys, signsZone } = publication(key)
  return {
    id: key.id,
    dnskey: Buffer.from(key.dnskeyRdata, 'base64'),
    keyTag: key.keyTag,
    algorithm: key.algorithm,
    published,
    signsKeys: signsKeys && signer !== undefined,
    signsZone: signsZone && signer !== undefined,
    sign: (octets) => signer?.sign(octets) ?? NO_SALT,
    signLater: (octets, done) => signer?.signLater(octets, done),
  }
}
