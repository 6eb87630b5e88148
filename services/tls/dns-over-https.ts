/**
 * DNS over HTTPS (RFC 8484) without HTTP: which request is a question, and what the headers of its answer say.
 */
import { u32 } from '../../stack/platform/index.ts'
import { HEADER_OCTETS, MAX_MESSAGE_OCTETS, parseMessage } from '../dns/wire/message.ts'
import { TYPE } from '../dns/wire/type-names.ts'

/** Of the URI template https://NAME/dns-query{?dns}, which clients expect unless told otherwise. */
export const DNS_PATH = '/dns-query'
export const DNS_MEDIA_TYPE = 'application/dns-message'

export type DohRequest = {
  readonly method: string
  /** What is behind the question mark, without it. */
  readonly query: string
  readonly contentType: string | undefined
}

/** How a request that holds no question is refused, and why. */
export type DohRefusal = { readonly status: 400 | 405 | 413 | 415; readonly says: string }

/** What a request is: a question by GET, one whose octets are the body, or none. */
export type DohReading =
  | { readonly kind: 'question'; readonly message: Uint8Array }
  | { readonly kind: 'body' }
  | { readonly kind: 'refused'; readonly refusal: DohRefusal }

const refused = (status: DohRefusal['status'], says: string): DohReading => ({ kind: 'refused', refusal: { status, says } })

export function readDohRequest({ method, query, contentType }: DohRequest): DohReading {
  if (method === 'POST') {
    // RFC 9110 §8.3.1: parameters may follow, and letters of either case are the same.
    if (contentType?.split(';')[0]?.trim().toLowerCase() !== DNS_MEDIA_TYPE) return refused(415, `the body is to be ${DNS_MEDIA_TYPE}`)
    return { kind: 'body' }
  }
  if (method !== 'GET') return refused(405, 'GET and POST are what there is')
  const values = new URLSearchParams(query).getAll('dns')
  const [text] = values
  if (text === undefined || values.length > 1) return refused(400, 'the parameter dns is to be there once')
  // RFC 8484 §6: base64url without padding.
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return refused(400, 'the parameter dns is to be base64url without padding')
  const message = Buffer.from(text, 'base64url')
  const fault = faultOf(message.length)
  return fault === undefined ? { kind: 'question', message } : { kind: 'refused', refusal: fault }
}

/** Why a message of so many octets is none; undefined when it can be one. */
export function faultOf(octets: number): DohRefusal | undefined {
  if (octets < HEADER_OCTETS) return { status: 400, says: 'the message is shorter than a header' }
  return octets > MAX_MESSAGE_OCTETS ? { status: 413, says: `a message has ${MAX_MESSAGE_OCTETS} octets at most` } : undefined
}

/**
 * How many seconds an HTTP cache may give the response (RFC 8484 §5.1): the smallest TTL of the answer section; without
 * answers that of the SOA, which says how long there is none (RFC 2308 §5); otherwise none.
 */
export function freshSeconds(response: Uint8Array): number {
  const parsed = parseMessage(response, 0, response.length)
  if (!parsed.ok) return 0
  const { answer, authority } = parsed.value
  if (answer.length > 0) return Math.min(...answer.map(({ ttl }) => ttl))
  const soa = authority.find(({ type }) => type === TYPE.SOA)
  return soa === undefined ? 0 : Math.min(soa.ttl, u32(soa.rdata, soa.rdata.length - 4))
}
