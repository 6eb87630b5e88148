-- The serial that a change of a zone began with: what leads from one version to the next can be told as an increment
-- (RFC 1995). NULL: a change that cannot, because the SOA changed too, or one from before this was noted.
ALTER TABLE record_history ADD COLUMN serial_before INTEGER;
