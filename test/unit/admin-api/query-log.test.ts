/** The routes of the query log: pages, exports in both forms, and what is refused. */
import { expect, test } from 'vitest'
import { testApi } from '../../support/admin-api.ts'

test('a page of queries, with the filters handed on', async () => {
  const { call, services } = testApi()
  const answer = await call('GET', '/api/v1/dns/queries?limit=2&below=example&outcome=answered&client=printer&since=1')
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { items: [{ id: 3 }, { id: 2, name: null, client: null }], next: null }])
  expect(services.queryLog.asked).toEqual({ below: 'example', outcome: 'answered', client: 'printer', since: 1 })
})

test('an export as lines of JSON', async () => {
  const { call } = testApi()
  const answer = await call('GET', '/api/v1/dns/queries/export?from=2026-11-22')
  expect([answer.statusCode, answer.headers['content-type'], answer.headers['content-disposition']]).toEqual([200, 'application/x-ndjson', 'attachment; filename="queries.ndjson"'])
  expect(answer.body.trim().split('\n').map((line) => (JSON.parse(line) as { readonly id: number }).id)).toEqual([4, 3, 2, 1])
})

test('an export for a spreadsheet: quoted, and nothing is a formula', async () => {
  const { call } = testApi()
  const answer = await call('GET', '/api/v1/dns/queries/export?format=csv')
  expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
  expect(answer.body.split('\r\n')).toEqual([
    'id,at,client,clientName,carrier,name,type,rcode,outcome,source,age,server,list,rule,allowed,tookMs,octets,flags,dnssecOk',
    '4,2026-11-22T03:11:00.000Z,10.53.0.20,printer,udp,ads.example,A,NXDOMAIN,blocked,policy,,,ads,||ads.example^,false,0,100,rd ra,false',
    '3,2026-11-22T03:11:00.000Z,10.53.0.20,printer,udp,"\'=cmd, ""quoted"".example",A,NOERROR,answered,network,,192.0.2.53:53,,,false,12.5,100,rd ra,false',
    '2,2026-11-22T03:11:00.000Z,,,udp,,A,NOERROR,answered,network,,192.0.2.53:53,,,false,12.5,100,rd ra,false',
    '1,2026-11-22T03:11:00.000Z,10.53.0.20,printer,udp,www1.example,A,NOERROR,answered,network,,192.0.2.53:53,,,false,12.5,100,rd ra,false',
    '',
  ])
})

test('the most frequent', async () => {
  const { call } = testApi()
  expect((await call('GET', '/api/v1/dns/queries/top?by=client&limit=1')).json()).toMatchObject({ by: 'client', total: 8, items: [{ key: '10.53.0.20', clientName: 'printer', count: 7 }] })
})

test('what is written down is changed, and forgotten', async () => {
  const { call } = testApi()
  expect((await call('PATCH', '/api/v1/dns/query-log', { mode: 'anonymous', keepDays: 2 })).json()).toMatchObject({ mode: 'anonymous', keepDays: 2, maxMebibytes: 1024 })
  expect((await call('GET', '/api/v1/dns/query-log')).json()).toMatchObject({ mode: 'anonymous', queries: 4 })
  expect((await call('DELETE', '/api/v1/dns/queries')).statusCode).toBe(204)
  expect((await call('GET', '/api/v1/dns/queries')).json()).toEqual({ items: [], next: null })
})

test.each([
  ['GET', '/dns/queries?outcome=lost', undefined, 'outcome'],
  ['GET', '/dns/queries?limit=5000', undefined, 'limit'],
  ['GET', '/dns/queries?nothing=1', undefined, 'nothing'],
  ['GET', '/dns/queries/export?format=xml', undefined, 'format'],
  ['GET', '/dns/queries/top', undefined, 'by'],
  ['PATCH', '/dns/query-log', { mode: 'loud' }, 'mode'],
  ['PATCH', '/dns/query-log', { maxMebibytes: 1 }, 'maxMebibytes'],
  ['PATCH', '/dns/query-log', { keepDays: 0 }, 'keepDays'],
  ['PATCH', '/dns/query-log', {}, ''],
] as const)('%s %s %j is refused with the field', async (method, path, body, field) => {
  const { call } = testApi()
  const answer = await call(method, `/api/v1${path}`, body)
  expect(answer.statusCode).toBe(method === 'PATCH' ? 422 : 400)
  expect(JSON.stringify(answer.json())).toContain(field)
})

test('a client that nobody knows is said so', async () => {
  const { call } = testApi()
  const answer = await call('GET', '/api/v1/dns/queries?client=nobody')
  expect([answer.statusCode, answer.json()]).toMatchObject([404, { errors: [{ pointer: '/client' }] }])
})
