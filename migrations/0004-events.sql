-- What happened, in the same transaction as what it changed. The texts are in the catalogue of events.
CREATE TABLE events (
  id    INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  event TEXT    NOT NULL,
  facts TEXT    NOT NULL
) STRICT;
