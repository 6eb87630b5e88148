import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FORMATS } from '../../admin-api/formats.ts'
import { fill, testApi, type TestApi } from '../support/admin-api.ts'
import { type Document, expectDescribed, inlined, type Operation } from '../support/described.ts'

/** Enough to meet every keyword of every schema; the whole file stays below a few seconds. */
const RUNS = 60

type Call = { readonly method: string; readonly path: string; readonly operation: Operation }

async function open(): Promise<{
  readonly api: TestApi
  readonly document: Document
  readonly calls: readonly Call[]
}> {
  const api = testApi()
  await fill(api.services)
  const document: Document = (await api.app.inject('/api/v1/openapi.json')).json()
  const calls = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  return { api, document, calls }
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '0',
    '-1',
    '1e9',
    'null',
    '10.53.0.100',
    '02:00:0a:35:00:64',
    'lab.internal',
    '%00',
    '../../etc',
  ),
  fc.constantFrom(...Object.values(FORMATS).map(row => row.example)),
)

/** A value that its schema may take or may just not take, or anything at all. */
function near(schema: unknown): fc.Arbitrary<unknown> {
  const { type, properties } = schema as {
    readonly type?: unknown
    readonly properties?: { readonly [name: string]: unknown }
  }
  const wild = fc.jsonValue({ maxDepth: 3 })
  if (properties !== undefined) {
    const fields = Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, near(inner)]))
    return fc.oneof({ weight: 8, arbitrary: fc.record(fields, { requiredKeys: [] }) }, { weight: 1, arbitrary: wild })
  }
  const first = [type].flat()[0]
  if (first === 'integer') return fc.oneof(fc.integer({ min: -2, max: 10 }), fc.maxSafeInteger(), fc.double(), wild)
  if (first === 'string') return fc.oneof({ weight: 4, arbitrary: anyText }, { weight: 1, arbitrary: wild })
  if (first === 'object') return fc.oneof(fc.dictionary(fc.string(), wild), wild)
  return wild
}

describe('whatever comes, the answer is one that the document describes, and never a 500', () => {
  test('bodies', { timeout: 20_000 }, async () => {
    const { api, document, calls } = await open()
    for (const { method, path, operation } of calls) {
      const schema = operation.requestBody?.content['application/json']?.schema
      if (schema === undefined) continue
      const url = path.replace('{name}', 'lab.internal').replace('{id}', '1')
      await fc.assert(
        fc.asyncProperty(near(inlined(document, schema)), async body => {
          const answer = await api.call(method as 'POST', url, body)
          expect(answer.statusCode).toBeLessThan(500)
          expectDescribed(document, method, url, answer)
        }),
        { numRuns: RUNS, seed: 8053 },
      )
    }
  })

  test('queries and paths', { timeout: 20_000 }, async () => {
    const { api, calls } = await open()
    for (const { method, path, operation } of calls) {
      const queries = (operation.parameters ?? []).filter(parameter => parameter.in === 'query').map(({ name }) => name)
      const known = queries.length === 0 ? fc.constant('x') : fc.constantFrom(...queries)
      const pairs = fc.array(fc.tuple(fc.oneof({ weight: 5, arbitrary: known }, fc.string()), anyText), {
        maxLength: 4,
      })
      // A path part that is empty or only dots is another path.
      const part = anyText.filter(text => !/^\.{0,2}$/.test(text))
      await fc.assert(
        fc.asyncProperty(pairs, part, part, async (query, one, two) => {
          const parts = [one, two]
          const filled = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(parts.shift()?.toWellFormed() ?? ''))
          const search = query.map(
            ([name, value]) => `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`,
          )
          const answer = await api.call(method as 'GET', `${filled}?${search.join('&')}`)
          expect(answer.statusCode).toBeLessThan(500)
          // Sometimes a part makes it another route ("/leases/history"), which has the same problems.
          if (answer.statusCode >= 400) expect(answer.headers['content-type']).toBe('application/problem+json')
        }),
        { numRuns: RUNS, seed: 53 },
      )
    }
  })

  test('bodies that are not JSON, or hardly', async () => {
    const { api } = await open()
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json().map(json => json.slice(0, -1)),
          fc.json(),
        ),
        fc.constantFrom(
          'application/json',
          'application/json; charset=utf-8',
          'application/json;',
          'text/json',
          'x',
          '',
        ),
        async (payload, type) => {
          const answer = await api.app.inject({
            method: 'POST',
            url: '/api/v1/pools',
            headers: { authorization: `Bearer ${api.token}`, 'content-type': type },
            payload,
          })
          expect([400, 415, 422]).toContain(answer.statusCode)
          expect(answer.headers['content-type']).toBe('application/problem+json')
        },
      ),
      { numRuns: 300, seed: 1 },
    )
  })

  test('credentials', async () => {
    const { api } = await open()
    await fc.assert(
      fc.asyncProperty(fc.string(), async text => {
        const answer = await api.app.inject({ url: '/api/v1/leases', headers: { authorization: `Bearer ${text}` } })
        expect(answer.statusCode).toBe(401)
      }),
      { numRuns: 200, seed: 2 },
    )
  })
})

describe('formats', () => {
  test.each(Object.keys(FORMATS) as (keyof typeof FORMATS)[])('%s: a canonical form is canonical', name => {
    const { canonical, example } = FORMATS[name]
    const letters = fc.constantFrom(...'0123456789abcdefABCDEF:-./_ xZ')
    const texts = fc.oneof(fc.string({ unit: letters, maxLength: 20 }), fc.constant(example.toUpperCase()), anyText)
    fc.assert(
      fc.property(texts, text => {
        const once = canonical(text)
        if (once !== undefined) expect(canonical(once)).toBe(once)
      }),
      { numRuns: 500, seed: 3 },
    )
  })
})
