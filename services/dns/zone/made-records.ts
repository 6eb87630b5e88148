/**
 * Address records that the appliance makes of an ALIAS or URL record at the same name. They are records like any other,
 * so that transfers and signatures have them; their comment says what they come from.
 */
import type { DnsRecord } from '../../model/index.ts'

/** "ALIAS www.example.com" */
export const madeFrom = ({ type, data }: Pick<DnsRecord, 'type' | 'data'>): string => `${type} ${data}`

export const isMade = (record: Pick<DnsRecord, 'owner' | 'comment' | 'type'>): boolean =>
  record.owner.kind === 'system' && (record.type === 'A' || record.type === 'AAAA') && /^(ALIAS|URL) /.test(record.comment ?? '')
