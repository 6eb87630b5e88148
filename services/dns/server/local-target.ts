/** What an alias of elsewhere leads to in zones of ours, before it is followed there. */
import type { Finding } from '../resolver/finding.ts'
import { MAX_LINKS } from '../resolver/findings.ts'
import { nameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import { lookup } from '../zone/lookup.ts'
import type { SeenZones } from '../zone/zone-set.ts'

/** The records, as if whoever said the alias had said them; undefined: it leads elsewhere, or to nothing of the type. */
export function localTarget(zones: SeenZones, alias: Finding, type: number): Finding | undefined {
  let rdata = alias.answer.at(-1)?.rrset.rdata[0]
  for (let links = 0; rdata !== undefined && links < MAX_LINKS; links++) {
    const key = nameKey(leadingName(rdata))
    const zone = zones.closest(key)
    const found = zone?.isServed === true ? lookup(zone, key, type) : undefined
    if (found?.kind === 'answer') return { ...alias, kind: 'rrset', type, answer: [{ rrset: found.rrset, signatures: undefined }] }
    rdata = found?.kind === 'cname' ? found.rrset.rdata[0] : undefined
  }
  return undefined
}
