-- Who is told of a zone's changes (NOTIFY, RFC 1996): a JSON list of {address, port, key}, and whether the name servers of
-- the zone are told too.
ALTER TABLE zone_transfers ADD COLUMN notify TEXT NOT NULL DEFAULT '[]';
ALTER TABLE zone_transfers ADD COLUMN notify_servers INTEGER NOT NULL DEFAULT 1 CHECK (notify_servers IN (0, 1));
