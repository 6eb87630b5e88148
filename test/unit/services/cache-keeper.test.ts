/** The cache over a restart, with real files and virtual time. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CacheKeeper, SAVE_EVERY_MS } from '../../../services/cache-keeper.ts'
import { RrsetCache } from '../../../services/dns/cache/rrset-cache.ts'
import { keyOf } from '../../../services/dns/wire/name.ts'
import { TYPE, typeCode } from '../../../services/dns/wire/type-names.ts'
import { CACHE_FILE, type CacheFilePort, CacheFileStore } from '../../../services/storage/cache-file-store.ts'
import { SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { temporaryDirectory } from '../../support/data-directory.ts'
import { aliasFor, found, nodata, nxdomain, proven, signed } from '../../support/dns-cache.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
type Logged = readonly [event: string, facts: Record<string, string | number>]

/** One life of the program. */
class Life {
  readonly clock: VirtualClock
  readonly cache: RrsetCache
  readonly log: Logged[] = []
  readonly keeper: CacheKeeper
  holdsFor = 'these servers'

  constructor(directory: string, wallMs = NOON, holdsFor = 'these servers', file: CacheFilePort = new CacheFileStore(directory)) {
    this.clock = new VirtualClock(wallMs)
    this.holdsFor = holdsFor
    this.cache = new RrsetCache({ clock: this.clock, random: new SeededSecureRandom(wallMs) })
    onTestFinished(() => this.keeper.close())
    this.keeper = new CacheKeeper({
      clock: this.clock, cache: this.cache, file, holdsFor: () => this.holdsFor,
      log: (event, facts) => this.log.push([event, facts]),
    })
  }

  /** Lets the disk and virtual time go on until `so`. */
  async until(so: () => boolean, stepMs = 1): Promise<void> {
    for (let i = 0; i < 200_000 && !so(); i++) {
      await new Promise((resolve) => setImmediate(resolve))
      this.clock.advance(stepMs)
    }
    expect(so()).toBe(true)
  }

  async restored(): Promise<void> {
    await this.until(() => this.log.length > 0)
  }

  said(name: string, type = 'A'): string {
    const finding = this.cache.answer(0, keyOf(name), typeCode(type) as number)
    return finding === undefined ? '' : `${finding.kind} ${finding.security} ${Math.round((finding.expiresAt - this.clock.now()) / 1000)}`
  }
}

function filled(directory: string): Life {
  const life = new Life(directory)
  const at = life.clock.now()
  life.cache.put(0, found('www.example 300 A 192.0.2.1', { at, security: 'secure' }))
  life.cache.put(3, found('www.example 300 A 192.0.2.3', { at }))
  life.cache.put(0, aliasFor('A', 'alias.example 3000 CNAME www.example', { at }))
  life.cache.put(0, nodata('www.example', 'AAAA', { at }))
  life.cache.put(0, nxdomain('gone.example', { at, security: 'secure' }))
  return life
}

/** Ends a life that has had its start behind it. */
async function end(life: Life): Promise<void> {
  while (life.keeper.isRestoring) await new Promise((resolve) => setImmediate(resolve))
  life.keeper.close()
}

describe('after a restart', () => {
  test('everything goes on, older by the time that has passed on the calendar', async () => {
    const directory = temporaryDirectory()
    await end(filled(directory))
    const next = new Life(directory, NOON + 100_000)
    await next.restored()
    expect(next.log).toEqual([['dns.cache.restored', { entries: 5 }]])
    next.clock.runUntil(next.clock.now())
    const waited = Math.round(next.clock.now() / 1000)
    expect([next.said('www.example'), next.said('alias.example'), next.said('www.example', 'AAAA'), next.said('a.gone.example')])
      .toEqual([`rrset secure ${200 - waited}`, `alias insecure ${2900 - waited}`, `nodata insecure ${200 - waited}`, `nxdomain secure ${200 - waited}`])
    expect(next.cache.answer(3, keyOf('www.example'), TYPE.A)?.answer[0]?.rrset.rdata[0]).toEqual(Uint8Array.of(192, 0, 2, 3))
  })

  test('what ended meanwhile is stale, and what ended long ago is gone', async () => {
    const directory = temporaryDirectory()
    await end(filled(directory))
    const soon = new Life(directory, NOON + 400_000)
    await soon.restored()
    expect([soon.said('www.example'), soon.cache.stale(0, keyOf('www.example'), TYPE.A)?.kind]).toEqual(['', 'rrset'])
    const late = new Life(directory, NOON + 5 * 86_400_000)
    await late.restored()
    expect(late.log).toEqual([['dns.cache.restored', { entries: 0 }]])
  })

  test('proofs answer again', async () => {
    const directory = temporaryDirectory()
    const life = new Life(directory)
    const soa = signed('example', 'example 3600 SOA ns.example h.example 1 7200 900 86400 900')
    const nsec = signed('example', 'example 900 NSEC zebra.example NS SOA RRSIG NSEC')
    life.cache.put(0, proven('nxdomain', 'some.example', 'A', [], [soa, nsec]))
    await end(life)
    const next = new Life(directory, NOON)
    await next.restored()
    next.cache.flush({ name: keyOf('some.example') })
    expect(next.said('other.example')).toContain('nxdomain secure')
  })

  test('what was asked anew meanwhile is not undone', async () => {
    const directory = temporaryDirectory()
    await end(filled(directory))
    const next = new Life(directory, NOON)
    next.cache.put(0, found('www.example 50 A 192.0.2.99'))
    await next.restored()
    expect(next.cache.answer(0, keyOf('www.example'), TYPE.A)?.answer[0]?.rrset.rdata[0]).toEqual(Uint8Array.of(192, 0, 2, 99))
    expect(next.log).toEqual([['dns.cache.restored', { entries: 4 }]])
  })

  test('a cache of many pieces comes back whole', async () => {
    const directory = temporaryDirectory()
    const life = new Life(directory)
    for (let i = 0; i < 3000; i++) life.cache.put(0, found(`h${i}.example 3600 A 192.0.2.1`))
    await end(life)
    const next = new Life(directory, NOON)
    await next.restored()
    expect([next.log, next.cache.size]).toEqual([[['dns.cache.restored', { entries: 3000 }]], 3000])
  })
})

