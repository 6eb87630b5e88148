import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { timeText } from '../../../bin/commands/ping.ts'
import { refusal, type PingEventView, type TracerouteEventView } from '../../../services/index.ts'
import * as pcapng from '../../../stack/wire/pcapng.ts'
import { commandLine, type CommandLine, runCommand } from '../../support/command-line.ts'
import { arpFrame, echoRequest, icmpFrame } from '../../support/stack-lan.ts'

let line: CommandLine
beforeEach(async () => {
  line = await commandLine()
})
afterEach(() => line.close())

const text = (words: string): readonly string[] => words.split(' ')
/** What is printed, without the one number that this machine decides. */
const steady = (out: string): readonly string[] => out.replace(/time \d+ms/, 'time Nms').split('\n')

const START: PingEventView = { kind: 'start', target: '10.53.0.100', address: '10.53.0.100', octets: 56 }
const reply = (
  sequence: number,
  rttMs: number,
  marks: { duplicate?: boolean; late?: boolean; damaged?: boolean } = {},
): PingEventView => ({
  kind: 'reply',
  sequence,
  from: '10.53.0.100',
  octets: 64,
  ttl: 63,
  rttMs,
  duplicate: false,
  late: false,
  damaged: false,
  ...marks,
})
const unreachable = (sequence: number): PingEventView =>
  ({ kind: 'error', sequence, from: '10.53.0.2', type: 3, code: 1, mtu: null, says: 'Destination Host Unreachable' })

