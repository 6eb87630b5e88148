-- Interfaces besides the first. medium, addresses and properties are JSON: what varies by kind and is never searched.
CREATE TABLE interfaces (
  name       TEXT    PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 15),
  mac        TEXT    NOT NULL,
  mtu        INTEGER NOT NULL,
  peer_mac   TEXT,
  medium     TEXT    NOT NULL,
  properties TEXT    NOT NULL
) STRICT;

-- Static routes. Addresses are unsigned 32-bit numbers.
CREATE TABLE routes (
  id        INTEGER PRIMARY KEY,
  network   INTEGER NOT NULL CHECK (network BETWEEN 0 AND 4294967295),
  length    INTEGER NOT NULL CHECK (length BETWEEN 0 AND 32),
  gateway   INTEGER CHECK (gateway BETWEEN 0 AND 4294967295),
  interface TEXT,
  metric    INTEGER NOT NULL,
  comment   TEXT,
  CHECK (gateway IS NOT NULL OR interface IS NOT NULL)
) STRICT;
