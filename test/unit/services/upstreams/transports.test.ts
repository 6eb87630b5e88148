/** Kept connections to real servers on the loopback: TCP, TLS, HTTPS; who is trusted, and what happens when they go away. */
import { afterEach, describe, expect, test } from 'vitest'
import { forwardTarget, type ForwardTarget } from '../../../../services/dns/forwarding/forward-target.ts'
import { pinOf } from '../../../../services/dns-tls-query.ts'
import { type Transports, transports } from '../../../../services/upstreams/transports.ts'
import { Stack } from '../../../../stack/index.ts'
import { HostDatagrams, SeededSecureRandom, SystemClock } from '../../../../stack/platform/index.ts'
import { X509Certificate } from 'node:crypto'
import { selfSigned } from '../../../support/certificate.ts'
import { queryBytes, told } from '../../../support/dns.ts'
import { forwardServer } from '../../../support/forwarding.ts'
import { UpstreamServer } from '../../../support/upstream-server.ts'

const CERTIFICATE = selfSigned(['dns.example'], ['127.0.0.1'], new Date())
const OTHER = selfSigned(['other.example'], ['192.0.2.1'], new Date())
const PIN = pinOf(new X509Certificate(CERTIFICATE.cert))

const opened: { close(): void }[] = []
afterEach(() => {
  for (const each of opened.splice(0)) each.close()
})
const kept = <T extends { close(): void }>(each: T): T => {
  opened.push(each)
  return each
}

function made(): Transports {
  const clock = new SystemClock()
  return kept(transports(new Stack({ clock, random: new SeededSecureRandom(1) }), clock, kept(new HostDatagrams())))
}

const target = (text: string, authority?: string): ForwardTarget => forwardTarget(forwardServer(text), { path: 'host', authority })

/** Its rcode and addresses, or why it failed. */
function ask({ send }: Transports, to: ForwardTarget, name: string, id = 7): Promise<string> {
  const query = queryBytes(name, 'A', { id })
  return new Promise((resolve) => {
    const handle = send(
      to, to.transport === 'udp' ? 'tcp' : to.transport, query, query.length,
      (b, at, length) => {
        const answer = told(b, at, length)
        handle.cancel()
        resolve(`${answer.id} ${answer.question}: ${answer.answer.join()}`)
      },
      (why) => resolve(why),
    )
  })
}

const answerTo = (name: string, id = 7): string => `${id} ${name} A: ${name} 60 A 192.0.2.7`
const NAMES = Array.from({ length: 20 }, (_, i) => `n${i}.example`)

describe('RFC 7766 §6.2 one connection', () => {
  test('§6.2.1.1 many queries share it, answered in any order; equal ids are told apart', async () => {
    const server = kept(await new UpstreamServer({ batch: 5 }).tcp())
    const by = made()
    const to = target(`127.0.0.1:${server.port}`)
    const answers = await Promise.all(NAMES.map((name) => ask(by, to, name)))
    expect(answers).toEqual(NAMES.map((name) => answerTo(name)))
    expect([server.connections, by.standing(to)]).toEqual([1, { connections: 1, problem: undefined }])
    expect(new Set(server.queries.map((query) => ((query[0] as number) << 8) | (query[1] as number))).size).toBe(20)
  })

  test('§6.2.4 what was not answered when it ends goes out again', async () => {
    const server = kept(await new UpstreamServer().tcp())
    const by = made()
    const to = target(`127.0.0.1:${server.port}`)
    expect(await ask(by, to, 'a.example')).toBe(answerTo('a.example'))
    server.drop()
    expect(await ask(by, to, 'b.example')).toBe(answerTo('b.example'))
    expect(server.connections).toBe(2)
  })

  test('a server that answers one query for each connection gets one for each', async () => {
    const server = kept(await new UpstreamServer({ answersEach: 1 }).tcp())
    const by = made()
    const to = target(`127.0.0.1:${server.port}`)
    const first = await Promise.all(NAMES.slice(0, 3).map((name) => ask(by, to, name)))
    expect(first).toEqual(NAMES.slice(0, 3).map((name) => answerTo(name)))
    const more = await Promise.all(NAMES.slice(3, 13).map((name) => ask(by, to, name)))
    expect(more).toEqual(NAMES.slice(3, 13).map((name) => answerTo(name)))
  })

  test('one that cannot be reached is left alone for a while', async () => {
    const server = await new UpstreamServer().tcp()
    server.close()
    const by = made()
    const to = target(`127.0.0.1:${server.port}`)
    expect(await ask(by, to, 'a.example')).toBe('refused')
    expect(await ask(by, to, 'b.example')).toBe('refused')
    expect(by.standing(to).problem).toMatch(/ECONNREFUSED/)
  })
})

