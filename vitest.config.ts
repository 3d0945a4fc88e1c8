import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Many tests wait for processes, files or deadlines: a processor left free, as is the default, would mostly idle.
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        // Files share their worker's modules, or importing them would take a fifth of the time: a test leaves what is
        // global as it found it.
        test: { name: 'units', include: ['libs/**/*.test.ts', 'services/**/*.test.ts'], isolate: false },
      },
      { extends: true, test: { name: 'end-to-end', include: ['test/**/*.test.ts'] } },
    ],
  },
});
