/** From a submitted transaction to the answer: one message per batch of frames, one fsync per group, everybody told once. */
import { describe, expect, test } from 'vitest'
import { CommitQueue, MAX_UNDER_WAY } from '../../../../services/storage/commit-queue.ts'
import { commitBatches, GROUP_LIMIT, type Batch, type BatchAnswer } from '../../../../services/storage/writer.ts'
import type { StoreFault, Transaction } from '../../../../services/storage/store.ts'

const FULL: StoreFault = { kind: 'full', detail: 'SQLITE_FULL: database or disk is full' }
const transaction = (name: string): Transaction => [{ kind: 'setting', name, value: '' }]
const nameOf = ([write]: Transaction): string => (write?.kind === 'setting' ? write.name : '')

describe('the queue', () => {
  function queue() {
    const soon: (() => void)[] = []
    const posted: [number, readonly string[]][] = []
    const told: string[] = []
    const commits = new CommitQueue({ soon: (run) => soon.push(run), post: (batch, transactions) => posted.push([batch, transactions.map(nameOf)]) })
    return {
      commits, posted, told,
      submit: (name: string) => commits.submit(transaction(name), (fault) => told.push(`${name} ${fault?.kind ?? 'stored'}`)),
      batchEnds: () => soon.splice(0).forEach((run) => run()),
    }
  }

  test('joins what comes within one batch of frames, and tells each when the writer has answered', () => {
    const q = queue()
    q.submit('a')
    q.submit('b')
    expect([q.posted, q.commits.underWay]).toEqual([[], 2])
    q.batchEnds()
    q.submit('c')
    q.batchEnds()
    expect(q.posted).toEqual([[1, ['a', 'b']], [2, ['c']]])
    expect(q.told).toEqual([])
    q.commits.settle(1, [undefined, FULL])
    expect(q.told).toEqual(['a stored', 'b full'])
    q.commits.settle(2, [undefined])
    expect([q.told.at(-1), q.commits.underWay]).toEqual(['c stored', 0])
  })

  test('an answer counts once, and one that nobody waits for not at all', () => {
    const q = queue()
    q.submit('a')
    q.batchEnds()
    q.commits.settle(7, [undefined])
    q.commits.settle(1, [undefined])
    q.commits.settle(1, [FULL])
    expect([q.told, q.commits.underWay]).toEqual([['a stored'], 0])
  })

  test('the last fault is remembered until a batch succeeds', () => {
    const q = queue()
    for (const faults of [[undefined, FULL], [undefined, undefined]] as const) {
      q.submit('a')
      q.submit('b')
      q.batchEnds()
      q.commits.settle(q.posted.length, faults)
      expect(q.commits.lastFault).toBe(faults[1])
    }
  })

  test('what is submitted from an answer goes with the next batch', () => {
    const q = queue()
    q.commits.submit(transaction('a'), () => q.submit('b'))
    q.batchEnds()
    q.commits.settle(1, [undefined])
    q.batchEnds()
    expect(q.posted).toEqual([[1, ['a']], [2, ['b']]])
  })

  test('beyond the bound it refuses, later and not at once, and takes again when there is room', () => {
    const q = queue()
    for (let i = 0; i < MAX_UNDER_WAY; i++) q.commits.submit(transaction('x'), () => undefined)
    q.submit('too many')
    expect(q.told).toEqual([])
    q.batchEnds()
    expect(q.told).toEqual(['too many failed'])
    expect(q.posted[0]?.[1]).toHaveLength(MAX_UNDER_WAY)
    q.commits.settle(1, [])
    q.submit('again')
    expect(q.commits.underWay).toBe(1)
  })
})

describe('the writer', () => {
  const batch = (n: number, ...names: readonly string[]): Batch => ({ batch: n, transactions: names.map(transaction) })

  function run(batches: readonly Batch[], bad: readonly string[] = []) {
    const groups: (readonly string[])[] = []
    const answers: BatchAnswer[] = []
    const commit = (transactions: readonly Transaction[]) => {
      groups.push(transactions.map(nameOf))
      return transactions.map((t) => (bad.includes(nameOf(t)) ? FULL : undefined))
    }
    commitBatches({ commit }, batches, (answer) => answers.push(answer))
    return { groups, answers }
  }

  test('commits everything that waits with one fsync and answers each batch with its own faults', () => {
    const { groups, answers } = run([batch(1, 'a', 'b'), batch(2, 'c'), batch(3)], ['b'])
    expect(groups).toEqual([['a', 'b', 'c']])
    expect(answers).toEqual([{ batch: 1, faults: [undefined, FULL] }, { batch: 2, faults: [undefined] }, { batch: 3, faults: [] }])
  })

  test('begins a new group at the limit, and never tears a batch apart', () => {
    const many = (n: number): readonly string[] => Array.from({ length: n }, (_, i) => String(i))
    const { groups, answers } = run([batch(1, ...many(GROUP_LIMIT - 1)), batch(2, 'a'), batch(3, ...many(GROUP_LIMIT + 5)), batch(4, 'z')])
    expect(groups.map((group) => group.length)).toEqual([GROUP_LIMIT, GROUP_LIMIT + 5, 1])
    expect(answers.map((answer) => answer.batch)).toEqual([1, 2, 3, 4])
  })
})
