/** Requests of DNS over HTTPS by seed: any of them is a question, a body to come, or a refusal with a reason. */
import { describe, expect, test } from 'vitest'
import { freshSeconds, readDohRequest } from '../../services/tls/dns-over-https.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { queryBytes } from '../support/dns.ts'

const seeds = Array.from({ length: 8 }, (_, i) => i + 1)
const GOOD = `dns=${Buffer.from(queryBytes('www.lab.example', 'A')).toString('base64url')}`
const METHODS = ['GET', 'POST', 'PUT', 'HEAD', '', 'get']
const TYPES = [undefined, '', 'application/dns-message', 'APPLICATION/dns-message;', 'text/plain', ';;;']

describe('requests', () => {
  test.each(seeds)('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    for (let n = 0; n < 2000; n++) {
      const letters = [...GOOD]
      for (let changes = random.below(4); changes > 0; changes--) letters[random.below(letters.length)] = String.fromCharCode(random.below(256))
      const query = letters.slice(0, random.chance(0.2) ? random.below(letters.length) : letters.length).join('')
      const reading = readDohRequest({ method: METHODS[random.below(METHODS.length)] as string, query, contentType: TYPES[random.below(TYPES.length)] })
      if (reading.kind === 'question') expect(reading.message.length).toBeGreaterThanOrEqual(12)
      if (reading.kind === 'refused') expect([400, 405, 413, 415]).toContain(reading.refusal.status)
    }
  })
})

test.each(seeds)('the time that a cache may keep any octets is no nonsense, seed %i', (seed) => {
  const random = new SeededRandom(seed)
  const query = queryBytes('www.lab.example', 'A', { flags: 0x8180, tail: [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 1, 2, 3, 4] }).with(7, 1)
  for (let n = 0; n < 2000; n++) {
    const octets = query.slice()
    for (let changes = random.below(6); changes > 0; changes--) octets[random.below(octets.length)] = random.below(256)
    const seconds = freshSeconds(octets.subarray(0, random.chance(0.2) ? random.below(octets.length) : octets.length))
    expect(Number.isInteger(seconds) && seconds >= 0 && seconds < 2 ** 31).toBe(true)
  }
})
