import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Multiplies the one workload that a host has recorded to `count` of all runtimes, in one transaction:
 * as requests they would take hours. The host must not run.
 */
export function fillStore(directory: string, count: number): void {
  const database = new DatabaseSync(join(directory, 'vulcan.db'))
  try {
    database.exec('PRAGMA synchronous = OFF; BEGIN')
    database
      .prepare(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
         INSERT INTO workloads (id, owner, status, runtime, isolation, created_at_ms, started_at_ms,
           finished_at_ms, duration_ms, request, outcome, args)
         SELECT printf('01%024d', n), owner, status,
           CASE n % 3 WHEN 0 THEN 'go' WHEN 1 THEN 'node' ELSE 'python' END, isolation,
           created_at_ms + n, started_at_ms + n, finished_at_ms + n, duration_ms, request, outcome, args
         FROM workloads JOIN numbers WHERE ord = 1`,
      )
      .run(count - 1)
    database.exec('COMMIT')
  } finally {
    database.close()
  }
}
