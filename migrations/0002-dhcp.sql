-- Addresses are unsigned 32-bit numbers, so that ranges compare; times are milliseconds since 1970 in UTC.
CREATE TABLE subnets (
  id                INTEGER PRIMARY KEY,
  network           INTEGER NOT NULL CHECK (network BETWEEN 0 AND 4294967295),
  length            INTEGER NOT NULL CHECK (length BETWEEN 0 AND 32),
  interface         TEXT    NOT NULL,
  lease_seconds     INTEGER NOT NULL,
  min_lease_seconds INTEGER NOT NULL,
  max_lease_seconds INTEGER NOT NULL,
  domain            TEXT,
  options           TEXT    NOT NULL
) STRICT;

CREATE TABLE pools (
  id        INTEGER PRIMARY KEY,
  subnet_id INTEGER NOT NULL REFERENCES subnets (id),
  first     INTEGER NOT NULL,
  last      INTEGER NOT NULL,
  CHECK (first <= last)
) STRICT;

CREATE TABLE reservations (
  id        INTEGER PRIMARY KEY,
  subnet_id INTEGER NOT NULL REFERENCES subnets (id),
  address   INTEGER NOT NULL,
  mac       TEXT,
  client_id TEXT,
  name      TEXT,
  options   TEXT    NOT NULL,
  comment   TEXT,
  CHECK (mac IS NOT NULL OR client_id IS NOT NULL)
) STRICT;

-- One row per address: the last client that had it. Rows of the past are in lease_history.
CREATE TABLE leases (
  address        INTEGER PRIMARY KEY,
  subnet_id      INTEGER NOT NULL,
  state          TEXT    NOT NULL CHECK (state IN ('bound', 'released', 'expired', 'declined')),
  hardware_type  INTEGER NOT NULL,
  mac            TEXT    NOT NULL,
  client_id      TEXT,
  host_name      TEXT,
  published_name TEXT,
  reservation_id INTEGER,
  started_ms     INTEGER NOT NULL,
  renewed_ms     INTEGER NOT NULL,
  expires_ms     INTEGER
) STRICT;
CREATE INDEX leases_by_mac ON leases (mac);

-- Who held which address from when to when. to_ms is null while it is held.
CREATE TABLE lease_history (
  id        INTEGER PRIMARY KEY,
  address   INTEGER NOT NULL,
  mac       TEXT    NOT NULL,
  client_id TEXT,
  host_name TEXT,
  from_ms   INTEGER NOT NULL,
  to_ms     INTEGER,
  ended     TEXT
) STRICT;
CREATE INDEX lease_history_by_address ON lease_history (address, from_ms);
CREATE INDEX lease_history_by_mac ON lease_history (mac, from_ms);
