import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** What has to be there before any other module is: where every log line goes. */
const apart = ['test/end-to-end/secrets.test.ts'];

export default defineConfig({
  test: {
    // Many tests wait for processes, files or deadlines: a processor left free, as is the default, would mostly idle.
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
    hookTimeout: 30_000,
    setupFiles: ['libs/store/testing/keep-spares.ts'],
    // Files share their worker's modules, or importing them would take a fifth of the time of units and half of that of the whole
    // platform: a test leaves what is global as it found it.
    projects: [
      {
        extends: true,
        test: { name: 'units', include: ['libs/**/*.test.ts', 'services/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...apart],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'apart', include: apart } },
    ],
  },
});
