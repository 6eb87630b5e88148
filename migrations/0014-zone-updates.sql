-- Who may change a zone by dynamic update (RFC 2136): a JSON list of rules. Without a row: nobody.
CREATE TABLE zone_updates (
  zone_id INTEGER PRIMARY KEY REFERENCES zones (id) ON DELETE CASCADE,
  rules   TEXT NOT NULL
) STRICT;
