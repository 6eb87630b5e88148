/** The whole DHCP model as a YAML body. */
import { describe, expect, test } from 'vitest'
import { testApi, type TestApi } from '../../support/admin-api.ts'

const put = (api: TestApi, body: string, query = '', type = 'application/yaml') =>
  api.app.inject({ method: 'PUT', url: `/api/v1/dhcp/configuration${query}`, headers: { authorization: `Bearer ${api.token}`, 'content-type': type }, payload: body })

const MODEL = `
segments:
  - { name: lan0, interface: lan0 }
subnets:
  - prefix: 10.53.0.0/24   # a comment
    segment: lan0
`

describe('PUT /dhcp/configuration as YAML', () => {
  test.each(['application/yaml', 'application/yaml; charset=utf-8'])('%s comes to the same as JSON', async type => {
    const dry = await put(testApi(), MODEL, '?dryRun=true', type)
    const json = await testApi().call('PUT', '/api/v1/dhcp/configuration?dryRun=true', { segments: [{ name: 'lan0', interface: 'lan0' }], subnets: [{ prefix: '10.53.0.0/24', segment: 'lan0' }] })
    expect([dry.statusCode, dry.json()]).toEqual([200, json.json()])
    expect((dry.json() as { readonly dryRun: boolean }).dryRun).toBe(true)
  })

  test('JSON is YAML, too', async () => {
    expect((await put(testApi(), '{ "segments": [{ "name": "lan0", "interface": "lan0" }] }', '?dryRun=true')).statusCode).toBe(200)
  })

  test.each([
    ['a: [1,', 400, 'malformed-yaml', /line 1/],
    ['[' .repeat(20_000), 400, 'malformed-yaml', /no YAML/],
    [`a: &a [x]\n${Array.from({ length: 200 }, (_, i) => `b${i}: *a`).join('\n')}\nc: &c [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]`, 400, 'malformed-yaml', /no YAML/],
    ['segments: 7', 422, 'invalid', /segments|object|array/],
    ['', 422, 'invalid', /./],
  ])('body %# is refused', async (body, status, code, detail) => {
    const answer = await put(testApi(), body)
    expect([answer.statusCode, answer.json()]).toMatchObject([status, { type: expect.stringContaining(code) as string }])
    expect(answer.body).toMatch(detail)
  })

  test('no other route takes YAML', async () => {
    const api = testApi()
    const answer = await api.app.inject({ method: 'POST', url: '/api/v1/sites', headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/yaml' }, payload: 'name: x' })
    expect(answer.statusCode).toBe(415)
  })

  test('the description names both media types', async () => {
    const { paths } = (await testApi().call('GET', '/api/v1/openapi.json')).json() as { readonly paths: { readonly [path: string]: { readonly put?: { readonly requestBody: { readonly content: object } } } } }
    const described = Object.entries(paths).find(([path]) => path.endsWith('/dhcp/configuration'))?.[1]
    expect(Object.keys(described?.put?.requestBody.content ?? {})).toEqual(['application/json', 'application/yaml'])
  })
})
