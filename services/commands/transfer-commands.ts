/** The administrator's commands on who may have a zone. */
import { formatPrefix, parsePrefix, type Prefix } from '../../stack/index.ts'
import { err, ok } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { keyOf, parseName } from '../dns/wire/name.ts'
import type { Answer, TransferPolicyView } from '../facade.ts'
import { refusal, type TransferPolicy } from '../model/index.ts'
import type { TransferSide } from '../network-side.ts'
import { type CommandTurns, missing } from './turns.ts'

export type TransferCommandsOptions = {
  readonly dns: DnsServer
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
      const unknown = input.keys.findIndex((name) => !parseName(name).ok || this.#o.dns.tsigKeys.find(keyOf(name)) === undefined)
      if (unknown >= 0) return err(refusal('invalid', `/keys/${unknown}`, `there is no TSIG key ${input.keys[unknown]}`, 'make the key first'))
      const policy: TransferPolicy = { zoneId: zone.id, prefixes, keys: input.keys }
      const stored = await this.#o.turns.store([{ kind: 'transfer-policy-put', policy }])
      if (!stored.ok) return stored
      this.#o.dns.transfers.setPolicy(policy)
      return ok(policyView(policy))
    })
  }
}

const policyView = ({ prefixes, keys }: TransferPolicy): TransferPolicyView => ({ addresses: prefixes.map(formatPrefix), keys })