describe('when it is written', () => {
  test('every ten minutes, if there is something new', async () => {
    const directory = temporaryDirectory()
    const life = filled(directory)
    const path = join(directory, CACHE_FILE)
    life.clock.advance(SAVE_EVERY_MS - 10_000)
    expect(existsSync(path)).toBe(false)
    await life.until(() => existsSync(path))
    writeFileSync(path, 'not written again')
    await life.until(() => life.clock.now() > 4 * SAVE_EVERY_MS, 5000)
    expect(readFileSync(path, 'utf8')).toBe('not written again')
    expect(readdirSync(directory)).toEqual([CACHE_FILE])
  })

  test('soon after a flush, so that a crash does not bring back what was forgotten', async () => {
    const directory = temporaryDirectory()
    await end(filled(directory))
    const life = new Life(directory, NOON)
    await life.restored()
    life.cache.flush({ below: keyOf('www.example') })
    const before = readFileSync(join(directory, CACHE_FILE)).length
    await life.until(() => readFileSync(join(directory, CACHE_FILE)).length < before)
    const next = new Life(directory, NOON + 60_000)
    await next.restored()
    expect([next.said('www.example'), next.said('alias.example') !== '']).toEqual(['', true])
  })
})

describe('a file that is of no use', () => {
  test.each<readonly [string, (file: Buffer) => Uint8Array, RegExp]>([
    ['of another program', () => Buffer.from('#!/bin/sh\necho hello\n'), /another program/],
    ['empty', () => Buffer.alloc(0), /another program/],
    ['of another version', (file) => file.fill(9, 14, 16), /another version/],
    ['cut short', (file) => file.subarray(0, file.length - 5), /cut short|damaged/],
    ['without its end', (file) => file.subarray(0, file.length - 8), /cut short/],
    ['with an octet changed', (file) => file.fill(0xff, file.length - 40, file.length - 39), /damaged/],
    ['with a piece too little', (file) => Buffer.concat([file.subarray(0, 26 + 13), file.subarray(file.length - 8)]), /missing/],
  ])('%s is said to be so, and the cache begins empty', async (_what, spoil, because) => {
    const directory = temporaryDirectory()
    await end(filled(directory))
    const path = join(directory, CACHE_FILE)
    writeFileSync(path, spoil(readFileSync(path)))
    const next = new Life(directory, NOON)
    await next.restored()
    expect([next.log.length, next.log[0]?.[0], next.cache.size]).toEqual([1, 'dns.cache.file-unusable', 0])
    expect(next.log[0]?.[1]['because']).toMatch(because)
  })

  test('one from the future', async () => {
    const directory = temporaryDirectory()
    await end(filled(directory))
    const next = new Life(directory, NOON - 86_400_000)
    await next.restored()
    expect(next.log).toEqual([['dns.cache.file-unusable', { because: 'the calendar has gone back since its file was written' }]])
  })

  test('one of other servers, unless they come soon', async () => {
    const directory = temporaryDirectory()
    await end(filled(directory))
    const other = new Life(directory, NOON, 'other servers')
    await other.restored()
    expect([other.log[0]?.[0], other.cache.size]).toEqual(['dns.cache.file-unusable', 0])
    const late = new Life(directory, NOON, 'other servers')
    await late.until(() => late.clock.now() > 10_000)
    late.holdsFor = 'these servers'
    await late.restored()
    expect(late.log).toEqual([['dns.cache.restored', { entries: 5 }]])
  })

  test('none at all is nothing to speak of', async () => {
    const life = new Life(temporaryDirectory())
    await life.until(() => life.clock.now() > 5000)
    expect(life.log).toEqual([])
  })

  test('where nothing can be written, that is said, and the cache goes on', async () => {
    const life = filled(join(temporaryDirectory(), 'not', 'there'))
    await end(life)
    expect([life.log.map(([event]) => event), life.said('www.example')]).toEqual([['dns.cache.not-saved'], 'rrset secure 300'])
  })
})
