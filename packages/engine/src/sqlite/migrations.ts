/**
 * The versions of the store, for `openDatabase`.
 *
 * `workloads.ord` is the order in which workloads were accepted, in which they are listed: a clock
 * that jumps does not disturb it. An index for each filter would cost more than it gives: a list that
 * leaves status or runtime open asks for each of their few values instead. The counters are kept by
 * triggers, so that no statement can forget them.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE workloads (
    ord INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    runtime TEXT NOT NULL,
    isolation TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    finished_at_ms INTEGER,
    duration_ms REAL,
    request TEXT NOT NULL,
    outcome TEXT,
    args TEXT NOT NULL
  ) STRICT;
  CREATE INDEX workloads_by_owner ON workloads (owner, status, runtime, ord);
  CREATE INDEX workloads_by_status ON workloads (status, runtime, ord);
  CREATE INDEX workloads_by_creation ON workloads (created_at_ms);
  CREATE INDEX workloads_by_end ON workloads (finished_at_ms) WHERE finished_at_ms IS NOT NULL;

  CREATE TABLE events (
    workload INTEGER NOT NULL REFERENCES workloads (ord) ON DELETE CASCADE,
    first_seq INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    frames BLOB NOT NULL,
    PRIMARY KEY (workload, first_seq)
  ) STRICT;

  CREATE TABLE counts (
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    runtime TEXT NOT NULL,
    isolation TEXT NOT NULL,
    workloads INTEGER NOT NULL,
    timed INTEGER NOT NULL,
    duration_ms REAL NOT NULL,
    PRIMARY KEY (owner, status, runtime, isolation)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER workloads_counted AFTER INSERT ON workloads BEGIN
    INSERT INTO counts VALUES (new.owner, new.status, new.runtime, new.isolation, 1,
      new.duration_ms IS NOT NULL, coalesce(new.duration_ms, 0))
    ON CONFLICT DO UPDATE SET workloads = workloads + 1, timed = timed + excluded.timed,
      duration_ms = duration_ms + excluded.duration_ms;
  END;
  CREATE TRIGGER workloads_uncounted AFTER DELETE ON workloads BEGIN
    UPDATE counts SET workloads = workloads - 1, timed = timed - (old.duration_ms IS NOT NULL),
      duration_ms = duration_ms - coalesce(old.duration_ms, 0)
    WHERE (owner, status, runtime, isolation) = (old.owner, old.status, old.runtime, old.isolation);
    DELETE FROM counts WHERE workloads = 0 AND
      (owner, status, runtime, isolation) = (old.owner, old.status, old.runtime, old.isolation);
  END;
  CREATE TRIGGER workloads_recounted AFTER UPDATE OF status, duration_ms ON workloads BEGIN
    UPDATE counts SET workloads = workloads - 1, timed = timed - (old.duration_ms IS NOT NULL),
      duration_ms = duration_ms - coalesce(old.duration_ms, 0)
    WHERE (owner, status, runtime, isolation) = (old.owner, old.status, old.runtime, old.isolation);
    DELETE FROM counts WHERE workloads = 0 AND
      (owner, status, runtime, isolation) = (old.owner, old.status, old.runtime, old.isolation);
    INSERT INTO counts VALUES (new.owner, new.status, new.runtime, new.isolation, 1,
      new.duration_ms IS NOT NULL, coalesce(new.duration_ms, 0))
    ON CONFLICT DO UPDATE SET workloads = workloads + 1, timed = timed + excluded.timed,
      duration_ms = duration_ms + excluded.duration_ms;
  END;
  `,
  `
  CREATE TABLE keys (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    workload INTEGER NOT NULL REFERENCES workloads (ord) ON DELETE CASCADE,
    PRIMARY KEY (owner, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX keys_by_workload ON keys (workload);
  `,
]
