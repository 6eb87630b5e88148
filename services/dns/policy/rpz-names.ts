/**
 * Names of a policy zone match as names of every zone do (RFC 4592 §3.3.1), and as BIND and Unbound take it: a wildcard
 * stands for names whose closest encloser is the name above it. So where "b.example" is there, if only because
 * "a.b.example" is, "*.example" says nothing of "c.b.example".
 */
import type { NameKey } from '../wire/name.ts'
import { nameOfKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import { ACTION, SCOPE } from './model.ts'
import type { HashKey, NameTable, PolicyList } from './model.ts'
import { flagsOf, NameProbe, rulesIn, scopeOf } from './name-table.ts'
import type { NameTableBuilder } from './name-table-builder.ts'
import { matchOf } from './rule-match.ts'
import type { RuleMatch } from './rule-match.ts'

/** The one rule of the zone that counts for the name in `probe`. */
export function zoneRuleFor(probe: NameProbe, list: PolicyList, key: NameKey, of: 'names' | 'servers'): RuleMatch | undefined {
  const table = list.compiled[of]
  for (let parent = 0; parent < probe.count; parent++) {
    let slot = probe.find(table, parent, -1)
    if (slot < 0) continue
    // The name, or its closest encloser: nothing further up counts.
    for (; slot >= 0; slot = probe.find(table, parent, slot)) {
      const flags = probe.flags(table, parent, slot)
      if (scopeOf(flags) === (parent === 0 ? SCOPE.exact : SCOPE.below)) {
        return matchOf(list, of, key.slice(probe.starts[parent]), parent, flags, probe.reference(table, parent, slot))
      }
    }
    return undefined
  }
  return undefined
}

const NODE = flagsOf(ACTION.block, SCOPE.none, false)

/** Says of names that are there only for what is below them, where a wildcard above would count otherwise. */
export function markNodes(builder: NameTableBuilder, hashKey: HashKey): number {
  const table = builder.finish()
  const probe = new NameProbe(hashKey)
  let marked = 0
  for (const { key } of rulesIn(table)) {
    let at = key
    const between: NameKey[] = []
    while (at !== ROOT_KEY) {
      at = parentKey(at)
      probe.load(at)
      const slot = probe.find(table, 0, -1)
      if (slot < 0) between.push(at)
      else {
        if (hasWildcard(probe, table, slot)) {
          for (const name of between) if (builder.add(nameOfKey(name), NODE, 0) === 'added') marked++
        }
        between.length = 0
      }
    }
  }
  return marked
}

function hasWildcard(probe: NameProbe, table: NameTable, first: number): boolean {
  for (let slot = first; slot >= 0; slot = probe.find(table, 0, slot)) if (scopeOf(probe.flags(table, 0, slot)) === SCOPE.below) return true
  return false
}
