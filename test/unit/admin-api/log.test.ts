import pino from 'pino'
import { describe, expect, test } from 'vitest'
import { testApi } from '../../support/admin-api.ts'

type Line = { readonly [key: string]: unknown; readonly msg: string; readonly level: number }

function logged(): { readonly log: pino.Logger; readonly lines: () => readonly Line[]; readonly text: () => string } {
  let text = ''
  const log = pino({ level: 'trace' }, { write: (chunk: string) => void (text += chunk) })
  return {
    log,
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as Line),
  }
}

describe('the log', () => {
  test('has no token and no query in it', async () => {
    const { log, text } = logged()
    const api = testApi({ log })
    await api.call('GET', '/api/v1/leases?hostName=secret-name')
    await api.call('POST', '/api/v1/pools', { first: 'secret-body' })
    await api.app.inject({ url: '/api/v1/leases', headers: { authorization: 'Bearer tr_wrong' } })
    api.services.defect = new Error('it broke')
    await api.call('GET', '/api/v1/leases?hostName=secret-name')
    expect(text()).toContain('it broke')
    expect(text()).not.toContain(api.token)
    expect(text()).not.toMatch(/tr_wrong|authorization|secret-/i)
  })

  test('has a defect under the id that the client was told', async () => {
    const { log, lines } = logged()
    const api = testApi({ log })
    api.services.defect = new Error('it broke')
    const answer = await api.call('GET', '/api/v1/leases')
    const id = (answer.json() as { readonly detail: string }).detail.replace('see the log for ', '')
    const entry = lines().find(line => line['requestId'] === id)
    expect(entry).toMatchObject({
      msg: 'request failed',
      level: 50,
      method: 'GET',
      path: '/api/v1/leases',
      err: { message: 'it broke' },
    })
  })

  test('has changes at level info and reads at level debug', async () => {
    const { log, lines } = logged()
    const api = testApi({ log })
    await api.call('GET', '/api/v1/leases/10.53.0.100')
    await api.call('DELETE', '/api/v1/leases/10.53.0.100')
    const entries = lines().filter(line => line.msg === 'answered')
    expect(entries).toMatchObject([
      { level: 20, method: 'GET', route: '/api/v1/leases/:address', status: 200 },
      { level: 30, method: 'DELETE', route: '/api/v1/leases/:address', status: 200 },
    ])
  })

  test('ids differ from request to request', async () => {
    const { log, lines } = logged()
    const api = testApi({ log })
    for (let i = 0; i < 3; i++) await api.call('GET', '/api/v1/leases')
    const ids = lines()
      .filter(line => line.msg === 'answered')
      .map(line => line['reqId'])
    expect(new Set(ids).size).toBe(3)
  })
})
