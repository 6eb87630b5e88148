import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PROBLEMS, type Problem } from '../../../admin-api/index.ts'
import { refusal } from '../../../services/index.ts'
import { fill, testApi, type TestApi } from '../../support/admin-api.ts'
import { type Document, expectDescribed } from '../../support/described.ts'

let api: TestApi
let document: Document

beforeAll(async () => {
  document = (await testApi().app.inject('/api/v1/openapi.json')).json()
})
beforeEach(async () => {
  api = testApi()
  await fill(api.services)
})

const subnet = { prefix: '10.54.0.0/24', interface: 'lan0' }
const pool = { subnetId: 1, first: '10.53.0.10', last: '10.53.0.19' }
const record = { name: 'a', type: 'A', data: '10.53.0.1' }
const without = (whole: object, field: string): object =>
  Object.fromEntries(Object.entries(whole).filter(([key]) => key !== field))
/** A text as a whole, or a pattern in it. */
const expectSaid = (said: string | undefined, expected: string | RegExp): void =>
  typeof expected === 'string' ? expect(said).toBe(expected) : expect(said).toMatch(expected)
const OCTETS = 'Four octets from 0 to 255, as 10.53.0.20.'

describe('RFC 9457 problems name the wrong field, what is wrong and what would be right', () => {
  test.each([
    // method  path                body                                     status pointer     detail                                  remedy
    [
      'POST',
      '/pools',
      { ...pool, first: '10.53.0.300' },
      422,
      '/first',
      '"10.53.0.300" is not an IPv4 address',
      OCTETS,
    ],
    [
      'POST',
      '/pools',
      { ...pool, first: '10.53.0.010' },
      422,
      '/first',
      '"10.53.0.010" is not an IPv4 address',
      OCTETS,
    ],
    ['POST', '/pools', without(pool, 'last'), 422, '/last', 'last is missing', OCTETS],
    [
      'POST',
      '/pools',
      { ...pool, subnetId: '1' },
      422,
      '/subnetId',
      'subnetId must be an integer, not "1"',
      /^An integer from 1 to/,
    ],
    [
      'POST',
      '/pools',
      { ...pool, subnetId: 0 },
      422,
      '/subnetId',
      'subnetId is 0, which is too small',
      /^An integer from 1 to/,
    ],
    [
      'POST',
      '/pools',
      { ...pool, subnetId: 1.5 },
      422,
      '/subnetId',
      'subnetId must be an integer, not 1.5',
      /^An integer/,
    ],
    ['POST', '/pools', { ...pool, first: null }, 422, '/first', 'first must be a string, not null', OCTETS],
    [
      'POST',
      '/pools',
      { ...pool, colour: 1 },
      422,
      '/colour',
      '"colour" is not a known field',
      /^Known: subnetId, first, last, allow, deny, allocator, options, /,
    ],
    [
      'POST',
      '/pools',
      { ...pool, 'a/b~c': 1 },
      422,
      '/a~1b~0c',
      '"a/b~c" is not a known field',
      /^Known: subnetId, first, last, allow, deny, allocator, options, /,
    ],
    ['POST', '/pools', [], 422, '', 'the body must be an object, not []', /JSON object/],
    ['POST', '/pools', null, 422, '', 'the body is missing', 'Send an object.'],
    ['POST', '/pools', undefined, 422, '', 'the body is missing', 'Send an object.'],
    ['PATCH', '/pools/1', {}, 422, '', 'there is nothing to change', /^At least one of subnetId, first, last, allow, deny, allocator, options, /],
    [
      'POST',
      '/subnets',
      { ...subnet, prefix: '10.54.0.1/24' },
      422,
      '/prefix',
      '"10.54.0.1/24" is not an IPv4 prefix',
      /10\.53\.0\.0\/24/,
    ],
    [
      'POST',
      '/subnets',
      { ...subnet, domain: 'a..b' },
      422,
      '/domain',
      '"a..b" is not a domain name',
      /null is allowed too/,
    ],
    [
      'POST',
      '/subnets',
      { ...subnet, domain: 7 },
      422,
      '/domain',
      'domain must be a string or null, not 7',
      /null is allowed too/,
    ],
    ['POST', '/subnets', { ...subnet, interface: '' }, 422, '/interface', 'interface is empty', /interface/],
    [
      'POST',
      '/subnets',
      { ...subnet, interface: 'x'.repeat(65) },
      422,
      '/interface',
      'interface is too long',
      'At most 64 characters.',
    ],
    [
      'POST',
      '/subnets',
      { ...subnet, leaseSeconds: 2 ** 32 },
      422,
      '/leaseSeconds',
      /too large/,
      'An integer from 1 to 4294967295.',
    ],
    [
      'POST',
      '/subnets',
      { ...subnet, options: [] },
      422,
      '/options',
      'options must be an object, not []',
      /DHCP options/,
    ],
    [
      'POST',
      '/hosts',
      { addresses: ['10.53.0.9'], identifiers: [{ kind: 'mac', value: 'x' }] },
      422,
      '/identifiers/0/value',
      '"x" is no hardware address',
      /02:00:0a:35:00:14/,
    ],
    ['POST', '/zones/lab.internal/records', without(record, 'type'), 422, '/type', 'type is missing', /mnemonic/],
    [
      'GET',
      '/leases?state=boud',
      undefined,
      400,
      '/state',
      '"boud" is not a value of state',
      'One of "bound", "released", "expired", "declined".',
    ],
    [
      'GET',
      '/leases?limit=0',
      undefined,
      400,
      '/limit',
      'limit is 0, which is too small',
      'An integer from 1 to 1000.',
    ],
    [
      'GET',
      '/leases?limit=1001',
      undefined,
      400,
      '/limit',
      'limit is 1001, which is too large',
      'An integer from 1 to 1000.',
    ],
    [
      'GET',
      '/leases?limit=1e2',
      undefined,
      400,
      '/limit',
      'limit must be an integer, not "1e2"',
      'An integer from 1 to 1000.',
    ],
    [
      'GET',
      '/leases?limit=',
      undefined,
      400,
      '/limit',
      'limit must be an integer, not ""',
      'An integer from 1 to 1000.',
    ],
    [
      'GET',
      '/leases?limit=1&limit=2',
      undefined,
      400,
      '/limit',
      'limit must be an integer, not ["1","2"]',
      'An integer from 1 to 1000.',
    ],
    [
      'GET',
      '/leases?colour=red',
      undefined,
      400,
      '/colour',
      '"colour" is not a known parameter',
      /^Known: mac, address,/,
    ],
    ['GET', '/leases?after=x', undefined, 400, '/after', '"x" is not where a page ends', /"next"/],
    ['GET', '/leases/10.53.0', undefined, 400, '/address', '"10.53.0" is not an IPv4 address', OCTETS],
    ['GET', '/subnets/one', undefined, 400, '/id', 'id must be an integer, not "one"', /^An integer from 1/],
    ['GET', '/explain', undefined, 400, '/subject', 'subject is missing', /MAC address/],
    // What the services refuse:
    [
      'POST',
      '/subnets',
      { ...subnet, minLeaseSeconds: 90_000, maxLeaseSeconds: 86_400 },
      422,
      '/minLeaseSeconds',
      '90000 is more than the longest lease of 86400',
      'at most 86400',
    ],
    [
      'POST',
      '/subnets',
      { ...subnet, prefix: '10.53.0.0/24' },
      409,
      '/prefix',
      '10.53.0.0/24 overlaps the subnet 10.53.0.0/24',
      /of its own/,
    ],
    ['DELETE', '/subnets/1', undefined, 409, '', 'subnet 1 has a pool and a host', 'remove or move what it has first'],
    ['DELETE', '/leases/10.53.0.120', undefined, 409, '/address', '10.53.0.120 is not leased now', /bound/],
    ['GET', '/leases/10.53.0.99', undefined, 404, '', 'a lease of 10.53.0.99 does not exist', /List/],
    ['GET', '/zones/other/records', undefined, 404, '', 'the zone other does not exist', /List/],
    ['PATCH', '/zones/lab.internal/records/99', { ttl: 5 }, 404, '', 'record 99 does not exist', /List/],
  ] as const)('%s %s with %j', async (method, path, body, status, pointer, detail, remedy) => {
    const url = `/api/v1${path}`
    const answer = await api.call(method, url, body)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.statusCode).toBe(status)
    const problem: Problem = answer.json()
    expect(problem).toMatchObject({ status, errors: [{ pointer }] })
    expectSaid(problem.errors[0]?.detail, detail)
    expectSaid(problem.errors[0]?.remedy, remedy)
    expect(problem.detail).toBe(problem.errors[0]?.detail)
    expectDescribed(document, method, url, answer)
  })

  test('all wrong fields are named at once', async () => {
    const answer = await api.call('POST', '/api/v1/pools', { first: 'x', extra: true })
    const problem: Problem = answer.json()
    expect(problem.errors.map(error => error.pointer).sort()).toEqual(['/extra', '/first', '/last', '/subnetId'])
    expect(problem.detail).toMatch(/\(and 3 more\)$/)
  })

  test('a body of nonsense gets a bounded answer', async () => {
    const answer = await api.call(
      'POST',
      '/api/v1/pools',
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, i])),
    )
    expect(answer.statusCode).toBe(422)
    expect((answer.json() as Problem).errors).toHaveLength(20)
    expect(answer.body.length).toBeLessThan(5000)
  })

  test('a value that is quoted is cut', async () => {
    const answer = await api.call('POST', '/api/v1/pools', { ...pool, first: 'x'.repeat(50_000) })
    expect(answer.body.length).toBeLessThan(1000)
  })

  test('a body that is nested too deeply is refused', async () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/subnets',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      payload: `{"prefix":"10.54.0.0/24","interface":"lan0","options":{"a":${deep}}}`,
    })
    expect(answer.statusCode).toBe(422)
    expect((answer.json() as Problem).errors).toEqual([
      { pointer: '', detail: 'the body is nested too deeply', remedy: 'At most 8 levels.' },
    ])
  })
})

