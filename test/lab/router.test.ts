/**
 * A stack of ours as the router between two kernels, as their tools see it: near (10.1.0.9, and .8 in the same LAN) –
 * 10.1.0.1 ours 10.2.0.1 – far (10.2.0.9), where the second link carries 1,400 octets only.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { hashOfOctets, octetsAt } from '../support/octets.ts'
import { describeLab } from './available.ts'
import { dissect } from './dissect.ts'
import { Lab, type Host } from './netns.ts'
import { StackHost, type StackHostConfig } from './stack-host-control.ts'

const NEAR = '10.1.0.9'
const OTHER = '10.1.0.8'
const FAR = '10.2.0.9'
const OURS = '10.1.0.1'
const CONFIG: StackHostConfig = {
  forwarding: true,
  links: [
    { name: 'tap0', address: `${OURS}/24`, proxyArp: 'routed', sourcePolicy: { bogons: 'accepted', reversePath: 'strict' } },
    { name: 'tap1', address: '10.2.0.1/24', mtu: 1400, directedBroadcasts: true },
  ],
  routes: [{ prefix: '10.3.0.0/24', gateway: OTHER }],
}

describeLab('a router of ours', () => {
  let lab: Lab
  let near: Host
  let far: Host
  let ours: StackHost

  beforeAll(async () => {
    lab = await Lab.open()
    near = await lab.host('near')
    far = await lab.host('far')
    ours = await StackHost.start(near, CONFIG)
    await near.succeed(['ip', 'link', 'set', 'tap1', 'netns', String(far.pid)])
    for (const name of ['accept_redirects', 'secure_redirects', 'send_redirects']) await near.run(['sysctl', '-qw', `net.ipv4.conf.all.${name}=1`])
    await near.succeed(['ip', 'link', 'set', 'tap0', 'up'])
    await near.address('tap0', `${NEAR}/24`)
    await near.address('tap0', `${OTHER}/24`)
    await near.succeed(['ip', 'route', 'add', '10.2.0.0/24', 'via', OURS])
    await far.succeed(['sysctl', '-qw', 'net.ipv4.icmp_echo_ignore_broadcasts=0'])
    await far.succeed(['ip', 'link', 'set', 'tap1', 'mtu', '1400', 'up'])
    await far.address('tap1', `${FAR}/24`, '10.2.0.1')
  })
  afterAll(() => lab.close())
  beforeEach(() => {
    const from = ours.program.mark()
    onTestFailed(() => console.error(ours.program.lines.slice(from).slice(-5).join('\n')))
  })

  const ip = async (name: string): Promise<number> => (await ours.counters())['ipv4']?.[name] ?? 0
  const ping = (...argv: readonly string[]): Promise<string> => near.succeed(['ping', '-W2', '-i0.02', ...argv])
  /** What near sees of frames on its link while `body` runs, a line each. */
  async function seen(filter: string, body: () => Promise<unknown>, until: RegExp, where: [Host, string] = [near, 'tap0']): Promise<readonly string[]> {
    const dump = where[0].start('tcpdump', ['tcpdump', '-lnvei', where[1], filter])
    await dump.line(/listening on/)
    const from = dump.mark()
    await body()
    await dump.line(until, from, 5_000)
    await dump.stop()
    return dump.lines.slice(from)
  }

  describe('traceroute', () => {
    test.each([
      ['UDP', []],
      ['ICMP', ['-I']],
      ['TCP', ['-T', '-p', '2222']],
    ])('in %s mode ends at our own address', async (_mode, how) => {
      const text = await near.succeed(['traceroute', '-n', '-w2', '-q2', ...how, OURS])
      expect(text).toMatch(/^ 1 {2}10\.1\.0\.1 {2}[\d.]+ ms {2}[\d.]+ ms$/m)
      expect(text).not.toMatch(/^ 2 /m)
    })

    test.each([
      ['UDP', []],
      ['ICMP', ['-I']],
      ['TCP', ['-T', '-p', '9']],
    ])('in %s mode goes through us', async (_mode, how) => {
      const text = await near.succeed(['traceroute', '-n', '-w2', '-q2', '-z10', ...how, FAR])
      expect(text).toMatch(/^ 1 {2}10\.1\.0\.1 {2}[\d.]+ ms/m)
      expect(text).toMatch(/^ 2 {2}10\.2\.0\.9 {2}[\d.]+ ms/m)
    })

    test('to a host that is not there, and to a net that nobody knows, says so', async () => {
      expect(await near.succeed(['traceroute', '-n', '-w4', '-q1', '-m3', '-I', '10.2.0.77'])).toMatch(/10\.1\.0\.1 .*\n.* !H/)
      await near.succeed(['ip', 'route', 'add', '10.9.0.0/24', 'via', OURS])
      expect(await near.succeed(['traceroute', '-n', '-w2', '-q1', '-m3', '10.9.0.1'])).toMatch(/ {2}10\.1\.0\.1 .* !N/)
    })

    test('from far, the hop is the address of our other side', async () => {
      expect(await far.succeed(['traceroute', '-n', '-w2', '-q1', NEAR])).toMatch(/^ 1 {2}10\.2\.0\.1 .*\n 2 {2}10\.1\.0\.9/m)
    })
  })

  describe('ping', () => {
    test('through us costs one hop', async () => {
      expect(await ping('-c2', FAR)).toMatch(/2 received/)
      expect(await ping('-c1', FAR)).toMatch(/ttl=63/)
      expect(await near.run(['ping', '-c1', '-W1', '-t1', FAR])).toMatchObject({ code: 1, stdout: expect.stringContaining('From 10.1.0.1 icmp_seq=1 Time to live exceeded') })
    })

    test('-R: our addresses are in the recorded route', async () => {
      const text = await ping('-c1', '-R', FAR)
      expect(text.replaceAll(/\s+/g, ' ')).toContain('RR: 10.1.0.9 10.2.0.1 10.2.0.9 10.2.0.9 10.1.0.1 10.1.0.9')
      expect((await ping('-c1', '-R', OURS)).replaceAll(/\s+/g, ' ')).toContain('RR: 10.1.0.9 10.1.0.1')
    })

    test('-T tsonly and tsandaddr: a time for every hop', async () => {
      expect((await ping('-c1', '-T', 'tsonly', FAR)).match(/\d+ absolute|-?\d+$/gm)?.length).toBeGreaterThanOrEqual(4)
      const text = await ping('-c1', '-T', 'tsandaddr', OURS)
      expect(text).toMatch(/10\.1\.0\.1\s+-?\d+/)
    })

    test('65,507 octets to us, and through us onto the link with the smaller MTU', async () => {
      expect(await ping('-c2', '-s65507', OURS)).toMatch(/2 received/)
      expect(await ping('-c2', '-s65507', FAR)).toMatch(/2 received/)
    })

    test('that may not be fragmented: the MTU of the second link is told, and found', async () => {
      const first = await near.run(['ping', '-c2', '-W1', '-i0.2', '-M', 'do', '-s1472', FAR])
      expect(first.stdout + first.stderr).toMatch(/From 10\.1\.0\.1 icmp_seq=1 Frag needed and DF set \(mtu = 1400\)/)
      expect(await near.succeed(['ip', 'route', 'get', FAR])).toMatch(/mtu 1400/)
      expect(await ping('-c1', '-M', 'do', '-s1372', FAR)).toMatch(/1 received/)
      await near.succeed(['ip', 'route', 'flush', 'cache'])
    })
  })

  test('TCP through us finds the MTU, both ways, and arrives whole', async () => {
    const file = join(near.directory, 'octets')
    writeFileSync(file, octetsAt(0, 5_000_000))
    for (const [from, to, address] of [[near, far, FAR], [far, near, NEAR]] as const) {
      await near.succeed(['ip', 'route', 'flush', 'cache'])
      const receiver = to.start('nc', ['sh', '-c', 'nc -l -N 9100 </dev/null | sha256sum'])
      await to.succeed(['sh', '-c', 'until ss -Hltn "sport = :9100" | grep -q LISTEN; do :; done'])
      await from.succeed(['sh', '-c', `nc -N ${address} 9100 <${file}`])
      expect((await receiver.line(/^[0-9a-f]{64}/)).slice(0, 64)).toBe(hashOfOctets(5_000_000))
    }
  })

  test('a redirect: who could go there himself is told so once, and goes', async () => {
    await near.succeed(['ip', 'route', 'add', '10.3.0.0/24', 'via', OURS])
    const lines = await seen(
      'icmp[icmptype] == 5', () => near.run(['ping', '-c1', '-W1', '10.3.0.9']), /redirect 10\.3\.0\.9 to host 10\.1\.0\.8/,
    )
    expect(lines.join('\n')).toMatch(/10\.1\.0\.1 > 10\.1\.0\.9: ICMP redirect 10\.3\.0\.9 to host 10\.1\.0\.8/)
  })

  test('proxy ARP: for what we reach by the other link, and for nothing else', async () => {
    await near.succeed(['arping', '-c1', '-w2', '-I', 'tap0', FAR])
    expect((await near.run(['arping', '-c1', '-w1', '-I', 'tap0', '10.1.0.77'])).code).toBe(1)
    expect((await near.run(['arping', '-c1', '-w1', '-I', 'tap0', '10.8.0.1'])).code).toBe(1)
  })

  test('a directed broadcast goes out where it is allowed, as a broadcast frame', async () => {
    const lines = await seen(
      'icmp', () => near.run(['ping', '-b', '-c1', '-W1', '10.2.0.255']), /10\.2\.0\.255/, [far, 'tap1'],
    )
    expect(lines.join('\n')).toMatch(/02:00:00:00:77:02 > ff:ff:ff:ff:ff:ff/)
    const before = await ip('directed-broadcast')
    await far.run(['ping', '-b', '-c1', '-W1', '10.1.0.255'])
    expect(await ip('directed-broadcast')).toBe(before + 1)
  })

  test('the reverse path: a source that belongs elsewhere does not come in', async () => {
    await near.address('lo', '10.2.0.55/32')
    const before = await ip('no-reverse-path')
    expect((await near.run(['ping', '-c2', '-i0.1', '-W1', '-I', '10.2.0.55', FAR])).code).toBe(1)
    expect(await ip('no-reverse-path')).toBe(before + 2)
    await near.succeed(['ip', 'address', 'del', '10.2.0.55/32', 'dev', 'lo'])
  })

  describe('under nmap', () => {
    test.each([
      ['-sS', ['-sS', '-p1-2500']],
      ['-sF', ['-sF', '-p1-500']],
      ['-sX', ['-sX', '-p1-500']],
      ['-sN', ['-sN', '-p1-500']],
      ['-sU', ['-sU', '-p1-60', '--max-retries', '0']],
      ['-O', ['-O', '-p1-300', '--max-os-tries', '1']],
      ['-f', ['-f', '-sS', '-p70-90']],
    ])('%s: a client of ours is served meanwhile, and we are none the worse', async (_name, how) => {
      const before = await ip('received')
      const report = join(near.directory, 'nmap')
      const scan = near.start('nmap', ['nmap', '-n', '-Pn', '--max-rtt-timeout', '100ms', '-T5', ...how, '-oG', report, OURS])
      const sum = await near.succeed(['sh', '-c', `curl -sS --max-time 20 http://${OURS}/bytes/2000000 | sha256sum`])
      expect(sum.slice(0, 64)).toBe(hashOfOctets(2_000_000))
      expect((await scan.ended).code).toBe(0)
      expect(await ip('received')).toBeGreaterThan(before + 20)
      if (how[0] === '-sS') {
        const open = [...readFileSync(report, 'utf8').matchAll(/(\d+)\/open\/tcp/g)].map((match) => Number(match[1]))
        expect(open).toEqual([7, 80, 443, 2222])
      }
      expect(await ping('-c1', OURS)).toMatch(/1 received/)
    })

    test('no fault of ours came to light', () => {
      expect(ours.program.lines.filter((line) => line.startsWith('fault'))).toEqual([])
    })
  })

  test('tshark finds nothing wrong with what a router sends: errors, fragments, redirects, router advertisements, IGMP, TCP', async () => {
    const file = join(near.directory, 'router.pcapng')
    await ours.ask({ do: 'capture', link: 'tap0', file })
    const advertised = await seen(
      'icmp[icmptype] == 9', () => ours.ask({ do: 'advertise', link: 'tap0' }), /router advertisement/,
    )
    expect(advertised.join('\n')).toMatch(/10\.1\.0\.1 > 224\.0\.0\.1: ICMP router advertisement/)
    await ping('-c2', '-s20000', FAR)
    await ping('-c1', '-R', FAR)
    await ping('-c1', '-T', 'tsonly', OURS)
    await near.run(['ping', '-c1', '-W1', '-t1', FAR])
    await near.run(['ping', '-c1', '-W1', '-M', 'do', '-s1472', FAR])
    await near.run(['ping', '-c1', '-W1', '10.3.0.44'])
    await near.run(['traceroute', '-n', '-q1', '-w1', FAR])
    await near.run(['traceroute', '-n', '-q1', '-w1', '-T', OURS])
    await near.run(['arping', '-c1', '-w1', '-I', 'tap0', FAR])
    await near.run(['curl', '-sS', '-o', '/dev/null', `http://${OURS}/bytes/100000`])
    await ours.ask({ do: 'end-capture' })
    // Linux quotes datagrams whose checksum it left to the device with that checksum still open.
    const { wrong, frames } = await dissect(file, '02:00:00:00:77:01', { forwardedFrom: FAR })
    expect(wrong).toEqual([])
    expect([...frames.keys()]).toEqual(expect.arrayContaining(['arp', 'icmp', 'igmp', 'ip', 'tcp', 'http']))
  })
})
