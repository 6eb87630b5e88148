/**
 * Says what is wrong with a part of a request and what would be right: from the violations that the validator found,
 * and from the descriptions that the schema has.
 */
import type { FieldProblem } from './errors.ts'
import { formatRow } from './formats.ts'

/** A body of nonsense could have thousands of wrong fields. */
const MOST_PROBLEMS = 20
const LONGEST_SHOWN = 60

/** The keywords that the schemas use, as far as an explanation needs them. */
export type SchemaNode = {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly [keyword: string]: unknown
}
export type Violation = {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: { readonly [name: string]: unknown }
  readonly message: string
}
export type Part = 'body' | 'parameter'

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

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The fields that the schema does not know, and the value without them. */
function splitUnknown(
  schema: SchemaNode,
  value: unknown,
): { readonly unknown: readonly string[]; readonly rest: unknown } {
  if (!isObject(value)) return { unknown: [], rest: value }
  const isKnown = (name: string): boolean => Object.hasOwn(schema.properties ?? {}, name)
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => isKnown(name)))
  return { unknown: Object.keys(value).filter(name => !isKnown(name)), rest }
}

/** Every wrong field of `value`, the first 20. `check` answers the violations of a value that is checked again. */
export function problemsOf(
  schema: SchemaNode,
  value: unknown,
  part: Part,
  check: (value: unknown) => readonly Violation[],
): readonly FieldProblem[] {
  // The validator stops after a few violations, and unknown fields could be all that it sees.
  const { unknown, rest } = splitUnknown(schema, value)
  const known = Object.keys(schema.properties ?? {}).join(', ')
  const strangers = unknown.map(name => ({
    pointer: `/${escape(name)}`,
    detail: `${show(name)} is not a known ${part === 'body' ? 'field' : 'parameter'}`,
    remedy: `Known: ${known}.`,
  }))
  return check(rest)
    .filter(violation => violation.keyword !== 'minProperties' || unknown.length === 0)
    .flatMap(violation => explain(violation, schema, rest, part))
    .concat(strangers)
    .slice(0, MOST_PROBLEMS)
}
