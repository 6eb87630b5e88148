-- Who may use the API, and what the program remembers about its own start. Only hashes of tokens are kept.
CREATE TABLE tokens (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  sha256     BLOB    NOT NULL UNIQUE CHECK (length(sha256) = 32),
  created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
