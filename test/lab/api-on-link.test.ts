/** The API on the appliance's own address, over its own TCP, as a host on the LAN reaches it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, openWorld, showOnFailure, staticHost, type World } from './world.ts'

let world: World
let host: Host
let token: string

/** What curl got: the body, and the status on the last line. */
const curl = async (...argv: readonly string[]): Promise<{ readonly status: number; readonly body: string }> => {
  const text = await host.succeed(['curl', '-sS', '--max-time', '10', '-w', '\n%{http_code}', ...argv])
  const cut = text.lastIndexOf('\n')
  return { status: Number(text.slice(cut + 1)), body: text.slice(0, cut) }
}
const url = (path: string): string => `http://${APPLIANCE}${path}`
const authorised = (): readonly string[] => ['-H', `Authorization: Bearer ${token}`]

describeLab('the API on the appliance’s own address', () => {
  beforeAll(async () => {
    world = await openWorld()
    host = await staticHost(world, 'admin', '10.53.0.20')
    token = readFileSync(join(world.appliance.data, 'token'), 'utf8').trim()
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('health without a token, everything else with one', async () => {
    expect(JSON.parse((await curl(url('/api/v1/health'))).body)).toEqual({ status: 'ok' })
    expect((await curl(url('/api/v1/zones'))).status).toBe(401)
    const zones = await curl(...authorised(), url('/api/v1/zones'))
    expect(zones.status).toBe(200)
    expect(zones.body).toContain('lab.internal')
  })

  test('the documentation’s page and its files', async () => {
    const page = await curl('-L', url('/docs'))
    expect(page.status).toBe(200)
    const document = await curl(url('/api/v1/openapi.json'))
    expect(JSON.parse(document.body)).toMatchObject({ openapi: '3.1.0' })
  })

  test('a change that is made there is served; several requests on one connection', async () => {
    const body = JSON.stringify({ name: 'www', type: 'A', data: '10.53.0.30' })
    const made = await curl(...authorised(), '-H', 'Content-Type: application/json', '-d', body, url('/api/v1/zones/lab.internal/records'))
    expect(made.status).toBe(201)
    expect((await host.succeed(['dig', '+short', `@${APPLIANCE}`, 'www.lab.internal'])).trim()).toBe('10.53.0.30')
    const both = await host.succeed(['curl', '-sSv', '--max-time', '10', url('/api/v1/health'), url('/api/v1/health'), '--stderr', '-'])
    expect(both).toMatch(/Re-using existing connection/)
  })

  test('a request for another name is refused (DNS rebinding)', async () => {
    expect((await curl('-H', 'Host: evil.example', ...authorised(), url('/api/v1/zones'))).status).toBe(421)
  })

  test('forty at once', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => curl(...authorised(), url('/api/v1/zones'))))
    expect(all.map((answer) => answer.status)).toEqual(Array.from({ length: 40 }, () => 200))
  })
})
