import { get, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type PingEventView, refusal } from '../../../services/index.ts'
import { testApi, type TestApi } from '../../support/admin-api.ts'

let api: TestApi
beforeEach(() => {
  api = testApi()
})
afterEach(() => api.app.close())

const TIMEOUT: PingEventView = { kind: 'timeout', sequence: 1 }
const BROKEN = refusal('unavailable', '', 'the network worker was restarted', 'try again in a second')

async function address(): Promise<{
  readonly host: string
  readonly port: number
  readonly headers: { readonly authorization: string }
}> {
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  return {
    host: '127.0.0.1',
    port: (api.app.server.address() as AddressInfo).port,
    headers: { authorization: `Bearer ${api.token}` },
  }
}

/** A request over a real connection, whose answer is read by hand. */
async function pinging(body: object): Promise<IncomingMessage> {
  const { headers, ...at } = await address()
  return new Promise((resolve, reject) => {
    const asked = request(
      { ...at, method: 'POST', path: '/api/v1/ping', headers: { ...headers, 'content-type': 'application/json' } },
      resolve,
    )
    asked.on('error', reject)
    asked.end(JSON.stringify(body))
  })
}

describe('a ping', () => {
  test('is a line of JSON for each event', async () => {
    const answer = await api.call('POST', '/api/v1/ping', { target: 'alpha' })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/x-ndjson')
    const events = answer.body.trimEnd().split('\n').map((line) => JSON.parse(line) as PingEventView)
    expect(events.map(({ kind }) => kind)).toEqual(['start', 'reply', 'reply', 'done'])
    expect(events[1]).toMatchObject({ sequence: 1, from: '10.53.0.100', rttMs: 0.312 })
  })

  test('is one object for who accepts JSON only', async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/ping',
      payload: { target: 'alpha' },
      headers: { authorization: `Bearer ${api.token}`, accept: 'application/json' },
    })
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
    expect(answer.json<{ events: readonly unknown[] }>().events).toHaveLength(4)
  })

  test.each([[null], [1001]])('of %j requests is not one object', async (count) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/ping',
      payload: { target: 'alpha', count },
      headers: { authorization: `Bearer ${api.token}`, accept: 'application/json' },
    })
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({ errors: [{ pointer: '/count' }] })
  })

  test.each<[object, string]>([
    [{}, '/target'],
    [{ target: 'x', count: 0 }, '/count'],
    [{ target: 'x', intervalMs: 9 }, '/intervalMs'],
    [{ target: 'x', octets: 65_508 }, '/octets'],
    [{ target: 'x', ttl: 256 }, '/ttl'],
    [{ target: 'x', source: '10.53' }, '/source'],
    [{ target: 'x', dontFragment: 'yes' }, '/dontFragment'],
    [{ target: 'x', flood: true }, '/flood'],
  ])('%j is refused at %s, and nothing is sent', async (body, pointer) => {
    const answer = await api.call('POST', '/api/v1/ping', body)
    expect(answer.statusCode).toBe(422)
    expect(answer.json<{ errors: readonly { pointer: string }[] }>().errors[0]?.pointer).toBe(pointer)
    expect(api.services.diagnostics.pings).toEqual([])
  })

  test('that the services refuse is a problem', async () => {
    api.services.diagnostics.refuse = refusal('invalid', '/target', 'no address is known for "x"', 'give an address')
    const answer = await api.call('POST', '/api/v1/ping', { target: 'x' })
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      422,
      expect.stringMatching('application/problem'),
    ])
  })

  test('that breaks off ends with the problem as its last line, or as the answer when it is one object', async () => {
    api.services.diagnostics.breakWith = BROKEN
    const lines = (await api.call('POST', '/api/v1/ping', { target: 'x' })).body.trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      kind: 'problem',
      problem: { status: 503, detail: 'the network worker was restarted' },
    })
    expect(lines).toHaveLength(5)
    const whole = await api.app.inject({
      method: 'POST',
      url: '/api/v1/ping',
      payload: { target: 'x' },
      headers: { authorization: `Bearer ${api.token}`, accept: 'application/json' },
    })
    expect(whole.statusCode).toBe(503)
    expect(whole.json()).toMatchObject({ detail: 'the network worker was restarted' })
  })

  test('is sent as it happens', async () => {
    const { diagnostics } = api.services
    diagnostics.pingEvents = undefined
    const begun = diagnostics.begun()
    const answering = pinging({ target: 'x', count: null })
    await begun
    diagnostics.pings[0]?.pipe.put(TIMEOUT)
    const answer = await answering
    for await (const piece of answer as AsyncIterable<Buffer>) {
      expect(piece.toString()).toBe('{"kind":"timeout","sequence":1}\n')
      break
    }
    await diagnostics.pings[0]?.whenLeft
  })

  test('ends when its client goes away, although nothing happens', async () => {
    const { diagnostics } = api.services
    diagnostics.pingEvents = undefined
    const begun = diagnostics.begun()
    const answering = pinging({ target: 'x', count: null })
    await begun
    diagnostics.pings[0]?.pipe.put(TIMEOUT)
    ;(await answering).destroy()
    await diagnostics.pings[0]?.whenLeft
    expect(diagnostics.pings[0]?.left).toBe(true)
  })

  test('of one object ends when its client goes away', async () => {
    const { diagnostics } = api.services
    diagnostics.pingEvents = undefined
    const { headers, ...at } = await address()
    const begun = diagnostics.begun()
    const asked = request({
      ...at,
      method: 'POST',
      path: '/api/v1/ping',
      headers: { ...headers, accept: 'application/json', 'content-type': 'application/json' },
    })
    asked.on('error', () => undefined)
    asked.end(JSON.stringify({ target: 'x', count: 3 }))
    await begun
    asked.destroy()
    await diagnostics.pings[0]?.whenLeft
  })

  test('does not keep the server from closing', async () => {
    const { diagnostics } = api.services
    diagnostics.pingEvents = undefined
    const begun = diagnostics.begun()
    const answering = pinging({ target: 'x', count: null })
    await begun
    diagnostics.pings[0]?.pipe.put(TIMEOUT)
    const answer = await answering
    answer.on('error', () => undefined).resume()
    await api.app.close()
    expect(diagnostics.pings[0]?.left).toBe(true)
  })
})

