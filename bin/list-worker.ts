/**
 * SHELL: the thread that compiles lists of names, one after the other. It begins when there is something to compile, and
 * ends when the main thread has nothing more for it, so that what it needed for a list of a million names is given back.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type CompiledList, transferablesOf } from '../services/dns/index.ts'
import { compileJob, type CompileJob } from '../services/policy-lists/compile-job.ts'
import { ListDirectory } from '../services/storage/list-files.ts'
import type { SqliteReader } from '../services/storage/reader.ts'
import { openReader } from '../services/storage/sqlite.ts'
import type { Result } from '../stack/platform/index.ts'

export type ListWorkerData = { readonly directory: string }
export type CompileAnswer = Result<CompiledList, string>

const main = parentPort as MessagePort
const { directory } = workerData as ListWorkerData
const files = new ListDirectory(directory)

function zoneContents(zoneId: number): ReturnType<SqliteReader['zoneContents']> {
  const reader = openReader(directory)
  try {
    return reader.zoneContents(zoneId)
  } finally {
    reader.close()
  }
}

main.on('message', async (job: CompileJob) => {
  const answer: CompileAnswer = await compileJob(job, { stored: (name) => files.read(name), zone: zoneContents })
  main.postMessage(answer, answer.ok ? transferablesOf(answer.value) : [])
})
