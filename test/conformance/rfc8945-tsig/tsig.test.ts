/** Signed queries and their answers. The client's side is test/support/dns-tsig.ts, which shares nothing with ours. */
import { describe, expect, test } from 'vitest'
import { Bench, queryBytes, replyTo, told, zoneOf } from '../../support/dns.ts'
import { isGenuine, KEY, SECRET, signed, takenApart, type Signed, type Signing } from '../../support/dns-tsig.ts'

const LONG = Array.from({ length: 4 }, () => `"${'x'.repeat(200)}"`).join(' ')
const ZONE = zoneOf('lab.example', `
  @    NS  ns
  www  A   10.0.0.4
  long TXT ${LONG}
`)
const OTHER = { name: 'other.lab.example', algorithm: 'hmac-sha512', secret: Buffer.alloc(64, 7).toString('base64') } as const

function bench(): Bench {
  const made = new Bench([ZONE], { upstreams: [{ address: 1, port: 53 }] })
  made.server.tsigKeys.put(KEY)
  made.server.tsigKeys.put(OTHER)
  return made
}
const nowOf = (b: Bench): number => Math.floor(b.clock.wallMs() / 1000)

/** The octets that come back; empty for nothing. */
function answerTo(b: Bench, bytes: Uint8Array, byStream = false): Uint8Array {
  const into = new Uint8Array(65_535)
  const never = (): never => {
    throw new Error('the answer is to come later')
  }
  const length = byStream
    ? b.server.receiveStream(bytes, 0, bytes.length, into, 0, 0, never)
    : b.server.receive(bytes, 0, bytes.length, into, 0, 4096, 0, never)
  return into.slice(0, length)
}

const WWW = queryBytes('www.lab.example', 'A')
const signedWww = (b: Bench, s: Partial<Signing> = {}): Signed => signed(WWW, { time: nowOf(b), ...s })

describe('RFC 8945 §5.3 a query that is signed well gets a signed answer', () => {
  test.each([
    ['hmac-sha256', {}],
    ['hmac-sha512', { keyName: OTHER.name, algorithm: 'hmac-sha512', digest: 'sha512', secret: Buffer.alloc(64, 7) }],
    ['§5.3.1 at the end of the fudge', { time: -300 }],
    ['at the beginning of the fudge', { time: 300 }],
    ['with a narrow fudge, in time', { time: -5, fudge: 5 }],
    ['§4.3.3 with the key in capitals', { keyName: 'TRANSFER.LAB.Example', forDigest: KEY.name }],
  ] as const)('%s', (_what, shape) => {
    for (const byStream of [false, true]) {
      const b = bench()
      const { time = 0, ...rest } = shape as { time?: number }
      const query = signedWww(b, { ...rest, time: nowOf(b) + time })
      const bytes = 'forDigest' in shape ? capitals(signedWww(b).bytes) : query.bytes
      const mac = 'forDigest' in shape ? signedWww(b).mac : query.mac
      const answer = answerTo(b, bytes, byStream)
      const { keyName: named = KEY.name, ...how } = rest as Partial<Signing>
      const ourName = 'forDigest' in shape ? KEY.name : named
      expect(told(answer, 0, answer.length).answer[0]).toBe('www.lab.example 300 A 10.0.0.4')
      expect(isGenuine(answer, mac, { ...how, keyName: ourName })).toBe(true)
      expect(takenApart(answer, ourName)).toMatchObject({ error: 0, time: nowOf(b), fudge: 300 })
      expect(b.server.counters.get('tsig-signed')).toBe(1)
    }
  })

  /** The owner of the record in capital letters, which changes no digest. */
  function capitals(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice()
    const at = Buffer.from(copy).lastIndexOf('transfer')
    copy.set(Buffer.from('TRANSFER'), at)
    return copy
  }

  test('§5.1 a forwarder may have changed the id', () => {
    const b = bench()
    const { bytes, mac } = signedWww(b)
    bytes[0] = 0x77
    const answer = answerTo(b, bytes)
    expect(answer[0]).toBe(0x77)
    expect(isGenuine(answer, mac)).toBe(true)
  })

  test('an answer that comes from upstream later is signed too', () => {
    const b = bench()
    b.onSent = (sent) => queueMicrotask(() => sent.reply(replyTo(sent, { answer: 'www.example.org 60 A 192.0.2.1' })))
    const { bytes, mac } = signed(queryBytes('www.example.org', 'A'), { time: nowOf(b) })
    const into = new Uint8Array(4096)
    return new Promise<void>((resolve) => {
      const length = b.server.receive(bytes, 0, bytes.length, into, 0, 4096, 0, () => (octets, at, n) => {
        const answer = octets.slice(at, at + n)
        expect(told(answer, 0, n).answer).toContain('www.example.org 60 A 192.0.2.1')
        expect(isGenuine(answer, mac)).toBe(true)
        resolve()
      })
      expect(length).toBe(-1)
    })
  })

  test('the answer table does not serve signed queries, nor keeps their answers', () => {
    const b = bench()
    for (let i = 0; i < 3; i++) {
      const { bytes, mac } = signedWww(b)
      expect(isGenuine(answerTo(b, bytes), mac)).toBe(true)
    }
    expect(b.ask('www.lab.example', 'A').additional).toEqual([])
  })

  test('what fits without a signature and not with it comes as the question alone, with TC', () => {
    const b = bench()
    const query = queryBytes('long.lab.example', 'TXT', { edns: { size: 900 } })
    expect(told(answerTo(b, query), 0, answerTo(b, query).length).flags).not.toContain('tc')
    const { bytes, mac } = signed(query, { time: nowOf(b) })
    const answer = answerTo(b, bytes)
    expect(told(answer, 0, answer.length)).toMatchObject({ rcode: 'NOERROR', flags: expect.stringContaining('tc'), answer: [] })
    expect(answer.length).toBeLessThanOrEqual(900)
    expect(isGenuine(answer, mac)).toBe(true)
    expect(told(answerTo(b, bytes, true), 0, answerTo(b, bytes, true).length).answer).toHaveLength(1)
  })
})

