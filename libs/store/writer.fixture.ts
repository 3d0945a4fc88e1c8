// A process of its own for the tests: writes rows until it is killed and tells its parent of each acknowledged one.
import { openStore } from './index.ts';

const store = await openStore({
  directory: process.argv[2]!,
  schema: 'notes',
  migrations: [{ id: '1', sql: 'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)' }],
});
const [last] = await store.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM notes');
for (let id = Number(last!.id) + 1; ; id++) {
  await store.query('INSERT INTO notes VALUES ($1, $2)', [id, 'x'.repeat(100)]);
  process.send?.(id);
}
