/**
 * The building blocks of the resources' schemas. A schema is written once and gives validation, the handlers' types and
 * the OpenAPI document; `view` makes the compiler compare it with the type in services/facade.ts.
 */
import { Type, type Static, type TOptional, type TSchema, type TUnsafe } from 'typebox'
import type { Page, Paging } from '../../services/index.ts'
import { FORMATS, type FormatName } from '../formats.ts'

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T
/** True when values of one type are values of the other and both name the same fields. */
type Alike<A, B> = [Mutable<A>] extends [Mutable<B>]
  ? [Mutable<B>] extends [Mutable<A>]
    ? [keyof A] extends [keyof B]
      ? [keyof B] extends [keyof A]
        ? true
        : false
      : false
    : false
  : false

type Fields = { readonly [name: string]: TSchema }
type StaticOf<F extends Fields> = Static<ReturnType<typeof Type.Object<F>>>

/** Marks an object that the OpenAPI document keeps under components/schemas (see openapi.ts). */
export const COMPONENT = 'x-component'

/** An object with exactly these fields, known in the OpenAPI document by `name`. */
export const object = <const F extends Fields>(name: string, description: string, fields: F) =>
  Type.Object(fields, { additionalProperties: false, description, [COMPONENT]: name })

/**
 * The schema of the facade's type V: `view<LeaseView>()('Lease', 'One lease.', { … })`. Does not compile unless the
 * fields are V's, all of them and with the same types.
 */
export const view =
  <V>() =>
  <const F extends Fields>(
    name: string,
    description: string,
    fields: F & (Alike<StaticOf<F>, V> extends true ? unknown : { readonly 'differs from the facade': V }),
  ): TUnsafe<V> =>
    Type.Unsafe<V>(object(name, description, fields))

/** A string in one of our formats. */
export const text = (format: FormatName, description: string, example: string = FORMATS[format].example) =>
  Type.String({ format, description, examples: [example] })

/** A string that is not looked into here: 1 to `longest` characters. */
export const freeText = (longest: number, description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: longest, description, examples: [example] })

/** A string of ours, in an answer. */
export const word = (description: string, example: string) => Type.String({ description, examples: [example] })

export const time = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-11-22T03:11:00.000Z'] })

/** A time or a date of a question. */
export const moment = (description: string) => freeText(40, description, '2026-11-17')

export const integer = (minimum: number, maximum: number, description: string, example: number) =>
  Type.Integer({ minimum, maximum, description, examples: [example] })

/** An integer of ours, in an answer. */
export const count = (description: string, example: number) => Type.Integer({ description, examples: [example] })

export const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description })

/** The same, or null. */
export const nullable = <T extends TSchema>(schema: T): TUnsafe<Static<T> | null> => {
  const plain = schema as T & { readonly type: string; readonly enum?: readonly string[] }
  const values = plain.enum === undefined ? {} : { enum: [...plain.enum, null] }
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [plain.type, 'null'], ...values })
}

export const list = <T extends TSchema>(item: T, description: string): TUnsafe<readonly Static<T>[]> =>
  Type.Unsafe<readonly Static<T>[]>(Type.Array(item, { description }))

/** One page of a list. Lists that are short by nature come as one page. */
export const page = <T extends TSchema>(name: string, item: T): TUnsafe<Page<Static<T>>> =>
  Type.Unsafe<Page<Static<T>>>(
    object(`${name}Page`, 'One page of a list.', {
      items: list(item, 'In the order of the list.'),
      next: nullable(word('Pass as "after" for the next page; null on the last.', '100')),
    }),
  )

/** Parameters of the path or the query: unknown ones are refused. */
export const parameters = <const F extends Fields>(fields: F) => Type.Object(fields, { additionalProperties: false })

export const DEFAULT_LIMIT = 100
/** services/facade.ts Paging: no answer is larger than this many items. */
export const LARGEST_LIMIT = 1000

export const pagingFields = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: LARGEST_LIMIT, default: DEFAULT_LIMIT, description: 'Items at most.' }),
  ),
  after: Type.Optional(freeText(200, 'Where the last page ended: its "next".', '100')),
}

export const pagingOf = (query: { readonly limit?: number; readonly after?: string }): Paging => ({
  limit: query.limit ?? DEFAULT_LIMIT,
  after: query.after,
})

export const id = (of: string) => integer(1, Number.MAX_SAFE_INTEGER, `Number of the ${of}.`, 1)

type WithDefaults<F extends Fields, D> = { [K in keyof F]: K extends keyof D ? TOptional<F[K]> : F[K] }
type DefaultsFor<F extends Fields> = { readonly [K in keyof F]?: Static<F[K]> }

/** The body that makes a new one: fields with a default may be left out. */
export function creation<const F extends Fields, const D extends DefaultsFor<F>>(
  name: string,
  description: string,
  fields: F,
  defaults: D,
) {
  const all = Object.entries(fields).map(([field, schema]) => {
    const given = Object.hasOwn(defaults, field)
    return [field, given ? Type.Optional({ ...schema, default: defaults[field] }) : schema]
  })
  return object(name, description, Object.fromEntries(all) as WithDefaults<F, D>)
}

type Change<F extends Fields> = { [K in keyof F]: TOptional<F[K]> }

/** The body that changes one: any of the fields, at least one; what is left out stays as it is. */
export function change<const F extends Fields>(name: string, description: string, fields: F) {
  const all = Object.entries(fields).map(([field, schema]) => [field, Type.Optional(schema)])
  return Type.Object(Object.fromEntries(all) as Change<F>, {
    additionalProperties: false,
    minProperties: 1,
    description,
    [COMPONENT]: name,
  })
}