describe('RFC 8945 §5.2 what is wrong with a signature is said in the answer', () => {
  test.each([
    // section and what                        how it is signed                                         error  signed
    ['§5.2.1 a key that is not known', { keyName: 'nobody.lab.example' }, 17, false],
    ['§5.2.1 an algorithm that is not the key\u2019s', { algorithm: 'hmac-sha512', digest: 'sha512' }, 17, false],
    ['§6 an algorithm that is not taken', { algorithm: 'hmac-md5.sig-alg.reg.int', digest: 'md5' }, 17, false],
    ['§5.2.2 another secret', { secret: Buffer.from('another secret') }, 16, false],
    ['§5.2.2 a MAC with one bit wrong', { spoilMac: true }, 16, false],
    ['§5.2.2 an original id that was not signed', { originalId: 1 }, 16, false],
    ['§5.2.3 too old', { time: -301 }, 18, true],
    ['§5.2.3 from the future', { time: 301 }, 18, true],
    ['§5.2.4 a MAC cut to half', { macOctets: 16 }, 22, true],
    ['§5.2 the MAC is looked at before the time', { time: -4000, spoilMac: true }, 16, false],
    ['§5.2 the time is looked at before the truncation', { time: -4000, macOctets: 20 }, 18, true],
  ] as const)('%s', (_what, shape, error, hasMac) => {
    const b = bench()
    const { time = 0, ...rest } = shape as { time?: number }
    const s: Partial<Signing> = { ...rest, time: nowOf(b) + time }
    const { bytes, mac } = signedWww(b, s)
    const answer = answerTo(b, bytes)
    expect(told(answer, 0, answer.length)).toMatchObject({ rcode: 'NOTAUTH', answer: [], question: 'www.lab.example A' })
    const record = takenApart(answer, s.keyName)
    expect(record.error).toBe(error)
    expect(record.mac.length > 0).toBe(hasMac)
    if (hasMac) expect(isGenuine(answer, mac)).toBe(true)
    // §5.2.3: the time of the query, and ours beside it.
    if (error === 18) expect([record.time, Buffer.from(record.other).readUIntBE(0, 6)]).toEqual([s.time, nowOf(b)])
    expect(b.server.counters.get('tsig-signed')).toBe(0)
  })

  test.each([
    ['§5.2.2.1 a MAC shorter than half of the digest', (b: Bench) => signedWww(b, { macOctets: 15 }).bytes],
    ['§5.2.2.1 a MAC of 9 octets', (b: Bench) => signedWww(b, { macOctets: 9 }).bytes],
    ['§5.1 two records', (b: Bench) => signed(signedWww(b).bytes, { time: nowOf(b) }).bytes],
    ['§4.2 of class IN', (b: Bench) => signedWww(b, { class: 1 }).bytes],
    ['§4.2 with a TTL', (b: Bench) => signedWww(b, { ttl: 1 }).bytes],
    ['§5.1 in front of an OPT', (b: Bench) => {
      const bytes = Uint8Array.from([...signedWww(b).bytes, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0])
      bytes[11] = 2
      return bytes
    }],
  ] as const)('FORMERR: %s', (_what, made) => {
    const b = bench()
    const answer = answerTo(b, made(b))
    expect(answer[3] as number & 15).toBe(1)
    expect(b.server.counters.get('tsig-malformed')).toBe(1)
  })

  test('a response with a bad signature is not answered', () => {
    const b = bench()
    const { bytes } = signedWww(b, { spoilMac: true })
    bytes[2] = (bytes[2] as number) | 0x80
    expect(answerTo(b, bytes)).toHaveLength(0)
  })

  test('a key that is removed is not known any more', () => {
    const b = bench()
    b.server.tsigKeys.remove('Transfer.lab.example')
    expect(takenApart(answerTo(b, signedWww(b).bytes)).error).toBe(17)
    expect(SECRET).toHaveLength(32)
  })
})
