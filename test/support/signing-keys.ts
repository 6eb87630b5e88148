/** What private keys are made and kept with in tests: pairs that are made once, and a seal that hides nothing. */
import type { ApplianceOptions } from '../../services/appliance.ts'
import { err, ok } from '../../stack/platform/index.ts'
import { keyPair } from './dnssec.ts'

/** Another pair for every key that is made; the same ones in the same order in every test. */
export function keysForTests(): ApplianceOptions['keys'] {
  let made = 0
  return {
    makeKeyPair: (algorithm) => Promise.resolve(keyPair(algorithm, ++made)),
    sealing: {
      seal: (secret, about) => ok(Buffer.concat([Uint8Array.of(about.length >> 8, about.length & 255), about, secret])),
      open: (sealed, about) => {
        const end = 2 + (((sealed[0] ?? 0) << 8) | (sealed[1] ?? 0))
        return Buffer.compare(sealed.subarray(2, end), about) === 0 ? ok(sealed.subarray(end)) : err('it is damaged')
      },
    },
  }
}
