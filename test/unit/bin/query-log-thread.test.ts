/** The thread of the query log: it begins when it is needed, writes what the ring has, forgets, and begins a file anew. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { QueryLogThread } from '../../../bin/query-log-thread.ts'
import { RECORD_HEAD_OCTETS, RingWriter } from '../../../services/dns/query-log/ring.ts'
import { name as wireName } from '../../../services/dns/wire/name.ts'
import { DEFAULT_QUERY_LOG, type QueryLogSettings } from '../../../services/index.ts'
import { QUERY_LOG_FILE } from '../../../services/storage/query-log-writer.ts'
import { found } from '../../support/query-log.ts'
import { temporaryDirectory } from '../../support/storage.ts'

function begin(settings: Partial<QueryLogSettings> = {}, directory = temporaryDirectory()): { readonly log: QueryLogThread; readonly directory: string; note(name: string): void } {
  const log = new QueryLogThread(directory, { ...DEFAULT_QUERY_LOG, ...settings }, (reason) => {
    throw new Error(`the thread died: ${reason}`)
  })
  onTestFinished(() => log.close())
  const ring = new RingWriter(log.memory)
  const note = (text: string): void => {
    const octets = wireName(text)
    const word = ring.claim(octets.length, 0)
    ring.times[(word >> 1) + 1] = Date.UTC(2026, 10, 22, 12)
    ring.octets.set(octets, word * 4 + RECORD_HEAD_OCTETS)
    ring.publish()
  }
  return { log, directory, note }
}
const names = (log: QueryLogThread): readonly (string | null)[] => {
  const reader = log.reader()
  return reader === undefined ? [] : found(reader, {}).map(({ name }) => name)
}

test('what was noted can be found as soon as somebody asks, and is there after the end', async () => {
  const { log, directory, note } = begin({ keepDays: 3650 })
  expect(log.reader()).toBeUndefined()
  expect(existsSync(join(directory, QUERY_LOG_FILE))).toBe(false)
  note('a.example')
  note('b.example')
  await log.flush()
  expect(names(log)).toEqual(['b.example', 'a.example'])
  note('c.example')
  await log.close()
  const again = begin({ keepDays: 3650 }, directory)
  expect(names(again.log)).toEqual(['c.example', 'b.example', 'a.example'])
})

test('it is forgotten when somebody says so, and goes on', async () => {
  const { log, note } = begin({ keepDays: 3650 })
  note('a.example')
  await log.flush()
  expect(await log.clear()).toEqual({ ok: true, value: null })
  expect(names(log)).toEqual([])
  note('b.example')
  await log.flush()
  expect(names(log)).toEqual(['b.example'])
})

test('modes count from then on', async () => {
  const { log, note } = begin({ keepDays: 3650 })
  note('a.example')
  await log.flush()
  log.apply({ ...DEFAULT_QUERY_LOG, keepDays: 3650, mode: 'counts' })
  note('b.example')
  await log.flush()
  expect(names(log)).toEqual([null, 'a.example'])
  log.apply({ ...DEFAULT_QUERY_LOG, keepDays: 3650, mode: 'off' })
  expect(new RingWriter(log.memory).isOn).toBe(false)
  expect(log.check()).toEqual({ name: 'query-log', status: 'ok', detail: 'off' })
})

test('a file that is no database is begun anew', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, QUERY_LOG_FILE), 'no database at all, but long enough that SQLite looks at it and sees that')
  const { log, note } = begin({ keepDays: 3650 }, directory)
  note('a.example')
  await log.flush()
  expect(names(log)).toEqual(['a.example'])
  expect(log.check()).toMatchObject({ status: 'ok' })
})
