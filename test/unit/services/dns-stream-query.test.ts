import { describe, expect, test } from 'vitest'
import { stackQueryStream } from '../../../services/dns-stream-query.ts'
import { ipv4 } from '../../../stack/index.ts'
import { queryBytes, told } from '../../support/dns.ts'
import type { Told } from '../../support/dns.ts'
import { framesOf, StreamBench } from '../../support/dns-stream.ts'
import { must } from '../../support/stack-lan.ts'
import { RIGHT, tcpWorld } from '../../support/tcp-hosts.ts'
import type { World } from '../../support/tcp-hosts.ts'

const QUERY = queryBytes('huge.lab.example', 'TXT', { id: 9 })

function ask(world: World, address = RIGHT, port = 53): { answers: Told[]; failures: string[]; cancel: () => void } {
  const answers: Told[] = []
  const failures: string[] = []
  const { cancel } = stackQueryStream(world.left)(
    { address, port }, QUERY, QUERY.length,
    (b, at, length) => void answers.push(told(b, at, length)), (why) => void failures.push(why),
  )
  return { answers, failures, cancel }
}

describe('a question over the stack, to a server over TCP', () => {
  test('the whole answer comes, and the connection ends when it is done with', () => {
    const { world } = new StreamBench()
    const { answers, failures, cancel } = ask(world)
    world.clock.advance(500)
    expect(answers).toMatchObject([{ id: 9, rcode: 'NOERROR' }])
    expect(answers[0]?.octets).toBeGreaterThan(60_000)
    cancel()
    world.clock.advance(200)
    expect([world.left.tcp.connections(), world.right.tcp.connections(), failures]).toEqual([[], [], []])
  })

  test.each([
    ['a closed port', RIGHT, 54, 'refused', 100],
    ['an address where nobody is', ipv4('10.53.0.77'), 53, 'unreachable', 80_000],
    ['an address that no route leads to', ipv4('192.0.2.1'), 53, 'unreachable', 0],
  ])('%s', (_what, address, port, why, ms) => {
    const { world } = new StreamBench()
    const { failures } = ask(world, address, port)
    world.clock.advance(ms)
    expect(failures).toEqual([why])
  })

  test.each([
    ['at once', new Uint8Array(0)],
    ['after half an answer', framesOf(QUERY).subarray(0, 20)],
  ])('a server that ends the connection %s', (_what, octets) => {
    const world = tcpWorld()
    must(world.right.tcp.listen({
      port: 53,
      onConnection: (endpoint) => {
        endpoint.write(octets, 0, octets.length)
        endpoint.end()
      },
    }))
    const { answers, failures } = ask(world)
    world.clock.advance(100)
    expect([answers, failures]).toEqual([[], ['unreachable']])
  })

  test('cancelled before it is connected: nothing is called', () => {
    const { world } = new StreamBench()
    const { answers, failures, cancel } = ask(world)
    cancel()
    world.clock.advance(1000)
    expect([answers, failures, world.left.tcp.connections()]).toEqual([[], [], []])
  })
})
