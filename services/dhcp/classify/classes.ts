/** Client classes as a packet needs them: which ones it is in, by expression or because its host was put there. */
import { BUILT_IN_CLASSES } from '../../model/index.ts'
import type { ClientClass } from '../../model/index.ts'
import type { Exchange } from '../exchange.ts'
import { compileLevel } from '../levels.ts'
import type { CompiledLevel } from '../levels.ts'
import type { OptionRegistry } from '../wire/option-spaces.ts'
import { FLAG_TESTS, compileExpression } from './compile.ts'
import type { Predicate } from './compile.ts'
import { parseExpression } from './parse.ts'

export type CompiledClass = {
  readonly clientClass: ClientClass
  readonly level: CompiledLevel | undefined
  /** False for a class that only hosts are put in. */
  readonly matches: Predicate
}

const NEVER: Predicate = () => false

/** By priority; of equal ones the older first. An expression that checkConfiguration refuses matches nobody. */
export function compileClasses(classes: readonly ClientClass[], registry: OptionRegistry): readonly CompiledClass[] {
  const ordered = [...classes].sort((a, b) => a.priority - b.priority || a.id - b.id)
  return ordered.map(clientClass => {
    const parsed = clientClass.test === undefined ? undefined : parseExpression(clientClass.test, registry)
    return {
      clientClass,
      level: compileLevel(clientClass.level, `class ${clientClass.name}`, registry),
      matches: parsed?.ok === true ? compileExpression(parsed.value) : NEVER,
    }
  })
}

/** The classes of a request whose host is known already. */
export const classesOf = (x: Exchange, classes: readonly CompiledClass[]): readonly CompiledClass[] =>
  classes.filter(each => x.host?.host.classes.includes(each.clientClass.name) === true || each.matches(x))

/** Whether a request is in the class of this name, built in or not. */
function isIn(name: string): Predicate {
  const builtIn = BUILT_IN_CLASSES.find(each => each === name)
  if (builtIn !== undefined) return FLAG_TESTS[builtIn]
  return x => x.classes.some(each => each.clientClass.name === name)
}

/** Who may have addresses of a pool: undefined lets everybody in. */
export function permissionOf(allow: readonly string[], deny: readonly string[]): Predicate | undefined {
  if (allow.length === 0 && deny.length === 0) return undefined
  const allowed = allow.map(isIn)
  const denied = deny.map(isIn)
  return x => (allowed.length === 0 || allowed.some(test => test(x))) && !denied.some(test => test(x))
}