describe('RFC 7858 §3 DNS over TLS', () => {
  test('§3.4 many queries share a connection', async () => {
    const server = kept(await new UpstreamServer({ batch: 4 }).tls(CERTIFICATE))
    const by = made()
    const to = target(`tls://127.0.0.1:${server.port}#dns.example`, CERTIFICATE.cert)
    expect(await Promise.all(NAMES.map((name) => ask(by, to, name)))).toEqual(NAMES.map((name) => answerTo(name)))
    expect(server.connections).toBe(1)
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('§3.4 a session is resumed by a later connection (%s)', async (version) => {
    const server = kept(await new UpstreamServer().tls(CERTIFICATE, version === 'TLSv1.2' ? { maxVersion: version } : {}))
    const by = made()
    const to = target(`tls://127.0.0.1:${server.port}#dns.example`, CERTIFICATE.cert)
    expect(await ask(by, to, 'a.example')).toBe(answerTo('a.example'))
    server.drop()
    expect(await ask(by, to, 'b.example')).toBe(answerTo('b.example'))
    expect([server.connections, server.handshakesResumed]).toEqual([2, 1])
  })

  test.each([
    // server's certificate, text behind "#", authority, what comes of it, why not
    ['its name, vouched for', CERTIFICATE, '#dns.example', CERTIFICATE.cert, true, undefined],
    ['another name', CERTIFICATE, '#other.example', CERTIFICATE.cert, false, /^its certificate is for DNS:dns\.example, IP Address:127\.0\.0\.1, not other\.example$/],
    ['nobody vouches for it', CERTIFICATE, '#dns.example', undefined, false, /^its certificate is not vouched for/],
    ['somebody else does', CERTIFICATE, '#dns.example', OTHER.cert, false, /^its certificate is not vouched for/],
    ['its key (§4.2)', CERTIFICATE, `#pin-sha256=${PIN}`, undefined, true, undefined],
    ['another key', OTHER, `#pin-sha256=${PIN}`, undefined, false, /^its public key has the pin .*, not /],
    ['its key and name', CERTIFICATE, `#dns.example,pin-sha256=${PIN}`, CERTIFICATE.cert, true, undefined],
    ['its key under another name', CERTIFICATE, `#other.example,pin-sha256=${PIN}`, CERTIFICATE.cert, false, /not other\.example/],
    ['nobody in particular (§4.1)', OTHER, '', undefined, true, undefined],
  ] as const)('who is trusted: %s', async (_what, certificate, said, authority, trusted, why) => {
    const server = kept(await new UpstreamServer().tls(certificate))
    const by = made()
    const to = target(`tls://127.0.0.1:${server.port}${said}`, authority)
    expect(await ask(by, to, 'a.example')).toBe(trusted ? answerTo('a.example') : 'untrusted')
    if (why === undefined) expect(by.standing(to).problem).toBeUndefined()
    else expect(by.standing(to).problem).toMatch(why)
    // Nothing was said to one that is not trusted.
    expect(server.queries.length).toBe(trusted ? 1 : 0)
  })

  test('one that speaks no TLS', async () => {
    const server = kept(await new UpstreamServer({ mute: true, greeting: 'SSH-2.0-dropbear' }).tcp())
    const by = made()
    const to = target(`tls://127.0.0.1:${server.port}`)
    expect(await ask(by, to, 'a.example')).toBe('unreachable')
    expect(by.standing(to).problem).toMatch(/wrong version number/i)
  })
})

describe('RFC 8484 §4 DNS over HTTPS', () => {
  test('§4.1 each query is a POST of its media type; all share a connection', async () => {
    const server = kept(await new UpstreamServer().https(CERTIFICATE))
    const by = made()
    const to = target(`https://dns.example:${server.port}/some/path#127.0.0.1`, CERTIFICATE.cert)
    expect(await Promise.all(NAMES.map((name) => ask(by, to, name, 0)))).toEqual(NAMES.map((name) => answerTo(name, 0)))
    expect(server.connections).toBe(1)
    expect(server.headers).toMatchObject({ ':method': 'POST', ':path': '/some/path', ':authority': `dns.example:${server.port}`, 'content-type': 'application/dns-message', accept: 'application/dns-message' })
  })

  test.each([
    ['a certificate for the address', 'https://127.0.0.1', CERTIFICATE.cert, answerTo('a.example'), undefined],
    ['one for another name', 'https://other.example', CERTIFICATE.cert, 'untrusted', /not other\.example$/],
    ['one that nobody vouches for', 'https://127.0.0.1', undefined, 'untrusted', /not vouched for/],
  ] as const)('§5 %s', async (_what, origin, authority, expected, why) => {
    const server = kept(await new UpstreamServer().https(CERTIFICATE))
    const by = made()
    const to = target(`${origin}:${server.port}/dns-query${origin.includes('127') ? '' : '#127.0.0.1'}`, authority)
    expect(await ask(by, to, 'a.example')).toBe(expected)
    if (why !== undefined) expect(by.standing(to).problem).toMatch(why)
  })

  test.each([
    [{ status: 403 }, /HTTP status 403/],
    [{ type: 'text/html' }, /text\/html in place of application\/dns-message/],
  ])('§4.2.1 what is no success is no answer: %j', async (shape, why) => {
    const server = kept(await new UpstreamServer().https(CERTIFICATE, shape))
    const by = made()
    const to = target(`https://127.0.0.1:${server.port}`, CERTIFICATE.cert)
    expect(await ask(by, to, 'a.example')).toBe('refused')
    expect(by.standing(to).problem).toMatch(why)
  })

  test('a connection that the server ended is opened anew', async () => {
    const server = kept(await new UpstreamServer().https(CERTIFICATE))
    const by = made()
    const to = target(`https://127.0.0.1:${server.port}`, CERTIFICATE.cert)
    expect(await ask(by, to, 'a.example')).toBe(answerTo('a.example'))
    server.drop()
    expect(await ask(by, to, 'b.example')).toBe(answerTo('b.example'))
    expect(server.connections).toBe(2)
  })

  test('one that does not speak HTTP/2', async () => {
    const server = kept(await new UpstreamServer().tls(CERTIFICATE))
    const by = made()
    const to = target(`https://127.0.0.1:${server.port}`, CERTIFICATE.cert)
    expect(await ask(by, to, 'a.example')).toBe('unreachable')
  })
})
