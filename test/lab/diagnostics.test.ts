/** ping, traceroute, sockets, stats and capture from the command line against real hosts. */
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import type { SocketView, StatisticsView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { Lab, type Host } from './netns.ts'
import type { Program } from './program.ts'
import { APPLIANCE, BRIDGE, eventually, GATEWAY, openWorld, showOnFailure, staticHost, type World } from './world.ts'

const NOBODY = '10.53.0.77'

const environment = (appliance: Appliance): { readonly [name: string]: string } => ({
  TAPROOT_TOKEN_FILE: join(appliance.data, 'token'),
  TAPROOT_API: 'http://127.0.0.1:8053',
})
/** A command that goes on. */
const starting = (appliance: Appliance, ...words: readonly string[]): Program =>
  appliance.host.start(words[0] as string, ['sh', 'bin/taproot', ...words], environment(appliance))

describeLab('diagnostics', () => {
  let world: World
  let client: Host
  let address: string
  beforeAll(async () => {
    world = await openWorld()
    client = await world.lab.hostOn(world.lan, BRIDGE, 'client', '02:aa:00:00:00:01')
    address = (await DhcpClient.bind(client, 'udhcpc', { hostName: 'alpha' }))[1].address
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  describe('ping', () => {
    test('a lease by its name, as ping says it', async () => {
      const { stdout, stderr, code } = await world.appliance.command('ping', '-c', '3', '-i', '0.05', 'alpha')
      expect([code, stderr]).toEqual([0, ''])
      const lines = stdout.trimEnd().split('\n')
      expect(lines[0]).toBe(`PING alpha (${address}) 56(84) bytes of data.`)
      for (const n of [1, 2, 3])
        expect(lines[n]).toMatch(
          new RegExp(`^64 bytes from alpha \\(${address}\\): icmp_seq=${n} ttl=64 time=[\\d.]+ ms$`),
        )
      expect(lines.slice(4)).toEqual([
        '', '--- alpha ping statistics ---',
        expect.stringMatching(/^3 packets transmitted, 3 received, 0% packet loss, time \d+ms$/),
        expect.stringMatching(/^rtt min\/avg\/max\/mdev = [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms$/),
      ])
    })

    test('a datagram that must be cut, and one that must not be', async () => {
      expect(await world.appliance.command('ping', '-c', '1', '-s', '4000', address)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('4008 bytes from'),
      })
      expect(await world.appliance.command('ping', '-c', '1', '-s', '4000', '-D', address)).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('EMSGSIZE'),
      })
    })

    test('an address that nobody has', async () => {
      const { stdout, code } = await world.appliance.command('ping', '-c', '1', '-W', '6', NOBODY)
      expect(code).toBe(1)
      expect(stdout).toContain(`From ${APPLIANCE} icmp_seq=1 Destination Host Unreachable\n`)
      expect(stdout).toMatch(/1 packets transmitted, 0 received, \+1 errors, 100% packet loss/)
    })

    test('a name that nobody has is refused', async () => {
      const { stderr, code } = await world.appliance.command('ping', 'nobody')
      expect(code).toBe(1)
      expect(stderr).toContain('target: no address is known for "nobody"')
    })

    test('Ctrl-C says the statistics, and not one more request goes out', async () => {
      const echoes = client.start('tcpdump', [
        'tcpdump',
        '-n',
        '-l',
        '--immediate-mode',
        '-i',
        'eth0',
        'icmp[icmptype] == icmp-echo',
      ])
      await echoes.line(/listening on/)
      const ping = starting(world.appliance, 'ping', '-i', '0.02', address)
      await ping.line(/icmp_seq=5 /)
      ping.kill('SIGINT')
      await ping.line(/^\d+ packets transmitted, \d+ received, 0% packet loss/)
      expect((await ping.ended).code).toBe(0)
      const count = (): number => echoes.lines.filter(line => line.includes('echo request')).length
      // The other tool is answered 20 times as the clock that shows that the first is silent.
      const before = await eventually('silence', async () => {
        const now = count()
        await world.appliance.command('ping', '-c', '1', GATEWAY)
        return count() === now ? now : undefined
      })
      await world.appliance.command('ping', '-c', '20', '-i', '0.02', GATEWAY)
      expect(count()).toBe(before)
      await echoes.stop()
    })

    test('over REST, as lines while it happens, and in one piece', async () => {
      const url = 'http://127.0.0.1:8053/api/v1/ping'
      const curl = [
        'curl',
        '-sS',
        '-N',
        '-H',
        `Authorization: Bearer ${await world.lan.succeed(['cat', join(world.appliance.data, 'token')]).then((text) => text.trim())}`,
      ]
      const body = [
        '-H',
        'Content-Type: application/json',
        '--data',
        JSON.stringify({ target: address, count: 2, intervalMs: 20 }),
      ]
      const lines = (await world.lan.succeed([...curl, ...body, url]))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly kind: string })
      expect(lines.map(({ kind }) => kind)).toEqual(['start', 'reply', 'reply', 'done'])
      const whole = JSON.parse(await world.lan.succeed([...curl, '-H', 'Accept: application/json', ...body, url])) as {
        readonly events: readonly unknown[]
      }
      expect(whole.events).toHaveLength(4)
    })
  })

  test('from the link, over the own TCP: while it happens, and no longer than the client is there', async () => {
    const token = (await world.lan.succeed(['cat', join(world.appliance.data, 'token')])).trim()
    const curl = ['curl', '-sS', '-N', '-H', `Authorization: Bearer ${token}`, '-H', 'Content-Type: application/json']
    const body = ['--data', JSON.stringify({ target: GATEWAY, count: null, intervalMs: 20 })]
    const ping = client.start('curl', [...curl, ...body, `http://${APPLIANCE}/api/v1/ping`])
    await ping.line(/"kind":"reply","sequence":5,/)
    ping.kill('SIGKILL')
    const replies = async (): Promise<number> =>
      (await world.appliance.get<StatisticsView>('/statistics'))['icmp']?.['echo-replies'] ?? 0
    await eventually('silence', async () => {
      const before = await replies()
      // A request and its answer take longer than the interval of the ping.
      await world.appliance.command('version')
      return (await replies()) === before ? true : undefined
    })
    const capture = client.start('curl', [
      ...curl,
      '-o',
      '/dev/null',
      '-w',
      '%{size_download}\n',
      `http://${APPLIANCE}/api/v1/capture?count=4&filter=icmp`,
    ])
    await eventually('all four', async () => {
      await client.succeed(['ping', '-c', '1', APPLIANCE])
      return capture.running ? undefined : true
    })
    expect(Number(capture.lines[0])).toBeGreaterThan(4 * 98)
  })

  test.each([[[]], [['-I']], [['-T']], [['-T', '-p', '7']]])(
    'traceroute %j shows the host with its name',
    async (options) => {
      const { stdout, code } = await world.appliance.command('traceroute', ...options, 'alpha')
      expect(code).toBe(0)
      expect(stdout).toMatch(
        new RegExp(
          `^traceroute to alpha \\(${address}\\), 30 hops max, 60 byte packets\n 1  alpha\\.lab\\.internal \\(${address}\\)  [\\d.]+ ms [\\d.]+ ms [\\d.]+ ms\n$`,
        ),
      )
    },
  )

  test('traceroute and ping through a router, to a host behind it and to one that is not there', async () => {
    const { lab, lan, appliance } = world
    const far = await lab.host('far')
    const port = await lab.cable(far, 'eth0', lan, undefined)
    await lan.address(port, '10.54.0.1/24')
    await far.address('eth0', '10.54.0.9/24', '10.54.0.1')
    // Linux answers one probe a second; a patient tool would wait.
    await lan.succeed(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1', 'net.ipv4.icmp_ratelimit=0'])
    const hops = [
      expect.stringMatching(/^ 1 {2}10\.53\.0\.1 \(10\.53\.0\.1\) {2}[\d.]+ ms [\d.]+ ms [\d.]+ ms$/),
      expect.stringMatching(/^ 2 {2}10\.54\.0\.9 \(10\.54\.0\.9\) {2}[\d.]+ ms [\d.]+ ms [\d.]+ ms$/),
    ]
    for (const method of [[], ['-I'], ['-T']]) {
      const { stdout, code } = await appliance.command('traceroute', ...method, '10.54.0.9')
      expect([code, stdout.trimEnd().split('\n').slice(1)]).toEqual([0, hops])
    }
    const gone = await appliance.command('traceroute', '-n', '-q', '1', '-w', '5', '10.54.0.77')
    expect(gone).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/\n 1 {2}10\.53\.0\.1 .*\n 2 {2}10\.53\.0\.1 {2}[\d.]+ ms !H\n$/),
    })
    expect((await appliance.command('ping', '-c', '1', '-t', '1', '10.54.0.9')).stdout).toContain(
      'From 10.53.0.1 icmp_seq=1 Time to live exceeded\n',
    )
    expect((await appliance.command('ping', '-c', '1', '-W', '5', '10.54.0.77')).stdout).toContain(
      'From 10.53.0.1 icmp_seq=1 Destination Host Unreachable\n',
    )
  })

  test('sockets: what listens, and a connection with what TCP knows of it', async () => {
    const { stdout } = await world.appliance.command('sockets')
    expect(stdout).toMatch(/^udp\tUNCONNECTED\t0\t0\t\S+:53\t\*:\*$/m)
    expect(stdout).toMatch(/^udp\tUNCONNECTED\t0\t0\t\S+:67\t\*:\*$/m)
    expect(stdout).toMatch(/^tcp\tLISTEN\t0\t\d+\t\S+:53\t\*:\*$/m)
    const held = client.start('nc', ['nc', APPLIANCE, '80'])
    held.write('GET / HTTP/1.1\r\nHost: 10.53.0.2\r\n\r\n')
    await held.line(/<\/html>/)
    const [connection] = await world.appliance.list<SocketView>(`/sockets?state=ESTABLISHED&address=${address}`)
    expect(connection).toMatchObject({
      protocol: 'tcp',
      local: APPLIANCE,
      localPort: 80,
      remote: address,
      tcp: { congestion: 'cubic', retransmitted: 0 },
    })
    expect(connection?.tcp?.received).toBe(35)
    expect(connection?.tcp?.acknowledged).toBeGreaterThan(1000)
    const shown = await world.appliance.command('sockets', '-ti', '--address', address)
    expect(shown.stdout).toMatch(/\tcubic rto:\d+ rtt:[\d.]+\/[\d.]+ minrtt:[\d.]+ mss:14\d\d .*bytes_received:35 /)
    await held.stop()
  })

  test('arp: a neighbour that is named is spoken to without asking, also after power was cut, until it is forgotten', async () => {
    const { lab, lan } = world
    const quiet = await lab.hostOn(lan, BRIDGE, 'quiet', '02:aa:00:00:00:60')
    await quiet.address('eth0', '10.53.0.60/24')
    // Answers no ARP request, as some small devices do.
    await quiet.succeed(['sysctl', '-q', '-w', 'net.ipv4.conf.all.arp_ignore=8'])
    const reached = async (): Promise<boolean> =>
      (await world.appliance.command('ping', '-c', '1', '-W', '1', '10.53.0.60')).code === 0
    expect(await reached()).toBe(false)
    expect(await world.appliance.command('arp', 'add', '10.53.0.60', '02:aa:00:00:00:60')).toMatchObject({
      code: 0,
      stdout: '10.53.0.60 is at 02:aa:00:00:00:60 on taproot0\n',
    })
    expect(await reached()).toBe(true)
    expect((await world.appliance.command('arp')).stdout).toMatch(
      /^taproot0\t10\.53\.0\.60\t02:aa:00:00:00:60\tstatic\t-$/m,
    )
    const { data } = world.appliance
    await world.appliance.killHard()
    world.appliance = await Appliance.start(lan, { data, arguments: ['--bridge', BRIDGE] })
    expect(await reached()).toBe(true)
    expect((await world.appliance.command('arp', 'flush')).code).toBe(0)
    expect(await reached()).toBe(true)
    expect((await world.appliance.command('arp', 'delete', '10.53.0.60')).code).toBe(0)
    expect(await reached()).toBe(false)
    expect(await world.appliance.command('arp', 'add', '10.53.0.60', '01:00:5e:00:00:01')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('mac: 01:00:5e:00:00:01'),
    })
  })

  test('stats: by layer and reason', async () => {
    const { stdout } = await world.appliance.command('stats')
    expect(stdout).toMatch(/^ipv4\.received\t[1-9]\d*$/m)
    expect(stdout).toMatch(/^link\.taproot0\.rx-frames\t[1-9]\d*$/m)
    expect(stdout).not.toMatch(/\t0$/m)
    expect((await world.appliance.command('stats', 'ipv4', '--all')).stdout).toMatch(/^ipv4\.martian-source\t0$/m)
  })

  describe('capture', () => {
    test('a line a frame, both ways', async () => {
      const capture = starting(world.appliance, 'capture', '-c', '2', 'icmp', 'and', 'host', address)
      await capture.line(/^capturing on taproot0$/)
      await client.succeed(['ping', '-c', '1', APPLIANCE])
      await capture.line(new RegExp(`In  02:aa:00:00:00:01 > \\S+ ${address} > ${APPLIANCE} echo request 56$`))
      await capture.line(new RegExp(`Out \\S+ > 02:aa:00:00:00:01 ${APPLIANCE} > ${address} echo reply 56$`))
      await capture.line(/^2 frames captured, 0 left out/)
      expect((await capture.ended).code).toBe(0)
    })

    test('piped into tshark: every frame is there, and none is malformed', async () => {
      const ask = ['-T', 'fields', '-e', 'frame.protocols', '-e', '_ws.malformed', '-e', 'frame.interface_name']
      const script = `sh bin/taproot capture -i taproot0 -c 12 -w - | tshark -r - ${ask.join(' ')}`
      const tshark = world.lan.start('tshark', ['sh', '-c', script], environment(world.appliance))
      await tshark.line(/^capturing on taproot0$/)
      await client.succeed(['ping', '-c', '3', '-i', '0.1', APPLIANCE])
      await client.succeed(['dig', '+short', `@${APPLIANCE}`, 'alpha.lab.internal'])
      await client.run(['dig', '+tcp', '+short', `@${APPLIANCE}`, 'alpha.lab.internal'])
      await tshark.ended
      const frames = tshark.lines.filter(line => line.startsWith('eth:'))
      expect(frames).toHaveLength(12)
      expect(frames.filter(line => line.includes(':icmp'))).toHaveLength(6)
      expect(frames.filter(line => line.includes(':dns')).length).toBeGreaterThanOrEqual(2)
      for (const line of frames) expect(line.split('\t').slice(1)).toEqual(['', 'taproot0'])
    })

    test('a long transfer with super-segments: whole, and every checksum right', async () => {
      const check = [
        '-o',
        'tcp.check_checksum:TRUE',
        '-o',
        'ip.check_checksum:TRUE',
        '-T',
        'fields',
        '-e',
        'frame.len',
        '-e',
        'tcp.checksum.status',
        '-e',
        '_ws.malformed',
      ]
      const script = `sh bin/taproot capture -w - tcp and host ${address} | tshark -l -r - ${check.join(' ')}`
      const tshark = world.lan.start('tshark', ['sh', '-c', script], environment(world.appliance))
      await tshark.line(/^capturing on taproot0$/)
      const url = `http://${APPLIANCE}/docs/static/swagger-ui-bundle.js`
      const size = Number(await client.succeed(['curl', '-sS', '-o', '/dev/null', '-w', '%{size_download}', url]))
      expect(size).toBeGreaterThan(1_000_000)
      const frames = await eventually('all of it', async () => {
        const seen = tshark.lines.filter(line => /^\d+\t/.test(line))
        return seen.reduce((sum, line) => sum + Number(line.split('\t')[0]), 0) > size ? seen : undefined
      })
      // 1: right.
      expect([...new Set(frames.map(line => line.split('\t').slice(1).join()))]).toEqual(['1,'])
      await tshark.stop()
    })

    test('several at once, each with its filter; a reader that has enough ends its own', async () => {
      const arp = starting(world.appliance, 'capture', '-c', '1', 'arp')
      const script = 'sh bin/taproot capture icmp | head -n 1'
      const first = world.lan.start('head', ['sh', '-c', script], environment(world.appliance))
      await Promise.all([arp.line(/^capturing/), first.line(/^capturing/)])
      await client.succeed(['arping', '-c', '1', '-I', 'eth0', APPLIANCE])
      await arp.line(/ARP who has 10\.53\.0\.2/)
      await client.succeed(['ping', '-c', '2', '-i', '0.2', APPLIANCE])
      await first.line(/echo request/)
      expect((await arp.ended).code).toBe(0)
      await client.succeed(['ping', '-c', '2', '-i', '0.2', APPLIANCE])
      await first.ended
    })

    test('what it says is wrong names the option', async () => {
      expect(await world.appliance.command('capture', '-i', 'eth9')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('there is no interface eth9'),
      })
      expect(await world.appliance.command('capture', 'port', 'dns')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`'port' wants a number`),
      })
    })
  })
})

