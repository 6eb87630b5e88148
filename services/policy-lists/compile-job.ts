/** One list to be compiled, by whatever thread has the time. Plain data, because it crosses threads. */
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { type CompiledList, compileListAtOnce, formatZone, type HashKey } from '../dns/index.ts'
import type { DnsRecord, PolicyList } from '../model/index.ts'

export type CompileJob = Pick<PolicyList, 'name' | 'kind' | 'format'> & {
  readonly hashKey: HashKey
  readonly content:
    /** What was fetched, as it is stored. */
    | { readonly kind: 'stored' }
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'zone'; readonly zoneId: number; readonly zone: string }
}

export type CompileSources = {
  readonly stored: (name: string) => Promise<Uint8Array | undefined>
  readonly zone: (zoneId: number) => { readonly serial: number; readonly records: Iterable<DnsRecord> }
}

/** An error is why there is nothing to compile, as a sentence's end. */
export async function compileJob({ name, kind, format, hashKey, content }: CompileJob, sources: CompileSources): Promise<Result<CompiledList, string>> {
  const octets = await octetsOf(content, name, sources)
  if (octets === undefined) return err('its content is not there')
  return ok(compileListAtOnce(octets, { format, kind: kind === 'allow' ? 'allow' : 'block', hashKey }))
}

async function octetsOf(content: CompileJob['content'], name: string, { stored, zone }: CompileSources): Promise<Uint8Array | undefined> {
  if (content.kind === 'stored') return stored(name)
  if (content.kind === 'text') return new TextEncoder().encode(content.text)
  const { serial, records } = zone(content.zoneId)
  // Of the SOA only the owner counts: it says what rules' names end in.
  return new TextEncoder().encode(formatZone({ ...ANY_SOA, id: content.zoneId, name: content.zone, serial }, records))
}

const ANY_SOA = { primaryServer: '.', hostmaster: '.', refresh: 3600, retry: 600, expire: 86_400, minimum: 60, defaultTtl: 60 } as const
