-- Names are in presentation format without the trailing dot; rdata is in presentation format with absolute names.
CREATE TABLE zones (
  id             INTEGER PRIMARY KEY,
  name           TEXT    NOT NULL UNIQUE,
  serial         INTEGER NOT NULL CHECK (serial BETWEEN 0 AND 4294967295),
  primary_server TEXT    NOT NULL,
  hostmaster     TEXT    NOT NULL,
  refresh        INTEGER NOT NULL,
  retry          INTEGER NOT NULL,
  expire         INTEGER NOT NULL,
  minimum        INTEGER NOT NULL,
  default_ttl    INTEGER NOT NULL
) STRICT;

-- owner: 'hand', 'system', 'file', or 'lease' with the lease's address in owner_address.
CREATE TABLE records (
  id            INTEGER PRIMARY KEY,
  zone_id       INTEGER NOT NULL REFERENCES zones (id),
  name          TEXT    NOT NULL,
  type          TEXT    NOT NULL,
  ttl           INTEGER NOT NULL CHECK (ttl BETWEEN 0 AND 2147483647),
  data          TEXT    NOT NULL,
  owner         TEXT    NOT NULL CHECK (owner IN ('hand', 'system', 'file', 'lease')),
  owner_address INTEGER,
  comment       TEXT
) STRICT;
CREATE INDEX records_by_zone_and_name ON records (zone_id, name);

-- What changed a record: one row per record added or removed, with the serial that made it visible.
CREATE TABLE record_history (
  id            INTEGER PRIMARY KEY,
  zone_id       INTEGER NOT NULL,
  serial        INTEGER NOT NULL,
  at_ms         INTEGER NOT NULL,
  action        TEXT    NOT NULL CHECK (action IN ('add', 'remove')),
  name          TEXT    NOT NULL,
  type          TEXT    NOT NULL,
  ttl           INTEGER NOT NULL,
  data          TEXT    NOT NULL,
  owner         TEXT    NOT NULL,
  owner_address INTEGER
) STRICT;
CREATE INDEX record_history_by_zone ON record_history (zone_id, id);