describe('requests that reach no handler', () => {
  const send = (method: 'POST' | 'DELETE', path: string, payload: string, type?: string) =>
    api.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { authorization: `Bearer ${api.token}`, ...(type === undefined ? {} : { 'content-type': type }) },
      payload,
    })

  test.each([
    ['a text that is not JSON', '/pools', '{"first":', 'application/json', 400, 'malformed-json'],
    ['an empty body', '/pools', '', 'application/json', 400, 'malformed-json'],
    ['__proto__', '/pools', '{"__proto__":{"a":1}}', 'application/json', 400, 'malformed-json'],
    ['constructor.prototype', '/pools', '{"constructor":{"prototype":{}}}', 'application/json', 400, 'malformed-json'],
    ['a form', '/pools', 'first=1', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['plain text', '/pools', '{}', 'text/plain', 415, 'unsupported-media-type'],
    ['a body of 128 KiB and more', '/pools', `"${'x'.repeat(128 * 1024)}"`, 'application/json', 413, 'too-large'],
  ] as const)('%s', async (_name, path, payload, type, status, code) => {
    const answer = await send('POST', path, payload, type)
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ type: `/problems/${code}`, status, title: PROBLEMS[code].title })
    expectDescribed(document, 'POST', `/api/v1${path}`, answer)
  })

  test.each([
    ['GET', '/api/v1/nothing'],
    ['POST', '/api/v1/leases/10.53.0.100/x'],
    ['GET', '/api/v2/leases'],
    ['GET', '/favicon.ico'],
  ] as const)('%s %s: there is no such path', async (method, url) => {
    const answer = await api.call(method, url)
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ type: '/problems/no-such-route', status: 404 })
  })

  test.each([
    ['PUT', '/api/v1/subnets/1', 'DELETE, GET, HEAD, PATCH'],
    ['POST', '/api/v1/leases', 'GET, HEAD'],
    ['DELETE', '/api/v1/zones?x=1', 'GET, HEAD, POST'],
    ['PATCH', '/', 'GET, HEAD'],
  ] as const)('%s %s: the method is not allowed', async (method, url, allow) => {
    const answer = await api.call(method, url)
    expect(answer.statusCode).toBe(405)
    expect(answer.headers.allow).toBe(allow)
    expect(answer.json()).toMatchObject({
      type: '/problems/method-not-allowed',
      detail: expect.stringContaining(allow),
    })
  })

  test('a path with a broken escape', async () => {
    const answer = await api.call('GET', '/api/v1/zones/%E0%A4%A')
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  test('a path part longer than any name', async () => {
    const answer = await api.call('GET', `/api/v1/zones/${'x'.repeat(800)}`)
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })
})

