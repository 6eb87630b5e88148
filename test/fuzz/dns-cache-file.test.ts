/** Pieces of the cache's file with their checksums right and all else random or changed: nothing breaks, nothing grows. */
import { describe, expect, test } from 'vitest'
import { PIECE_HEAD_OCTETS, readFileHead, sealPiece } from '../../services/dns/cache/cache-file.ts'
import { describeCached } from '../../services/dns/cache/describe.ts'
import { readPiece } from '../../services/dns/cache/filing.ts'
import { RrsetCache } from '../../services/dns/cache/rrset-cache.ts'
import { SeededRandom, SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { aliasFor, found, nodata, nxdomain, proven, signed } from '../support/dns-cache.ts'
import { mutated, noise } from '../support/mutations.ts'

const OCTETS = 64 * 1024

function newCache(): { readonly clock: VirtualClock; readonly cache: RrsetCache } {
  const clock = new VirtualClock()
  return { clock, cache: new RrsetCache({ clock, random: new SeededSecureRandom(3) }, { octets: OCTETS }) }
}

function onePiece(): Uint8Array {
  const { cache } = newCache()
  const soa = signed('example', 'example 3600 SOA ns.example h.example 1 7200 900 86400 900')
  const nsec = signed('example', 'example 900 NSEC zebra.example NS SOA RRSIG NSEC')
  cache.put(0, found(['www.example 300 A 192.0.2.1', 'www.example 300 A 192.0.2.2'], { security: 'secure' }))
  cache.put(0, found('example 300 MX 10 mail.example'))
  cache.put(1, aliasFor('A', 'alias.example 3000 CNAME www.example'))
  cache.put(0, nodata('www.example', 'AAAA'))
  cache.put(0, nxdomain('gone.example', { security: 'secure' }))
  cache.put(0, proven('nxdomain', 'some.example', 'A', [], [soa, nsec]))
  return cache.takePiece(0).piece as Uint8Array
}

function takeIn(piece: Uint8Array): number {
  const { cache, clock } = newCache()
  const filed = readPiece(piece, clock)
  for (const row of filed ?? []) {
    cache.restore(row.partition, row.finding)
    describeCached(row, clock.now())
    cache.answer(row.partition, row.finding.owner, row.finding.type)
    cache.answer(row.partition, `\x01x${row.finding.owner}`.slice(0, 255), 1)
  }
  expect(cache.octets).toBeLessThanOrEqual(OCTETS)
  cache.flush({ below: '\0' })
  return filed?.length ?? -1
}

describe('the cache file', () => {
  test('a piece as it was written is read', () => {
    expect(takeIn(onePiece())).toBeGreaterThan(6)
  })

  test('a changed piece whose checksum fits', () => {
    const whole = onePiece()
    const random = new SeededRandom(20_261_122)
    let taken = 0
    for (let i = 0; i < 4000; i++) {
      const entries = mutated(whole.subarray(PIECE_HEAD_OCTETS), random)
      const piece = new Uint8Array(PIECE_HEAD_OCTETS + entries.length)
      piece.set(entries, PIECE_HEAD_OCTETS)
      sealPiece(piece)
      if (takeIn(piece) >= 0) taken++
    }
    // Some changes are of data that may be anything.
    expect(taken).toBeGreaterThan(10)
    expect(taken).toBeLessThan(4000)
  })

  test('noise', () => {
    const random = new SeededRandom(7)
    for (let i = 0; i < 2000; i++) {
      const piece = new Uint8Array([...new Uint8Array(PIECE_HEAD_OCTETS), ...noise(random, random.below(300))])
      sealPiece(piece)
      takeIn(piece)
      readFileHead(noise(random, random.below(60)))
      expect(readPiece(noise(random, random.below(60)), new VirtualClock())).toBeUndefined()
    }
  })
})
