-- Why: one row per decision. A file of its own, without fsync, so that it can neither slow nor endanger leases.
CREATE TABLE decisions (
  id        INTEGER PRIMARY KEY,
  at_ms     INTEGER NOT NULL,
  kind      TEXT    NOT NULL,
  interface TEXT    NOT NULL,
  mac       TEXT    NOT NULL,
  client_id TEXT,
  address   TEXT,
  host_name TEXT,
  received  TEXT    NOT NULL,
  sent      TEXT    NOT NULL,
  steps     TEXT    NOT NULL
) STRICT;
CREATE INDEX decisions_by_mac ON decisions (mac, id);
CREATE INDEX decisions_by_address ON decisions (address, id) WHERE address IS NOT NULL;
CREATE INDEX decisions_by_host_name ON decisions (host_name, id) WHERE host_name IS NOT NULL;
