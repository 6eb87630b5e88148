/** What is said of the cache's file. */
import type { DnsEventRow } from '../events.ts'

export const CACHE_EVENTS = {
  'dns.cache.restored': {
    level: 'info', says: 'the cache has {entries} entries again from before the restart',
    means: 'They go on with the time to live that the calendar leaves them.',
  },
  'dns.cache.file-unusable': {
    level: 'warn', says: 'the cache begins empty: {because}',
    means: 'The file dns-cache.bin in the data directory is not read; it is written anew in some minutes. Nothing is lost but time.',
  },
  'dns.cache.not-saved': {
    level: 'warn', says: 'the cache could not be written to the disk: {because}',
    means: 'After a restart it begins as it was written before, or empty. Answers do not suffer.',
    remedy: 'Free space on the file system of the data directory, and see that this user may write there.',
  },
} as const satisfies Record<string, DnsEventRow>