describe('ping', () => {
  test('a name, line for line', async () => {
    const { code, out, err } = await line.run(...text('ping -c 2 alpha'))
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([
      'PING alpha (10.53.0.100) 56(84) bytes of data.',
      '64 bytes from alpha (10.53.0.100): icmp_seq=1 ttl=64 time=0.312 ms',
      '64 bytes from alpha (10.53.0.100): icmp_seq=2 ttl=64 time=0.488 ms',
      '',
      '--- alpha ping statistics ---',
      '2 packets transmitted, 2 received, 0% packet loss, time 1001ms',
      'rtt min/avg/max/mdev = 0.312/0.400/0.488/0.088 ms',
      '',
    ])
  })

  test('what goes wrong is marked and counted', async () => {
    line.api.services.diagnostics.pingEvents = [
      START,
      reply(1, 1.234),
      reply(1, 5, { duplicate: true }),
      unreachable(2),
      { kind: 'timeout', sequence: 3 },
      reply(5, 123.4),
      reply(4, 45.67, { late: true }),
      reply(6, 2, { damaged: true }),
      { kind: 'unsent', sequence: 7, errno: 'ENETUNREACH', says: 'no route to the target' },
      { kind: 'done', sent: 7, received: 4, duplicates: 1, errors: 1, elapsedMs: 6012, rtt: null },
    ]
    const { code, out } = await line.run('ping', '10.53.0.100')
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([
      'PING 10.53.0.100 (10.53.0.100) 56(84) bytes of data.',
      '64 bytes from 10.53.0.100: icmp_seq=1 ttl=63 time=1.23 ms',
      '64 bytes from 10.53.0.100: icmp_seq=1 ttl=63 time=5.00 ms (DUP!)',
      'From 10.53.0.2 icmp_seq=2 Destination Host Unreachable',
      '64 bytes from 10.53.0.100: icmp_seq=5 ttl=63 time=123 ms',
      '64 bytes from 10.53.0.100: icmp_seq=4 ttl=63 time=45.7 ms (OUT OF ORDER!)',
      '64 bytes from 10.53.0.100: icmp_seq=6 ttl=63 time=2.00 ms (DATA DAMAGED!)',
      'icmp_seq=7 was not sent: no route to the target (ENETUNREACH)',
      '',
      '--- 10.53.0.100 ping statistics ---',
      '7 packets transmitted, 4 received, +1 duplicates, +1 corrupted, +1 errors, 42.8571% packet loss, time 6012ms',
      'rtt min/avg/max/mdev = 1.234/43.076/123.400/49.741 ms',
      '',
    ])
  })

  test('ends with 1 when nobody answers, and says nothing more', async () => {
    line.api.services.diagnostics.pingEvents = [
      START, unreachable(1), { kind: 'done', sent: 1, received: 0, duplicates: 0, errors: 1, elapsedMs: 0, rtt: null },
    ]
    const { code, out, err } = await line.run('ping', '10.53.0.100')
    expect([code, err]).toEqual([1, ''])
    expect(out).toContain('1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n')
    expect(out).not.toContain('rtt')
  })

  test('Ctrl-C ends it here and there, and the statistics are said', async () => {
    const { diagnostics } = line.api.services
    diagnostics.pingEvents = undefined
    const control = new AbortController()
    const begun = diagnostics.begun()
    const running = runCommand(['ping', '10.53.0.100'], line.environment, true, {
      interrupt: control.signal,
      onOut: (all) => all.includes('icmp_seq=2') && control.abort(),
    })
    await begun
    const [stream] = diagnostics.pings
    for (const event of [START, reply(1, 1), reply(2, 3)]) stream?.pipe.put(event)
    const { code, out, err } = await running
    await stream?.whenLeft
    expect([code, err]).toEqual([0, ''])
    expect(steady(out).slice(-4)).toEqual([
      '--- 10.53.0.100 ping statistics ---',
      '2 packets transmitted, 2 received, 0% packet loss, time Nms',
      'rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms',
      '',
    ])
  })

  test('the options reach the appliance; those not given are its own', async () => {
    await line.run(...text('ping -c 3 -i 0.2 -s 100 -t 5 -W 1.5 -D -I taproot0 --source 10.53.0.2 alpha'))
    await line.run('ping', 'beta')
    expect(line.api.services.diagnostics.pings.map((stream) => stream.input)).toEqual([
      {
        target: 'alpha',
        count: 3,
        intervalMs: 200,
        timeoutMs: 1500,
        octets: 100,
        ttl: 5,
        dontFragment: true,
        source: '10.53.0.2',
        interface: 'taproot0',
      },
      {
        target: 'beta',
        count: null,
        intervalMs: 1000,
        timeoutMs: 2000,
        octets: 56,
        ttl: 64,
        dontFragment: false,
        source: null,
        interface: null,
      },
    ])
  })

  test('as JSON, one event a line', async () => {
    const { out } = await line.run('ping', 'alpha', '--json')
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((each) => (JSON.parse(each) as PingEventView).kind),
    ).toEqual(['start', 'reply', 'reply', 'done'])
  })

  test('a refusal names the field', async () => {
    line.api.services.diagnostics.refuse = refusal(
      'invalid',
      '/target',
      'no address is known for "nobody"',
      'give an address',
    )
    expect(await line.run('ping', 'nobody')).toMatchObject({
      code: 1,
      out: expect.not.stringContaining('statistics'),
      err: expect.stringContaining('target: no address is known for "nobody"'),
    })
  })

  test('an interval that the API does not take is refused by it', async () => {
    expect(await line.run(...text('ping -i 0.001 alpha'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('intervalMs'),
    })
    expect(await line.run(...text('ping -i soon alpha'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('--interval takes seconds'),
    })
  })

  test('a worker that is restarted ends it with the reason', async () => {
    line.api.services.diagnostics.breakWith = refusal(
      'unavailable',
      '',
      'the network worker was restarted, which ended this',
      'try again in a second',
    )
    line.api.services.diagnostics.pingEvents = [START, reply(1, 1)]
    const { code, out, err } = await line.run('ping', '10.53.0.100')
    expect(code).toBe(1)
    expect(out).toContain('icmp_seq=1')
    expect(err).toContain('the network worker was restarted, which ended this')
  })

  test.each([
    [0.0312, '0.031'],
    [0.9996, '1.000'],
    [1.005, '1.00'],
    [9.999, '10.00'],
    [10.04, '10.0'],
    [99.94, '99.9'],
    [100, '100'],
    [1234.9, '1234'],
  ])('%d ms is shown as %s', (ms, shown) => expect(timeText(ms)).toBe(shown))
})

describe('traceroute', () => {
  const probe = (
    hop: number,
    attempt: number,
    from: string | null,
    change: Partial<Extract<TracerouteEventView, { kind: 'probe' }>> = {},
  ): TracerouteEventView => ({
    kind: 'probe',
    hop,
    attempt,
    answer: from === null ? 'timeout' : 'hop',
    from,
    name: null,
    rttMs: from === null ? null : hop + attempt / 10,
    mark: null,
    ...change,
  })

  test('names, times, silence, several answerers and marks, a line a hop', async () => {
    line.api.services.diagnostics.tracerouteEvents = [
      { kind: 'start', target: 'far', address: '10.54.0.9', maxHops: 30, octets: 60 },
      ...[1, 2, 3].map((n) => probe(1, n, '10.53.0.1', { name: 'router.lab.internal' })),
      probe(2, 1, null), probe(2, 2, null), probe(2, 3, null),
      probe(3, 1, '10.60.0.1'), probe(3, 2, '10.61.0.1'), probe(3, 3, null),
      ...[1, 2, 3].map((n) => probe(4, n, '10.62.0.1', { answer: 'unreachable', mark: '!H' })),
      { kind: 'done', reached: false },
    ]
    const { code, out } = await line.run('traceroute', 'far')
    expect(code).toBe(1)
    expect(out.split('\n')).toEqual([
      'traceroute to far (10.54.0.9), 30 hops max, 60 byte packets',
      ' 1  router.lab.internal (10.53.0.1)  1.100 ms 1.200 ms 1.300 ms',
      ' 2  * * *',
      ' 3  10.60.0.1 (10.60.0.1)  3.100 ms 10.61.0.1 (10.61.0.1)  3.200 ms *',
      ' 4  10.62.0.1 (10.62.0.1)  4.100 ms !H 4.200 ms !H 4.300 ms !H',
      '',
    ])
  })

  test('numbers only, with options, ends with 0 at the target', async () => {
    const { code, out } = await line.run(...text('traceroute -T -p 443 -n -f 2 -m 5 -q 1 -w 0.5 10.54.0.9'))
    expect(code).toBe(0)
    expect(out).toContain('\n 2  10.54.0.9  2.125 ms 2.250 ms 2.375 ms\n')
    expect(line.api.services.diagnostics.traceroutes[0]?.input).toEqual({
      target: '10.54.0.9',
      method: 'tcp',
      port: 443,
      firstHop: 2,
      maxHops: 5,
      probesPerHop: 1,
      timeoutMs: 500,
      names: false,
    })
    expect(await line.run(...text('traceroute -I -T far'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('--icmp and --tcp'),
    })
  })
})

describe('sockets', () => {
  test('as a table', async () => {
    expect((await line.show('sockets')).out.split('\n')).toEqual([
      'NETID  STATE        RECV-Q  SEND-Q  LOCAL         PEER',
      'udp    UNCONNECTED  0       0       *:53          *:*',
      'tcp    LISTEN       0       511     10.53.0.2:80  *:*',
      'tcp    ESTABLISHED  0       17      10.53.0.2:80  10.53.0.1:40001',
      '',
    ])
  })

  test('with what TCP knows', async () => {
    const { out } = await line.run('sockets', '-i', '--state', 'established')
    expect(out).toBe(
      'tcp\tESTABLISHED\t0\t17\t10.53.0.2:80\t10.53.0.1:40001\tcubic rto:1000 rtt:0.432/0.1 minrtt:0.25 mss:1460 cwnd:10 ssthresh:20 ' +
        'bytes_acked:1234 bytes_received:567 in_flight:17 retrans:0/3 snd_wnd:64240 rcv_wnd:65535 timer:(retransmit,812.5ms)\n',
    )
  })

  test.each([
    [['-u'], 1], [['-t'], 2], [['-tu'], 3], [['-l'], 1], [['--state', 'listen'], 1],
  ])('%j lists %i', async (options, count) => {
    const { out } = await line.run('sockets', ...options)
    expect(out.trimEnd().split('\n')).toHaveLength(count)
  })

  test('a state that there is not is refused', async () => {
    expect(await line.run('sockets', '--state', 'asleep')).toMatchObject({
      code: 1,
      err: expect.stringContaining('state: "ASLEEP" is not a state'),
    })
  })
})

describe('stats', () => {
  test('of a part that there is not', async () => {
    expect(await line.run('stats', 'nothing')).toMatchObject({
      code: 2,
      err: expect.stringContaining('nothing is counted under "nothing"'),
    })
  })

  test('--watch says what has changed until Ctrl-C', async () => {
    const control = new AbortController()
    let asked = 0
    const { services } = line.api
    services.statistics = async () => ({ ok: true, value: { dhcp: { received: 12 + 5 * asked++, 'tx-ack': 3 } } })
    const { code, out } = await runCommand(['stats', '--watch', '0.01'], line.environment, false, {
      interrupt: control.signal,
      onOut: (all) => all.split('\n').length > 2 && control.abort(),
    })
    expect(code).toBe(0)
    for (const each of out.trimEnd().split('\n')) expect(each).toMatch(/^dhcp\.received\t5\t\d+\.\d$/)
  })
})

describe('capture', () => {
  const AT_US = Date.UTC(2026, 10, 22, 3, 11, 0) * 1000 + 123_456
  const frame = (octets: Uint8Array, direction: 'in' | 'out', after: number): Uint8Array =>
    pcapng.enhancedPacket(0, AT_US + after, direction, octets, 0, octets.length, octets.length)
  const head = [pcapng.sectionHeader(), pcapng.interfaceDescription('taproot0', 0)]
  const pieces = [
    ...head,
    frame(arpFrame(), 'in', 0),
    frame(icmpFrame(echoRequest(10)), 'out', 250),
    pcapng.interfaceStatistics(0, AT_US, 9, 7),
  ]
  beforeEach(() => {
    line.api.services.diagnostics.pieces = pieces
  })

  test('a line a frame, and how many there were', async () => {
    const { code, out, err } = await line.run('capture', 'arp', 'or', 'icmp')
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^\d\d:11:00\.123456 In {2}02:\S+ > \S+ ARP who has 10\.53\.0\.2\? tell 10\.53\.0\.9$/),
      expect.stringMatching(/^\d\d:11:00\.123706 Out 02:\S+ > \S+ 10\.53\.0\.9 > 10\.53\.0\.2 echo request 10$/),
    ])
    expect(err).toBe('capturing on taproot0\n2 frames captured, 7 left out because they came too fast\n')
    expect(line.api.services.diagnostics.captures[0]?.input).toEqual({
      interface: null, filter: 'arp or icmp', snapLength: null, count: null, seconds: null, promiscuous: true,
    })
  })

  test('of several interfaces says which', async () => {
    line.api.services.diagnostics.pieces = [
      ...head,
      pcapng.interfaceDescription('lab1', 0),
      pcapng.enhancedPacket(1, AT_US, 'in', arpFrame(), 0, 60, 60),
      pcapng.interfaceStatistics(0, AT_US, 2, 1),
      pcapng.interfaceStatistics(1, AT_US, 3, 2),
    ]
    const { out, err } = await line.run('capture', '-i', 'any')
    expect(out).toMatch(/^\d\d:11:00\.123456 lab1 In {2}02:/)
    expect(err).toBe(
      'capturing on taproot0\ncapturing on lab1\n1 frames captured, 3 left out because they came too fast\n',
    )
  })

  test('as JSON, an object a line', async () => {
    const { out } = await line.run('capture', '--json')
    expect(JSON.parse(out.split('\n')[1] ?? '')).toEqual({
      at: '2026-11-22T03:11:00.123706Z',
      interface: 'taproot0',
      direction: 'out',
      octets: 60,
      says: expect.stringContaining('echo request 10'),
    })
  })

  test('to a pipe, octet for octet', async () => {
    const octets: Uint8Array[] = []
    const words = text('capture -i taproot0 -w - -c 2 -s 64 -p --seconds 3')
    const { out } = await runCommand(words, line.environment, false, { onOctets: (piece) => octets.push(piece) })
    expect(Buffer.concat(octets)).toEqual(Buffer.concat(pieces))
    expect(out).toBe('')
    expect(line.api.services.diagnostics.captures[0]?.input).toEqual({
      interface: 'taproot0', filter: '', snapLength: 64, count: 2, seconds: 3, promiscuous: false,
    })
  })

  test('to a terminal it is not written', async () => {
    expect(await line.show('capture', '-w', '-')).toMatchObject({
      code: 2,
      err: expect.stringContaining('pipe -w - to tshark'),
    })
  })

  test('to a file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'taproot-capture-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    await line.run('capture', '-w', join(directory, 'lan.pcapng'))
    expect(readFileSync(join(directory, 'lan.pcapng'))).toEqual(Buffer.concat(pieces))
    expect(await line.run('capture', '-w', join(directory, 'none', 'lan.pcapng'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot be written'),
    })
  })

  test('Ctrl-C ends it here and there', async () => {
    const { diagnostics } = line.api.services
    diagnostics.pieces = undefined
    const control = new AbortController()
    const begun = diagnostics.begun()
    const running = runCommand(['capture'], line.environment, false, {
      interrupt: control.signal,
      onOut: () => control.abort(),
    })
    await begun
    for (const piece of pieces.slice(0, 3)) diagnostics.captures[0]?.pipe.put(piece)
    const { code, err } = await running
    await diagnostics.captures[0]?.whenLeft
    expect([code, err]).toEqual([
      0,
      'capturing on taproot0\n1 frames captured, 0 left out because they came too fast\n',
    ])
  })

  test('one that breaks off says so', async () => {
    line.api.services.diagnostics.breakWith = refusal(
      'unavailable',
      '',
      'the network worker was restarted, which ended this',
      'try again',
    )
    const { code, err } = await line.run('capture')
    expect(code).toBe(3)
    expect(err).toContain('2 frames captured')
    expect(err).toContain('the appliance broke it off')
  })
})
