/** The SOA of answers that policy makes: it says for how long there is nothing (RFC 2308 §3). */
import { put32 } from '../../../stack/platform/index.ts'
import { name } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'

/** Names of no server and no mailbox (RFC 6761 §6.4). */
const NOBODY = name('policy.invalid')

/** A SOA at the name, so that nothing is said of names beside it. Seconds. */
export function denialSoa(owner: Name, ttl: number): Rrset {
  const rdata = new Uint8Array(2 * NOBODY.length + 20)
  rdata.set(NOBODY)
  rdata.set(NOBODY, NOBODY.length)
  const at = 2 * NOBODY.length
  const [serial, refresh, retry, expire] = [1, 3600, 600, 86_400]
  for (const [i, value] of [serial, refresh, retry, expire, ttl].entries()) put32(rdata, at + 4 * i, value)
  return { name: owner, type: TYPE.SOA, ttl, rdata: [rdata] }
}
