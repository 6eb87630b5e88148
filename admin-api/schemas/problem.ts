import { Type } from 'typebox'
import type { FieldProblem, Problem as ProblemType } from '../errors.ts'
import { count, list, view, word } from './common.ts'

const Field = view<FieldProblem>()('FieldProblem', 'One wrong field.', {
  pointer: word('JSON pointer to the field; "" is the whole input.', '/address'),
  detail: word('What is wrong.', '"10.53.0.300" is not an IPv4 address'),
  remedy: word('What would be right.', 'Four octets from 0 to 255, as 10.53.0.20.'),
})

export const Problem = view<ProblemType>()('Problem', 'RFC 9457 problem details.', {
  type: Type.String({ format: 'uri-reference', description: 'A page about it.', examples: ['/problems/invalid'] }),
  title: word('The kind of problem.', 'A field has a wrong value'),
  status: count('The HTTP status.', 422),
  detail: word('What was wrong this time.', '"10.53.0.300" is not an IPv4 address'),
  errors: list(Field, 'The wrong fields; may be empty.'),
})
