-- Where validation begins, and where it is turned off for a time. Records are a JSON list of texts ("DS 20326 8 2 E06D…").
CREATE TABLE trust_anchors (
  id      INTEGER PRIMARY KEY,
  zone    TEXT NOT NULL UNIQUE,
  records TEXT NOT NULL,
  follows INTEGER NOT NULL CHECK (follows IN (0, 1))
) STRICT;

-- Keys that have followed an anchor (RFC 5011), also one that is built in: DNSKEY data as text, times in ms.
CREATE TABLE trust_anchor_keys (
  zone   TEXT NOT NULL,
  dnskey TEXT NOT NULL,
  state  TEXT NOT NULL CHECK (state IN ('pending', 'valid', 'missing', 'revoked')),
  since  INTEGER NOT NULL,
  PRIMARY KEY (zone, dnskey)
) STRICT, WITHOUT ROWID;

CREATE TABLE negative_trust_anchors (
  zone    TEXT PRIMARY KEY,
  since   INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  reason  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
