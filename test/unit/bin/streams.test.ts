import { describe, expect, test } from 'vitest'
import { answerCall, type AnswerMessage, type CallMessage, NetworkCaller } from '../../../bin/channel.ts'
import {
  MAX_STREAMS,
  STREAM_WINDOW,
  StreamSources,
  type StreamReport,
  type StreamRequest,
} from '../../../bin/streams.ts'
import { Pipe, StreamBroken } from '../../../services/pipe.ts'
import type { NetworkSide } from '../../../services/network-side.ts'
import { type PingEventView, type PingInput, refusal } from '../../../services/index.ts'
import { ok } from '../../../stack/platform/index.ts'

const INPUT = { target: 'x' } as PingInput
const TIMEOUT = (sequence: number): PingEventView => ({ kind: 'timeout', sequence })
/** Everything that is on its way has arrived. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Both ends of a channel; messages are copied on their way, as between threads. */
function channel() {
  const pipes: Pipe<PingEventView>[] = []
  let left = 0
  let posted = 0
  const network = {
    diagnostics: {
      ping: async () => {
        const pipe = new Pipe<PingEventView>({ limit: 1000, onLeave: () => left++ })
        pipes.push(pipe)
        return ok(pipe)
      },
      traceroute: async () => ok((async function* () {
        yield* []
        throw new Error('a bug')
      })()),
      sockets: async () => ok({ items: [], next: null }),
      capture: async () => ok((async function* () {
        yield Uint8Array.of(1, 2, 3)
        yield new Uint8Array(8).subarray(2, 4)
      })()),
    },
  } as unknown as NetworkSide
  const caller = new NetworkCaller()
  const back = (message: AnswerMessage | StreamReport, transfer: ArrayBuffer[] = []): void => {
    posted++
    const copied = structuredClone(message, { transfer })
    queueMicrotask(() => caller.receive(copied))
  }
  const faults: unknown[] = []
  const sources = new StreamSources(back, (fault) => faults.push(fault))
  const port = {
    postMessage(message: CallMessage | StreamRequest): void {
      const copied = structuredClone(message)
      if ('stream' in copied) queueMicrotask(() => sources.receive(copied))
      else void answerCall(network, copied, sources).then(back)
    },
  }
  caller.connect(port)
  const begin = async (): Promise<AsyncIterableIterator<PingEventView>> => {
    const begun = await caller.network.diagnostics.ping(INPUT)
    if (!begun.ok) throw new Error(begun.error.problem)
    return begun.value as AsyncIterableIterator<PingEventView>
  }
  return { caller, pipes, sources, faults, begin, left: () => left, posted: () => posted }
}

describe('streams between threads', () => {
  test('items come in order, and the end', async () => {
    const { begin, pipes } = channel()
    const stream = await begin()
    for (let n = 1; n <= 100; n++) pipes[0]?.put(TIMEOUT(n))
    pipes[0]?.end()
    const seen: number[] = []
    for await (const event of stream) if (event.kind === 'timeout') seen.push(event.sequence)
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  })

  test('nothing is sent that the reader does not want', async () => {
    const { begin, pipes, posted } = channel()
    const stream = await begin()
    const answers = posted()
    for (let n = 1; n <= 500; n++) pipes[0]?.put(TIMEOUT(n))
    await settled()
    expect(posted() - answers).toBe(0)
    await stream.next()
    await settled()
    expect(posted() - answers).toBe(STREAM_WINDOW)
    expect(pipes[0]?.size).toBe(500 - STREAM_WINDOW)
  })

  test('a reader that leaves ends the work, also while it waits', async () => {
    const { begin, sources, left } = channel()
    const stream = await begin()
    const waiting = stream.next()
    await settled()
    await stream.return?.()
    expect((await waiting).done).toBe(true)
    await settled()
    expect([left(), sources.size]).toEqual([1, 0])
  })

  test('one that breaks off says why', async () => {
    const { begin, pipes } = channel()
    const stream = await begin()
    pipes[0]?.put(TIMEOUT(1))
    pipes[0]?.break(refusal('unavailable', '', 'nobody read it', 'read it'))
    expect((await stream.next()).done).toBe(false)
    await expect(stream.next()).rejects.toThrow('nobody read it')
  })

  test('a thread that is replaced breaks its streams; what comes of it later is nobody’s', async () => {
    const { caller, begin, pipes } = channel()
    const stream = await begin()
    const waiting = stream.next()
    caller.connect(undefined)
    const broken = await waiting.catch((error: unknown) => error)
    expect(broken).toBeInstanceOf(StreamBroken)
    expect((broken as StreamBroken).refusal).toMatchObject({
      code: 'unavailable',
      problem: expect.stringContaining('restarted'),
    })
    pipes[0]?.put(TIMEOUT(1))
    await settled()
    expect(await caller.network.diagnostics.ping(INPUT)).toMatchObject({ ok: false, error: { code: 'unavailable' } })
  })

  test('there are so many at most, and one that ends makes room', async () => {
    const { caller, begin, sources } = channel()
    const streams = []
    for (let n = 0; n < MAX_STREAMS; n++) streams.push(await begin())
    expect(await caller.network.diagnostics.ping(INPUT)).toMatchObject({
      ok: false,
      error: { problem: expect.stringContaining(`${MAX_STREAMS} `) },
    })
    expect(await caller.network.diagnostics.sockets({}, { limit: 1 })).toMatchObject({ ok: true })
    await streams[0]?.return?.()
    await settled()
    expect(sources.size).toBe(MAX_STREAMS - 1)
    expect(await caller.network.diagnostics.ping(INPUT)).toMatchObject({ ok: true })
  })

  test('a thousand that are asked for at once are refused where the streams are', async () => {
    const { caller, sources, left } = channel()
    const answers = await Promise.all(Array.from({ length: 500 }, () => caller.network.diagnostics.ping(INPUT)))
    expect(answers.filter((answer) => answer.ok)).toHaveLength(MAX_STREAMS)
    expect([sources.size, left()]).toEqual([MAX_STREAMS, 500 - MAX_STREAMS])
  })

  test('octets arrive whole, those of a part of a buffer too', async () => {
    const { caller } = channel()
    const begun = await caller.network.diagnostics.capture({
      interface: null,
      filter: '',
      snapLength: null,
      count: null,
      seconds: null,
      promiscuous: true,
    })
    if (!begun.ok) throw new Error(begun.error.problem)
    const pieces: Uint8Array[] = []
    for await (const piece of begun.value) pieces.push(piece)
    expect(pieces).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(0, 0)])
  })

  test('a bug of ours ends one stream, and is told of', async () => {
    const { caller, sources, faults } = channel()
    const begun = await caller.network.diagnostics.traceroute({} as never)
    if (!begun.ok) throw new Error(begun.error.problem)
    await expect(begun.value[Symbol.asyncIterator]().next()).rejects.toThrow('a fault of the program')
    expect([faults, sources.size]).toEqual([[new Error('a bug')], 0])
  })

  test('a thread that ends stops the work of all', async () => {
    const { begin, sources, left } = channel()
    await begin()
    await begin()
    sources.closeAll()
    expect([left(), sources.size]).toEqual([2, 0])
  })
})
