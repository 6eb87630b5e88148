import { describe, expect, test } from 'vitest'
import { Pipe, StreamBroken } from '../../../services/pipe.ts'
import { refusal } from '../../../services/index.ts'

const AWAY = refusal('unavailable', '', 'it went away', 'try again')

/** A pipe of texts with room for ten characters, and whether its reader has left. */
function pipe(): { readonly pipe: Pipe<string>; left: number } {
  const made = {
    pipe: new Pipe<string>({ limit: 10, sizeOf: (text) => text.length, onLeave: () => made.left++ }),
    left: 0,
  }
  return made
}

async function read(items: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = []
  try {
    for await (const item of items) all.push(item)
  } catch (error) {
    all.push(error instanceof StreamBroken ? `! ${error.refusal.problem}` : String(error))
  }
  return all
}

describe('a pipe', () => {
  test('gives what was put, in order, then the last, then ends', async () => {
    const { pipe: p } = pipe()
    p.put('a')
    p.put('b')
    p.end('c')
    expect(await read(p)).toEqual(['a', 'b', 'c'])
  })

  test('gives to a reader that waits', async () => {
    const { pipe: p } = pipe()
    const reading = read(p)
    expect([p.put('a'), await p.size, p.put('b')]).toEqual([true, 0, true])
    p.end()
    expect(await reading).toEqual(['a', 'b'])
  })

  test('takes no more than it has room for, whatever the reader does not do', () => {
    const { pipe: p } = pipe()
    const taken = Array.from({ length: 1000 }, () => p.put('four'))
    expect(taken.filter((each) => each)).toHaveLength(2)
    expect(p.size).toBe(8)
  })

  test('has room again when something was read; the last always has', async () => {
    const { pipe: p } = pipe()
    p.put('0123456789')
    expect(p.put('x')).toBe(false)
    await p.next()
    expect(p.put('0123456789')).toBe(true)
    p.end('the end')
    expect(await read(p)).toEqual(['0123456789', 'the end'])
  })

  test('tells the producer when the reader leaves the loop, once', async () => {
    const made = pipe()
    made.pipe.put('a')
    made.pipe.put('b')
    for await (const _item of made.pipe) break
    await made.pipe.return()
    expect([made.left, made.pipe.size, made.pipe.put('c')]).toEqual([1, 0, false])
  })

  test('leaving one that has ended tells nobody', async () => {
    const made = pipe()
    made.pipe.end()
    await made.pipe.return()
    expect(made.left).toBe(0)
  })

  test('one that breaks gives what came before, then throws why, and stops the producer', async () => {
    const made = pipe()
    made.pipe.put('a')
    made.pipe.break(AWAY)
    expect(await read(made.pipe)).toEqual(['a', '! it went away'])
    expect(made.left).toBe(1)
  })

  test('one that breaks wakes a reader that waits', async () => {
    const { pipe: p } = pipe()
    const reading = read(p)
    p.break(AWAY)
    expect(await reading).toEqual(['! it went away'])
  })

  test('a reader that leaves while it waits is let go', async () => {
    const { pipe: p } = pipe()
    const waiting = p.next()
    await p.return()
    expect(await waiting).toEqual({ value: undefined, done: true })
  })
})
