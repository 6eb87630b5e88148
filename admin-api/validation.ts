/**
 * Checks a part of a request against its schema. What fits comes out in canonical form (formats.ts); of what does not,
 * every wrong field is named with what would be right. Nothing is guessed: only the digits of an integer parameter are
 * read as a number, since a query can hold nothing but text.
 */
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { fieldsError } from './errors.ts'
import { type Part, problemsOf, type SchemaNode, type Violation } from './explanations.ts'
import { formatRow, registerFormats, type FormatRow } from './formats.ts'

/** DHCP options are the deepest that there is. What is deeper could exhaust the stack of whatever walks it. */
const DEEPEST_BODY = 8

/** Looks no deeper than `levels`. */
const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(inner => isDeeperThan(levels - 1, inner)))

type Rewriting = (values: Record<string, unknown>) => Record<string, unknown>

/** Reads the integers among the parameters; what is no integer stays text and fails the check. */
function integersOf(schema: SchemaNode): Rewriting {
  const names = Object.entries(schema.properties ?? {})
    .filter(([, node]) => node.type === 'integer')
    .map(([name]) => name)
  return values => {
    const read = { ...values }
    for (const name of names) {
      const given = read[name]
      if (typeof given === 'string' && /^-?\d{1,16}$/.test(given)) read[name] = Number(given)
    }
    return read
  }
}

/** Brings the fields with a format to their canonical form. */
function canonicalOf(schema: SchemaNode): Rewriting {
  const rows: (readonly [string, FormatRow])[] = []
  for (const [name, node] of Object.entries(schema.properties ?? {})) {
    const row = node.format === undefined ? undefined : formatRow(node.format)
    if (row !== undefined) rows.push([name, row])
  }
  return values => {
    const canonical = { ...values }
    for (const [name, row] of rows) {
      const given = canonical[name]
      if (typeof given === 'string') canonical[name] = row.canonical(given)
    }
    return canonical
  }
}

/** fastify's validator compiler; the error it answers is a ProblemError. */
export function validatorCompiler(): FastifySchemaCompiler<TSchema> {
  registerFormats()
  return ({ schema, httpPart }) => {
    // Compiled when the first request comes: at start-up forty of these would be in the way.
    let compiled: ReturnType<typeof Compile> | undefined
    const node = schema as SchemaNode
    const part: Part = httpPart === 'body' ? 'body' : 'parameter'
    const read = part === 'body' ? undefined : integersOf(node)
    const canonical = canonicalOf(node)
    return (given: Record<string, unknown> | string) => {
      if (part === 'body' && isDeeperThan(DEEPEST_BODY, given)) {
        return {
          error: fieldsError('invalid', [
            { pointer: '', detail: 'the body is nested too deeply', remedy: `At most ${DEEPEST_BODY} levels.` },
          ]),
        }
      }
      const value = read === undefined || typeof given === 'string' ? given : read(given)
      const checked = (compiled ??= Compile(schema))
      // A file is one string.
      if (checked.Check(value)) return { value: typeof value === 'string' ? value : canonical(value) }
      const problems = problemsOf(node, value, part, rest => checked.Errors(rest) as readonly Violation[])
      return { error: fieldsError(part === 'body' ? 'invalid' : 'invalid-parameter', problems) }
    }
  }
}
