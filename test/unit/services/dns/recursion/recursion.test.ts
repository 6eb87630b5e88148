import { describe, expect, test } from 'vitest'
import { RecursionBench, ROOT_AT, smallInternet } from '../../../../support/recursion-bench.ts'

describe('from the root down', () => {
  test('each zone is told no more than it needs, and what was learnt is not asked again', () => {
    const bench = new RecursionBench(smallInternet())
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    expect(bench.net.asked()).toEqual([
      `${ROOT_AT} . NS`, `${ROOT_AT} com A`, '192.5.6.30 example.com A', '192.0.2.53 www.example.com A',
    ])
    expect(bench.tell('mail.example.com', 'MX')).toEqual(['nxdomain | example.com 60 SOA ns.example.com hostmaster. 1 3600 600 86400 60'])
    expect(bench.net.asked()).toEqual(['192.0.2.53 mail.example.com MX'])
  })
})
