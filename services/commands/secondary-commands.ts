/** The administrator's commands on zones that are copies of other servers'. */
import { formatIpv4, parseIpv4 } from '../../stack/index.ts'
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import { type DnsServer, faultText, primaryText, type Secondaries, type SecondaryState } from '../dns/index.ts'
import { parseName } from '../dns/wire/name.ts'
import type { Answer, PrimaryTlsView, PrimaryView, SecondaryInput, SecondaryView } from '../facade.ts'
import { type Primary, type PrimaryTls, type Refusal, refusal, type SecondaryZone, type Zone, splitZoneText, zoneText } from '../model/index.ts'
import type { SecondarySide } from '../network-side.ts'
import type { Write } from '../storage/store.ts'
import { timeText } from '../views.ts'
import { isKnownKey, noKey } from './transfer-commands.ts'
import { noSuchView } from './dns-commands.ts'
import { type CommandTurns, missing } from './turns.ts'

export type SecondaryCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly secondaries: Secondaries
  readonly nextZoneId: () => number
  readonly turns: CommandTurns
}

/** Until the first transfer: names and times that nobody is given. */
export const NOTHING_YET = {
  serial: 0, primaryServer: '.', hostmaster: '.', refresh: 3600, retry: 600, expire: 1_209_600, minimum: 300, defaultTtl: 3600,
} as const

export class SecondaryCommands implements SecondarySide {
  readonly #o: SecondaryCommandsOptions

  constructor(options: SecondaryCommandsOptions) {
    this.#o = options
  }

  async secondary(zoneName: string): Answer<SecondaryView> {
    return this.#view(zoneName)
  }

  setSecondary(zoneName: string, input: SecondaryInput): Answer<SecondaryView> {
    return this.#o.turns.take(async () => {
      const primaries = primariesOf(this.#o.dns, input.primaries, '/primaries')
      if (!primaries.ok) return primaries
      const live = this.#o.dns.zones.get(zoneName)
      if (live !== undefined && !live.isSecondary)
        return err(refusal('conflict', '', `this server is the primary of ${zoneName}`, 'remove the zone here first, if its records are at another server'))
      const { name, view } = splitZoneText(zoneName)
      const noView = noSuchView(this.#o.dns, view)
      if (noView !== undefined) return err(noView)
      if (!parseName(name).ok) return err(refusal('invalid', '/name', `"${zoneName}" is not a domain name`, 'labels of 1 to 63 octets joined by dots, as lab.internal'))
      const { clock, dns, secondaries, turns } = this.#o
      const zone: Zone = live?.zone ?? { ...NOTHING_YET, id: this.#o.nextZoneId(), ...splitZoneText(zoneName) }
      const refreshedAt = secondaries.state(zone.id)?.secondary.refreshedAt
      const secondary: SecondaryZone = { zoneId: zone.id, primaries: primaries.value, refreshedAt }
      const writes: Write[] = live === undefined ? [{ kind: 'zone-put', zone }] : []
      const stored = await turns.store([...writes, { kind: 'secondary-put', secondary }, news(clock, zone, live === undefined ? 'added' : 'changed')])
      if (!stored.ok) return stored
      if (live === undefined) dns.addZone(zone, [])
      // A version may have come in meanwhile.
      secondaries.put({ ...secondary, refreshedAt: secondaries.state(zone.id)?.secondary.refreshedAt })
      return this.#view(zoneName)
    })
  }

  promote(zoneName: string): Answer<null> {
    return this.#o.turns.take(async () => {
      const { clock, dns, secondaries, turns } = this.#o
      const live = dns.zones.get(zoneName)
      if (live?.isSecondary !== true) return missing(`secondary zone ${zoneName}`)
      if (secondaries.state(live.zone.id)?.secondary.refreshedAt === undefined)
        return err(refusal('conflict', '', `${zoneName} has never been transferred: there is nothing to be the primary of`, 'remove the zone, or see why its primaries cannot be reached'))
      const stored = await turns.store([{ kind: 'secondary-remove', zoneId: live.zone.id }, news(clock, live.zone, 'changed')])
      if (!stored.ok) return stored
      secondaries.release(live.zone.id)
      return ok(null)
    })
  }

  async refreshSecondary(zoneName: string, full: boolean): Answer<SecondaryView> {
    const live = this.#o.dns.zones.get(zoneName)
    if (live === undefined || !this.#o.secondaries.refresh(live.zone.id, full)) return missing(`secondary zone ${zoneName}`)
    return this.#view(zoneName)
  }

  #view(zoneName: string): Result<SecondaryView, Refusal> {
    const live = this.#o.dns.zones.get(zoneName)
    const state = live === undefined ? undefined : this.#o.secondaries.state(live.zone.id)
    return live === undefined || state === undefined ? missing(`secondary zone ${zoneName}`) : ok(secondaryView(live.zone, live.isServed, state))
  }
}

