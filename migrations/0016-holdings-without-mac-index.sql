-- MACs come in no order: an index of them is written all over with every new lease, several times as much as the lease
-- itself. Each row here says which MACs are in a run of the history, by their hashes as int32 in the machine's order;
-- runs follow each other without gaps, and holdings after the last run have no keys yet.
DROP INDEX leases_by_mac;
DROP INDEX lease_history_by_mac;
CREATE TABLE lease_history_keys (
  last_id INTEGER PRIMARY KEY,
  hashes  BLOB NOT NULL
) STRICT;
