/** DNS over TLS between a TLS client of Node and our servers, on streams in memory. */
import { once } from 'node:events'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { IDLE_MS } from '../../../services/dns-conversations.ts'
import { HANDSHAKE_MS } from '../../../services/tls/tls-front.ts'
import { queryBytes, replyTo } from '../../support/dns.ts'
import { ednsOption, optionOf } from '../../support/dns-options.ts'
import { UPSTREAM } from '../../support/dns-stream.ts'
import { CA, DotClient, pairFor, SERVER_NAME, TlsBench, turn, until } from '../../support/tls-front.ts'

const query = (name: string, type = 'A', id = 1): Uint8Array => queryBytes(`${name}.lab.example`, type, { id })

describe('RFC 7858 §3 DNS over TLS', () => {
  test.each([['TLSv1.3'], ['TLSv1.2']] as const)('§3.1, §3.3 queries and answers, by %s', async (version) => {
    const bench = new TlsBench()
    const client = new DotClient(bench.tls(853, { minVersion: version, maxVersion: version }))
    client.send(query('www', 'A', 1), query('huge', 'TXT', 2), query('none', 'A', 3))
    const answers = await client.receive(3)
    expect(answers.map(({ id, rcode }) => [id, rcode])).toEqual([[1, 'NOERROR'], [2, 'NOERROR'], [3, 'NXDOMAIN']])
    expect([client.socket.authorized, client.socket.getProtocol()]).toEqual([true, version])
    expect(bench.bench.server.counters.toJSON()).toMatchObject({ 'tls-connections': 1, 'tls-queries': 3 })
    expect(bench.counted.get('tls-handshakes')).toBe(1)
  })

  test('RFC 9325 §3.1.1 older versions of TLS are refused', async () => {
    const bench = new TlsBench()
    const client = bench.tls(853, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toMatch(/PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE/)
    await until(() => bench.counted.get('tls-handshake-failed') === 1)
  })

  test.each([
    ['a client that names no protocol', undefined, 'NOERROR'],
    ['one that offers dot', ['dot'], 'NOERROR'],
    ['one that offers dot among others', ['h2', 'dot'], 'NOERROR'],
    ['one that offers others only (RFC 7301 §3.2)', ['h2'], 'no application protocol'],
  ])('§3.1 ALPN: %s', async (_what, protocols, expected) => {
    const client = new DotClient(new TlsBench().tls(853, protocols === undefined ? {} : { ALPNProtocols: protocols }))
    client.send(query('www'))
    const failed = once(client.socket, 'error').then(([error]) => /no application protocol/.exec((error as Error).message)?.[0])
    const answered = client.receive(1).then(([answer]) => answer?.rcode)
    expect(await Promise.race([failed, answered])).toBe(expected)
  })

  test('§3.1 a client that speaks no TLS gets no answer', async () => {
    const bench = new TlsBench()
    const raw = bench.dial(853)
    let octets = ''
    raw.on('data', (part: Buffer) => void (octets += part.toString('latin1')))
    raw.write(Buffer.from([0, 12, ...query('www')]))
    await until(() => bench.counted.get('tls-handshake-failed') === 1)
    // An alert at most.
    expect(octets.length).toBeLessThan(10)
    expect(bench.bench.server.counters.get('queries')).toBe(0)
  })

  test('a handshake that does not end is ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const bench = new TlsBench()
    const raw = bench.dial(853)
    raw.write(Buffer.from([0x16, 3, 1]))
    await turn()
    vi.advanceTimersByTime(HANDSHAKE_MS - 1)
    expect(bench.front.size).toBe(1)
    vi.advanceTimersByTime(1)
    await until(() => bench.front.size === 0 && raw.destroyed)
    expect(bench.counted.get('tls-handshake-failed')).toBe(1)
  })

  test('RFC 8310 §8.1 the certificate is good for the name and the address, and for no other', async () => {
    const verdict = async (options: { readonly servername?: string; readonly host?: string }): Promise<string> => {
      const socket = new TlsBench().tls(853, { ca: CA, ...options })
      return new Promise((resolve) => {
        socket.once('secureConnect', () => resolve('trusted'))
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
      })
    }
    expect(await verdict({ servername: SERVER_NAME })).toBe('trusted')
    expect(await verdict({ servername: '', host: '10.53.0.2' })).toBe('trusted')
    expect(await verdict({ servername: 'dns.example' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  test('§3.3 answers come as they are ready (RFC 7766 §6.2.1.1)', async () => {
    const bench = new TlsBench({ dns: { upstreams: [UPSTREAM] } })
    const client = new DotClient(bench.tls(853))
    client.send(queryBytes('n1.example.com', 'A', { id: 1 }), query('www', 'A', 2))
    await client.receive(1)
    const [sent] = bench.bench.sent
    if (sent !== undefined) sent.reply(replyTo(sent, { answer: 'n1.example.com 60 A 192.0.2.1' }))
    expect((await client.receive(2)).map(({ id }) => id)).toEqual([2, 1])
  })

  test('§3.4 a silent connection is ended in order, after the time that the client was told (RFC 7828)', async () => {
    const bench = new TlsBench()
    const client = new DotClient(bench.tls(853))
    client.send(queryBytes('www.lab.example', 'A', { edns: { options: ednsOption(11) } }))
    const [answer] = await client.receive(1)
    expect(100 * Number.parseInt(optionOf(answer, 11) as string, 16)).toBe(IDLE_MS)
    bench.bench.clock.advance(IDLE_MS - 1000)
    await turn()
    expect(client.ended).toBe(false)
    bench.bench.clock.advance(1100)
    await until(() => client.ended)
    client.socket.end()
    await until(() => bench.front.size === 0 && bench.endpoint.size === 0)
  })

  test('§3.4 a client that ends its direction gets its answers', async () => {
    const bench = new TlsBench({ dns: { upstreams: [UPSTREAM] } })
    const client = new DotClient(bench.tls(853, { allowHalfOpen: true } as object))
    client.send(query('huge', 'TXT', 1), queryBytes('n1.example.com', 'A', { id: 2 }))
    client.socket.end()
    await client.receive(1)
    await until(() => bench.bench.sent.length === 1)
    const [sent] = bench.bench.sent
    if (sent !== undefined) sent.reply(replyTo(sent, { answer: 'n1.example.com 60 A 192.0.2.1' }))
    expect((await client.receive(2)).map(({ id }) => id)).toEqual([1, 2])
    await until(() => bench.front.size === 0)
  })

  test('a client that goes away leaves nothing behind', async () => {
    const bench = new TlsBench({ dns: { upstreams: [UPSTREAM] } })
    const client = new DotClient(bench.tls(853))
    client.send(queryBytes('n1.example.com', 'A'))
    await until(() => bench.bench.sent.length === 1)
    client.socket.destroy()
    await until(() => bench.front.size === 0 && bench.endpoint.size === 0)
    const [sent] = bench.bench.sent
    if (sent !== undefined) sent.reply(replyTo(sent, { answer: 'n1.example.com 60 A 192.0.2.1' }))
  })

  test('another certificate counts for connections that begin, and those that are open go on', async () => {
    const bench = new TlsBench()
    const open = new DotClient(bench.tls(853))
    open.send(query('www', 'A', 1))
    await open.receive(1)
    bench.front.use(pairFor('other.lab.internal'))
    const fresh = new DotClient(bench.tls(853, { servername: 'other.lab.internal' }))
    fresh.send(query('www', 'A', 2))
    await fresh.receive(1)
    open.send(query('www', 'A', 3))
    expect((await open.receive(2)).map(({ id }) => id)).toEqual([1, 3])
    expect(fresh.socket.authorized).toBe(true)
  })
})

test('what is no message ends the connection there too', async () => {
  const bench = new TlsBench()
  const client = new DotClient(bench.tls(853))
  client.send(query('www', 'A', 1), new Uint8Array(3))
  await client.receive(1)
  await until(() => client.ended)
  expect(bench.bench.server.counters.get('tcp-closed-malformed')).toBe(1)
})
