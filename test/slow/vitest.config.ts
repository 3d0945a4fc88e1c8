// Tests that need minutes, Debian packages or the npm registry: `npm run test:slow`, in CI after `npm test`.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What fills a machine by itself: many processes, or kills and leases that others' work would make late. One at a time. */
const alone = ['browser-faults', 'edge-fuzz', 'edge-kill', 'faults', 'replicas'].map(
  (name) => `test/slow/${name}.slow.ts`,
);

export default defineConfig({
  test: {
    testTimeout: 600_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['{test/slow,libs,services}/**/*.slow.ts'],
          exclude: alone,
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
