import { describe, expect, test } from 'vitest'
import { signingKey, signingOf } from '../../support/dnssec.ts'
import { SignedWorld } from '../../support/validation.ts'

const EXAMPLE = `
  @       MX    10 mail
  www     A     192.0.2.1
  www     TXT   "one" "two"
  mail    A     192.0.2.2
  *.w     A     192.0.2.3
  x.y.w   A     192.0.2.4
  d       DNAME elsewhere.com.
  alias   CNAME www
  lost    CNAME nowhere
  a.b.c   TXT   "under two empty ones"
  cut     NS    ns.nic.
  *.e     CNAME www
`

describe.each(['nsec', 'nsec3', 'compact'] as const)('RFC 4035 §5 what is signed is believed, denial by %s', (denial) => {
  const signing = signingOf({ denial })
  const rsa = signingOf({ denial, keys: [signingKey(8)] })
  const ed25519 = signingOf({ denial, keys: [signingKey(15)] })
  const world = new SignedWorld({
    '.': { text: 'nic. NS ns.nic.', signing: rsa }, com: { text: '', signing: ed25519 },
    'example.com': { text: EXAMPLE, signing }, 'unsigned.com': { text: 'www A 192.0.2.9' },
    'child.unsigned.com': { text: 'www A 192.0.2.9', signing }, 'deep.down.example.com': { text: 'www A 192.0.2.7', signing },
  })
  test.each([
    ['§5.3 an answer', 'www.example.com A', 'secure'],
    ['§5.3 of several strings', 'www.example.com TXT', 'secure'],
    ['§5.3 keys', 'example.com DNSKEY', 'secure'],
    ['§5.3 keys of the root', '. DNSKEY', 'secure'],
    ['§5.3 DS', 'example.com DS', 'secure'],
    ['§5.3 any', 'www.example.com ANY', 'secure'],
    ['§5.3 in another letter case', 'WWW.Example.COM A', 'secure'],
    ['§5.3 an alias', 'alias.example.com A', 'secure'],
    ['§5.3 an alias itself', 'alias.example.com CNAME', 'secure'],
    ['§5.3 an alias to nowhere', 'lost.example.com A', 'secure'],
    ['§5.3.4 by a wildcard', 'q.w.example.com A', 'secure'],
    ['§5.3.4 by a wildcard, two labels further', 'p.q.w.example.com A', 'secure'],
    ['§5.3.4 an alias by a wildcard', 'q.e.example.com A', 'secure'],
    ['§5.3 the wildcard itself', '*.w.example.com A', 'secure'],
    ['§5.4 no such type', 'www.example.com AAAA', 'secure'],
    ['§5.4 no such type at the apex', 'example.com AAAA', 'secure'],
    ['§5.4 no such name', 'nope.example.com A', 'secure'],
    ['§5.4 no such name at the top', 'nope A', 'secure'],
    ['§5.4 no such name below one that is there', 'a.www.example.com A', 'secure'],
    ['§5.4 no such type of a wildcard', 'q.w.example.com AAAA', 'secure'],
    ['§5.4 an empty non-terminal', 'b.c.example.com A', 'secure'],
    ['§5.4 nothing nearer than the wildcard', 'y.w.example.com A', 'secure'],
    ['§5.4 no DS at the root', '. DS', 'secure'],
    ['§5.2 no DS at a delegation', 'unsigned.com DS', 'secure'],
    ['§5.2 DS of a plain name', 'www.example.com DS', 'secure'],
    ['§5.2 an unsigned zone', 'www.unsigned.com A', 'insecure'],
    ['§5.2 nothing in an unsigned zone', 'nope.unsigned.com A', 'insecure'],
    ['§5.2 a signed zone below an unsigned one', 'www.child.unsigned.com A', 'insecure'],
    ['§5.2 a delegation below an empty non-terminal', 'www.deep.down.example.com A', 'secure'],
    ['RFC 6672 §5.3 by a DNAME', 'q.d.example.com A', 'secure'],
    ['RFC 6672 §5.3 the alias that it makes', 'q.d.example.com CNAME', 'secure'],
    ['RFC 6672 §5.3 any below it', 'q.d.example.com ANY', 'secure'],
    ['RFC 6672 §5.3 the DNAME itself', 'd.example.com DNAME', 'secure'],
  ] as const)('%s: %s', (_section, question, expected) => {
    const told = world.validate(question)
    expect([told.security, told.text]).toEqual([expected, undefined])
  })

  test('keys are asked for once, and each label once', () => {
    expect(new Set(world.asked).size).toBe(world.asked.length)
  })
})
