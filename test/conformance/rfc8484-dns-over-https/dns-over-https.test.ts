/** DNS over HTTPS, by both versions of HTTP, against Node's own HTTP clients. */
import { once } from 'node:events'
import { connect as connect2 } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { freshSeconds } from '../../../services/tls/dns-over-https.ts'
import { MAX_BODY_OCTETS } from '../../../services/tls/https-front.ts'
import { MAX_HTTPS_CONNECTIONS } from '../../../services/tls/tls-front.ts'
import { Bench, queryBytes, replyTo, told, type QueryShape, zoneOf } from '../../support/dns.ts'
import { ednsOption, optionsOf } from '../../support/dns-options.ts'
import { UPSTREAM } from '../../support/dns-stream.ts'
import { ask, type Asked, type Http } from '../../support/https-client.ts'
import { TlsBench, turn, until } from '../../support/tls-front.ts'

const VERSIONS: readonly Http[] = ['2', '1.1']
const MEDIA = 'application/dns-message'
const query = (name: string, type = 'A', shape: QueryShape = {}): Uint8Array => queryBytes(`${name}.lab.example`, type, { id: 0, ...shape })
const get = (message: Uint8Array): Asked => ({ path: `/dns-query?dns=${Buffer.from(message).toString('base64url')}`, headers: { accept: MEDIA } })
const post = (body: Uint8Array, type = MEDIA): Asked => ({ method: 'POST', path: '/dns-query', headers: { 'content-type': type, accept: MEDIA }, body })

describe.each(VERSIONS)('RFC 8484 §4 by HTTP/%s', (version) => {
  test.each([
    ['§4.1 GET', get(query('www'))],
    ['§4.1 POST', post(query('www'))],
    ['a media type in capitals and with a parameter (RFC 9110 §8.3.1)', post(query('www'), 'Application/DNS-Message; x=y')],
  ])('%s', async (_what, asked) => {
    const { status, headers, body } = await ask(new TlsBench(), version, asked)
    expect([status, headers['content-type'], headers['content-length']]).toEqual([200, MEDIA, String(body.length)])
    expect(told(body, 0, body.length)).toMatchObject({ id: 0, rcode: 'NOERROR', answer: ['www.lab.example 300 A 10.0.0.4'] })
  })

  test.each([
    ['a name that is not there', query('none'), 'NXDOMAIN', 'max-age=60'],
    ['a refusal', queryBytes('www.example.com', 'A', { flags: 0 }), 'REFUSED', 'max-age=0'],
    ['a message that cannot be read', queryBytes('www.lab.example', 'A', { edns: { options: [0, 3, 0] } }), 'FORMERR', 'max-age=0'],
    ['§5.1 an answer', query('www'), 'NOERROR', 'max-age=300'],
  ])('§4.2.1 whatever DNS says is a success of HTTP: %s', async (_what, message, rcode, caching) => {
    const { status, headers, body } = await ask(new TlsBench(), version, get(message))
    expect([status, told(body, 0, body.length).rcode, headers['cache-control']]).toEqual([200, rcode, caching])
  })

  test.each<[string, number, Asked]>([
    ['no parameter', 400, { path: '/dns-query' }],
    ['an empty one', 400, { path: '/dns-query?dns=' }],
    ['two of them', 400, { path: '/dns-query?dns=AAAA&dns=AAAA' }],
    ['§6 base64 of the other alphabet', 400, { path: '/dns-query?dns=AA%2B_AAAAAAAAAAAAAAAA' }],
    ['§6 base64url with padding', 400, { path: `${get(query('wwww')).path}==` }],
    ['a letter too many', 400, { path: '/dns-query?dns=AAAAA' }],
    ['less than a header', 400, get(new Uint8Array(11))],
    ['less than a header as a body', 400, post(new Uint8Array(11))],
    ['no body', 400, post(new Uint8Array(0))],
    ['a response', 400, get(query('www', 'A', { flags: 0x8000 }))],
    ['§4.1 another media type', 415, post(query('www'), 'application/json')],
    ['more than a message can be', 413, post(new Uint8Array(65_536))],
    ['another method', 405, { method: 'PUT', path: '/dns-query', headers: { 'content-type': MEDIA }, body: query('www') }],
    ['another path', 404, { path: '/dns' }],
  ])('%s: %i', async (_what, status, asked) => {
    const bench = new TlsBench({ openApi: () => 'none' })
    const answer = await ask(bench, version, asked)
    expect([answer.status, answer.headers['cache-control']]).toEqual([status, 'no-store'])
    expect(answer.headers['allow']).toBe(status === 405 ? 'GET, POST' : undefined)
    expect(bench.counted.get('https-refused') ?? 0).toBe(status === 404 ? 0 : 1)
  })

  test('§6 a response of 60,000 octets is whole, whatever EDNS says', async () => {
    const { body } = await ask(new TlsBench(), version, get(query('huge', 'TXT', { edns: { size: 512 } })))
    expect(told(body, 0, body.length)).toMatchObject({ flags: 'aa rd', answer: [expect.stringContaining('TXT')] })
  })

  test('an answer that comes later', async () => {
    const bench = new TlsBench({ dns: { upstreams: [UPSTREAM] } })
    const answered = ask(bench, version, post(queryBytes('www.example.com', 'A')))
    await until(() => bench.bench.sent.length === 1)
    const [sent] = bench.bench.sent
    if (sent !== undefined) sent.reply(replyTo(sent, { answer: 'www.example.com 60 A 192.0.2.1\nwww.example.com 30 A 192.0.2.2' }))
    const { headers, body } = await answered
    expect([told(body, 0, body.length).answer.length, headers['cache-control']]).toEqual([2, 'max-age=30'])
  })

  test('too much under way: 503, and when to try again', async () => {
    const bench = new TlsBench({ ask: (_question, answered) => answered('busy') })
    const { status, headers } = await ask(bench, version, get(query('www')))
    expect([status, headers['retry-after']]).toEqual([503, '1'])
  })

  test('RFC 7828 is for connections of DNS, RFC 7873 for all: options of a query', async () => {
    const options = [...ednsOption(11), ...ednsOption(10, [1, 2, 3, 4, 5, 6, 7, 8])]
    const { body } = await ask(new TlsBench(), version, get(query('www', 'A', { edns: { options } })))
    expect(optionsOf(told(body, 0, body.length)).map(([code]) => code)).toEqual([10])
  })
})

