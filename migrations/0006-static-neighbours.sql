-- Neighbours that an administrator named, whom no ARP packet changes. Addresses are unsigned 32-bit numbers.
CREATE TABLE neighbours (
  interface TEXT    NOT NULL,
  address   INTEGER NOT NULL CHECK (address BETWEEN 0 AND 4294967295),
  mac       TEXT    NOT NULL,
  PRIMARY KEY (interface, address)
) STRICT;
