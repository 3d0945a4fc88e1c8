// A process of its own for the tests: writes rows until it is killed and tells its parent of each acknowledged one. It is given a
// directory, or a server's url and a schema.
import { openStore } from './index.ts';

const [, , place = '', schema = 'notes'] = process.argv;
const store = await openStore({
  ...(place.startsWith('postgres:') ? { url: place } : { directory: place }),
  schema,
  migrations: [{ id: '1', sql: 'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)' }],
});
await store.exclusively('writing', async () => {
  const [last] = await store.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM notes');
  for (let id = last!.id + 1; ; id++) {
    await store.transaction((tx) => tx.query('INSERT INTO notes VALUES ($1, $2)', [id, 'x'.repeat(100)]));
    process.send?.(id);
  }
});
