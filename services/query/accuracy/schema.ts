/** Tables of the loop, as a migration of the clicks' store. */
export const accuracyMigration = {
  id: '0003-accuracy',
  sql: `
    CREATE TABLE accuracy_checks (
      bucket bigint NOT NULL,
      key text NOT NULL,
      accurate bigint NOT NULL,
      dearer bigint NOT NULL,
      cheaper bigint NOT NULL,
      gone bigint NOT NULL,
      failed bigint NOT NULL,
      PRIMARY KEY (bucket, key)
    );
    CREATE TABLE accuracy_standings (
      key text PRIMARY KEY,
      action text NOT NULL,
      since bigint NOT NULL,
      judged_at bigint NOT NULL
    );
    CREATE TABLE mismatches (
      mismatch_id text PRIMARY KEY,
      partner text NOT NULL,
      checked_at bigint NOT NULL,
      kept jsonb NOT NULL
    );
    CREATE INDEX mismatches_by_time ON mismatches (checked_at, mismatch_id);`,
};
