/** interface, route and forwarding on the command line: what is sent, what is said, what is refused before it is sent. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CommandLine, commandLine } from '../../support/command-line.ts'

let line: CommandLine
beforeEach(async () => {
  line = await commandLine()
})
afterEach(() => line.close())

describe('interface', () => {
  test('add: a TAP device with its host end', async () => {
    const { code, out } = await line.run('interface', 'add', 'lab1', '10.54.0.2/24', '10.54.1.2/24', '--host-address', '10.54.0.1/24', '--reverse-path', 'strict', '--proxy-arp', '10.60.0.0/24,10.61.0.0/24', '--directed-broadcasts', 'on')
    expect([code, out]).toEqual([0, 'added lab1, 02:54:0a:36:00:02\n'])
    expect(line.api.services.interfaces.added).toMatchObject([
      {
        name: 'lab1', kind: 'tap', addresses: ['10.54.0.2/24', '10.54.1.2/24'], mac: null, mtu: 1500, reversePath: 'strict',
        proxyArp: 'ranges', proxyArpRanges: ['10.60.0.0/24', '10.61.0.0/24'], directedBroadcasts: true,
        hostEnd: { address: '10.54.0.1/24', bridge: null, owner: null, persist: false }, impairment: null, socket: null,
      },
    ])
  })

  test('add: guests of QEMU, with the line that attaches one', async () => {
    const { code, out } = await line.run('interface', 'add', 'lab2', '10.55.0.1/24', '--socket', '/run/lab2.sock', '--owner', '1000')
    expect(code).toBe(0)
    expect(out).toContain('-netdev stream,id=n0,server=off,addr.type=unix,addr.path=/run/lab2.sock -device e1000,netdev=n0,mac=52:54:00:00:00:01')
    expect(line.api.services.interfaces.added).toMatchObject([{ kind: 'qemu', socket: '/run/lab2.sock', socketOwner: 1000, hostEnd: null }])
  })

  test('change: weather as people write it, shown in the list, and ended', async () => {
    const { code, out } = await line.run('interface', 'change', 'lan0', '--loss', '1%', '--delay', '25ms', '--rate', '100.0003mbit', '--direction', 'sent', '--seed', '7')
    expect([code, out]).toEqual([0, 'changed lan0: loss 1%, delay 25ms, rate 100mbit (sent)\n'])
    expect(line.api.services.interfaces.list[0]?.impairment).toMatchObject({ loss: 0.01, delayMs: 25, bitsPerSecond: 100_000_300, direction: 'sent', seed: 7, duplication: 0 })
    expect((await line.run('interface')).out).toMatch(/\tloss 1%, delay 25ms, rate 100mbit \(sent\)$/m)
    expect((await line.run('interface', 'change', 'lan0', '--fair')).out).toBe('changed lan0\n')
    expect(line.api.services.interfaces.list[0]?.impairment).toBeNull()
  })

  test('change: addresses as a list', async () => {
    await line.run('interface', 'change', 'lan0', '--addresses', '10.53.0.2/24,10.99.0.1/32')
    expect(line.api.services.interfaces.list[0]?.addresses).toEqual(['10.53.0.2/24', '10.99.0.1/32'])
  })

  test('down, up and remove', async () => {
    await line.run('interface', 'add', 'lab1', '10.54.0.2/24')
    expect((await line.run('interface', 'down', 'lab1')).out).toBe('lab1 is down\n')
    expect((await line.run('interface')).out).toMatch(/^lab1\ttap\tdown\t.*it is disabled$/m)
    expect((await line.run('interface', 'up', 'lab1')).out).toBe('lab1 is up\n')
    expect((await line.run('interface', 'remove', 'lab1')).out).toBe('removed lab1\n')
    expect((await line.run('interface', 'remove', 'lab1')).code).toBe(1)
    expect((await line.run('interface', 'remove', 'lan0')).err).toContain('first link')
  })

  test.each([
    [['interface', 'change', 'lan0', '--directed-broadcasts', 'yes'], 'on or off'],
    [['interface', 'change', 'lan0', '--seed', '3'], 'belong to an impairment'],
    [['interface', 'change', 'lan0', '--fair', '--loss', '1%'], 'one or the other'],
    [['interface', 'change', 'lan0', '--loss', '1'], '--loss takes percent'],
    [['interface', 'add'], 'needs NAME'],
  ])('%j is a wrong command line', async (words, said) => {
    const { code, err } = await line.run(...words)
    expect(code).toBe(2)
    expect(err).toContain(said)
  })

  test('an address that the API refuses is named', async () => {
    const { code, err } = await line.run('interface', 'add', 'lab1', '10.54.0.2')
    expect(code).toBe(1)
    expect(err).toContain('addresses/0')
  })
})

describe('route', () => {
  test('as ip route has it: via, dev, metric, default and a lone host', async () => {
    expect((await line.run('route', 'add', '10.60.0.0/24', 'via', '10.53.0.7', '--comment', 'annex')).out).toBe('added route 1: 10.60.0.0/24 via 10.53.0.7 dev lan0 proto static\n')
    expect((await line.run('route', 'add', 'default', 'via', '10.53.0.1', 'metric', '5')).out).toContain('default via 10.53.0.1')
    expect((await line.run('route', 'add', '10.61.0.9', 'dev', 'lan0')).out).toBe('added route 3: 10.61.0.9 dev lan0 scope link proto static\n')
    expect((await line.run('route')).out).toMatch(/^1\t10\.60\.0\.0\/24\t10\.53\.0\.7\tUG\t0\tlan0\tstatic\tannex$/m)
    expect(line.api.services.routes.list.map(({ prefix, metric }) => [prefix, metric])).toEqual([['10.53.0.0/24', 0], ['10.60.0.0/24', 0], ['0.0.0.0/0', 5], ['10.61.0.9/32', 0]])
  })

  test('removed by its prefix or its id', async () => {
    await line.run('route', 'add', '10.60.0.0/24', 'via', '10.53.0.7')
    await line.run('route', 'add', 'default', 'via', '10.53.0.1')
    expect((await line.run('route', 'remove', '10.60.0.0/24')).code).toBe(0)
    expect((await line.run('route', 'remove', '2')).code).toBe(0)
    expect((await line.run('route', 'remove', 'default')).err).toContain('there is no static route to default')
    expect(line.api.services.routes.list).toHaveLength(1)
  })

  test('two to one prefix are told apart by their ids', async () => {
    await line.run('route', 'add', 'default', 'via', '10.53.0.1')
    await line.run('route', 'add', 'default', 'via', '10.53.0.7', 'metric', '1')
    const { code, err } = await line.run('route', 'remove', 'default')
    expect(code).toBe(1)
    expect(err).toContain('(1, 2)')
  })

  test.each([
    [['route', 'add', '10.60.0.0/24', 'over', '10.53.0.7'], 'is not via, dev or metric'],
    [['route', 'add', '10.60.0.0/24', 'via', '10.53.0.7', 'metric', 'low'], 'whole number'],
    [['route', 'add', '10.60.0.0/24', 'via', '10.53.0.7', 'dev'], 'dev needs a value'],
    [['forwarding', 'maybe'], 'on or off'],
  ])('%j is a wrong command line', async (words, said) => {
    const { code, err } = await line.run(...words)
    expect(code).toBe(2)
    expect(err).toContain(said)
  })
})

test('forwarding is shown and switched', async () => {
  expect((await line.run('forwarding', 'on')).out).toBe('forwarding is on\n')
  expect(line.api.services.routes.forwarding).toBe(true)
  expect((await line.run('forwarding', 'off')).out).toBe('forwarding is off\n')
})
