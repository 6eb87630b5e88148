/**
 * A client's side of TSIG, written from RFC 8945 §4.2 and §4.3 without the code under test: queries are signed and
 * answers taken apart by hand.
 */
import { createHmac } from 'node:crypto'

export const SECRET = Buffer.from('0123456789abcdef0123456789abcdef')
export const KEY = { name: 'transfer.lab.example', algorithm: 'hmac-sha256', secret: SECRET.toString('base64') } as const

export const wireName = (text: string): readonly number[] =>
  [...text.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]), 0]
export const u16be = (value: number): readonly number[] => [(value >> 8) & 255, value & 255]
export const u48be = (value: number): readonly number[] => [...u16be(Math.floor(value / 2 ** 32)), ...u16be(Math.floor(value / 2 ** 16)), ...u16be(value)]

export type Signing = {
  readonly keyName?: string
  readonly algorithm?: string
  readonly digest?: string
  readonly secret?: Uint8Array
  /** Seconds since 1970. */
  readonly time: number
  readonly fudge?: number
  readonly originalId?: number
  /** Octets of the MAC that are kept. */
  readonly macOctets?: number
  readonly spoilMac?: boolean
  readonly class?: number
  readonly ttl?: number
  readonly priorMac?: Uint8Array
  readonly timersOnly?: boolean
  /** Messages without a signature before this one. */
  readonly before?: readonly Uint8Array[]
}

export type Signed = { readonly bytes: Uint8Array; readonly mac: Uint8Array }

/** The record's variables as they are digested (§4.3.3). */
const variables = (s: Signing, error: number, other: Uint8Array): readonly number[] => {
  const timers = [...u48be(s.time), ...u16be(s.fudge ?? 300)]
  if (s.timersOnly === true) return timers
  const names = [...wireName(s.keyName ?? KEY.name), 0, 255, 0, 0, 0, 0, ...wireName(s.algorithm ?? KEY.algorithm)]
  return [...names, ...timers, ...u16be(error), ...u16be(other.length), ...other]
}

function macOf(message: Uint8Array, s: Signing, error = 0, other: Uint8Array = new Uint8Array(0)): Buffer {
  const hmac = createHmac(s.digest ?? 'sha256', s.secret ?? SECRET)
  if (s.priorMac !== undefined) hmac.update(Uint8Array.from(u16be(s.priorMac.length))).update(s.priorMac)
  for (const earlier of s.before ?? []) hmac.update(earlier)
  return hmac.update(message).update(Uint8Array.from(variables(s, error, other))).digest()
}

/** The message with a TSIG record behind it. */
export function signed(message: Uint8Array, s: Signing): Signed {
  const mac = macOf(message, s).subarray(0, s.macOctets ?? 64)
  if (s.spoilMac === true) mac[0] = (mac[0] as number) ^ 1
  const idOctets = s.originalId === undefined ? [message[0] as number, message[1] as number] : u16be(s.originalId)
  const rdata = [
    ...wireName(s.algorithm ?? KEY.algorithm), ...u48be(s.time), ...u16be(s.fudge ?? 300), ...u16be(mac.length), ...mac, ...idOctets, 0, 0, 0, 0,
  ]
  const head = [...wireName(s.keyName ?? KEY.name), 0, 250, ...u16be(s.class ?? 255), 0, 0, 0, s.ttl ?? 0, ...u16be(rdata.length)]
  const bytes = Uint8Array.from([...message, ...head, ...rdata])
  bytes[11] = (bytes[11] as number) + 1
  return { bytes, mac }
}

export type TakenApart = {
  /** Without the record, as it was before it was signed. */
  readonly message: Uint8Array
  readonly algorithm: string
  readonly time: number
  readonly fudge: number
  readonly mac: Uint8Array
  readonly error: number
  readonly other: Uint8Array
}

/** The TSIG record at the end of an answer, which is looked for by the key's name. */
export function takenApart(answer: Uint8Array, keyName: string = KEY.name): TakenApart {
  const b = Buffer.from(answer)
  const owner = Buffer.from(wireName(keyName))
  const at = b.lastIndexOf(Buffer.concat([owner, Buffer.from([0, 250, 0, 255, 0, 0, 0, 0])]))
  if (at < 0) throw new Error('the answer has no TSIG record')
  let i = at + owner.length + 10
  const labels: string[] = []
  while (b[i] !== 0) {
    labels.push(b.toString('latin1', i + 1, i + 1 + (b[i] as number)))
    i += 1 + (b[i] as number)
  }
  i++
  const macOctets = b.readUInt16BE(i + 8)
  const rest = i + 10 + macOctets
  const message = Uint8Array.from(b.subarray(0, at))
  message[11] = (message[11] as number) - 1
  if (rest + 6 + b.readUInt16BE(rest + 4) !== b.length) throw new Error('the record is not at the end')
  return {
    message,
    algorithm: labels.join('.'),
    time: b.readUIntBE(i, 6),
    fudge: b.readUInt16BE(i + 6),
    mac: Uint8Array.from(b.subarray(i + 10, rest)),
    error: b.readUInt16BE(rest + 2),
    other: Uint8Array.from(b.subarray(rest + 6)),
  }
}

/** Whether the answer's MAC is what the key makes of it and of the query's MAC. */
export function isGenuine(answer: Uint8Array, priorMac: Uint8Array, s: Partial<Signing> = {}): boolean {
  const t = takenApart(answer, s.keyName)
  return macOf(t.message, { ...s, priorMac, time: t.time, fudge: t.fudge }, t.error, t.other).equals(t.mac)
}
