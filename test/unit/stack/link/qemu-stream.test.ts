import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { FrameReader, LARGEST_STREAM_FRAME_BYTES } from '../../../../stack/link/frame-stream.ts'
import { listenForGuests, QemuStreamLink, Stack, Switch } from '../../../../stack/index.ts'
import { SeededSecureRandom, SystemClock } from '../../../../stack/platform/index.ts'
import { linkBattery } from '../../../contract/link.ts'
import type { LinkPair } from '../../../contract/link.ts'
import { describeFrame } from '../../../../stack/wire/describe.ts'
import { addressOn, arpFrame, icmpFrame, echoRequest, must, octets } from '../../../support/stack-lan.ts'

const folder = mkdtempSync(join(tmpdir(), 'taproot-guests-'))
afterAll(() => rmSync(folder, { recursive: true }))
let sockets = 0
const freshPath = (): string => join(folder, `s${sockets++}`)

/** The two ends of a unix stream. */
async function socketPair(): Promise<{ readonly ends: readonly [Socket, Socket]; readonly close: () => void }> {
  const path = freshPath()
  const accepted = Promise.withResolvers<Socket>()
  const server = createServer((socket) => accepted.resolve(socket))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const near = connect(path)
  const far = await accepted.promise
  return { ends: [near, far], close: () => server.close() }
}

async function linkPair(): Promise<LinkPair> {
  const { ends, close } = await socketPair()
  const near = new QemuStreamLink(ends[0], { name: 'near', mac: '02:00:00:00:00:01' })
  const far = new QemuStreamLink(ends[1], { name: 'far', mac: '02:00:00:00:00:02' })
  return {
    near,
    far,
    settle: async () => {
      // Two turns of a stream in the same process: written, then read.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
    close: () => {
      near.close()
      far.close()
      close()
    },
  }
}

linkBattery('A QEMU stream', linkPair)

const framed = (frame: Uint8Array): Uint8Array => Uint8Array.of(
  frame.length >>> 24, frame.length >>> 16, frame.length >>> 8, frame.length, ...frame,
)

describe('[L7] frames on a stream', () => {
  test('come out whole, however the stream is cut', () => {
    const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 })
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
        const got: Uint8Array[] = []
        const reader = new FrameReader((buffer, at, length) => got.push(buffer.slice(at, at + length)))
        const stream = Uint8Array.from(sent.flatMap((frame) => [...framed(frame)]))
        for (let at = 0, i = 0; at < stream.length; i++) {
          const piece = cuts[i % cuts.length] as number
          expect(reader.push(stream.subarray(at, at + piece))).toBe(true)
          at += piece
        }
        expect(got).toEqual(sent)
      }),
    )
  })

  test.each([0, LARGEST_STREAM_FRAME_BYTES + 1, 0xffff_ffff])('a length of %i ends it', (length) => {
    const reader = new FrameReader(() => expect.unreachable('no frame'))
    expect(reader.push(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length))).toBe(false)
  })
})

/** A guest as QEMU would be one: frames by hand over the unix socket. */
async function guest(path: string) {
  const socket = connect(path)
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  const lines: string[] = []
  const waiting: { readonly text: string; readonly found: () => void }[] = []
  const reader = new FrameReader((buffer, at, length) => {
    lines.push(describeFrame(buffer, at, length))
    for (const { text, found } of waiting) if (lines.at(-1)?.includes(text)) found()
  })
  socket.on('data', (chunk: Buffer) => reader.push(chunk))
  return {
    socket,
    lines,
    send: (...frames: readonly Uint8Array[]) => socket.write(Buffer.concat(frames.map(framed))),
    hears: (text: string) => new Promise<void>((resolve) => {
      if (lines.some((line) => line.includes(text))) resolve()
      else waiting.push({ text, found: resolve })
    }),
    ended: new Promise<void>((resolve) => socket.once('close', () => resolve())),
  }
}

describe('[L7] guests on the switch', () => {
  test('reach the stack and each other; one that leaves or babbles goes alone', async () => {
    const path = freshPath()
    const clock = new SystemClock()
    const bridge = new Switch(clock, { ports: 1 })
    const stack = new Stack({ clock, random: new SeededSecureRandom(1) })
    stack.addInterface(bridge.ports[0] as (typeof bridge.ports)[0], { addresses: [addressOn('10.53.0.2/24')] })
    const port = must(await listenForGuests(path, bridge))
    const [one, two] = [await guest(path), await guest(path)]
    const [oneMac, twoMac] = ['02:11:00:00:00:01', '02:11:00:00:00:02']
    one.send(arpFrame({ senderMac: oneMac, sender: '10.53.0.9' }))
    await one.hears('10.53.0.2 is at 02:00:00:00:00:01')
    one.send(icmpFrame(echoRequest(56), { fromMac: oneMac, toMac: '02:00:00:00:00:01' }))
    await one.hears('echo reply 56')
    await two.hears('who has 10.53.0.2')
    two.send(arpFrame({ senderMac: twoMac, sender: '10.53.0.10', target: '10.53.0.9' }))
    await one.hears('who has 10.53.0.9')
    one.send(icmpFrame(echoRequest(9), { fromMac: oneMac, toMac: twoMac }))
    await two.hears('echo request 9')
    expect(two.lines.some((line) => line.includes('echo reply 56'))).toBe(false)
    expect(port.guests().map(({ name }) => name)).toEqual(['guest0', 'guest1'])
    two.socket.write(octets(4).fill(0xff))
    await two.ended
    one.send(icmpFrame(echoRequest(11), { fromMac: oneMac, toMac: '02:00:00:00:00:01' }))
    await one.hears('echo reply 11')
    expect([port.guests().length, bridge.ports.length]).toEqual([1, 2])
    port.close()
    await one.ended
    stack.close()
  })

  test('a path that cannot be listened on is said with its errno', async () => {
    const bridge = new Switch(new SystemClock(), { ports: 0 })
    const path = join(folder, 'no', 'such', 'folder')
    expect(await listenForGuests(path, bridge)).toMatchObject({ ok: false, error: { kind: 'cannot-listen', path } })
  })
})
