/** The administrator's commands on how zones are signed, and with what. */
import { err, ok, type Result } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { comingOf } from '../dns/rollover/coming.ts'
import { DS_DIGEST_TYPES, dsRdata } from '../dns/rollover/dnskey.ts'
import { checkPolicy, DEFAULT_SIGNING } from '../dns/rollover/policy.ts'
import { isRolling, NOT_SIGNED, type Place, placesOf, type SigningState } from '../dns/rollover/step.ts'
import { name } from '../dns/wire/name.ts'
import { formatRdata } from '../dns/wire/rdata.ts'
import { TYPE } from '../dns/wire/type-names.ts'
import type { Answer, KeyImportInput, SigningInput, SigningView, ZoneKeyView } from '../facade.ts'
import { type KeyAlgorithm, type KeyRole, type Refusal, refusal, type SigningPolicy, type Zone, type ZoneKey, zoneText } from '../model/index.ts'
import type { SigningSide } from '../network-side.ts'
import { timeText } from '../views.ts'
import { missingDelegations } from '../zone-signing/delegations.ts'
import { formatDnskey, parsePrivateKeyFile, readPublicKeyFile } from '../zone-signing/key-files.ts'
import { ALGORITHMS } from '../zone-signing/key-pair.ts'
import { isWaitingForParent, type PlacedKey, type SignedZones } from '../zone-signing/signed-zones.ts'
import { signingOf, wantedAtParent } from '../zone-signing/zone-signing.ts'
import { type CommandTurns, missing } from './turns.ts'

export type SigningCommandsOptions = {
  readonly dns: DnsServer
  readonly signedZones: SignedZones
  readonly turns: CommandTurns
}

const UNSIGNED: SigningState = { ...NOT_SIGNED, policy: { ...DEFAULT_SIGNING, enabled: false } }
const NUMBERS = new Map(Object.entries(ALGORITHMS).map(([number, { mnemonic }]) => [mnemonic, Number(number) as KeyAlgorithm]))

export class SigningCommands implements SigningSide {
  readonly #o: SigningCommandsOptions

  constructor(options: SigningCommandsOptions) {
    this.#o = options
  }

  async signing(zoneName: string): Answer<SigningView> {
    const zone = this.#zone(zoneName)
    return zone.ok ? ok(this.#view(zone.value)) : zone
  }

  setSigning(zoneName: string, input: SigningInput): Answer<SigningView> {
    return this.#change(zoneName, async (zone) => {
      const policy: SigningPolicy = { ...input, algorithm: NUMBERS.get(input.algorithm) as KeyAlgorithm }
      const refused = checkPolicy(policy)
      return refused === undefined ? this.#o.signedZones.setPolicy(zone.id, policy) : err(refused)
    })
  }

  rollKeys(zoneName: string, role: KeyRole | null): Answer<SigningView> {
    return this.#change(zoneName, async (zone) => {
      const { policy, keys } = this.#state(zone)
      if (!policy.enabled) return err(refusal('conflict', '', `${zone.name} is not signed`, 'sign it first'))
      const places = placesOf(policy).filter((place) => role === null || place.role === role)
      if (places.length === 0) return err(refusal('invalid', '/role', `${zone.name} has no ${role?.toUpperCase()}`, `its keys are: ${placesOf(policy).map((place) => place.role).join(', ')}`))
      const busy = places.find((place) => isRolling(keys, place.role))
      if (busy !== undefined) return err(refusal('conflict', '/role', `the ${busy.role.toUpperCase()} before the present one is not gone yet`, 'wait for what is listed as coming'))
      for (const place of places) {
        const rolled = await this.#o.signedZones.roll(zone.id, place)
        if (!rolled.ok) return rolled
      }
      return ok(null)
    })
  }

  async confirmDs(zoneName: string, by: 'hand' | 'asking'): Answer<SigningView> {
    const found = this.#zone(zoneName)
    if (!found.ok) return found
    const { signedZones } = this.#o
    const before = this.#state(found.value)
    if (!isWaitingForParent(before)) return err(refusal('conflict', '', `${found.value.name} waits for nothing at its parent`, 'look at what is listed as coming'))
    if (by === 'asking') {
      const asked = await signedZones.askParent(found.value.id)
      return asked.ok ? this.signing(zoneName) : asked
    }
    return this.#change(zoneName, (zone) => {
      const wanted = wantedAtParent(this.#state(zone))
      return signedZones.seen(zone.id, (key) => wanted.some((each) => each.id === key.id))
    })
  }

  importKeys(zoneName: string, input: KeyImportInput): Answer<SigningView> {
    return this.#change(zoneName, async (zone) => {
      const state = this.#state(zone)
      if (input.inUse && state.keys.length > 0)
        return err(refusal('conflict', '/inUse', `${zone.name} is signed here with keys of its own`, 'import them as new keys, which take over in time'))
      const read = readKeys(zone.name, input)
      const plan = read.ok ? placed(state.policy, read.value) : read
      return plan.ok ? this.#o.signedZones.importKeys(zone.id, plan.value.policy, plan.value.keys, input.inUse) : plan
    })
  }

  #zone(zoneName: string): Result<Zone, Refusal> {
    const zone = this.#o.dns.zones.get(zoneName)?.zone
    return zone === undefined ? missing(`zone ${zoneName}`) : ok(zone)
  }

  #state(zone: Zone): SigningState {
    return this.#o.signedZones.state(zone.id) ?? UNSIGNED
  }

  #change(zoneName: string, change: (zone: Zone) => Answer<null>): Answer<SigningView> {
    return this.#o.turns.take(async () => {
      const zone = this.#zone(zoneName)
      if (!zone.ok) return zone
      if (this.#o.dns.zones.byId(zone.value.id)?.isSecondary === true)
        return err(refusal('conflict', '', `${zone.value.name} is a copy of another server's zone`, 'sign it there, or make it a zone of this server first'))
      const changed = await change(zone.value)
      return changed.ok ? ok(this.#view(zone.value)) : changed
    })
  }

  #view(zone: Zone): SigningView {
    const state = this.#state(zone)
    const { policy, keys } = state
    const signing = signingOf(state, zone.name, () => undefined)
    const owner = name(zone.name)
    const record = (type: 'DS' | 'CDS' | 'CDNSKEY', rdata: Uint8Array): string => `${zone.name}. ${policy.dnskeyTtl} IN ${type} ${formatRdata(TYPE[type], rdata)}`
    return {
      ...policy,
      zone: zoneText(zone),
      algorithm: ALGORITHMS[policy.algorithm].mnemonic,
      status: signing === undefined ? 'unsigned' : keys.some(({ ds }) => ds.kind === 'omnipresent') ? 'secure' : 'signed',
      keys: keys.map((key) => this.#keyView(zone, key, policy)),
      dsRecords: wantedAtParent(state).flatMap((key) => DS_DIGEST_TYPES.map((digest) => record('DS', dsRdata(owner, Buffer.from(key.dnskeyRdata, 'base64'), digest)))),
      cdsRecords: (signing?.cds ?? []).map((rdata) => record('CDS', rdata)),
      cdnskeyRecords: (signing?.cdnskey ?? []).map((rdata) => record('CDNSKEY', rdata)),
      warnings: this.#warnings(zone, signing !== undefined),
      coming: comingOf(state).map(({ keyId, at, what, why }) => ({
        keyTag: keys.find((key) => key.id === keyId)?.keyTag ?? 0, at: at === null ? null : timeText(at), what, why,
      })),
    }
  }

  #warnings({ id }: Zone, isSigned: boolean): SigningView['warnings'] {
    const { zones } = this.#o.dns
    const live = zones.byId(id)
    return live === undefined || !isSigned ? [] : missingDelegations(zones, live)
  }

  #keyView(zone: Zone, key: ZoneKey, { dnskeyTtl }: SigningPolicy): ZoneKeyView {
    const { id, role, keyTag, goal, dnskey, signatures, ds, madeAt, publishedAt } = key
    return {
      id, role, keyTag, goal,
      algorithm: ALGORITHMS[key.algorithm].mnemonic,
      dnskey: dnskey.kind, signatures: signatures.kind, ds: ds.kind,
      madeAt: timeText(madeAt),
      publishedAt: publishedAt === null ? null : timeText(publishedAt),
      record: formatDnskey(zone.name, dnskeyTtl, Buffer.from(key.dnskeyRdata, 'base64')),
      unreadable: this.#o.signedZones.unreadable(zone.id, id) ?? null,
    }
  }
}

