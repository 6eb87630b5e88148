/** Public names that lead into this network. */
import { describe, expect, test } from 'vitest'
import { isAtOrBelow, keyOf } from '../../../../../services/dns/wire/name.ts'
import type { Finding } from '../../../../../services/dns/resolver/finding.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { finding, PolicyBench } from '../../../../support/dns-policy.ts'

const LAB = keyOf('lab.internal')
const bench = new PolicyBench({ isLocal: (key) => isAtOrBelow(key, LAB), isOwn: (address) => address === ipv4('203.0.113.5') })
const found = (text: string, more: Partial<Finding> = {}): Finding => finding(text.includes(' CNAME ') ? 'alias' : 'rrset', text, more)
const isStopped = (text: string, more: Partial<Finding> = {}): boolean => bench.find(found(text, more)) !== '-'

describe('with the check on', () => {
  test.each([
    ['10.1.2.3', true], ['172.16.0.1', true], ['172.32.0.1', false], ['192.168.1.1', true], ['169.254.169.254', true], ['127.0.0.1', true],
    ['127.9.9.9', true], ['0.0.0.0', true], ['0.1.2.3', true], ['100.64.0.1', true], ['100.128.0.1', false], ['203.0.113.5', true],
    ['8.8.4.4', false], ['192.0.2.1', false], ['198.18.0.1', false],
  ])('A %s', (address, stopped) => {
    bench.sets({ rebinding: 'yes' })
    expect(isStopped(`www.example A ${address}`)).toBe(stopped)
    // Beside one of the Internet, too.
    expect(isStopped(`www.example A 8.8.4.4 | ${address}`)).toBe(stopped)
  })

  test.each([
    ['::', true], ['::1', true], ['fe80::1', true], ['febf::1', true], ['fec0::1', false], ['fc00::1', true], ['fd12:3456::1', true],
    ['::ffff:192.168.1.1', true], ['::ffff:8.8.4.4', false], ['::192.168.1.1', true], ['64:ff9b::192.168.1.1', true], ['64:ff9b::8.8.4.4', false],
    ['2001:db8::1', false], ['2a00::1', false], ['::ffff:203.0.113.5', true],
  ])('AAAA %s', (address, stopped) => {
    bench.sets({ rebinding: 'yes' })
    expect(isStopped(`www.example AAAA ${address}`)).toBe(stopped)
  })

  test.each([
    ['HTTPS 1 . alpn="h2" ipv4hint=192.168.1.1', true], ['HTTPS 1 . ipv6hint=2001:db8::1,fd00::1', true], ['SVCB 1 svc.example ipv4hint=8.8.4.4', false],
    ['HTTPS 0 other.example', false], ['TXT "192.168.1.1"', false], ['MX 10 192.168.1.1.example', false],
  ])('%s', (data, stopped) => {
    bench.sets({ rebinding: 'yes' })
    expect(isStopped(`www.example ${data}`)).toBe(stopped)
  })

  test('the name that was asked for counts, whatever aliases lead to', () => {
    bench.sets({ rebinding: 'yes', rebindingExceptions: [keyOf('plex.direct')] })
    const decide = (asked: string) => bench.engine.decideFinding(1, found('nas.lab.internal A 10.0.0.9'), 0, { asked: keyOf(asked), sources: ['10.0.0.1'] })
    expect([decide('www.example')?.rule, decide('lab.internal'), decide('a.plex.direct')]).toEqual(['a public name that leads to 10.0.0.9', undefined, undefined])
    expect(isStopped('www.example CNAME nas.lab.internal')).toBe(false)
  })

  test('the client gets no data, and hears why', () => {
    bench.sets({ rebinding: 'yes', ttl: 20 })
    const decision = bench.engine.decideFinding(1, found('www.example A 192.168.1.1'), 0)
    expect(decision).toMatchObject({ action: 'nodata', list: 'rebinding', ttl: 20 })
    expect(Buffer.from(decision?.error ?? []).toString('latin1')).toContain('192.168.1.1 is of this network')
    expect(bench.engine.hitsOf('rebinding')).toBeGreaterThan(0)
  })
})

describe('who may lead here', () => {
  test('names of ours and names that are excepted, with all below them', () => {
    bench.sets({ rebinding: 'yes', rebindingExceptions: [keyOf('plex.direct')] })
    expect(isStopped('nas.lab.internal A 192.168.1.1')).toBe(false)
    expect(isStopped('a.b.plex.direct A 192.168.1.1')).toBe(false)
    expect(isStopped('xplex.direct A 192.168.1.1')).toBe(true)
  })

  test('with auto, names that a server of this network speaks of', () => {
    bench.sets({ rebinding: 'auto' })
    for (const source of ['192.168.1.1', '10.0.0.1:853 by TLS', '192.0.2.53']) expect(isStopped('www.example A 192.168.1.1', { source })).toBe(false)
    const chained = (...sources: readonly string[]) => bench.engine.decideFinding(1, found('www.example A 192.168.1.1'), 0, { asked: keyOf('x.example'), sources })
    // The alias came from elsewhere.
    expect([chained('8.8.8.8', '192.168.1.1') === undefined, chained('10.0.0.1', '192.168.1.1') === undefined]).toEqual([false, true])
    for (const source of ['8.8.8.8', '9.9.9.9:853 by TLS', 'elsewhere']) expect(isStopped('www.example A 192.168.1.1', { source })).toBe(true)
  })

  test('everybody, with the check off, and clients that have no policy', () => {
    expect(bench.sets({ rebinding: 'no' }).find(found('www.example A 192.168.1.1'))).toBe('-')
    expect(bench.sets().find(found('www.example A 192.168.1.1'))).toBe('-')
  })

  test('a pause of the lists does not open it', () => {
    bench.sets({ rebinding: 'yes' })
    bench.engine.setPauses([{ set: undefined, until: bench.clock.wallMs() + 60_000 }])
    expect(isStopped('www.example A 192.168.1.1')).toBe(true)
    bench.engine.close()
  })
})
