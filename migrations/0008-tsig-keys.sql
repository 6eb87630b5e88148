-- Keys of transaction signatures (RFC 8945). The secret is in base64; the file's mode keeps it from others.
CREATE TABLE tsig_keys (
  name      TEXT PRIMARY KEY,
  algorithm TEXT NOT NULL CHECK (algorithm IN ('hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512')),
  secret    TEXT NOT NULL
) STRICT;
