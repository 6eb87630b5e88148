/** Asks a primary for the serial of a zone, over UDP, a few times. */
import type { Clock, SecureRandom, Timer } from '../../../stack/platform/index.ts'
import type { QueryHandle } from '../resolver/exchange.ts'
import type { Upstream } from '../resolver/upstreams.ts'
import type { DnsPorts } from '../server/options.ts'
import type { LiveTsigKey } from '../tsig/tsig.ts'
import { FLAG, opcodeOf, OPCODE, parseMessage, RCODE, rcodeName } from '../wire/message.ts'
import { TYPE } from '../wire/type-names.ts'
import type { LiveZone } from '../zone/zone.ts'
import { soaSerial } from './soa.ts'
import { StreamSignature } from './stream-signature.ts'
import { transferQuery } from './transfer-query.ts'

/** Until the next try; after the last the primary counts as silent. */
export const SERIAL_WAITS_MS = [1000, 2000, 4000] as const

export type SerialAnswer =
  | { readonly kind: 'serial'; readonly serial: number }
  /** Nothing came, or it was cut off. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'rcode'; readonly rcode: string }
  /** It answers, and does not serve the zone. */
  | { readonly kind: 'not-authoritative' }

export type SerialPorts = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly query: DnsPorts['query']
}

/** `done` is called once, later, unless it is cancelled before. */
export function askSerial(
  ports: SerialPorts, live: LiveZone, primary: Upstream, key: LiveTsigKey | undefined, done: (answer: SerialAnswer) => void,
): QueryHandle {
  const { clock, random, query } = ports
  const seconds = (): number => Math.floor(clock.wallMs() / 1000)
  let handle: QueryHandle | undefined
  let timer: Timer | undefined
  let over = false
  const cancel = (): void => {
    over = true
    timer?.cancel()
    handle?.cancel()
  }
  const finish = (answer: SerialAnswer): void => {
    if (over) return
    cancel()
    done(answer)
  }
  const attempt = (n: number): void => {
    handle?.cancel()
    const wait = SERIAL_WAITS_MS[n]
    if (wait === undefined) return finish({ kind: 'silent' })
    const { id, bytes, mac } = transferQuery(random.below(0x1_0000), live, TYPE.SOA, key, seconds())
    timer = clock.at(clock.now() + wait, () => attempt(n + 1))
    const signature = key === undefined || mac === undefined ? undefined : { key, mac }
    handle = query(primary, bytes, bytes.length, (b, at, length) => {
      if (over) return
      const genuine = signature === undefined || new StreamSignature(signature.key, signature.mac, seconds).take(b, at, length) === 'taken'
      const answer = genuine ? serialIn(b, at, length, id, live) : undefined
      if (answer !== undefined) finish(answer)
    }, () => {
      // It may be there by the next try.
    })
  }
  attempt(0)
  return { cancel }
}

/** undefined: it is no answer to this question. */
function serialIn(b: Uint8Array, at: number, length: number, id: number, live: LiveZone): SerialAnswer | undefined {
  const parsed = parseMessage(b, at, length)
  if (!parsed.ok) return undefined
  const m = parsed.value
  if (m.id !== id || (m.flags & FLAG.QR) === 0 || opcodeOf(m.flags) !== OPCODE.QUERY || m.key !== live.key || m.type !== TYPE.SOA) return undefined
  if ((m.flags & FLAG.TC) !== 0) return { kind: 'silent' }
  if (m.rcode !== RCODE.NOERROR) return { kind: 'rcode', rcode: rcodeName(m.rcode) }
  const soa = m.answer.find((record) => record.type === TYPE.SOA && record.key === live.key)
  if (soa === undefined || (m.flags & FLAG.AA) === 0) return { kind: 'not-authoritative' }
  return { kind: 'serial', serial: soaSerial(soa.rdata) }
}
