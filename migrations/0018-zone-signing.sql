-- How zones are signed (DNSSEC): a policy as JSON, see services/model/dnssec.ts. Without a row: a zone is not signed.
CREATE TABLE zone_signing (
  zone_id INTEGER PRIMARY KEY REFERENCES zones (id) ON DELETE CASCADE,
  policy  TEXT NOT NULL
) STRICT;

-- Keys of zones. dnskey: rdata in base64. states: what caches may hold of the key's records, as JSON. sealed: the private
-- key in PKCS #8, encrypted under the file signing.key of the data directory.
CREATE TABLE dnssec_keys (
  id           INTEGER PRIMARY KEY,
  zone_id      INTEGER NOT NULL REFERENCES zones (id) ON DELETE CASCADE,
  role         TEXT    NOT NULL CHECK (role IN ('csk', 'ksk', 'zsk')),
  algorithm    INTEGER NOT NULL,
  key_tag      INTEGER NOT NULL,
  dnskey       TEXT    NOT NULL,
  made_ms      INTEGER NOT NULL,
  published_ms INTEGER,
  goal         TEXT    NOT NULL CHECK (goal IN ('serve', 'retire')),
  states       TEXT    NOT NULL,
  sealed       BLOB    NOT NULL
) STRICT;
CREATE INDEX dnssec_keys_by_zone ON dnssec_keys (zone_id);