/** What the files have; what was wrong names the file. */
function readKeys(zone: string, { keys }: KeyImportInput): Result<readonly PlacedKey[], Refusal> {
  const found: PlacedKey[] = []
  for (const [i, { privateKey, publicKey }] of keys.entries()) {
    const at = (refused: Refusal): Result<never, Refusal> => err({ ...refused, field: `/keys/${i}${refused.field}` })
    const read = parsePrivateKeyFile(privateKey)
    if (!read.ok) return at(read.error)
    const role = readPublicKeyFile(publicKey, zone, read.value)
    if (!role.ok) return at(role.error)
    found.push({ place: { role: role.value, algorithm: read.value.algorithm }, key: read.value.key })
  }
  return ok(found)
}

/** How a zone is signed with these keys, and which is which: as before where it is signed, else as they are. */
function placed(before: SigningPolicy, keys: readonly PlacedKey[]): Result<{ readonly policy: SigningPolicy; readonly keys: readonly PlacedKey[] }, Refusal> {
  const bad = (problem: string, remedy: string): Result<never, Refusal> => err(refusal('conflict', '/keys', problem, remedy))
  const roles = keys.map(({ place }) => place.role)
  const [algorithm, ...others] = [...new Set(keys.map(({ place }) => place.algorithm))]
  if (algorithm === undefined || others.length > 0) return bad('the keys are of several algorithms', 'import keys of one')
  if (new Set(roles).size < roles.length) return bad('there are two keys with the same flags', 'import one with 257, and one with 256 where there are two')
  if (!before.enabled && !roles.includes('ksk')) return bad('there is no key with the flags 257, which the parent would know', 'import it together with the other')
  const policy: SigningPolicy = before.enabled ? before : { ...before, enabled: true, algorithm, scheme: roles.length === 2 ? 'ksk-zsk' : 'csk' }
  const wanted = placesOf(policy)
  const inPlace = keys.map(({ place, key }) => ({ key, place: policy.scheme === 'csk' && place.role === 'ksk' ? { ...place, role: 'csk' as const } : place }))
  const fits = (place: Place): boolean => wanted.some((each) => each.role === place.role && each.algorithm === place.algorithm)
  return inPlace.every(({ place }) => fits(place)) ? ok({ policy, keys: inPlace }) : bad('the zone is signed by another scheme or algorithm', 'change that first, or import keys that fit')
}
