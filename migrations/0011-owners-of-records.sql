-- More kinds of owners: 'update' with the name of its key in owner_key, 'transfer', 'catalog'. A record can be off
-- (enabled 0: kept, not served) and can have an end (expires_ms, wall time). SQLite changes no CHECK in place: the
-- table is made anew, in the order of its ids.
CREATE TABLE records_anew (
  id            INTEGER PRIMARY KEY,
  zone_id       INTEGER NOT NULL REFERENCES zones (id),
  name          TEXT    NOT NULL,
  type          TEXT    NOT NULL,
  ttl           INTEGER NOT NULL CHECK (ttl BETWEEN 0 AND 2147483647),
  data          TEXT    NOT NULL,
  owner         TEXT    NOT NULL CHECK (owner IN ('hand', 'system', 'file', 'lease', 'update', 'transfer', 'catalog')),
  owner_address INTEGER,
  owner_key     TEXT,
  enabled       INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  expires_ms    INTEGER,
  comment       TEXT
) STRICT;
INSERT INTO records_anew (id, zone_id, name, type, ttl, data, owner, owner_address, comment)
  SELECT id, zone_id, name, type, ttl, data, owner, owner_address, comment FROM records ORDER BY id;
DROP TABLE records;
ALTER TABLE records_anew RENAME TO records;
CREATE INDEX records_by_zone ON records (zone_id);

-- What is needed to bring a record back as it was. A change of a record that is off changes nothing that is served.
ALTER TABLE record_history ADD COLUMN owner_key TEXT;
ALTER TABLE record_history ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE record_history ADD COLUMN expires_ms INTEGER;
ALTER TABLE record_history ADD COLUMN comment TEXT;