describeLab('diagnostics and the threads', () => {
  test('a worker that is restarted ends what runs with the reason, and it can be started again', async () => {
    await using lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const appliance = await Appliance.start(lan, {
      as: [process.execPath, join(import.meta.dirname, 'supervision-driver.ts')],
      arguments: ['--bridge', BRIDGE],
    })
    onTestFailed(() => console.error(appliance.program.text()))
    const world: World = { lab, lan, appliance }
    await staticHost(world, 'peer', '10.53.0.50')
    const ping = starting(appliance, 'ping', '-i', '0.05', '10.53.0.50')
    const capture = starting(appliance, 'capture', 'icmp')
    await Promise.all([ping.line(/icmp_seq=3 /), capture.line(/echo reply/)])
    appliance.program.write('kill network\n')
    await ping.line(/the network worker was restarted/)
    await capture.line(/the appliance broke it off/)
    expect([(await ping.ended).code, (await capture.ended).code]).toEqual([1, 3])
    await eventually('the replacement answers', async () =>
      (await appliance.command('ping', '-c', '1', '10.53.0.50')).code === 0 ? true : undefined,
    )
    await appliance.stop()
  })

  test('the appliance stops at once although a ping without end and a capture run', async () => {
    await using lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE] })
    const ping = starting(appliance, 'ping', '-i', '0.05', GATEWAY)
    const capture = starting(appliance, 'capture', 'icmp')
    await Promise.all([ping.line(/icmp_seq=3 /), capture.line(/echo reply/)])
    expect((await appliance.stop()).code).toBe(0)
    await ping.line(/the appliance broke it off/)
    await Promise.all([ping.ended, capture.ended])
  })
})
