import type { ZoneDigestView } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command } from './command.ts'
import { printDone } from './print.ts'

const PUBLISHED = { none: 'no ZONEMD record that can be checked', right: 'its ZONEMD record is right', wrong: 'its ZONEMD record is WRONG' } as const

export const zoneDigest: Command = {
  words: 'zone digest',
  summary: 'compute the digest of a whole zone (ZONEMD, RFC 8976), and compare',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot zone digest lab.internal'],
  async run(invocation) {
    const digest = await invocation.api.json<ZoneDigestView>('GET', path('zones', invocation.operands[0] as string, 'digest'))
    printDone(invocation, [`${digest.zone} serial ${digest.serial}: ${PUBLISHED[digest.published]}`, ...digest.records.map(data => `  ZONEMD ${data}`)].join('\n'), digest)
  },
}
