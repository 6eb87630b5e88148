/** TSIG keys in memory, for tests of the admin API and the command line. */
import type { Answer, NewTsigKeyView, TsigKeyInput, TsigKeyServices, TsigKeyView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

export class FakeTsigKeys implements TsigKeyServices {
  keys: TsigKeyView[] = [{ name: 'update.lab.internal', algorithm: 'hmac-sha256' }]

  async listTsigKeys(): Answer<readonly TsigKeyView[]> {
    return ok(this.keys)
  }

  async addTsigKey({ name, algorithm, secret }: TsigKeyInput): Answer<NewTsigKeyView> {
    if (this.keys.some((key) => key.name === name)) return err(refusal('conflict', '/name', `there is a key ${name} already`, 'choose another name'))
    this.keys.push({ name, algorithm })
    return ok({ name, algorithm, secret: secret ?? 'c2VjcmV0' })
  }

  async removeTsigKey(name: string): Answer<null> {
    if (!this.keys.some((key) => key.name === name)) return err(refusal('not-found', '', `there is no key ${name}`, 'list the keys'))
    this.keys = this.keys.filter((key) => key.name !== name)
    return ok(null)
  }
}
