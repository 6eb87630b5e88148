-- Who may have a zone by AXFR: JSON lists of prefixes as text and of names of TSIG keys. Without a row: nobody.
CREATE TABLE zone_transfers (
  zone_id  INTEGER PRIMARY KEY REFERENCES zones (id) ON DELETE CASCADE,
  prefixes TEXT NOT NULL,
  keys     TEXT NOT NULL
) STRICT;