describe('a capture', () => {
  test('is a pcapng file', async () => {
    const answer = await api.call(
      'GET',
      '/api/v1/capture?interface=lan0&filter=arp&count=1&snapLength=64&seconds=5&promiscuous=no',
    )
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/x-pcapng'])
    expect(answer.rawPayload).toEqual(Buffer.from([10, 13, 13, 10]))
    expect(api.services.diagnostics.captures[0]?.input).toEqual({
      interface: 'lan0',
      filter: 'arp',
      snapLength: 64,
      count: 1,
      seconds: 5,
      promiscuous: false,
    })
  })

  test.each(['count=0', 'snapLength=1', 'seconds=90000', 'promiscuous=maybe', 'filter=', 'file=x'])(
    '?%s is refused',
    async (query) => {
      expect((await api.call('GET', `/api/v1/capture?${query}`)).statusCode).toBe(400)
      expect(api.services.diagnostics.captures).toEqual([])
    },
  )

  test('a client that does not read holds up nothing but its own pieces', async () => {
    const { diagnostics } = api.services
    diagnostics.pieces = undefined
    const { headers, ...at } = await address()
    const begun = diagnostics.begun()
    const answering = new Promise<IncomingMessage>(
      (resolve) => void get({ ...at, path: '/api/v1/capture', headers }, resolve),
    )
    await begun
    const [stream] = diagnostics.captures
    const piece = new Uint8Array(65_536)
    stream?.pipe.put(piece)
    const answer = await answering
    // Sockets and streams take some; then what is put stays where it is put.
    let refused = 0
    for (let n = 0; n < 2000 && refused === 0; n++) {
      if (stream?.pipe.put(piece) === false) refused++
      await new Promise((resolve) => void setImmediate(resolve))
    }
    expect(refused).toBe(1)
    answer.destroy()
    await stream?.whenLeft
  })

  test('that breaks off is not a whole answer', async () => {
    api.services.diagnostics.breakWith = BROKEN
    const { headers, ...at } = await address()
    const answer = await new Promise<IncomingMessage>(
      (resolve) => void get({ ...at, path: '/api/v1/capture', headers }, resolve),
    )
    const ended = await new Promise((resolve) => answer.on('error', resolve).on('end', () => resolve('end')).resume())
    expect(ended).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('neighbours', () => {
  test('added, forgotten, all forgotten', async () => {
    const added = await api.call('POST', '/api/v1/neighbours', { address: '10.53.0.60', mac: '02-00-00-00-00-3C' })
    expect([added.statusCode, added.headers['location'], added.json()]).toEqual([
      201,
      '/api/v1/neighbours/10.53.0.60',
      { interface: 'lan0', address: '10.53.0.60', mac: '02:00:00:00:00:3c', state: 'static', expiresIn: null },
    ])
    expect((await api.call('DELETE', '/api/v1/neighbours/10.53.0.100?interface=lan0')).statusCode).toBe(204)
    expect((await api.call('DELETE', '/api/v1/neighbours/10.53.0.100')).statusCode).toBe(404)
    expect((await api.call('DELETE', '/api/v1/neighbours')).json()).toEqual({ flushed: 1 })
  })

  test.each<[object, string]>([
    [{ address: '10.53.0', mac: '02:00:00:00:00:01' }, '/address'],
    [{ address: '10.53.0.60', mac: '02:00' }, '/mac'],
    [{ address: '10.53.0.60', mac: '01:00:5e:00:00:01' }, '/mac'],
    [{ address: '10.53.0.60', mac: '02:00:00:00:00:01', interface: 'longer-than-any-name' }, '/interface'],
  ])('%j is refused at %s', async (body, pointer) => {
    const answer = await api.call('POST', '/api/v1/neighbours', body)
    expect([answer.statusCode, answer.json<{ errors: readonly { pointer: string }[] }>().errors[0]?.pointer]).toEqual([
      422,
      pointer,
    ])
  })
})
