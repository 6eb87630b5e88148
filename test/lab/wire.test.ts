/** `taproot wire` between two Linux kernels: what ping and curl see of its weather, and what it counts. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { Lab, type Host } from './netns.ts'
import type { Program } from './program.ts'

const A = '10.98.0.1'
const B = '10.98.0.2'

type Wired = { readonly a: Host; readonly b: Host; readonly program: Program }
type Counters = { readonly aToB: Record<string, number>; readonly bToA: Record<string, number> }

describeLab('a wire between two hosts', () => {
  let lab: Lab
  afterEach(() => lab.close())

  /** Two hosts at the ends of a wire; each knows the other's hardware address, so that no ARP goes over it. */
  async function open(...options: readonly string[]): Promise<Wired> {
    lab = await Lab.open()
    const middle = await lab.host('middle')
    const program = middle.start('wire', ['sh', 'bin/taproot', 'wire', 'tap-a', 'tap-b', '--json', ...options])
    await program.line(/are joined/)
    const hosts: Host[] = []
    for (const [name, address, own] of [['tap-a', A, 1], ['tap-b', B, 2]] as const) {
      const host = await lab.host(name)
      await middle.succeed(['ip', 'link', 'set', name, 'netns', String(host.pid)])
      await host.succeed(['ip', 'link', 'set', name, 'address', `02:00:00:00:98:0${own}`, 'up'])
      await host.address(name, `${address}/24`)
      const [peer, mac] = own === 1 ? [B, '02:00:00:00:98:02'] : [A, '02:00:00:00:98:01']
      await host.succeed(['ip', 'neigh', 'add', peer, 'lladdr', mac, 'dev', name])
      hosts.push(host)
    }
    const [a, b] = hosts as [Host, Host]
    return { a, b, program }
  }

  /** Ctrl-C, and what it printed. */
  async function end(program: Program): Promise<Counters> {
    program.kill('SIGINT')
    expect(await program.ended).toEqual({ code: 0, signal: null })
    return JSON.parse(program.lines.slice(program.lines.indexOf('{')).join('\n')) as Counters
  }

  const lostOf = (text: string): number[] => {
    const answered = new Set([...text.matchAll(/icmp_seq=(\d+)/g)].map((match) => Number(match[1])))
    const sent = Number(/(\d+) packets transmitted/.exec(text)?.[1])
    return Array.from({ length: sent }, (_, i) => i + 1).filter((sequence) => !answered.has(sequence))
  }

  test('ping shows the delay of both ways, and frames of every size pass', async () => {
    const { a, program } = await open('--delay', '25ms', '--b-to-a', 'delay=15ms')
    for (const size of ['56', '1472', '20000']) {
      const text = await a.succeed(['ping', '-c10', '-i0.02', '-W3', '-s', size, B])
      expect(text).toContain('10 received')
      const [least = 0, mean = 0] = (/= ([\d.]+)\/([\d.]+)\//.exec(text) ?? []).slice(1).map(Number)
      expect(least).toBeGreaterThanOrEqual(40)
      expect(mean).toBeLessThan(80)
    }
    const { aToB, bToA } = await end(program)
    expect(aToB).toMatchObject({ frames: 10 + 10 + 140, delayed: 160 })
    expect(bToA).toMatchObject({ frames: 160, delayed: 160 })
  })

  test('the same seed loses the same pings, about as many as told', async () => {
    const pings = async (seed: string): Promise<{ readonly lost: readonly number[]; readonly counters: Counters }> => {
      const { a, program } = await open('--a-to-b', 'loss=20%', '--seed', seed)
      const { stdout } = await a.run(['ping', '-c200', '-i0.005', '-W1', B])
      const counters = await end(program)
      await lab.close()
      return { lost: lostOf(stdout), counters }
    }
    const first = await pings('7')
    expect(first.lost.length).toBeGreaterThan(20)
    expect(first.lost.length).toBeLessThan(60)
    expect(first.counters.aToB).toMatchObject({ frames: 200, lost: first.lost.length })
    expect(first.counters.bToA['lost']).toBeUndefined()
    expect((await pings('7')).lost).toEqual(first.lost)
    expect((await pings('8')).lost).not.toEqual(first.lost)
  })

  test('TCP of two kernels brings data whole over a wire that damages, repeats and reorders', async () => {
    const { a, b, program } = await open(
      '--loss', '1%', '--corrupt', '1%', '--duplicate', '2%', '--reorder', '2%', '--reorder-by', '5ms', '--delay', '1ms',
    )
    const octets = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 31 + (i >>> 9)) & 255))
    const file = join(a.directory, 'octets')
    writeFileSync(file, octets)
    const receiver = b.start('nc', ['sh', '-c', 'nc -l -N 9000 </dev/null | sha256sum'])
    // Nothing tells when nc listens but that it can be reached.
    await b.succeed(['sh', '-c', 'until ss -Hltn "sport = :9000" | grep -q LISTEN; do :; done'])
    await a.succeed(['sh', '-c', `nc -N ${B} 9000 <${file}`], { timeoutMs: 60_000 })
    expect((await receiver.line(/^[0-9a-f]{64}/)).slice(0, 64)).toBe(createHash('sha256').update(octets).digest('hex'))
    const { aToB } = await end(program)
    for (const fate of ['lost', 'corrupted', 'duplicated', 'reordered']) expect(aToB[fate]).toBeGreaterThan(0)
  })

  test('a rate holds what goes through to it, and its queue is bounded', async () => {
    const { a, b, program } = await open('--rate', '10mbit', '--queue', '30k')
    b.start('nc', ['sh', '-c', 'nc -l -N 9000 </dev/null | wc -c'])
    await b.succeed(['sh', '-c', 'until ss -Hltn "sport = :9000" | grep -q LISTEN; do :; done'])
    const began = performance.now()
    await a.succeed(['sh', '-c', `head -c 1500000 /dev/zero | nc -N ${B} 9000`], { timeoutMs: 60_000 })
    const seconds = (performance.now() - began) / 1000
    // 12 Mbit of payload at 10 Mbit/s; a window of the kernel's is still under way when nc ends.
    expect(seconds).toBeGreaterThan(1)
    // 160,000 octets at once are more than what may wait.
    expect((await a.run(['ping', '-c20', '-l20', '-s8000', '-W1', B])).stdout).not.toContain('20 received')
    expect((await end(program)).aToB['queue-full']).toBeGreaterThan(0)
  })

  test('when a device goes, it says so and ends with 1', async () => {
    const { a, program } = await open()
    await a.succeed(['ip', 'link', 'delete', 'tap-a'])
    await program.line(/taproot: tap-a: the device is gone/)
    expect((await program.ended).code).toBe(1)
  })
})
