import { describe, expect, test } from 'vitest'
import type { DenialKind } from '../../../services/dns/index.ts'
import { signingOf, verdict } from '../../support/dnssec.ts'
import { rule, UpdateBench } from '../../support/dns-update.ts'

const QUESTIONS = ['lab.example SOA', 'new.lab.example A', 'new.lab.example TXT', 'www.lab.example A', 'gone.lab.example A', 'a.old.lab.example A', 'x.deep.lab.example A', 'child.lab.example A']

describe.each(['nsec', 'nsec3', 'compact'] as const)('RFC 3007 §4.3 a signed zone stays signed through updates, denial by %s', (denial: DenialKind) => {
  test.each([
    ['a name comes', ['add new.lab.example 60 A 10.9.9.9']],
    ['a name goes', ['delete www.lab.example']],
    ['a wildcard comes', ['add *.lab.example 60 A 10.9.9.9']],
    ['a subtree is redirected, and what was below is hidden', ['add deep.lab.example 60 DNAME lab.example', 'add old.lab.example 60 DNAME deep.lab.example']],
    ['a child is delegated', ['add child.lab.example 60 NS ns.elsewhere.example', 'add child.lab.example 60 DS 57855 13 2 B6DCD485719ADCA18E5F3D48A2331627FDD3636B18D3A2331627FDD3636B0011']],
    ['an alias takes the place of an address', ['delete www.lab.example', 'add www.lab.example 60 CNAME ns.lab.example']],
    ['many at once', Array.from({ length: 50 }, (_, i) => `add h${i}.lab.example 60 A 10.9.8.${i}`)],
  ] as const)('%s', async (_what, lines) => {
    const bench = new UpdateBench('@ 300 IN NS ns\nns A 10.9.0.1\nwww A 10.9.0.2\nx.deep A 10.9.0.3', [rule(), rule({ types: ['NS', 'DS', 'DNAME'] })])
    const signing = signingOf({ denial })
    bench.server.setSigning(1, signing)
    for (const question of QUESTIONS) expect([question, verdict(bench, 'lab.example', signing, question)]).toEqual([question, 'secure'])
    expect(await bench.update(...lines)).toBe('NOERROR')
    for (const question of QUESTIONS) expect([question, verdict(bench, 'lab.example', signing, question)]).toEqual([question, 'secure'])
  })

  test('what belongs to the signatures is not updated', async () => {
    const bench = new UpdateBench('@ 300 IN NS ns\nns A 10.9.0.1', [rule({ types: ['RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM'] })])
    bench.server.setSigning(1, signingOf({ denial }))
    expect(await bench.update('add lab.example 0 NSEC3PARAM 1 0 0 -')).toBe('REFUSED')
    expect(await bench.update('delete ns.lab.example NSEC')).toBe('REFUSED')
  })
})