describe('RFC 8484 §5.2 HTTP/2', () => {
  test('many questions on one connection, answered as they are ready', async () => {
    const bench = new TlsBench({ dns: { upstreams: [UPSTREAM] } })
    const session = connect2('https://taproot.lab.internal', { createConnection: () => bench.tls(443, { ALPNProtocols: ['h2'] }) })
    const order: number[] = []
    const one = async (n: number, message: Uint8Array): Promise<void> => {
      const stream = session.request({ ':path': get(message).path })
      stream.resume()
      await once(stream, 'end')
      order.push(n)
    }
    const slow = one(0, queryBytes('www.example.com', 'A'))
    await until(() => bench.bench.sent.length === 1)
    await Promise.all(Array.from({ length: 50 }, (_, i) => one(i + 1, query('www'))))
    const [sent] = bench.bench.sent
    if (sent !== undefined) sent.reply(replyTo(sent, { answer: 'www.example.com 60 A 192.0.2.1' }))
    await slow
    expect([order.length, order.at(-1)]).toEqual([51, 0])
    expect(bench.counted.get('tls-handshakes')).toBe(1)
    session.destroy()
    await until(() => bench.front.size === 0)
  })

  test('a client that goes away while it is answered leaves nothing behind', async () => {
    const bench = new TlsBench({ dns: { upstreams: [UPSTREAM] } })
    const session = connect2('https://taproot.lab.internal', { createConnection: () => bench.tls(443, { ALPNProtocols: ['h2'] }) })
    session.on('error', () => {})
    const stream = session.request({ ':path': get(queryBytes('www.example.com', 'A')).path })
    stream.on('error', () => {})
    await until(() => bench.bench.sent.length === 1)
    session.destroy()
    await until(() => bench.front.size === 0)
    const [sent] = bench.bench.sent
    if (sent !== undefined) sent.reply(replyTo(sent, { answer: 'www.example.com 60 A 192.0.2.1' }))
    await turn()
  })
})

