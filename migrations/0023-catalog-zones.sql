-- Catalog zones (RFC 9432). A consumer's primaries and groups are JSON lists, of {address, port, key, tls} and of
-- {name, primaries}; primaries NULL: members are copied from where the catalog is.
CREATE TABLE catalogs (
  zone_id   INTEGER PRIMARY KEY REFERENCES zones (id) ON DELETE CASCADE,
  role      TEXT NOT NULL CHECK (role IN ('producer', 'consumer')),
  primaries TEXT,
  groups    TEXT NOT NULL
) STRICT;

-- Zones that are here because a catalog that is consumed lists them, by the label that they have in it.
CREATE TABLE catalog_members (
  zone_id    INTEGER PRIMARY KEY REFERENCES zones (id) ON DELETE CASCADE,
  catalog_id INTEGER NOT NULL REFERENCES catalogs (zone_id) ON DELETE CASCADE,
  label      TEXT NOT NULL
) STRICT;
CREATE INDEX catalog_members_by_catalog ON catalog_members (catalog_id);
