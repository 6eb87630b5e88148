-- Zones that are copied from other servers: a JSON list of {address, port, key}, and when a primary last confirmed the copy
-- (wall time; NULL: there is none yet).
CREATE TABLE zone_secondaries (
  zone_id      INTEGER PRIMARY KEY REFERENCES zones (id) ON DELETE CASCADE,
  primaries    TEXT NOT NULL,
  refreshed_ms INTEGER
) STRICT;
