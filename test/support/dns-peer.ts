/** A scripted server at the other end of the port by which the notifier and the secondaries ask. */
import type { DnsPorts, Upstream } from '../../services/dns/index.ts'
import { parseMessage } from '../../services/dns/wire/message.ts'
import { formatName } from '../../services/dns/wire/name.ts'
import { typeName } from '../../services/dns/wire/type-names.ts'
import { formatIpv4 } from '../../stack/index.ts'
import type { Clock } from '../../stack/platform/index.ts'

export type Asked = {
  /** "10.0.0.9#53". */
  readonly to: string
  readonly at: number
  readonly bytes: Uint8Array
  /** "lab.example SOA". */
  readonly question: string
  reply(bytes: Uint8Array): void
  fail(why: 'unreachable' | 'refused' | 'no-socket'): void
  cancelled: boolean
}

export class Peer {
  readonly asked: Asked[] = []
  /** Called for each query, at once. */
  onAsked: (asked: Asked) => void = () => {}
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get last(): Asked {
    const last = this.asked.at(-1)
    if (last === undefined) throw new Error('nobody has asked anything')
    return last
  }

  readonly query: DnsPorts['query'] = (upstream: Upstream, bytes, length, received, failed) => {
    const copy = bytes.slice(0, length)
    const parsed = parseMessage(copy, 0, length)
    if (!parsed.ok) throw new Error(`we sent a malformed message: ${parsed.error}`)
    const { name, type } = parsed.value
    const asked: Asked = {
      to: `${formatIpv4(upstream.address)}#${upstream.port}`,
      at: this.#clock.now(),
      bytes: copy,
      question: `${formatName(name)} ${typeName(type)}`,
      reply: (reply) => {
        if (!asked.cancelled) received(reply, 0, reply.length)
      },
      fail: (why) => {
        if (!asked.cancelled) failed(why)
      },
      cancelled: false,
    }
    this.asked.push(asked)
    this.onAsked(asked)
    return { cancel: () => void (asked.cancelled = true) }
  }
}

/** The question again, as an answer with an rcode. */
export function echoed(bytes: Uint8Array, rcode = 0): Uint8Array {
  let end = 12
  while (bytes[end] !== 0) end += 1 + (bytes[end] as number)
  const answer = bytes.slice(0, end + 5)
  answer[2] = (answer[2] as number) | 0x80
  answer[3] = rcode
  answer.fill(0, 6, 12)
  return answer
}