describe('failures of the appliance', () => {
  test('storage that refuses is 503 with a time to try again', async () => {
    api.services.refuseChanges = refusal(
      'unavailable',
      '',
      'the disk is full',
      'Free some space on the data directory.',
    )
    for (const [method, path, body] of [
      ['POST', '/pools', pool],
      ['PATCH', '/pools/1', { last: '10.53.0.198' }],
      ['DELETE', '/pools/1', undefined],
    ] as const) {
      const answer = await api.call(method, `/api/v1${path}`, body)
      expect(answer.statusCode).toBe(503)
      expect(answer.headers['retry-after']).toBe('1')
      expect((answer.json() as Problem).errors).toEqual([
        { pointer: '', detail: 'the disk is full', remedy: expect.stringContaining('space') },
      ])
      expectDescribed(document, method, `/api/v1${path}`, answer)
    }
  })

  test.each([
    ['an error', new Error('SELECT secret FROM tokens')],
    ['an error with a status of its own', Object.assign(new Error('secret upstream said 418'), { statusCode: 418 })],
    ['an error of the file system', Object.assign(new Error("ENOENT: secret '/etc/shadow'"), { code: 'ENOENT' })],
  ])('%s is 500 and shows nothing of itself', async (_name, defect) => {
    api.services.defect = defect
    const answer = await api.call('GET', '/api/v1/leases')
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toMatch(/secret|SELECT|shadow|at /)
    expect(answer.json()).toMatchObject({
      type: '/problems/internal',
      detail: expect.stringMatching(/^see the log for [\w-]+$/),
    })
    expectDescribed(document, 'GET', '/api/v1/leases', answer)
  })

  test('every kind of problem has a page', async () => {
    for (const code of Object.keys(PROBLEMS)) {
      const page = await api.app.inject(`/problems/${code}`)
      expect(page.statusCode).toBe(200)
      expect(page.headers['content-type']).toMatch(/^text\/html/)
    }
    expect((await api.app.inject('/problems/toString')).statusCode).toBe(404)
  })
})

/** What comes back for octets that Node's HTTP parser may refuse. */
async function raw(request: string): Promise<string> {
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  socket.end(request)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  await api.app.close()
  return answer
}

describe('octets that are not HTTP', () => {
  test.each([
    ['no request line', 'hello\r\n\r\n', 400],
    ['a header of 20 KB', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s is answered with a problem', async (_name, request, status) => {
    const answer = await raw(request)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    const body: Problem = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
    expect(body.status).toBe(status)
  })
})
