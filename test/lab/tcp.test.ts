/** TCP of ours against the Linux kernel's, over a TAP device: whole transfers both ways, many connections, refusals. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { Lab, type Host } from './netns.ts'

const HOST = '10.99.0.1'
const OURS = '10.99.0.2'
const BYTES = 20_000_000

function octets(length: number): Buffer {
  const all = Buffer.alloc(length)
  for (let i = 0; i < length; i++) all[i] = (i * 31 + (i >>> 9)) & 255
  return all
}

describeLab('TCP against the Linux kernel', () => {
  let lab: Lab
  let host: Host
  const wanted = createHash('sha256').update(octets(BYTES)).digest('hex')
  const curl = (...more: readonly string[]): Promise<string> =>
    host.succeed(['curl', '-sS', '--max-time', '60', ...more])

  beforeAll(async () => {
    lab = await Lab.open()
    host = await lab.host('kernel')
    const program = host.start('tcp-host', [process.execPath, 'test/lab/tcp-host.ts', `${OURS}/24`])
    await program.line(/^ready$/)
    await host.succeed(['ip', 'addr', 'add', `${HOST}/24`, 'dev', 'tap0'])
    await host.succeed(['ip', 'link', 'set', 'tap0', 'up'])
  })
  afterAll(() => lab.close())

  test('20 MB from us arrive whole', async () => {
    const sum = await host.succeed(['sh', '-c', `curl -sS --max-time 60 http://${OURS}/bytes/${BYTES} | sha256sum`])
    expect(sum.slice(0, 64)).toBe(wanted)
  })

  test('20 MB to us arrive whole', async () => {
    const file = join(host.directory, 'upload')
    writeFileSync(file, octets(BYTES))
    expect(await curl('-T', file, `http://${OURS}/`)).toBe(wanted)
  })

  test('200 connections, twenty at a time', async () => {
    const urls = `http://${OURS}/bytes/[1000-1199]`
    const sizes = await curl(
      '-Z', '--parallel-max', '20', '-H', 'Connection: close', '-o', '/dev/null', '-w', '%{size_download}\\n', urls,
    )
    const sorted = sizes.trim().split('\n').map(Number).toSorted((a, b) => a - b)
    expect(sorted).toEqual(Array.from({ length: 200 }, (_, i) => 1000 + i))
  })

  test('a kernel that asks for ECN gets it, and everything whole (RFC 3168)', async () => {
    const used = async (): Promise<number> =>
      (JSON.parse(await curl(`http://${OURS}/counters`)) as Record<string, number>)['ecn'] ?? 0
    expect(await used()).toBe(0)
    await host.succeed(['sysctl', '-q', '-w', 'net.ipv4.tcp_ecn=1'])
    const sum = await host.succeed(['sh', '-c', `curl -sS --max-time 60 http://${OURS}/bytes/${BYTES} | sha256sum`])
    expect(sum.slice(0, 64)).toBe(wanted)
    expect(await used()).toBeGreaterThan(0)
    await host.succeed(['sysctl', '-q', '-w', 'net.ipv4.tcp_ecn=2'])
  })

  test('a port where nobody listens is refused', async () => {
    expect((await host.run(['curl', '-sS', '--max-time', '4', `http://${OURS}:81/`])).code).toBe(7)
  })

  test('nothing that the kernel sent was malformed to us', async () => {
    const counters = JSON.parse(await curl(`http://${OURS}/counters`)) as Record<string, number>
    for (const name of ['truncated', 'header-length', 'checksum', 'options', 'bad-ack', 'timed-out']) {
      expect(counters[name] ?? 0).toBe(0)
    }
    expect(counters['accepted']).toBeGreaterThan(200)
  })
})
