-- Whether a zone goes out by TLS only (RFC 9103).
ALTER TABLE zone_transfers ADD COLUMN tls_only INTEGER NOT NULL DEFAULT 0 CHECK (tls_only IN (0, 1));
