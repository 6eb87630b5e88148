/** The routes of zones as a whole: what of a request reaches the services, and what is refused before. */
import { describe, expect, test } from 'vitest'
import { testApi, type TestApi } from '../../support/admin-api.ts'

const URL = '/api/v1/zones/lab.internal'
const put = (api: TestApi, url: string, body: string, type = 'text/dns') =>
  api.app.inject({ method: 'PUT', url, headers: { authorization: `Bearer ${api.token}`, 'content-type': type }, payload: body })

describe('a file', () => {
  test.each([
    ['/file', 'text/dns', { text: 'a A 10.0.0.1', mode: 'replace', soa: false, create: false, dryRun: false }],
    ['/file?mode=merge&soa=true&create=true&dryRun=true', 'text/plain; charset=utf-8', { text: 'a A 10.0.0.1', mode: 'merge', soa: true, create: true, dryRun: true }],
    ['/hosts?dryRun=true', 'text/plain', { text: 'a A 10.0.0.1', dryRun: true }],
  ])('PUT %s as %s', async (path, type, asked) => {
    const api = testApi()
    const answer = await put(api, URL + path, 'a A 10.0.0.1', type)
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { zone: 'lab.internal', added: 1 }])
    expect(api.services.zoneContents.asked).toEqual([asked])
  })

  test.each([
    ['/file', 'application/octet-stream', 415],
    ['/file?mode=other', 'text/dns', 400],
    ['/file?unknown=1', 'text/dns', 400],
  ])('PUT %s as %s is refused', async (path, type, status) => {
    expect((await put(testApi(), URL + path, 'x', type)).statusCode).toBe(status)
  })
})

describe('several changes', () => {
  const STEP = { add: { name: 'a', type: 'A', data: '10.0.0.1' } }

  test.each([
    ['"7"', 7],
    ['7', 7],
    ['*', undefined],
    [undefined, undefined],
  ])('If-Match: %s', async (match, ifSerial) => {
    const api = testApi()
    const headers = { authorization: `Bearer ${api.token}`, ...(match === undefined ? {} : { 'if-match': match }) }
    const answer = await api.app.inject({ method: 'POST', url: `${URL}/changes`, headers, payload: { changes: [STEP, { remove: { id: 3 } }] } })
    expect(answer.statusCode).toBe(200)
    const add = { ...STEP.add, ttl: null, fields: null, comment: null, enabled: true, expiresAt: null, ptr: false }
    expect(api.services.zoneContents.asked).toEqual([{ steps: [{ add }, { remove: { id: 3 } }], ifSerial, dryRun: false }])
  })

  test.each([
    ['an If-Match that is no serial', { 'if-match': 'W/"x"' }, { changes: [STEP] }, 400],
    ['no change', {}, { changes: [] }, 422],
    ['a step of two things', {}, { changes: [{ ...STEP, remove: { id: 1 } }] }, 422],
    ['a choice of nothing', {}, { changes: [{ remove: { type: 'A' } }] }, 422],
    ['a change without an id', {}, { changes: [{ change: { ttl: 5 } }] }, 422],
  ])('%s is refused', async (_what, headers, payload, status) => {
    const api = testApi()
    const answer = await api.app.inject({ method: 'POST', url: `${URL}/changes`, headers: { authorization: `Bearer ${api.token}`, ...headers }, payload })
    expect(answer.statusCode).toBe(status)
  })
})

test('a difference is JSON, or text with what goes and comes', async () => {
  const api = testApi()
  expect((await api.call('GET', `${URL}/difference?from=7&to=8`)).json()).toMatchObject({ from: 7, to: 8, changes: [{ action: 'add' }] })
  const text = await api.call('GET', `${URL}/difference?from=7&to=8&format=text`)
  expect([text.headers['content-type'], text.body]).toEqual(['text/plain; charset=utf-8', '; lab.internal from serial 7 to 8\n+ www.lab.internal. 300 IN A 10.53.0.20\n'])
})

test.each([
  ['docs.lab.internal', '/guide?x=1', 302, 'https://docs.example.com/guide?x=1'],
  ['DOCS.lab.internal:80', '/api/v1/zones', 302, 'https://docs.example.com/api/v1/zones'],
  ['other.lab.internal', '/', 421, undefined],
  ['localhost', '/api/v1/zones', 401, undefined],
])('a browser that comes to %s%s', async (host, url, status, location) => {
  const answer = await testApi().app.inject({ method: 'GET', url, headers: { host } })
  expect([answer.statusCode, answer.headers.location]).toEqual([status, location])
})
