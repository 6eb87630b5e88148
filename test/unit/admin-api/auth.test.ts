import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LightMyRequestResponse } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashToken, makeToken, readTokenFile, writeTokenFile } from '../../../admin-api/index.ts'
import { isOwnHost } from '../../../admin-api/auth/host.ts'
import { SeededSecureRandom, SystemRandom } from '../../../stack/platform/index.ts'
import { testApi, type TestApi } from '../../support/admin-api.ts'
import type { Document } from '../../support/described.ts'

let api: TestApi
beforeEach(() => {
  api = testApi()
})

const ask = (url: string, headers: { readonly [name: string]: string }): Promise<LightMyRequestResponse> =>
  api.app.inject({ url, headers })

describe('a token is needed', () => {
  const wrong = makeToken(new SeededSecureRandom(2))

  test.each<readonly [string, () => string | undefined, number]>([
    ['no header', () => undefined, 401],
    ['the token', () => `Bearer ${api.token}`, 200],
    ['the token, scheme in other letters', () => `bEARER ${api.token}`, 200],
    ['the token with spaces around', () => `Bearer   ${api.token}  `, 200],
    ['another token', () => `Bearer ${wrong}`, 401],
    ['the token less a letter', () => `Bearer ${api.token.slice(0, -1)}`, 401],
    ['the token and a letter', () => `Bearer ${api.token}x`, 401],
    ['the token in other letters', () => `Bearer ${api.token.toUpperCase()}`, 401],
    ['the hash of the token', () => `Bearer ${Buffer.from(hashToken(api.token)).toString('hex')}`, 401],
    ['no scheme', () => api.token, 401],
    ['another scheme', () => `Basic ${Buffer.from(`admin:${api.token}`).toString('base64')}`, 401],
    ['an empty token', () => 'Bearer ', 401],
    ['an empty header', () => '', 401],
    ['two tokens', () => `Bearer ${wrong} ${api.token}`, 401],
  ])('%s', async (_name, header, status) => {
    const value = header()
    const answer = await ask('/api/v1/leases', value === undefined ? {} : { authorization: value })
    expect(answer.statusCode).toBe(status)
    if (status === 401) {
      expect(answer.json()).toMatchObject({ type: '/problems/unauthorized', status: 401 })
      // RFC 6750 §3.1: an error code only for credentials that came.
      expect(answer.headers['www-authenticate']).toBe(
        value === undefined ? 'Bearer realm="taproot"' : 'Bearer realm="taproot", error="invalid_token"',
      )
    }
  })

  test('by every operation that the document does not call open', async () => {
    const document: Document = (await api.app.inject('/api/v1/openapi.json')).json()
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const open =
          operation.security.length === 0 || operation.security.some(scheme => Object.keys(scheme).length === 0)
        const url = path.replaceAll(/\{\w+\}/g, '1')
        const answer = await api.app.inject({ method: method.toUpperCase() as 'GET', url })
        expect(answer.statusCode === 401, `${method} ${path}`).toBe(!open)
      }
    }
  })

  test('a stranger does not learn which paths exist', async () => {
    expect((await ask('/api/v1/nothing', {})).statusCode).toBe(401)
    expect((await api.app.inject({ method: 'PUT', url: '/api/v1/leases' })).statusCode).toBe(401)
  })

  test('a wrong token is refused where none is needed', async () => {
    expect((await ask('/api/v1/health', { authorization: `Bearer ${wrong}` })).statusCode).toBe(401)
  })

  test('the token of the query does not count', async () => {
    expect((await ask(`/api/v1/leases?access_token=${api.token}`, {})).statusCode).toBe(401)
  })

  test('every known token opens, none opens when there are none', async () => {
    const other = makeToken(new SeededSecureRandom(3))
    const both = testApi({ tokens: { tokenHashes: () => [hashToken(wrong), hashToken(other)], tokenName: () => undefined } })
    for (const token of [wrong, other]) {
      const answer = await both.app.inject({ url: '/api/v1/leases', headers: { authorization: `Bearer ${token}` } })
      expect(answer.statusCode).toBe(200)
    }
    const closed = testApi({ tokens: { tokenHashes: () => [], tokenName: () => undefined } })
    expect((await closed.call('GET', '/api/v1/leases')).statusCode).toBe(401)
  })

  test.each(['/', '/docs', '/ca.crt', '/api/v1/openapi.json', '/problems/invalid'])('%s is open', async url => {
    expect((await ask(url, {})).statusCode).toBe(200)
  })
})

