/** Trust anchors, the keys that follow them and negative ones, between rows and the model. */
import type { NegativeTrustAnchor, TrustAnchorRow, TrustedKey } from '../model/index.ts'

export type TrustWrite =
  | { readonly kind: 'trust-anchor-put'; readonly anchor: TrustAnchorRow }
  | { readonly kind: 'trust-anchor-remove'; readonly id: number }
  /** All that follow the anchor of a zone. */
  | { readonly kind: 'trusted-keys-set'; readonly zone: string; readonly keys: readonly TrustedKey[] }
  | { readonly kind: 'negative-trust-anchor-put'; readonly anchor: NegativeTrustAnchor }
  | { readonly kind: 'negative-trust-anchor-remove'; readonly zone: string }

export type TrustSnapshot = {
  readonly anchors: readonly TrustAnchorRow[]
  readonly keys: readonly TrustedKey[]
  readonly negative: readonly NegativeTrustAnchor[]
}

type AnchorCells = { id: number; zone: string; records: string; follows: number }

export function trustSnapshot(all: <T>(sql: string) => T[]): TrustSnapshot {
  const anchors = all<AnchorCells>('SELECT * FROM trust_anchors ORDER BY id')
  return {
    anchors: anchors.map(({ id, zone, records, follows }) => ({ id, zone, records: JSON.parse(records) as readonly string[], follows: follows === 1 })),
    keys: all<TrustedKey>('SELECT zone, dnskey, state, since FROM trust_anchor_keys ORDER BY zone, since, dnskey'),
    negative: all<NegativeTrustAnchor>('SELECT zone, since, ends_at AS endsAt, reason FROM negative_trust_anchors ORDER BY zone'),
  }
}

export const TRUST_SQL = {
  putTrustAnchor: `INSERT INTO trust_anchors VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, records = excluded.records, follows = excluded.follows`,
  removeTrustAnchor: 'DELETE FROM trust_anchors WHERE id = ?',
  removeTrustedKeys: 'DELETE FROM trust_anchor_keys WHERE zone = ?',
  addTrustedKey: 'INSERT INTO trust_anchor_keys VALUES (?, ?, ?, ?)',
  putNegativeTrustAnchor: `INSERT INTO negative_trust_anchors VALUES (?, ?, ?, ?)
    ON CONFLICT (zone) DO UPDATE SET since = excluded.since, ends_at = excluded.ends_at, reason = excluded.reason`,
  removeNegativeTrustAnchor: 'DELETE FROM negative_trust_anchors WHERE zone = ?',
} as const

type TrustStatements = { readonly [S in keyof typeof TRUST_SQL]: { run(...cells: (string | number)[]): unknown } }

export function writeTrust(sql: TrustStatements, w: TrustWrite): void {
  switch (w.kind) {
    case 'trust-anchor-put':
      return void sql.putTrustAnchor.run(w.anchor.id, w.anchor.zone, JSON.stringify(w.anchor.records), Number(w.anchor.follows))
    case 'trust-anchor-remove':
      return void sql.removeTrustAnchor.run(w.id)
    case 'trusted-keys-set':
      sql.removeTrustedKeys.run(w.zone)
      for (const { zone, dnskey, state, since } of w.keys) sql.addTrustedKey.run(zone, dnskey, state, since)
      return
    case 'negative-trust-anchor-put':
      return void sql.putNegativeTrustAnchor.run(w.anchor.zone, w.anchor.since, w.anchor.endsAt, w.anchor.reason)
    case 'negative-trust-anchor-remove':
      return void sql.removeNegativeTrustAnchor.run(w.zone)
  }
}