describe('RFC 8484 §5.1 how long an HTTP cache may give an answer', () => {
  const { server } = new Bench([zoneOf('lab.example', `
    @      NS    ns
    mixed  50 A  10.0.0.1
    low    20 A  10.0.0.2
    alias  90 CNAME low
  `)])
  const into = new Uint8Array(4096)
  const octetsOf = (name: string, type: string): Uint8Array => {
    const bytes = queryBytes(name, type)
    return into.slice(0, server.receive(bytes, 0, bytes.length, into, 0, 4096, 0, () => () => {}))
  }
  test.each([
    ['the smallest TTL of the answers', 'low.lab.example', 'A', 20],
    ['of a chain too', 'alias.lab.example', 'A', 20],
    ['§5.1 without an answer: the SOA’s, as a TTL or a minimum (RFC 2308 §5)', 'none.lab.example', 'A', 60],
    ['no data: the same', 'mixed.lab.example', 'TXT', 60],
    ['neither: not at all', 'example.com', 'A', 0],
  ])('%s', (_what, name, type, seconds) => expect(freshSeconds(octetsOf(name, type))).toBe(seconds))

  test('octets that are no message: not at all', () => expect(freshSeconds(new Uint8Array(5))).toBe(0))
})

describe.each(VERSIONS)('the API by HTTP/%s', (version) => {
  test('goes to the API’s server, with its host, token and body, from where it came', async () => {
    const asked: Asked = { method: 'POST', path: '/api/v1/zones?x=1', headers: { authorization: 'Bearer T', te: 'trailers' }, body: Buffer.from('{}') }
    const { status, body } = await ask(new TlsBench(), version, asked)
    // Node's client adds the port in HTTP/2.
    expect([status, String(body).replace(':443', '')]).toEqual([200, 'POST /api/v1/zones?x=1 taproot.lab.internal Bearer T "{}" from 10.53.0.9, connection close'])
  })

  test('too many connections to it: 503', async () => {
    expect((await ask(new TlsBench({ openApi: () => 'busy' }), version, { path: '/' })).status).toBe(503)
  })

  test('is not there when it is away: 502', async () => {
    const bench = new TlsBench()
    bench.api.removeAllListeners('request')
    bench.api.on('request', (_request, response) => response.destroy())
    expect((await ask(bench, version, { path: '/' })).status).toBe(502)
  })
})

test('one connection more than there may be ends the one that nothing was asked on for longest', async () => {
  const bench = new TlsBench()
  const open = async (n: number): Promise<TLSSocket> => {
    const socket = bench.tls(443, { ALPNProtocols: ['http/1.1'] }, 20_000 + n)
    socket.resume()
    await once(socket, 'secureConnect')
    return socket
  }
  const sockets: TLSSocket[] = []
  for (let n = 0; n < MAX_HTTPS_CONNECTIONS; n++) sockets.push(await open(n))
  const [asking, silent] = sockets as [TLSSocket, TLSSocket]
  asking.write(`GET ${get(query('www')).path} HTTP/1.1\r\nhost: taproot.lab.internal\r\n\r\n`)
  await until(() => bench.bench.server.counters.get('https-queries') === 1)
  await open(MAX_HTTPS_CONNECTIONS)
  await until(() => silent.destroyed)
  expect([asking.destroyed, sockets.filter((socket) => socket.destroyed).length, bench.counted.get('https-closed-full')]).toEqual([false, 1, 1])
})

test('questions that do not come whole: memory has a bound, and it is free again when they are gone', async () => {
  const bench = new TlsBench()
  const sessions = Array.from({ length: 2 }, (_, n) => {
    const session = connect2('https://taproot.lab.internal', { createConnection: () => bench.tls(443, { ALPNProtocols: ['h2'] }, 30_000 + n) })
    session.on('error', () => {})
    return session
  })
  const half = Buffer.alloc(60_000)
  const streams = sessions.flatMap((session) => Array.from({ length: 90 }, () => {
    const stream = session.request({ ':method': 'POST', ':path': '/dns-query', 'content-type': MEDIA })
    stream.on('error', () => {})
    stream.write(half)
    return stream
  }))
  await until(() => bench.counted.get('https-requests') === streams.length)
  let status = 0
  while (status !== 503) ({ status } = await ask(bench, '2', post(Buffer.concat([query('www'), half]).subarray(0, 60_000))))
  for (const session of sessions) session.destroy()
  await until(() => bench.front.size === 0)
  expect((await ask(bench, '2', post(query('www')))).status).toBe(200)
  expect(90 * 2 * half.length).toBeGreaterThan(MAX_BODY_OCTETS)
})