const news = (clock: Clock, zone: Zone, how: 'added' | 'changed'): Write =>
  ({ kind: 'event', at: clock.wallMs(), event: 'zone.changed', facts: { zone: zoneText(zone), serial: zone.serial, how } })

/** Primaries as an administrator names them; `field` is where they stand in the input. */
export function primariesOf(dns: DnsServer, views: readonly PrimaryView[], field: string): Result<readonly Primary[], Refusal> {
  const primaries: Primary[] = []
  for (const [i, { address, port, key, tls }] of views.entries()) {
    const parsed = parseIpv4(address)
    if (parsed === undefined) return err(refusal('invalid', `${field}/${i}/address`, `"${address}" is not an IPv4 address`, 'as 10.53.0.9'))
    if (key !== null && !isKnownKey(dns, key)) return err(noKey(`${field}/${i}/key`, key))
    const refused = tls === null ? undefined : checkTls(tls, `${field}/${i}/tls`)
    if (refused !== undefined) return err(refused)
    primaries.push({ address: parsed, port, key: key ?? undefined, tls: tls === null ? undefined : tlsOf(tls) })
  }
  return ok(primaries)
}

export const primaryView = ({ address, port, key, tls }: Primary): PrimaryView => ({
  address: formatIpv4(address), port, key: key ?? null, tls: tls === undefined ? null : tlsView(tls),
})

const SHA256_OCTETS = 32

function checkTls({ name, pin, authority }: PrimaryTlsView, field: string): Refusal | undefined {
  if (name !== null && !parseName(name).ok) return refusal('invalid', `${field}/name`, `"${name}" is not a host name`, 'the name that its certificate is for, as ns.example.net')
  if (pin !== null && (Buffer.from(pin, 'base64').length !== SHA256_OCTETS || Buffer.from(pin, 'base64').toString('base64') !== pin))
    return refusal('invalid', `${field}/pin`, 'the pin is not the SHA-256 of a public key in base64', 'as "openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64" prints it')
  if (authority === null) return undefined
  if (name === null) return refusal('invalid', `${field}/authority`, 'an authority says nothing without a name', 'give the name that the certificate is for')
  return /-----BEGIN CERTIFICATE-----/.test(authority) ? undefined : refusal('invalid', `${field}/authority`, 'this is no certificate in PEM form', 'the text from -----BEGIN CERTIFICATE----- to its end')
}

const tlsOf = ({ name, pin, authority }: PrimaryTlsView): PrimaryTls => ({ serverName: name ?? undefined, pin: pin ?? undefined, authority: authority ?? undefined })
const tlsView = ({ serverName, pin, authority }: PrimaryTls): PrimaryTlsView => ({ name: serverName ?? null, pin: pin ?? null, authority: authority ?? null })

const timeOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : timeText(ms))

const secondaryView = (zone: Zone, served: boolean, { secondary, phase, nextLookAt, expiresAt, lastFailure }: SecondaryState): SecondaryView => ({
  zone: zoneText(zone),
  primaries: secondary.primaries.map(primaryView),
  state: phase,
  serial: secondary.refreshedAt === undefined ? null : zone.serial,
  served,
  refreshedAt: timeOrNull(secondary.refreshedAt),
  nextLookAt: timeOrNull(nextLookAt),
  expiresAt: timeOrNull(expiresAt),
  lastFailure: lastFailure === undefined ? null : { primary: primaryText(lastFailure.primary), at: timeText(lastFailure.at), because: faultText(lastFailure.fault) },
})
