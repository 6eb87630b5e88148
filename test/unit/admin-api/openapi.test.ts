import { Compile } from 'typebox/schema'
import { beforeAll, describe, expect, test } from 'vitest'
import { testApi } from '../../support/admin-api.ts'
import { type Document, inlined, type Operation } from '../../support/described.ts'

let document: Document
let text = ''
const routes: string[] = []

beforeAll(async () => {
  const api = testApi()
  api.app.addHook('onRoute', route => {
    if (route.url.startsWith('/api/') && route.method !== 'HEAD') routes.push(`${String(route.method)} ${route.url}`)
  })
  text = (await api.app.inject('/api/v1/openapi.json')).body
  document = JSON.parse(text)
})

const operations = (): readonly (readonly [name: string, path: string, operation: Operation])[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, path, operation] as const),
  )

describe('the OpenAPI document', () => {
  test('is of version 3.1.0 with a title, a version and a licence', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Taproot', version: '0.1.0', license: { identifier: 'MIT' } },
    })
  })

  test('has every route and nothing else', () => {
    const described = operations().map(([name]) => name.replaceAll(/\{(\w+)\}/g, ':$1'))
    expect([...described].sort()).toEqual([...routes].sort())
    expect(described.length).toBeGreaterThan(35)
  })

  test('gives every operation a name of its own and says what it does', () => {
    const ids = operations().map(([, , operation]) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = (document['tags'] as readonly { readonly name: string }[]).map(tag => tag.name)
    for (const [name, , operation] of operations()) {
      expect(operation.operationId, name).toMatch(/^[a-z][a-zA-Z]+$/)
      expect(operation.summary.length, name).toBeGreaterThan(5)
      expect(operation.description.length, name).toBeGreaterThan(10)
      expect(tags, name).toContain(operation.tags[0])
    }
  })

  test('describes every parameter of a path', () => {
    for (const [name, path, operation] of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1])
      const described = (operation.parameters ?? []).filter(parameter => parameter.in === 'path')
      expect(
        described.map(parameter => parameter.name),
        name,
      ).toEqual(named)
      for (const parameter of described) expect(parameter.required, name).toBe(true)
    }
  })

  test('has a success and the problems for every operation, with schemas that compile', () => {
    for (const [name, , operation] of operations()) {
      const statuses = Object.keys(operation.responses)
      expect(
        statuses.some(status => status.startsWith('2')),
        name,
      ).toBe(true)
      expect(statuses, name).toContain('500')
      if (operation.requestBody !== undefined) {
        expect(statuses, name).toEqual(expect.arrayContaining(['400', '413', '415', '422']))
        const { content } = operation.requestBody
        expect(content['application/json'] ?? content['text/plain'], name).toBeDefined()
      }
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(response.description, `${name} ${status}`).not.toBe('Default Response')
        for (const [mediaType, { schema }] of Object.entries(response.content ?? {})) {
          if (Number(status) >= 400 && status !== '503') expect(mediaType).toBe('application/problem+json')
          expect(() => Compile(inlined(document, schema) as object), `${name} ${status}`).not.toThrow()
        }
      }
    }
  })

  test('names the token as its security scheme', () => {
    expect(document['components']).toMatchObject({ securitySchemes: { token: { type: 'http', scheme: 'bearer' } } })
    for (const [name, , operation] of operations()) {
      for (const scheme of operation.security)
        expect(
          Object.keys(scheme).every(key => key === 'token'),
          name,
        ).toBe(true)
    }
  })

  test('shows no mark of ours', () => {
    expect(text).not.toContain('x-component')
    expect(text).not.toContain('"$id"')
  })

  test('has examples that fit their own schemas', () => {
    const schemas = (document['components'] as { readonly schemas: { readonly [name: string]: unknown } }).schemas
    let checked = 0
    const walk = (schema: unknown, where: string): void => {
      if (typeof schema !== 'object' || schema === null) return
      const { examples } = schema as { readonly examples?: readonly unknown[] }
      for (const example of Array.isArray(examples) ? examples : []) {
        expect(Compile(schema as object).Errors(example)[1], `${where}: ${JSON.stringify(example)}`).toEqual([])
        checked++
      }
      for (const [key, inner] of Object.entries(schema)) if (key !== 'examples') walk(inner, `${where}/${key}`)
    }
    for (const [name, schema] of Object.entries(schemas)) walk(inlined(document, schema), name)
    expect(checked).toBeGreaterThan(100)
  })

  test('fills no filter in: who tries a list sees the list', () => {
    for (const [name, , operation] of operations()) {
      for (const parameter of operation.parameters ?? []) {
        if (parameter.in !== 'query' || parameter.required === true) continue
        expect(JSON.stringify(parameter), `${name} ${parameter.name}`).not.toContain('"example')
      }
    }
  })

  test('names no field as needed that has a default', () => {
    const schemas = (document['components'] as { readonly schemas: { readonly [name: string]: Creation } }).schemas
    const subnet = schemas['SubnetCreation']
    expect(subnet?.required).toEqual(['prefix'])
    expect(subnet?.properties['leaseSeconds']).toMatchObject({ default: null })
    // A change has no defaults: what is left out stays as it is.
    expect(JSON.stringify(schemas['SubnetChange'])).not.toContain('default"')
  })
})

type Creation = { readonly required: readonly string[]; readonly properties: { readonly [name: string]: unknown } }

describe('the viewer', () => {
  test('loads nothing from elsewhere and runs no inline script', async () => {
    const { app } = testApi()
    const page = await app.inject('/docs')
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect(page.body).not.toMatch(/<script>|<script [^>]*>[^<\s]/)
    for (const [, url] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const asset = await app.inject(url as string)
      expect(asset.statusCode, url).toBe(200)
      expect(asset.headers['content-security-policy'], url).toContain("script-src 'self';")
    }
  })

  test('is led to by the front page', async () => {
    const { app } = testApi()
    const page = await app.inject('/')
    for (const link of ['/docs', '/api/v1/openapi.json', '/api/v1/health']) {
      expect(page.body).toContain(`href="${link}"`)
      expect((await app.inject(link)).statusCode).toBe(200)
    }
  })
})
