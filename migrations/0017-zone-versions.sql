-- How a zone's serial moves: 'increment', 'date' (YYYYMMDDnn) or 'unixtime'. RFC 1912 §2.2.
ALTER TABLE zones ADD COLUMN serial_policy TEXT NOT NULL DEFAULT 'increment' CHECK (serial_policy IN ('increment', 'date', 'unixtime'));
-- Who made a change, where the owner of the record does not say so: 'token first', 'expiry'.
ALTER TABLE record_history ADD COLUMN author TEXT;
