/** Lists compiled on their own thread: what is stored, what is typed in and what is a zone; and what is not there. */
import { expect, onTestFinished, test } from 'vitest'
import { ListCompiler } from '../../../bin/list-compiler.ts'
import type { CompileJob } from '../../../services/policy-lists/compile-job.ts'
import { ListDirectory } from '../../../services/storage/list-files.ts'
import { openStore } from '../../../services/storage/sqlite.ts'
import { FORWARD, NOON, record } from '../../support/leases.ts'
import { opened, temporaryDirectory } from '../../support/storage.ts'

const JOB: Omit<CompileJob, 'content'> = { name: 'ads', kind: 'block', format: 'auto', hashKey: [5, 7] }

async function compiler(): Promise<{ readonly compile: (content: CompileJob['content'], change?: Partial<CompileJob>) => Promise<unknown>; readonly files: ListDirectory; readonly directory: string }> {
  const directory = temporaryDirectory()
  const lists = new ListCompiler(directory)
  onTestFinished(() => lists.close())
  const compile = async (content: CompileJob['content'], change: Partial<CompileJob> = {}): Promise<unknown> => {
    const compiled = await lists.compile({ ...JOB, ...change, content })
    if (!compiled.ok) return compiled.error
    const { report, kind, hashKey } = compiled.value
    return { format: report.format, kind, rules: report.rules, hashKey }
  }
  return { compile, files: new ListDirectory(directory), directory }
}

test('one after the other, whoever asks first', async () => {
  const { compile, files } = await compiler()
  await files.write('ads', Buffer.from('0.0.0.0 ads.example tracker.example\n'))
  const all = [
    compile({ kind: 'stored' }), compile({ kind: 'stored' }, { name: 'other' }),
    compile({ kind: 'text', text: 'good.example\n' }, { kind: 'allow' }),
  ]
  expect(await Promise.all(all)).toEqual([
    { format: 'hosts', kind: 'block', rules: 2, hashKey: [5, 7] }, 'its content is not there', { format: 'domains', kind: 'allow', rules: 1, hashKey: [5, 7] },
  ])
})

test('a zone as it is on disk', async () => {
  const { compile, directory } = await compiler()
  const store = opened(openStore(directory, NOON))
  const bad = record(1, `bad.example.${FORWARD.name}`, 'CNAME', '.')
  store.commit([[{ kind: 'zone-put', zone: FORWARD }, { kind: 'zone-edit', at: NOON, edit: { zoneId: FORWARD.id, serialBefore: 1, serialAfter: 2, remove: [], add: [bad] } }]])
  store.close()
  expect(await compile({ kind: 'zone', zoneId: FORWARD.id, zone: FORWARD.name }, { kind: 'rpz', format: 'rpz' })).toMatchObject({ format: 'rpz', rules: 1 })
})
