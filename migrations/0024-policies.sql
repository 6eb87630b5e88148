-- Lists of names. source is JSON: {kind, url | path | text | zone}.
CREATE TABLE policy_lists (
  name            TEXT PRIMARY KEY,
  kind            TEXT NOT NULL CHECK (kind IN ('block', 'allow', 'rpz')),
  format          TEXT NOT NULL,
  source          TEXT NOT NULL,
  enabled         INTEGER NOT NULL,
  refresh_seconds INTEGER NOT NULL,
  comment         TEXT
) STRICT;

-- What became of a list's source; its content is a file of the data directory. notes and last_failure are JSON.
CREATE TABLE policy_list_states (
  name           TEXT PRIMARY KEY REFERENCES policy_lists (name) ON DELETE CASCADE,
  revision       INTEGER NOT NULL,
  loaded_ms      INTEGER,
  checked_ms     INTEGER,
  etag           TEXT,
  last_modified  TEXT,
  octets         INTEGER NOT NULL,
  entries        INTEGER NOT NULL,
  not_understood INTEGER NOT NULL,
  notes          TEXT NOT NULL,
  failures       INTEGER NOT NULL,
  last_failure   TEXT
) STRICT;

-- What people say of single domains.
CREATE TABLE policy_rules (
  id         INTEGER PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('block', 'allow')),
  domain     TEXT NOT NULL,
  policy     TEXT,
  comment    TEXT,
  made_ms    INTEGER NOT NULL,
  expires_ms INTEGER
) STRICT;

-- Policies in their order, the last one for everybody. clients, lists, periods and rebinding are JSON.
CREATE TABLE policies (
  name        TEXT PRIMARY KEY,
  position    INTEGER NOT NULL,
  clients     TEXT NOT NULL,
  lists       TEXT NOT NULL,
  answer      TEXT NOT NULL,
  ttl_seconds INTEGER NOT NULL,
  periods     TEXT NOT NULL,
  time_zone   TEXT NOT NULL,
  rebinding   TEXT NOT NULL,
  dns64       TEXT,
  comment     TEXT
) STRICT;

-- members is a JSON list of {host | mac | address}.
CREATE TABLE host_groups (
  name    TEXT PRIMARY KEY,
  members TEXT NOT NULL,
  comment TEXT
) STRICT;
