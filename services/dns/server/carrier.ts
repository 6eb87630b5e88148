/** What carried a query, as far as its answer depends on it. */

export type Carrier = {
  readonly kind: 'udp' | 'tcp' | 'tls' | 'https'
  /** How long the connection may be silent from now on, told to who asks (RFC 7828). */
  readonly idleMs: number
}

/** Silence after which a connection ends (RFC 7766 §6.2.3: of the order of seconds). */
export const STREAM_IDLE_MS = 10_000

export const UDP: Carrier = { kind: 'udp', idleMs: 0 }
export const TCP: Carrier = { kind: 'tcp', idleMs: STREAM_IDLE_MS }
/** The connection belongs to HTTP, which has words of its own for how long it lives. */
export const HTTPS: Carrier = { kind: 'https', idleMs: 0 }

export const isStream = ({ kind }: Carrier): boolean => kind !== 'udp'
/** A connection that lives as long as DNS wants it to. */
export const isConnection = ({ kind }: Carrier): boolean => kind === 'tcp' || kind === 'tls'
export const isEncrypted = ({ kind }: Carrier): boolean => kind === 'tls' || kind === 'https'
