-- The TTL of a zone's SOA record where it is not the zone's default TTL (RFC 1035 §3.3.13, RFC 2308 §3).
ALTER TABLE zones ADD COLUMN soa_ttl INTEGER;
