-- Views of DNS in their order. JSON lists: prefixes as text, segments by id, names of TSIG keys. A zone of a view has its
-- name with "@" and the view's behind it in zones.name.
CREATE TABLE views (
  name     TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  prefixes TEXT NOT NULL,
  segments TEXT NOT NULL,
  keys     TEXT NOT NULL,
  comment  TEXT
) STRICT;
