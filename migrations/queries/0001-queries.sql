-- Answered queries: a log without fsync, in a file of its own. Everything is added at the end and taken away at the
-- beginning; there is no index but the ids, because one in the order of names or clients is written all over.
CREATE TABLE queries (
  id        INTEGER PRIMARY KEY,
  at_ms     INTEGER NOT NULL,
  client    INTEGER,
  name_id   INTEGER,
  type      INTEGER NOT NULL,
  rcode     INTEGER NOT NULL,
  -- source | carrier << 8 | asked << 16
  how       INTEGER NOT NULL,
  flags     INTEGER NOT NULL,
  took_us   INTEGER NOT NULL,
  age_s     INTEGER NOT NULL,
  octets    INTEGER NOT NULL,
  detail_id INTEGER
) STRICT;

-- Names, and texts that say which rule or server it was. Each is kept once for some tens of thousands of queries, and
-- then anew, so that the oldest go with the queries that they belong to.
CREATE TABLE query_texts (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

-- What is in a run of queries that follow each other: who looks for something reads the runs that have it. sources and
-- rcodes are sets of bits; types, clients and names (hashes of the names and of all names above them) int32 in the
-- machine's order. Texts of the run have ids from first_text on.
CREATE TABLE query_runs (
  last_id    INTEGER PRIMARY KEY,
  first_text INTEGER NOT NULL,
  from_ms    INTEGER NOT NULL,
  to_ms      INTEGER NOT NULL,
  sources    INTEGER NOT NULL,
  rcodes     INTEGER NOT NULL,
  types      BLOB    NOT NULL,
  clients    BLOB    NOT NULL,
  names      BLOB    NOT NULL
) STRICT;
