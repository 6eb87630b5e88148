-- Sites, segments, classes and hosts; what was said at a subnet moves to its level, and reservations become hosts.
-- A level is JSON: {"options": {…}, "leaseTimes": {…}, "boot": {…}}, addresses in it are text.
CREATE TABLE sites (
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL,
  level TEXT NOT NULL
) STRICT;
INSERT INTO sites VALUES (1, 'default', '{"options":{},"leaseTimes":{},"boot":{}}');

CREATE TABLE segments (
  id        INTEGER PRIMARY KEY,
  site_id   INTEGER NOT NULL REFERENCES sites (id),
  name      TEXT    NOT NULL,
  interface TEXT,
  relays    TEXT    NOT NULL,
  domain    TEXT,
  policy    TEXT    NOT NULL,
  level     TEXT    NOT NULL
) STRICT;
-- Every subnet was a network of its own; the first of an interface gives its segment that name.
INSERT INTO segments
  SELECT id, 1,
    CASE WHEN id = (SELECT min(o.id) FROM subnets AS o WHERE o.interface = s.interface) THEN interface
      ELSE (network >> 24) || '.' || (network >> 16 & 255) || '.' || (network >> 8 & 255) || '.' || (network & 255)
        || '/' || length END,
    interface, '[]', NULL, '{}', '{"options":{},"leaseTimes":{},"boot":{}}'
  FROM subnets AS s;

CREATE TABLE new_subnets (
  id         INTEGER PRIMARY KEY,
  segment_id INTEGER NOT NULL REFERENCES segments (id),
  network    INTEGER NOT NULL CHECK (network BETWEEN 0 AND 4294967295),
  length     INTEGER NOT NULL CHECK (length BETWEEN 0 AND 32),
  domain     TEXT,
  level      TEXT    NOT NULL
) STRICT;
INSERT INTO new_subnets
  SELECT id, id, network, length, domain, json_object(
    'options', json(options),
    'leaseTimes', json_object(
      'leaseSeconds', lease_seconds, 'minSeconds', min_lease_seconds, 'maxSeconds', max_lease_seconds),
    'boot', json('{}'))
  FROM subnets;

CREATE TABLE new_pools (
  id        INTEGER PRIMARY KEY,
  subnet_id INTEGER NOT NULL REFERENCES new_subnets (id),
  first     INTEGER NOT NULL,
  last      INTEGER NOT NULL,
  allow     TEXT    NOT NULL,
  deny      TEXT    NOT NULL,
  allocator TEXT    NOT NULL,
  level     TEXT    NOT NULL,
  CHECK (first <= last)
) STRICT;
INSERT INTO new_pools
  SELECT id, subnet_id, first, last, '[]', '[]', 'free-queue', '{"options":{},"leaseTimes":{},"boot":{}}' FROM pools;

CREATE TABLE classes (
  id          INTEGER PRIMARY KEY,
  name        TEXT    NOT NULL,
  priority    INTEGER NOT NULL,
  test        TEXT,
  denied      INTEGER NOT NULL,
  lease_limit INTEGER,
  level       TEXT    NOT NULL
) STRICT;

-- identifiers: [{"kind": "mac", "value": "02:…"}]; addresses: [{"subnetId": 1, "address": "10.53.0.20"}].
CREATE TABLE hosts (
  id          INTEGER PRIMARY KEY,
  name        TEXT,
  identifiers TEXT    NOT NULL,
  addresses   TEXT    NOT NULL,
  classes     TEXT    NOT NULL,
  denied      INTEGER NOT NULL,
  tags        TEXT    NOT NULL,
  comment     TEXT,
  level       TEXT    NOT NULL
) STRICT;
INSERT INTO hosts
  SELECT id, name,
    (SELECT json_group_array(json_object('kind', kind, 'value', value)) FROM (
      SELECT 'client-id' AS kind, client_id AS value WHERE client_id IS NOT NULL
      UNION ALL SELECT 'mac', mac WHERE mac IS NOT NULL)),
    json_array(json_object('subnetId', subnet_id, 'address',
      (address >> 24) || '.' || (address >> 16 & 255) || '.' || (address >> 8 & 255) || '.' || (address & 255))),
    '[]', 0, '[]', comment,
    json_object('options', json(options), 'leaseTimes', json('{}'), 'boot', json('{}'))
  FROM reservations;

CREATE TABLE option_definitions (
  id    INTEGER PRIMARY KEY,
  code  INTEGER NOT NULL,
  name  TEXT    NOT NULL,
  type  TEXT    NOT NULL,
  array INTEGER NOT NULL,
  space TEXT    NOT NULL
) STRICT;

DROP TABLE reservations;
DROP TABLE pools;
DROP TABLE subnets;
ALTER TABLE new_subnets RENAME TO subnets;
ALTER TABLE new_pools RENAME TO pools;

ALTER TABLE leases RENAME COLUMN reservation_id TO host_id;
ALTER TABLE leases ADD COLUMN relay_information TEXT;
ALTER TABLE leases ADD COLUMN counted_under TEXT;
