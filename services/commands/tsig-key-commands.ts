/** The administrator's commands on TSIG keys. */
import { err, ok, type SecureRandom } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { TSIG_ALGORITHMS } from '../dns/tsig/tsig.ts'
import { parseName } from '../dns/wire/name.ts'
import type { Answer, TsigKeyInput, TsigKeyView } from '../facade.ts'
import { type Refusal, refusal, type TsigKey } from '../model/index.ts'
import type { TsigKeySide } from '../network-side.ts'
import { type CommandTurns, missing } from './turns.ts'

export type TsigKeyCommandsOptions = {
  readonly random: SecureRandom
  readonly dns: DnsServer
  readonly tsigKeys: readonly TsigKey[]
  readonly turns: CommandTurns
}

/** A shorter secret is weaker than what can be guessed by trying (RFC 8945 §8: as long as the digest is best). */
const SHORTEST_SECRET_OCTETS = 16
const LONGEST_SECRET_OCTETS = 512

export class TsigKeyCommands implements TsigKeySide {
  readonly #o: TsigKeyCommandsOptions
  /** By name. */
  readonly #keys: Map<string, TsigKey>

  constructor(options: TsigKeyCommandsOptions) {
    this.#o = options
    this.#keys = new Map(options.tsigKeys.map((key) => [key.name, key]))
    for (const key of options.tsigKeys) options.dns.tsigKeys.put(key)
  }

  async tsigKeys(): Answer<readonly TsigKeyView[]> {
    const keys = [...this.#keys.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return ok(keys.map(({ name, algorithm }) => ({ name, algorithm })))
  }

  addTsigKey(input: TsigKeyInput): Answer<TsigKey> {
    return this.#o.turns.take(async () => {
      const refused = checkKey(input)
      if (refused !== undefined) return err(refused)
      if (this.#keys.has(input.name))
        return err(refusal('conflict', '/name', `there is a key ${input.name} already`, 'choose another name, or remove that key first'))
      const key: TsigKey = { ...input, secret: input.secret ?? this.#newSecret(input) }
      const stored = await this.#o.turns.store([{ kind: 'tsig-key-put', key }])
      if (!stored.ok) return stored
      this.#keys.set(key.name, key)
      this.#o.dns.tsigKeys.put(key)
      return ok(key)
    })
  }

  removeTsigKey(name: string): Answer<null> {
    return this.#o.turns.take(async () => {
      if (!this.#keys.has(name)) return missing(`key ${name}`)
      const stored = await this.#o.turns.store([{ kind: 'tsig-key-remove', name }])
      if (!stored.ok) return stored
      this.#keys.delete(name)
      this.#o.dns.tsigKeys.remove(name)
      return ok(null)
    })
  }

  #newSecret({ algorithm }: TsigKeyInput): string {
    const octets = Buffer.alloc(TSIG_ALGORITHMS[algorithm].octets)
    this.#o.random.fill(octets)
    return octets.toString('base64')
  }
}

function checkKey({ name, secret }: TsigKeyInput): Refusal | undefined {
  if (!parseName(name).ok) return refusal('invalid', '/name', `"${name}" is not a domain name`, 'labels of 1 to 63 octets joined by dots, as transfer.lab.internal')
  if (secret === null) return undefined
  const octets = Buffer.from(secret, 'base64')
  if (octets.toString('base64') !== secret) return refusal('invalid', '/secret', 'the secret is not base64', 'give it as the other end prints it, or leave it out to have one made')
  if (octets.length >= SHORTEST_SECRET_OCTETS && octets.length <= LONGEST_SECRET_OCTETS) return undefined
  return refusal('invalid', '/secret', `the secret has ${octets.length} octets`, `use ${SHORTEST_SECRET_OCTETS} to ${LONGEST_SECRET_OCTETS}; as many as the digest has are best`)
}
