/** Octets for fuzz tests, by seed. */
import type { SeededRandom } from '../../stack/platform/index.ts'

/** So many octets of nothing. */
export const noise = (random: SeededRandom, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.below(256))

/** Flips, cuts, repeats and inserts a few octets; some of the new ones mean something in DNS messages. */
export function mutated(b: Uint8Array, random: SeededRandom): Uint8Array {
  let out = [...b]
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(out.length + 1)
    const kind = random.below(6)
    if (kind === 0 && at < out.length) out[at] = (out[at] as number) ^ (1 << random.below(8))
    else if (kind === 1) out = out.slice(0, at)
    else if (kind === 2) out.splice(at, 0, random.below(256))
    else if (kind === 3 && at < out.length) out[at] = [0, 0xff, 0xc0, 12, 63, 64][random.below(6)] as number
    else if (kind === 4) out.splice(at, random.below(4))
    else out.splice(at, 0, ...out.slice(at, at + random.below(20)))
  }
  return Uint8Array.from(out)
}
