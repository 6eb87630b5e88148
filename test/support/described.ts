/** Holds an answer of the API against its own OpenAPI document. */
import type { LightMyRequestResponse } from 'fastify'
import { Compile } from 'typebox/schema'
import { expect } from 'vitest'

type Node = { readonly [key: string]: Node } & { readonly $ref?: string }
export type Document = {
  readonly openapi: string
  readonly paths: { readonly [path: string]: Path }
  readonly [key: string]: unknown
}
export type Path = { readonly [method: string]: Operation }
export type Operation = {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly security: readonly { readonly [scheme: string]: readonly string[] }[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema: unknown
  }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: { readonly [status: string]: { readonly description: string; readonly content?: Content } }
}
export type Content = { readonly [mediaType: string]: { readonly schema: unknown } }

/** The schema with every reference replaced by what it points to. There are no cycles in ours. */
export function inlined(document: Document, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(item => inlined(document, item))
  if (typeof schema !== 'object' || schema === null) return schema
  const { $ref } = schema as Node
  if (typeof $ref !== 'string')
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inlined(document, value)]))
  const target = $ref
    .split('/')
    .slice(1)
    .reduce<unknown>((at, token) => (at as Node)[token], document)
  expect(target, $ref).toBeDefined()
  return inlined(document, target)
}

/** The operation that a request is, by its path without the query. */
export function operationOf(document: Document, method: string, url: string): Operation {
  const path = url.replace(/\?.*/, '')
  const literal = document.paths[path]
  const template = Object.keys(document.paths).find(each =>
    new RegExp(`^${each.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
  )
  const operation = (literal ?? document.paths[template ?? ''])?.[method.toLowerCase()]
  expect(operation, `${method} ${path}`).toBeDefined()
  return operation as Operation
}

/** Fails unless the document says that this answer may come, and what it looks like. */
export function expectDescribed(document: Document, method: string, url: string, answer: LightMyRequestResponse): void {
  const described = operationOf(document, method, url).responses[answer.statusCode]
  expect(described, `${method} ${url} answers ${answer.statusCode}`).toBeDefined()
  if (answer.statusCode === 204) {
    expect(answer.body).toBe('')
    return
  }
  const mediaType = String(answer.headers['content-type']).replace(/;.*/, '')
  const schema = described?.content?.[mediaType]?.schema
  expect(schema, `${method} ${url} answers ${mediaType}`).toBeDefined()
  const checked = Compile(inlined(document, schema) as object)
  const value: unknown = mediaType.endsWith('json') ? answer.json() : answer.body
  expect(checked.Errors(value)[1]).toEqual([])
}
