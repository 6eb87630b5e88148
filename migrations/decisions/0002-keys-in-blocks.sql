-- Three indexes in the order of random MACs, addresses and names cost six times the rows themselves. Each row here says
-- whom a run of decisions is about: the hashes of its MACs, addresses and host names, as int32 in the machine's order.
-- Runs follow each other without gaps; decisions after the last run have no keys yet.
DROP INDEX decisions_by_mac;
DROP INDEX decisions_by_address;
DROP INDEX decisions_by_host_name;
CREATE TABLE decision_keys (
  last_id INTEGER PRIMARY KEY,
  hashes  BLOB NOT NULL
) STRICT;
