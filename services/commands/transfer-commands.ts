/** The administrator's commands on who may have a zone, and who is told of its changes. */
import { formatIpv4, formatPrefix, parseIpv4, parsePrefix, type Prefix } from '../../stack/index.ts'
import { type Clock, err, ok } from '../../stack/platform/index.ts'
import { type DnsServer, type Notifier, type NotifyState, servedDigest, zonemdText } from '../dns/index.ts'
import { keyOf, parseName } from '../dns/wire/name.ts'
import type { Answer, NotifiedView, NotifyInput, NotifyView, TransferPolicyView, ZoneDigestView } from '../facade.ts'
import { type NotifyTarget, type Refusal, refusal, type TransferPolicy, type Zone } from '../model/index.ts'
import type { TransferSide } from '../network-side.ts'
import { timeText } from '../views.ts'
import { type CommandTurns, missing } from './turns.ts'

export type TransferCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly notifier: Notifier
  readonly transferPolicies: readonly TransferPolicy[]
  readonly turns: CommandTurns
}

export class TransferCommands implements TransferSide {
  readonly #o: TransferCommandsOptions

  constructor(options: TransferCommandsOptions) {
    this.#o = options
    for (const policy of options.transferPolicies) options.dns.transfers.setPolicy(policy)
  }

  async transferPolicy(zoneName: string): Answer<TransferPolicyView> {
    const zone = this.#o.dns.zones.get(zoneName)?.zone
    return zone === undefined ? missing(`zone ${zoneName}`) : ok(policyView(this.#o.dns.transfers.policyOf(zone.id)))
  }

  async zoneDigest(zoneName: string): Answer<ZoneDigestView> {
    const live = this.#o.dns.zones.get(zoneName)
    if (live === undefined) return missing(`zone ${zoneName}`)
    const { serial, digests, published } = await servedDigest(this.#o.clock, live)
    return ok({ zone: live.zone.name, serial, published, records: [...digests].map(([algorithm, digest]) => zonemdText(serial, algorithm, digest)) })
  }

  setTransferPolicy(zoneName: string, input: TransferPolicyView): Answer<TransferPolicyView> {
    return this.#o.turns.take(async () => {
      const zone = this.#o.dns.zones.get(zoneName)?.zone
      if (zone === undefined) return missing(`zone ${zoneName}`)
      const prefixes: Prefix[] = []
      for (const [i, text] of input.addresses.entries()) {
        const prefix = parsePrefix(text)
        if (prefix === undefined) return err(refusal('invalid', `/addresses/${i}`, `"${text}" is not a prefix`, 'as 10.53.0.9/32 for one address'))
        prefixes.push(prefix)
      }
      const unknown = input.keys.findIndex((name) => !isKnownKey(this.#o.dns, name))
      if (unknown >= 0) return err(noKey(`/keys/${unknown}`, input.keys[unknown] as string))
      const policy: TransferPolicy = { ...this.#o.dns.transfers.policyOf(zone.id), prefixes, keys: input.keys, tlsOnly: input.tlsOnly }
      const stored = await this.#o.turns.store([{ kind: 'transfer-policy-put', policy }])
      if (!stored.ok) return stored
      this.#o.dns.transfers.setPolicy(policy)
      return ok(policyView(policy))
    })
  }

  async notifyPolicy(zoneName: string): Answer<NotifyView> {
    const zone = this.#o.dns.zones.get(zoneName)?.zone
    return zone === undefined ? missing(`zone ${zoneName}`) : ok(this.#notifyView(zone))
  }

  setNotifyPolicy(zoneName: string, input: NotifyInput): Answer<NotifyView> {
    return this.#o.turns.take(async () => {
      const zone = this.#o.dns.zones.get(zoneName)?.zone
      if (zone === undefined) return missing(`zone ${zoneName}`)
      const notify: NotifyTarget[] = []
      for (const [i, { address, port, key }] of input.targets.entries()) {
        const parsed = parseIpv4(address)
        if (parsed === undefined) return err(refusal('invalid', `/targets/${i}/address`, `"${address}" is not an IPv4 address`, 'as 10.53.0.9'))
        if (notify.some((other) => other.address === parsed))
          return err(refusal('invalid', `/targets/${i}/address`, `${address} is listed twice`, 'list it once'))
        if (key !== null && !isKnownKey(this.#o.dns, key)) return err(noKey(`/targets/${i}/key`, key))
        notify.push({ address: parsed, port, key: key ?? undefined })
      }
      const policy: TransferPolicy = { ...this.#o.dns.transfers.policyOf(zone.id), notify, notifyServers: input.nameServers }
      const stored = await this.#o.turns.store([{ kind: 'transfer-policy-put', policy }])
      if (!stored.ok) return stored
      this.#o.dns.transfers.setPolicy(policy)
      return ok(this.#notifyView(zone))
    })
  }

  async notifyNow(zoneName: string): Answer<NotifyView> {
    const live = this.#o.dns.zones.get(zoneName)
    if (live === undefined) return missing(`zone ${zoneName}`)
    if (this.#o.notifier.tell(live) === 0)
      return err(refusal('conflict', '', `nobody is to be told of ${zoneName}`, 'list secondaries to tell, or give the zone NS records whose addresses are in a zone here'))
    return ok(this.#notifyView(live.zone))
  }

  #notifyView(zone: Zone): NotifyView {
    const { notify, notifyServers } = this.#o.dns.transfers.policyOf(zone.id)
    const targets = notify.map(({ address, port, key }) => ({ address: formatIpv4(address), port, key: key ?? null }))
    return { targets, nameServers: notifyServers, told: this.#o.notifier.states(zone.id).map(notifiedView) }
  }
}

/** Whether a TSIG key of this name is here. */
export const isKnownKey = (dns: DnsServer, name: string): boolean => parseName(name).ok && dns.tsigKeys.find(keyOf(name)) !== undefined
export const noKey = (field: string, name: string): Refusal => refusal('invalid', field, `there is no TSIG key ${name}`, 'make the key first')

const notifiedView = ({ address, port, serial, outcome, at }: NotifyState): NotifiedView => ({
  address: formatIpv4(address),
  port,
  serial,
  outcome: typeof outcome === 'string' ? outcome : 'rejected',
  rcode: typeof outcome === 'string' ? null : outcome.rcode,
  at: timeText(at),
})

const policyView = ({ prefixes, keys, tlsOnly }: TransferPolicy): TransferPolicyView => ({ addresses: prefixes.map(formatPrefix), keys, tlsOnly })