describe('the Host header must name this machine', () => {
  test.each([
    ['localhost', 200],
    ['LOCALHOST:8053', 200],
    ['127.0.0.1:8053', 200],
    ['127.1.2.3', 200],
    ['[::1]:8053', 200],
    ['dns.lab.internal:8053', 200],
    ['10.53.0.2', 421],
    ['evil.example', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example:8053', 421],
    ['dns.lab.internal.evil', 421],
    ['user@localhost', 421],
    ['localhost:8053:1', 421],
    ['[::2]', 421],
  ])('%s', async (host, status) => {
    const named = testApi({ allowedHosts: ['dns.lab.internal'] })
    for (const url of ['/api/v1/health', '/docs', '/', '/nothing']) {
      const answer = await named.app.inject({ url, headers: { host } })
      if (status === 421) expect(answer.statusCode).toBe(421)
      else expect(answer.statusCode).not.toBe(421)
    }
  })

  test('the address that the connection came to is one', async () => {
    await api.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = api.app.server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/health`)
    expect(answer.status).toBe(200)
    await api.app.close()
  })
})

test('a request without a Host header is not for us', () => {
  expect(isOwnHost(undefined, '127.0.0.1', new Set())).toBe(false)
  expect(isOwnHost('', '127.0.0.1', new Set())).toBe(false)
})

test('the address that an interface of our own has is a name of ours', () => {
  expect(isOwnHost('10.53.0.2:8053', '10.53.0.2', new Set())).toBe(true)
  expect(isOwnHost('10.53.0.2:8053', '::ffff:10.53.0.2', new Set())).toBe(true)
  expect(isOwnHost('[fd00::2]:8053', 'fd00::2', new Set())).toBe(true)
  expect(isOwnHost('10.53.0.3:8053', '10.53.0.2', new Set())).toBe(false)
})

describe('headers of every answer', () => {
  test.each(['/', '/docs', '/docs/static/swagger-ui.css', '/api/v1/health', '/api/v1/leases', '/nothing'])(
    '%s',
    async url => {
      const { headers } = await api.app.inject(url)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['x-frame-options']).toBe('DENY')
      expect(headers['referrer-policy']).toBe('no-referrer')
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect(headers['access-control-allow-origin']).toBeUndefined()
    },
  )

  test('a page of another origin is not let in', async () => {
    const answer = await api.app.inject({
      method: 'OPTIONS',
      url: '/api/v1/leases',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' },
    })
    expect(answer.statusCode).toBe(401)
    expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control'))).toEqual([])
  })
})

describe('tokens', () => {
  test('are long, different, and fit a header', () => {
    const random = new SystemRandom()
    const tokens = new Set(Array.from({ length: 100 }, () => makeToken(random)))
    expect(tokens.size).toBe(100)
    for (const token of tokens) expect(token).toMatch(/^tr_[\w-]{43}$/)
  })

  test('are kept as SHA-256', () => {
    expect(Buffer.from(hashToken('abc')).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })
})

describe('the token file', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'taproot-token-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  test('is for its owner alone', () => {
    const path = join(directory, 'token')
    expect(writeTokenFile(path, 'tr_x')).toBe('written')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toBe('tr_x\n')
    expect(readTokenFile(path)).toBe('tr_x')
    expect(readdirSync(directory)).toEqual(['token'])
  })

  test('is never overwritten', () => {
    const path = join(directory, 'token')
    writeFileSync(path, 'tr_first\n')
    expect(writeTokenFile(path, 'tr_second')).toBe('exists')
    expect(readTokenFile(path)).toBe('tr_first')
    expect(readdirSync(directory)).toEqual(['token'])
  })

  test('that is not there is undefined', () => {
    expect(readTokenFile(join(directory, 'token'))).toBeUndefined()
  })

  test('in a directory that is not there is an error', () => {
    expect(() => writeTokenFile(join(directory, 'no', 'token'), 'tr_x')).toThrow(/ENOENT/)
  })
})
