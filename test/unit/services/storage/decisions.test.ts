/** The log of reasons: filters, pages, its bound, and a file that is begun anew when it cannot be read. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DECISIONS_FILE, DECISIONS_KEPT, type DecisionQuery, DecisionStore, openDecisions } from '../../../../services/storage/decisions.ts'
import { openDatabase } from '../../../../services/storage/sqlite.ts'
import { storedDecision, type StoredDecision } from '../../../../services/storage/stored-decision.ts'
import type { Decision } from '../../../../services/index.ts'
import { ok } from '../../../../stack/platform/index.ts'
import { NOON } from '../../../support/leases.ts'
import { opened, temporaryDirectory } from '../../../support/storage.ts'

const plain = (fields: Partial<Decision> = {}): Omit<Decision, 'id'> => ({
  at: NOON, kind: 'dhcp', interfaceName: 'taproot0', mac: '02:00:00:00:00:01', clientId: undefined, address: undefined, hostName: undefined,
  received: 'DISCOVER', sent: 'OFFER', steps: [['dhcp.offer.sent', { address: '10.53.0.100', seconds: 60, target: 'x' }]], ...fields,
})
const decision = (fields: Partial<Decision> = {}): StoredDecision => storedDecision(plain(fields))

function store(...decisions: readonly StoredDecision[]): DecisionStore {
  const made = opened(openDecisions(undefined, 0))
  expect(made.add(decisions)).toEqual(ok(decisions.length))
  return made
}

test('a decision is kept whole and has an id', () => {
  const whole = plain({ clientId: '0001', address: '10.53.0.100', hostName: 'alpha' })
  const made = store(decision(), storedDecision(whole))
  expect(made.get(2)).toEqual({ ...whole, id: 2 })
  expect(made.get(1)).toEqual({ ...plain(), id: 1 })
  expect(made.get(3)).toBeUndefined()
})

describe('listing', () => {
  const made = store(
    decision({ mac: '02:00:00:00:00:0a', address: '10.53.0.1' }),
    decision({ mac: '02:00:00:00:00:0b', hostName: 'beta', received: 'REQUEST', sent: 'ACK' }),
    decision({ mac: '02:00:00:00:00:0a', hostName: 'beta', sent: 'none' }),
  )
  const ids = (...args: Parameters<DecisionStore['list']>): readonly number[] => made.list(...args).map((d) => d.id)

  test.each([
    [{}, [3, 2, 1]],
    [{ mac: '02:00:00:00:00:0a' }, [3, 1]],
    [{ address: '10.53.0.1' }, [1]],
    [{ hostName: 'beta' }, [3, 2]],
    [{ received: 'REQUEST' }, [2]],
    [{ sent: 'none' }, [3]],
    [{ hostName: 'beta', mac: '02:00:00:00:00:0a' }, [3]],
    [{ mac: "' OR 1=1 --" }, []],
  ])('%j', (query, expected) => {
    expect(ids(query, 9, undefined)).toEqual(expected)
  })

  test('newest first, in pages', () => {
    expect(ids({}, 2, undefined)).toEqual([3, 2])
    expect(ids({}, 2, 2)).toEqual([1])
  })
})

describe('with many of them, written in runs', () => {
  /** Some 40 clients, who come again and again; one named like another's address. */
  const many = Array.from({ length: 2_000 }, (_, i) => ({
    mac: `02:00:00:00:00:${((i * 7) % 40).toString(16).padStart(2, '0')}`,
    address: i % 3 === 0 ? `10.53.0.${(i * 7) % 40}` : undefined,
    hostName: i % 40 === 5 ? '10.53.0.1' : `host-${(i * 11) % 40}`,
    received: i % 2 === 0 ? 'DISCOVER' : 'REQUEST',
  }))
  /** Opened anew every few of them, as after restarts. */
  function written(): DecisionStore {
    const directory = temporaryDirectory()
    for (let from = 0; from < many.length; from += 100) {
      const made = opened(openDecisions(directory, 0))
      made.add(many.slice(from, from + 50).map(decision))
      made.add(many.slice(from + 50, from + 100).map(decision))
      made.close()
    }
    return opened(openDecisions(directory, 0))
  }

  test.each<DecisionQuery>([
    { mac: '02:00:00:00:00:07' }, { address: '10.53.0.1' }, { hostName: '10.53.0.1' }, { hostName: 'host-3', received: 'REQUEST' },
    { mac: '02:00:00:00:00:07', address: '10.53.0.7' }, { mac: '02:00:00:00:00:ff' }, { received: 'DISCOVER' },
  ])('%j finds the same as a look at each, page by page', (query) => {
    const expected = many.flatMap((each, i) =>
      Object.entries(query).every(([key, value]) => each[key as keyof typeof each] === value) ? [i + 1] : []).reverse()
    const made = written()
    const found: number[] = []
    for (let before: number | undefined; ;) {
      const page = made.list(query, 7, before)
      found.push(...page.map((each) => each.id))
      if (page.length < 7) break
      before = page.at(-1)?.id
    }
    made.close()
    expect(found).toEqual(expected)
  })
})

