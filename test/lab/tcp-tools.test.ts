/** TCP of ours against real programs on the Linux kernel's: long transfers, sessions with pauses, iperf3, TLS, slow readers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import type { TcpView } from '../../stack/index.ts'
import { hashOfOctets, octetsAt } from '../support/octets.ts'
import { describeLab } from './available.ts'
import { Lab, type Host } from './netns.ts'
import { KERNEL, OURS, StackHost } from './stack-host-control.ts'
import { eventually } from './world.ts'

const LARGE = 100_000_000

describeLab('TCP and real programs', () => {
  let lab: Lab
  let host: Host
  let ours: StackHost

  beforeAll(async () => {
    lab = await Lab.open()
    host = await lab.host('kernel')
    ours = await StackHost.besideKernel(host)
  })
  afterAll(() => lab.close())
  beforeEach(() => {
    const from = ours.program.mark()
    onTestFailed(() => console.error(ours.program.lines.slice(from).slice(-4).join('\n')))
  })

  const shell = (script: string, timeoutMs = 60_000): Promise<string> => host.succeed(['sh', '-c', script], { timeoutMs })
  const tcp = async (name: string): Promise<number> => (await ours.counters())['tcp']?.[name] ?? 0
  const listening = (port: number): Promise<string> => shell(`until ss -Hltn "sport = :${port}" | grep -q LISTEN; do :; done`)
  const connection = async (remotePort: number): Promise<TcpView | undefined> =>
    (await ours.ask<readonly TcpView[]>({ do: 'connections' })).find((view) => view.remotePort === remotePort)
  const cut = { loss: 1 }
  const weather = (both: { readonly loss?: number }): Promise<unknown> =>
    ours.ask({ do: 'weather', link: 'tap0', outgoing: both, incoming: both })

  describe('100 MB', () => {
    test('from us arrive whole', async () => {
      expect((await shell(`curl -sS --max-time 60 http://${OURS}/stream/${LARGE} | sha256sum`)).slice(0, 64)).toBe(hashOfOctets(LARGE))
    })

    test('to us arrive whole', async () => {
      const file = join(host.directory, 'upload')
      writeFileSync(file, octetsAt(0, LARGE))
      expect(await shell(`curl -sS --max-time 60 -T ${file} http://${OURS}/`)).toBe(hashOfOctets(LARGE))
    })
  })

  test('nc: what is echoed is what was sent, and the half that was closed first does not end the other', async () => {
    const file = join(host.directory, 'echo')
    writeFileSync(file, octetsAt(0, 3_000_000))
    expect((await shell(`nc -N ${OURS} 7 <${file} | sha256sum`)).slice(0, 64)).toBe(hashOfOctets(3_000_000))
  })

  describe('a long session', () => {
    test('of small lines, with the line cut for longer than any time-out so far, goes on', async () => {
      const nc = host.start('nc', ['nc', OURS, '2222'])
      for (let i = 1; i <= 50; i++) {
        nc.write(`key ${i}\n`)
        await nc.line(new RegExp(`^${i} key ${i}$`))
      }
      const before = await tcp('timeouts')
      await weather(cut)
      nc.write('while the line is cut\n')
      // Ours has something to say as well: both ends wait and try again.
      const opened = ours.ask({ do: 'connect', host: KERNEL, port: 2200 })
      await eventually('time-outs', async () => ((await tcp('timeouts')) >= before + 2 ? true : undefined), 10_000)
      await weather({})
      await nc.line(/^51 while the line is cut$/, 0, 20_000)
      expect(await opened).toEqual({ connected: false, code: 'ECONNREFUSED' })
      nc.write('after it\n')
      await nc.line(/^52 after it$/)
      await nc.stop()
    })

    test('that we began: lines both ways, an end by the peer, and none of it lost in a cut', async () => {
      const nc = host.start('nc', ['nc', '-l', '2201'])
      await listening(2201)
      expect(await ours.ask({ do: 'connect', host: KERNEL, port: 2201 })).toEqual({ connected: true })
      await ours.ask({ do: 'say', line: 'hello' })
      await nc.line(/^hello$/)
      nc.write('good day\n')
      await ours.program.line(/^session got: good day$/)
      const before = await tcp('timeouts')
      await weather(cut)
      await ours.ask({ do: 'say', line: 'into the dark' })
      await eventually('time-outs', async () => ((await tcp('timeouts')) > before ? true : undefined), 10_000)
      await weather({})
      await nc.line(/^into the dark$/, 0, 20_000)
      await nc.stop()
      await ours.program.line(/^session ended by the peer$/)
    })

    test('keep-alive: a peer that is idle and answers is kept', async () => {
      const nc = host.start('nc', ['nc', '-l', '2202'])
      await listening(2202)
      // The kernel answers such probes twice a second at most (tcp_invalid_ratelimit).
      await ours.ask({ do: 'connect', host: KERNEL, port: 2202, keepAliveMs: 700 })
      const before = await tcp('keep-alives')
      await eventually('three probes', async () => ((await tcp('keep-alives')) >= before + 3 ? true : undefined), 10_000)
      expect(await connection(2202)).toMatchObject({ state: 'ESTABLISHED' })
      nc.write('still here\n')
      await ours.program.line(/^session got: still here$/)
      await nc.stop()
    })
  })

  describe('iperf3', () => {
    type Report = {
      readonly end: {
        readonly sum_sent: { readonly bytes: number }
        readonly sum_received: { readonly bytes: number; readonly bits_per_second: number }
      }
      readonly error?: string
    }
    test.each([
      ['to us', []],
      ['to us on three streams', ['-P', '3']],
      ['from us', ['-R']],
      ['from us on three streams', ['-R', '-P', '3']],
    ])('%s', async (_name, more) => {
      const report = JSON.parse(await host.succeed(['iperf3', '-c', OURS, '-n', '30M', '-J', ...more])) as Report
      expect(report.error).toBeUndefined()
      // What is still under way when the client has sent enough is not in the server's result.
      expect(report.end.sum_sent.bytes).toBeGreaterThan(30e6)
      expect(report.end.sum_received.bytes).toBeGreaterThan(20e6)
      expect(report.end.sum_received.bits_per_second).toBeGreaterThan(20e6)
    })
  })

  test('curl over TLS: node:tls on our sockets, both ways, and by one connection for several requests', async () => {
    const { cert } = await ours.ask<{ cert: string }>({ do: 'certificate' })
    const file = join(host.directory, 'ca.pem')
    writeFileSync(file, cert)
    const curl = `curl -sS --max-time 60 --cacert ${file} --resolve stack.test:443:${OURS}`
    expect((await shell(`${curl} https://stack.test/bytes/5000000 | sha256sum`)).slice(0, 64)).toBe(hashOfOctets(5_000_000))
    writeFileSync(join(host.directory, 'secret'), octetsAt(0, 2_000_000))
    expect(await shell(`${curl} -T ${join(host.directory, 'secret')} https://${OURS}/`)).toBe(hashOfOctets(2_000_000))
    const verbose = await shell(`${curl} -v https://stack.test/bytes/10 https://stack.test/bytes/20 -o /dev/null -o /dev/null 2>&1`)
    expect(verbose).toMatch(/Re-using existing connection/)
    expect(verbose).toMatch(/SSL connection using TLSv1\.3/)
  })

  test('a reader that stops: what waits for it is bounded, others are served, and it gets the rest when it goes on', async () => {
    const bytes = 60_000_000
    type Memory = { readonly produced: number; readonly rss: number }
    const memory = (): Promise<Memory> => ours.ask<Memory>({ do: 'memory' })
    const begun = await memory()
    const go = join(host.directory, 'go')
    await shell(`mkfifo ${go}`)
    const reader = host.start('reader', ['sh', '-c', `curl -sS http://${OURS}/stream/${bytes} | (read go <${go}; sha256sum)`])
    // The pipe is full, so curl reads no more; then the kernel's receive buffer; then our send buffer.
    let last = -1
    const stalled = await eventually('a full window', async () => {
      const now = (await memory()).produced - begun.produced
      const view = (await ours.ask<readonly TcpView[]>({ do: 'connections' })).find((one) => one.localPort === 80 && one.sendQueue > 0)
      const still = now > 0 && now === last && view?.sendWindow === 0
      last = now
      return still ? { produced: now, view } : undefined
    }, 20_000)
    // The kernel holds 6 MB at most (tcp_rmem), we 4 MiB, and node:http and the pieces under way a little.
    expect(stalled.produced).toBeLessThan(12_000_000)
    expect(stalled.view.sendQueue).toBeLessThanOrEqual(4 << 20)
    expect((await memory()).rss - begun.rss).toBeLessThan(60_000_000)
    expect((await shell(`curl -sS --max-time 30 http://${OURS}/bytes/100000 | sha256sum`)).slice(0, 64)).toBe(hashOfOctets(100_000))
    writeFileSync(go, 'go\n')
    expect((await reader.line(/^[0-9a-f]{64}/)).slice(0, 64)).toBe(hashOfOctets(bytes))
  })

  test('no fault of ours came to light, and nothing that the kernel sent was malformed to us', async () => {
    expect(ours.program.lines.filter((line) => line.startsWith('fault'))).toEqual([])
    const counters = (await ours.counters())['tcp'] ?? {}
    for (const name of ['truncated', 'header-length', 'checksum', 'options', 'bad-ack']) expect(counters[name] ?? 0).toBe(0)
  })
})
