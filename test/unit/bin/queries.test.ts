/** `taproot queries` over the API, and the examples of docs/dns-query-log.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testApi } from '../../support/admin-api.ts'
import { commandLine, runCommand } from '../../support/command-line.ts'
import { ROOT } from '../../support/source-tree.ts'

describe('taproot queries', () => {
  test('lists, for pipes and for people', async () => {
    const line = await commandLine()
    expect((await line.run('queries', '--outcome', 'blocked')).out).toBe('2026-11-22 03:11:00Z\tprinter\tads.example\tA\tNXDOMAIN\tblocked\tpolicy\t0.0\tads: ||ads.example^\n')
    expect((await line.show('queries', 'list')).out).toContain('AT                    CLIENT   NAME')
    expect(await line.run('queries', '--client', 'nobody')).toMatchObject({ code: 1, out: '' })
    expect(await line.run('queries', 'top', 'client', '--limit', '1')).toMatchObject({ code: 0, out: '7\t10.53.0.20\tprinter\n' })
    expect((await line.run('queries', 'log', '--mode', 'off')).out).toBe('mode off, kept for 7 days in at most 1024 MiB: 4 queries since 2026-11-22 03:11:00Z, 0.0 MiB\n')
    expect((await line.run('queries', 'clear')).out).toBe('all queries are forgotten\n')
    expect((await line.run('queries')).out).toBe('')
    await line.close()
  })

  test('exports to where text goes', async () => {
    const line = await commandLine()
    let octets = ''
    const ran = await runCommand(['queries', '--export', 'csv', '--below', 'example'], line.environment, false, { onOctets: (piece) => void (octets += Buffer.from(piece).toString()) })
    expect([ran.code, octets.split('\r\n').length, line.api.services.queryLog.asked]).toEqual([0, 6, { below: 'example' }])
    await line.close()
  })

  test('follows what comes, each once, until Ctrl-C', async () => {
    const line = await commandLine()
    const { queryLog } = line.api.services
    const interrupt = new AbortController()
    const [first, ...rest] = queryLog.queries
    if (first === undefined) throw new Error('there are queries')
    queryLog.queries = rest
    const ran = await runCommand(['queries', '--follow'], line.environment, false, {
      interrupt: interrupt.signal,
      onOut: (all) => {
        const lines = all.trim().split('\n').length
        if (lines === 3) queryLog.queries = [first, ...rest]
        if (lines === 4) interrupt.abort()
      },
    })
    expect(ran.out.trim().split('\n').map((text) => text.split('\t')[2])).toEqual(['www1.example', '-', '=cmd, "quoted".example', 'ads.example'])
    await line.close()
  })
})

describe('docs/dns-query-log.md', () => {
  const page = readFileSync(join(ROOT, 'docs/dns-query-log.md'), 'utf8')
  const blocks = (language: string): readonly string[] => [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] as string)

  test('its command lines', async () => {
    const line = await commandLine()
    const commands = blocks('sh').flatMap((block) => block.trim().split('\n')).map((text) => text.replace(/ +#.*$/, ''))
    expect(commands).toHaveLength(10)
    for (const text of commands) {
      const [program, ...words] = text.split(' ')
      const { code, err } = await line.run(...words)
      expect([program, text, code, err]).toEqual(['bin/taproot', text, 0, ''])
    }
    await line.close()
  })

  test('the body is taken', async () => {
    const body = JSON.parse(blocks('json')[0] ?? '') as object
    expect((await testApi().call('PATCH', '/api/v1/dns/query-log', body)).json()).toMatchObject(body)
  })
})
