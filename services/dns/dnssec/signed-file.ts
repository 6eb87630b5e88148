/** A zone with its signatures as a master file, as other servers load it and tools check it (RFC 1035 §5, RFC 4034). */
import { formatName } from '../wire/name.ts'
import { formatRdata } from '../wire/rdata.ts'
import { typeName } from '../wire/type-names.ts'
import { formatZone } from '../zone/master-file.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'

/** A signature that is not there yet takes some 50 µs. */
const ROWS_A_TURN = 200

/** In pieces: each is made when it is asked for, of the zone as it was at the first. */
export function* signedFile(zone: LiveZone): Generator<string, void, undefined> {
  const walk = zone.walk()
  try {
    yield formatZone(zone.zone, [])
    let lines: string[] = []
    for (let row = walk.next(); row !== undefined; row = walk.next()) {
      if (lines.push(line(row)) < ROWS_A_TURN) continue
      yield lines.join('')
      lines = []
    }
    yield lines.join('')
  } finally {
    walk.close()
  }
}

function line({ owner, ttl, type, rdata }: ZoneRow): string {
  const name = formatName(owner)
  return `${name === '.' ? '.' : `${name}.`}\t${ttl}\tIN\t${typeName(type)}\t${formatRdata(type, rdata, 'final-dots')}\n`
}