test('what a fault takes back is not found, and what comes after it is', () => {
  const db = opened(openDatabase(':memory:', { migrations: 'decisions', durable: false, wallMs: 0 }))
  const made = new DecisionStore(db)
  made.add(Array.from({ length: 200 }, () => decision({ hostName: 'before' })))
  db.exec("CREATE TRIGGER full BEFORE INSERT ON decisions WHEN NEW.host_name = 'lost' BEGIN SELECT RAISE(ABORT, 'no space'); END")
  expect(made.add(Array.from({ length: 200 }, () => decision({ hostName: 'lost' }))).ok).toBe(false)
  made.add(Array.from({ length: 200 }, () => decision({ hostName: 'after' })))
  const count = (hostName: string): number => made.list({ hostName }, 1_000, undefined).length
  expect([count('before'), count('lost'), count('after')]).toEqual([200, 0, 200])
})

test('it stops early when something else is in a hurry, and says how far it came', () => {
  const made = store()
  const added = made.add(Array.from({ length: 500 }, () => decision()), () => true)
  expect(added.ok && added.value > 0 && added.value < 500).toBe(true)
  expect(made.list({}, 500, undefined)).toHaveLength(added.ok ? added.value : -1)
})

test('the oldest make room when there are more than are kept', () => {
  const db = opened(openDatabase(':memory:', { migrations: 'decisions', durable: false, wallMs: 0 }))
  new DecisionStore(db).add([decision()])
  // As many as are kept, without writing them all.
  db.exec(`INSERT INTO decisions SELECT ${DECISIONS_KEPT}, at_ms, kind, interface, mac, client_id, address, host_name, received, sent, steps FROM decisions`)
  const made = new DecisionStore(db)
  made.add(Array.from({ length: 5_000 }, () => decision()))
  expect(made.get(1)).toBeUndefined()
  expect(made.get(DECISIONS_KEPT)?.id).toBe(DECISIONS_KEPT)
  expect(made.list({}, 1, undefined)[0]?.id).toBe(DECISIONS_KEPT + 5_000)
})

describe('in a file', () => {
  test('ids go on after a restart', () => {
    const directory = temporaryDirectory()
    const first = opened(openDecisions(directory, 0))
    first.add([decision(), decision()])
    first.close()
    const second = opened(openDecisions(directory, 0))
    second.add([decision({ hostName: 'later' })])
    expect(second.list({}, 9, undefined).map((d) => [d.id, d.hostName])).toEqual([[3, 'later'], [2, undefined], [1, undefined]])
    second.close()
  })

  test('a damaged file is begun anew: it is a log, not state', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, DECISIONS_FILE), 'no database at all, but long enough that SQLite looks at it and sees that')
    const anew = opened(openDecisions(directory, 0))
    expect(anew.add([decision()])).toEqual(ok(1))
    expect(anew.list({}, 9, undefined)).toHaveLength(1)
    anew.close()
  })
})
