/** What a zone has of which nothing but the name is said. */
import { splitZoneText, type Zone } from '../model/index.ts'

/** RFC 1912 §2.2 for the SOA's times; a short minimum, so that a new name is seen soon. */
export const NEW_ZONE = (text: string): Omit<Zone, 'id' | 'serial'> => ({
  ...splitZoneText(text),
  primaryServer: `taproot.${splitZoneText(text).name}`,
  hostmaster: `hostmaster.${splitZoneText(text).name}`,
  refresh: 3600,
  retry: 600,
  expire: 1_209_600,
  minimum: 300,
  defaultTtl: 3600,
})
