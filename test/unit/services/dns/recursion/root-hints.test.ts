import { describe, expect, test } from 'vitest'
import { parseRootHints, ROOT_HINTS } from '../../../../../services/dns/recursion/root-hints.ts'
import { formatKey, keyOf } from '../../../../../services/dns/wire/name.ts'
import { formatIpv4, ipv4 } from '../../../../../stack/index.ts'

describe('root hints', () => {
  test('IANA has thirteen', () => {
    expect(ROOT_HINTS.map(({ name, addresses }) => `${formatKey(name)} ${addresses.map(formatIpv4).join(' ')}`)).toEqual([
      'a.root-servers.net 198.41.0.4', 'b.root-servers.net 170.247.170.2', 'c.root-servers.net 192.33.4.12',
      'd.root-servers.net 199.7.91.13', 'e.root-servers.net 192.203.230.10', 'f.root-servers.net 192.5.5.241',
      'g.root-servers.net 192.112.36.4', 'h.root-servers.net 198.97.190.53', 'i.root-servers.net 192.36.148.17',
      'j.root-servers.net 192.58.128.30', 'k.root-servers.net 193.0.14.129', 'l.root-servers.net 199.7.83.42',
      'm.root-servers.net 202.12.27.33',
    ])
  })

  test('a file as IANA writes it', () => {
    const text = `
;       This file holds the information on root name servers
.                        3600000      NS    A.ROOT-SERVERS.NET.
A.ROOT-SERVERS.NET.      3600000      A     198.41.0.4
A.ROOT-SERVERS.NET.      3600000      AAAA  2001:503:ba3e::2:30
.                        3600000      NS    B.ROOT-SERVERS.NET.
B.ROOT-SERVERS.NET.      3600000      AAAA  2801:1b8:10::b
; End of file
`
    expect(parseRootHints(text)).toEqual({ ok: true, value: [{ name: keyOf('a.root-servers.net'), addresses: [ipv4('198.41.0.4')] }] })
  })

  test.each([
    ['', 'no NS record of the root names a server that has an A record there too'],
    ['. 60 NS a.example.', 'no NS record of the root names a server that has an A record there too'],
    ['a.example. 60 A 192.0.2.1', 'no NS record of the root names a server that has an A record there too'],
    [Array.from({ length: 27 }, (_, i) => `. 60 NS n${i}.x.\nn${i}.x. 60 A 192.0.2.${i}`).join('\n'), 'it names more than 26 servers'],
    ['. 60 NS', 'line 1: '],
  ])('%j is refused', (text, problem) => expect(parseRootHints(text)).toMatchObject({ ok: false, error: expect.stringContaining(problem) as unknown }))
})
