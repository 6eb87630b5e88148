/**
 * The TAP device with offloads and without, against the kernel: 100 MB each way, beside it and over a bridge; a transfer
 * through a router of ours; what is on a wire behind it; devices that somebody else made.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { hashOfOctets, octetsAt } from '../support/octets.ts'
import { describeLab } from './available.ts'
import { dissect } from './dissect.ts'
import { Lab, type Host } from './netns.ts'
import { KERNEL, OUR_MAC, OURS, StackHost } from './stack-host-control.ts'

const MB = 1_000_000
const BYTES = 100 * MB

describeLab('offloads', () => {
  let lab: Lab
  afterEach(() => lab.close())

  async function download(host: Host, from: string, bytes: number): Promise<void> {
    const sum = await host.succeed(['sh', '-c', `curl -sS --max-time 60 http://${from}/bytes/${bytes} | sha256sum`], { timeoutMs: 65_000 })
    expect(sum.slice(0, 64)).toBe(hashOfOctets(bytes))
  }
  async function upload(host: Host, to: string, bytes: number): Promise<void> {
    const file = join(host.directory, 'upload')
    writeFileSync(file, octetsAt(0, bytes))
    expect(await host.succeed(['curl', '-sS', '--max-time', '60', '-T', file, `http://${to}/`], { timeoutMs: 65_000 })).toBe(hashOfOctets(bytes))
  }
  /** Super-segments that came in and went out by a link. */
  async function supers(ours: StackHost, link = 'tap0'): Promise<readonly [number, number]> {
    const counters = (await ours.counters())[link]
    expect(counters?.['rx-unusable']).toBe(0)
    return [counters?.['rx-super-frames'] ?? 0, counters?.['tx-super-frames'] ?? 0]
  }
  async function noneWrong(ours: StackHost): Promise<void> {
    const { tcp, ipv4, ethernet } = await ours.counters()
    const names = ['truncated', 'header-length', 'checksum', 'options', 'bad-ack', 'timed-out', 'total-length', 'fault']
    for (const layer of [tcp, ipv4, ethernet]) for (const name of names) expect(layer?.[name] ?? 0).toBe(0)
  }

  test.each([[true], [false]])('beside the kernel, offloads %s: 100 MB each way', async (offloads) => {
    lab = await Lab.open()
    const host = await lab.host('kernel')
    const ours = await StackHost.besideKernel(host, { offloads })
    await download(host, OURS, BYTES)
    await upload(host, OURS, BYTES)
    const [received, sent] = await supers(ours)
    if (offloads) {
      expect(received).toBeGreaterThan(500)
      expect(sent).toBeGreaterThan(500)
    } else {
      expect([received, sent]).toEqual([0, 0])
    }
    await noneWrong(ours)
  })

  /** A client with a cable to the bridge that tap0 is in. */
  async function onBridge(offloads: boolean, cableOffloads: boolean): Promise<{ ours: StackHost; client: Host }> {
    lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge('br0')
    const ours = await StackHost.start(lan, { links: [{ name: 'tap0', address: `${OURS}/24`, offloads }] })
    await lan.succeed(['ip', 'link', 'set', 'tap0', 'master', 'br0', 'up'])
    const client = await lab.hostOn(lan, 'br0', 'client')
    await client.address('eth0', `${KERNEL}/24`)
    if (cableOffloads) {
      await client.succeed(['ethtool', '-K', 'eth0', 'tx', 'on', 'tso', 'on'])
      await lan.succeed(['ethtool', '-K', 'port1', 'tx', 'on', 'tso', 'on'])
    }
    return { ours, client }
  }

  test.each([
    [true, true, 100], [false, true, 100], [true, false, 20], [false, false, 20],
  ])('over a bridge, offloads %s, those of the cable %s: %i MB each way', async (offloads, cableOffloads, megabytes) => {
    const { ours, client } = await onBridge(offloads, cableOffloads)
    await download(client, OURS, megabytes * MB)
    await upload(client, OURS, megabytes * MB)
    const [received, sent] = await supers(ours)
    expect(sent > 100).toBe(offloads)
    // Where the cable has none, its frames come as they are.
    expect(received > 100).toBe(offloads && cableOffloads)
    await noneWrong(ours)
  })

  test('no frame on a wire is longer than the MTU lets (requirement L11), and none is malformed', async () => {
    const { ours, client } = await onBridge(true, false)
    const file = join(client.directory, 'wire.pcapng')
    const dump = client.start('tcpdump', ['tcpdump', '-i', 'eth0', '-s', '200', '-w', file, '--immediate-mode', 'greater 1515'])
    await dump.line(/listening on/)
    await download(client, OURS, 20 * MB)
    await upload(client, OURS, 20 * MB)
    await dump.stop()
    expect(dump.lines.join('\n')).toMatch(/\b0 packets captured/)
    expect((await supers(ours))[1]).toBeGreaterThan(50)
  })

  test('our own capture has super-segments with their checksums, and tshark finds nothing wrong with them', async () => {
    lab = await Lab.open()
    const host = await lab.host('kernel')
    const ours = await StackHost.besideKernel(host)
    const file = join(host.directory, 'own.pcapng')
    await ours.ask({ do: 'capture', link: 'tap0', file })
    await download(host, OURS, 2 * MB)
    await upload(host, OURS, 2 * MB)
    await ours.ask({ do: 'end-capture' })
    const { wrong } = await dissect(file, OUR_MAC)
    expect(wrong).toEqual([])
    const [received, sent] = await supers(ours)
    expect([received > 10, sent > 10]).toEqual([true, true])
  })

  test.each([
    [true, true], [true, false], [false, true], [false, false],
  ])('through a router of ours, offloads %s on the one link, %s on the other: 20 MB each way', async (near, far) => {
    lab = await Lab.open()
    const left = await lab.host('left')
    const right = await lab.host('right')
    const ours = await StackHost.start(left, {
      forwarding: true,
      links: [
        { name: 'tap0', address: '10.1.0.1/24', offloads: near }, { name: 'tap1', address: '10.2.0.1/24', offloads: far },
      ],
    })
    await left.succeed(['ip', 'link', 'set', 'tap1', 'netns', String(right.pid)])
    await left.succeed(['ip', 'link', 'set', 'tap0', 'up'])
    await left.address('tap0', '10.1.0.9/24')
    await left.succeed(['ip', 'route', 'add', '10.2.0.0/24', 'via', '10.1.0.1'])
    await right.succeed(['ip', 'link', 'set', 'tap1', 'up'])
    await right.address('tap1', '10.2.0.9/24', '10.2.0.1')
    const bytes = 20 * MB
    const file = join(left.directory, 'octets')
    writeFileSync(file, octetsAt(0, bytes))
    for (const [from, to, address] of [[left, right, '10.2.0.9'], [right, left, '10.1.0.9']] as const) {
      const got = join(left.directory, `got-${address}`)
      const sink = to.start('sink', ['sh', '-c', `nc -l -p 5000 >${got} </dev/null`])
      await to.succeed(['sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9; do ss -ltn | grep -q :5000 && exit 0; sleep 0.1; done; exit 1'])
      await from.succeed(['sh', '-c', `nc -N ${address} 5000 <${file}`], { timeoutMs: 60_000 })
      await sink.ended
      expect((await to.succeed(['sha256sum', got])).slice(0, 64)).toBe(hashOfOctets(bytes))
    }
    expect((await supers(ours, 'tap0'))[0] > 100).toBe(near)
    // A super-segment goes on as one where both links know them.
    expect((await supers(ours, 'tap1'))[1] > 100).toBe(near && far)
    await noneWrong(ours)
  })

  test.each([[true], [false]])('a device that somebody else made, asked for offloads by one program after the other: first %s', async (offloads) => {
    lab = await Lab.open()
    const host = await lab.host('kernel')
    await host.succeed(['ip', 'tuntap', 'add', 'tap0', 'mode', 'tap'])
    // What one program asked for must not reach the next.
    for (const asked of [offloads, !offloads, offloads]) {
      const ours = await StackHost.start(host, { links: [{ name: 'tap0', address: `${OURS}/24`, offloads: asked }] })
      await host.run(['ip', 'address', 'add', `${KERNEL}/24`, 'dev', 'tap0'])
      await host.succeed(['ip', 'link', 'set', 'tap0', 'up'])
      await download(host, OURS, 10 * MB)
      await upload(host, OURS, 10 * MB)
      expect((await supers(ours)).every((count) => count > 20)).toBe(asked)
      await noneWrong(ours)
      await ours.program.stop()
    }
  })
})
