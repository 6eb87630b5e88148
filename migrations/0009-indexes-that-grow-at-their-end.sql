-- A lease adds two names at random places of an index by name: half of all pages that it wrote. An index by zone grows
-- at its end. The newest changes of a zone are found by walking back from the end of its history.
DROP INDEX records_by_zone_and_name;
CREATE INDEX records_by_zone ON records (zone_id);
DROP INDEX record_history_by_zone;
