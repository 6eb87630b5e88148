-- Who is asked for names that no zone has. Servers are a JSON list of texts ("tls://192.0.2.1#dns.example"), segments one of
-- ids, prefixes one of texts; authority is PEM.
CREATE TABLE forward_rules (
  id          INTEGER PRIMARY KEY,
  domain      TEXT NOT NULL,
  target      TEXT NOT NULL CHECK (target IN ('servers', 'recursion')),
  servers     TEXT NOT NULL,
  strategy    TEXT NOT NULL CHECK (strategy IN ('ordered', 'parallel', 'fastest')),
  path        TEXT NOT NULL CHECK (path IN ('host', 'stack')),
  fail_closed INTEGER NOT NULL CHECK (fail_closed IN (0, 1)),
  segments    TEXT NOT NULL,
  prefixes    TEXT NOT NULL,
  authority   TEXT,
  enabled     INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  comment     TEXT
) STRICT;
