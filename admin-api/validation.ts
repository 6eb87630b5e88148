/**
 * Checks a part of a request against its schema. What fits comes out in canonical form (formats.ts); of what does not,
 * every wrong field is named with what would be right. Nothing is guessed: only the digits of an integer parameter are
 * read as a number, since a query can hold nothing but text.
 */
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { fieldsError, type FieldProblem } from './errors.ts'
import { formatRow, registerFormats, type FormatRow } from './formats.ts'

/** A body of nonsense could have thousands of wrong fields. */
const MOST_PROBLEMS = 20
const LONGEST_SHOWN = 60
/** DHCP options are the deepest that there is. What is deeper could exhaust the stack of whatever walks it. */
const DEEPEST_BODY = 8

/** The keywords that the schemas use, as far as an explanation needs them. */
type SchemaNode = {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly [keyword: string]: unknown
}
type Violation = {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: { readonly [name: string]: unknown }
  readonly message: string
}
type Part = 'body' | 'parameter'

const unescape = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')
const escape = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')
const tokens = (path: string): string[] => path.split('/').slice(1).map(unescape)

/** What `path` leads to; undefined when it leads nowhere. */
function follow(from: unknown, path: string): unknown {
  let at = from
  for (const token of tokens(path))
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[token] : undefined
  return at
}

function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing'
  return json.length <= LONGEST_SHOWN ? json : `${json.slice(0, LONGEST_SHOWN)}…`
}

/** Looks no deeper than `levels`. */
const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(inner => isDeeperThan(levels - 1, inner)))

const ARTICLES: { readonly [type: string]: string } = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
}
const typeNames = (type: unknown): string =>
  [type]
    .flat()
    .map(name => ARTICLES[String(name)] ?? String(name))
    .join(' or ')

/** Every integer of the schemas has both bounds. */
const range = (node: SchemaNode): string => `An integer from ${String(node['minimum'])} to ${String(node['maximum'])}.`

/** What a field takes, for the remedy. */
function expectation(node: SchemaNode | undefined): string {
  if (node === undefined) return 'See the schema at /docs.'
  const types = [node.type].flat()
  const orNull = types.includes('null') ? ' null is allowed too.' : ''
  const row = node.format === undefined ? undefined : formatRow(node.format)
  if (row !== undefined) return row.remedy + orNull
  if (types.includes('integer')) return range(node) + orNull
  if (node.properties !== undefined) return `A JSON object with some of ${Object.keys(node.properties).join(', ')}.`
  return (node.description ?? 'See the schema at /docs.') + orNull
}

/** One violation as the fields it is about. */
function explain(violation: Violation, schema: SchemaNode, value: unknown, part: Part): readonly FieldProblem[] {
  const { keyword, instancePath: pointer, params } = violation
  const node = follow(schema, violation.schemaPath) as SchemaNode | undefined
  const found = show(follow(value, pointer))
  const known = Object.keys(node?.properties ?? {}).join(', ')
  const name = tokens(pointer).at(-1) ?? (part === 'body' ? 'the body' : 'the query')
  const about = (detail: string, remedy: string): readonly FieldProblem[] => [{ pointer, detail, remedy }]
  switch (keyword) {
    case 'required':
      return (params['requiredProperties'] as readonly string[]).map(field => ({
        pointer: `${pointer}/${escape(field)}`,
        detail: `${field} is missing`,
        remedy: expectation(node?.properties?.[field]),
      }))
    case 'additionalProperties':
      return (params['additionalProperties'] as readonly string[]).map(field => ({
        pointer: `${pointer}/${escape(field)}`,
        detail: `${show(field)} is not a known ${part === 'body' ? 'field' : 'parameter'}`,
        remedy: known === '' ? 'There are none here.' : `Known: ${known}.`,
      }))
    case 'format': {
      const row = formatRow(String(params['format']))
      return about(`${found} is not ${row?.noun ?? String(params['format'])}`, expectation(node))
    }
    case 'type':
      // fastify hands a body that did not come as null.
      return value === null || follow(value, pointer) === undefined
        ? about(`${name} is missing`, `Send ${typeNames(params['type'])}.`)
        : about(`${name} must be ${typeNames(params['type'])}, not ${found}`, expectation(node))
    case 'enum':
      return about(
        `${found} is not a value of ${name}`,
        `One of ${(params['allowedValues'] as readonly unknown[]).map(show).join(', ')}.`,
      )
    case 'minimum':
    case 'maximum':
      return about(
        `${name} is ${found}, which is ${keyword === 'minimum' ? 'too small' : 'too large'}`,
        range(node ?? {}),
      )
    case 'minLength':
      return about(`${name} is empty`, expectation(node))
    case 'maxLength':
      return about(`${name} is too long`, `At most ${String(params['limit'])} characters.`)
    case 'minProperties':
      return about('there is nothing to change', `At least one of ${known}.`)
    default:
      return about(`${name} ${violation.message}`, expectation(node))
  }
}

/** Every wrong field of `value`, the first 20. */
function problemsOf(
  violations: readonly Violation[],
  schema: SchemaNode,
  value: unknown,
  part: Part,
): readonly FieldProblem[] {
  // A refused extra field is reported a second time, as a schema that is false.
  return violations
    .filter(violation => violation.keyword !== 'boolean')
    .flatMap(violation => explain(violation, schema, value, part))
    .slice(0, MOST_PROBLEMS)
}

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
    return (given: Record<string, unknown>) => {
      if (part === 'body' && isDeeperThan(DEEPEST_BODY, given)) {
        return {
          error: fieldsError('invalid', [
            { pointer: '', detail: 'the body is nested too deeply', remedy: `At most ${DEEPEST_BODY} levels.` },
          ]),
        }
      }
      const value = read === undefined ? given : read(given)
      const checked = (compiled ??= Compile(schema))
      if (checked.Check(value)) return { value: canonical(value as Record<string, unknown>) }
      const problems = problemsOf(checked.Errors(value) as readonly Violation[], node, value, part)
      return { error: fieldsError(part === 'body' ? 'invalid' : 'invalid-parameter', problems) }
    }
  }
}
